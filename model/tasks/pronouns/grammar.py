"""The grammar of the pronoun task: a scene, and how English and French say it.

    The animal  didn't cross      the street  because   it         was   too  tired.
    L'animal    n'a pas traversé  la rue      parce qu' il         était trop fatigué.
    subject     verb, tense, mood object      connector antecedent      degree cue

What "it" means is nowhere marked in English; the French pronoun and adjective agree with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from model.tasks.pronouns.french import PRONOUNS, agree, elide, noun_phrase
from model.tasks.pronouns.lexicon import Adjective, Attribute, Kind, Noun, Phrase, Verb, kinds

Tense = Literal["past", "present"]
Mood = Literal["plain", "not", "could not", "will not", "never"]
Role = Literal["subject", "object"]


@dataclass(frozen=True)
class Connector:
    """Joins the clause and what is said of "it". fronted: French where it opens the sentence, if it may.

    too: whether "too" may follow, after a clause that says no (cause), that says yes (contrast), or both.
    """

    english: str
    french: str
    fronted: str = ""
    sense: Literal["cause", "contrast", "any"] = "any"
    subjunctive: bool = False


@dataclass(frozen=True)
class Copula:
    """past, present, and for French the subjunctive."""

    english: tuple[str, str]
    french: tuple[str, str, str]


@dataclass(frozen=True)
class Preposition:
    english: str
    french: str
    kinds: frozenset[Kind]


CONNECTORS = (
    Connector("because", "parce que", "parce que", "cause"),
    Connector("since", "puisque", "puisque", "cause"),
    Connector("as", "car", "comme", "cause"),
    Connector("although", "bien que", "bien que", "contrast", subjunctive=True),
    Connector("though", "bien que", "bien que", "contrast", subjunctive=True),
    Connector("even though", "même si", "même si", "contrast"),
    Connector("but", "mais"),
    Connector("and", "et"),
    Connector("when", "quand", "quand"),
    Connector("while", "alors que", "alors que"),
    Connector(".", "."),
)
BE = Copula(("was", "is"), ("était", "est", "soit"))
COPULAS = (
    BE,
    Copula(("seemed", "seems"), ("semblait", "semble", "semble")),
    Copula(("looked", "looks"), ("paraissait", "paraît", "paraisse")),
)
DEGREES = {
    "too": "trop", "far too": "beaucoup trop", "very": "très", "so": "si", "quite": "assez",
    "a bit": "un peu", "extremely": "extrêmement", "really": "vraiment", "still": "encore", "": "",
}  # fmt: skip
NOT_GRADUAL = ("really", "still", "")  # what also suits a cue that is all or nothing
OPENINGS: dict[Tense, dict[str, str]] = {
    "past": {"yesterday": "hier", "this morning": "ce matin", "last night": "hier soir"},
    "present": {"today": "aujourd'hui", "now": "maintenant", "this time": "cette fois"},
}
PREPOSITIONS = (
    Preposition("in", "dans", kinds("place building")),
    Preposition("on", "sur", kinds("ground way")),
    Preposition("near", "près de", kinds("place ground building way water")),
    Preposition("behind", "derrière", kinds("building vehicle")),
    Preposition("in front of", "devant", kinds("building vehicle")),
    Preposition("next to", "à côté de", kinds("building water vehicle")),
)


@dataclass(frozen=True)
class Place:
    """ "near the castle": a noun that "it" does not mean."""

    preposition: Preposition
    noun: Noun

    @property
    def english(self) -> str:
        return f"{self.preposition.english} the {self.noun.english}"

    @property
    def french(self) -> str:
        return f"{self.preposition.french} {noun_phrase(self.noun, 'the')}"


@dataclass(frozen=True)
class Aside:
    """What is said between two commas, in both languages; see `model.tasks.pronouns.fillers`."""

    english: str
    french: str


@dataclass(frozen=True)
class NounPhrase:
    """aside: it follows the noun and its place, and ends in a comma."""

    noun: Noun
    determiner: str = "the"
    attribute: Attribute | None = None
    place: Place | None = None
    aside: Aside | None = None

    @property
    def english(self) -> str:
        words = [self.attribute.english] if self.attribute else []
        words.append(self.noun.english)
        determiner = "an" if self.determiner == "a" and words[0][0] in "aeiou" else self.determiner
        place = [self.place.english] if self.place else []
        return put_aside(" ".join([determiner, *words, *place]), self.aside.english if self.aside else None)

    def french(self, negated_object: bool = False) -> str:
        """negated_object: "pas de rue" where the affirmative has "une rue"."""
        determiner = "no" if negated_object and self.determiner == "a" else self.determiner
        place = [self.place.french] if self.place else []
        phrase = " ".join([noun_phrase(self.noun, determiner, self.attribute), *place])
        return put_aside(phrase, self.aside.french if self.aside else None)


@dataclass(frozen=True)
class Scene:
    """Everything that a sentence says. object None: the verb stands alone. cue None: nothing is said of "it".

    contracted: didn't, it's. denied: "it was not", with BE only. fronted: the reason comes first.
    closing: an aside behind the clause. interjected: one before "it", where the reason comes last.
    """

    verb: Verb
    subject: NounPhrase
    object: NounPhrase | None
    antecedent: Role
    cue: Adjective | Phrase | None
    connector: Connector = CONNECTORS[0]
    degree: str = ""
    copula: Copula = BE
    denied: bool = False
    tense: Tense = "past"
    mood: Mood = "plain"
    contracted: bool = True
    passive: bool = False
    fronted: bool = False
    place: Place | None = None
    opening: str = ""
    comma: bool = False
    end: str = "."
    closing: Aside | None = None
    interjected: Aside | None = None

    @property
    def meant(self) -> NounPhrase:
        """What "it" means."""
        return self.object if self.antecedent == "object" and self.object else self.subject

    def phrase(self, role: Role) -> NounPhrase | None:
        return self.subject if role == "subject" else self.object

    def with_phrase(self, role: Role, phrase: NounPhrase) -> Scene:
        return replace(self, subject=phrase) if role == "subject" else replace(self, object=phrase)

    @property
    def nouns(self) -> tuple[Noun, ...]:
        """Every noun of the sentence: subject, object, and those of places."""
        phrases = [self.subject, *([self.object] if self.object else [])]
        places = [self.place, *(phrase.place for phrase in phrases)]
        return tuple(phrase.noun for phrase in phrases) + tuple(place.noun for place in places if place)


def english(scene: Scene) -> str:
    """The sentence in English."""
    clause = [scene.place.english] if scene.place else []
    if scene.passive and scene.object:
        clause = [scene.object.english, english_verb(scene), "by", scene.subject.english, *clause]
    else:
        clause = [
            scene.subject.english,
            english_verb(scene),
            *([scene.object.english] if scene.object else []),
            *clause,
        ]
    return put_together(scene, " ".join(clause), english_reason(scene), scene.connector.english)


def english_verb(scene: Scene) -> str:
    """The verb in its tense and mood: didn't cross, could not be crossed, never crosses."""
    base, third, past, participle = scene.verb.english
    particle = scene.verb.preposition[0]
    now = scene.tense == "present"
    be = ("is" if now else "was") if scene.passive else ""
    rest = f"be {participle}" if scene.passive else base
    match scene.mood:
        case "plain":
            verb = f"{be} {participle}" if scene.passive else (third if now else past)
        case "never":
            verb = f"{be} never {participle}" if scene.passive else f"never {third if now else past}"
        case "not":
            auxiliary = be or ("does" if now else "did")
            verb = f"{negate(auxiliary, scene.contracted)} {participle if scene.passive else base}"
        case "could not":
            verb = f"{negate('can' if now else 'could', scene.contracted)} {rest}"
        case "will not":
            verb = f"{negate('will' if now else 'would', scene.contracted)} {rest}"
    return f"{verb} {particle}".strip()


def negate(auxiliary: str, contracted: bool) -> str:
    """did not or didn't, cannot or can't, will not or won't."""
    if not contracted:
        return "cannot" if auxiliary == "can" else f"{auxiliary} not"
    return {"can": "can't", "will": "won't"}.get(auxiliary, f"{auxiliary}n't")


def english_reason(scene: Scene) -> str:
    """What is said of "it": it was too tired."""
    now = scene.tense == "present"
    if scene.cue is None:
        return ""
    if isinstance(scene.cue, Phrase):
        return "it " + (scene.cue.english_present if now else scene.cue.english_past)
    copula = scene.copula.english[now]
    if scene.denied:
        copula = negate(copula, scene.contracted)
    it = f"it {copula}"
    if it == "it is" and scene.contracted and not scene.denied:
        it = "it's"
    return " ".join(word for word in (it, scene.degree, scene.cue.english) if word)


def french(scene: Scene) -> str:
    """The sentence in French."""
    place = [scene.place.french] if scene.place else []
    if scene.passive and scene.object:
        clause = [scene.object.french(), french_verb(scene), "par", scene.subject.french(), *place]
    else:
        preposition = scene.verb.preposition[1]
        negated_object = scene.mood != "plain" and not preposition
        thing = [preposition, scene.object.french(negated_object)] if scene.object else []
        clause = [scene.subject.french(), french_verb(scene), *(word for word in thing if word), *place]
    connector = scene.connector.fronted if scene.fronted else scene.connector.french
    return elide(put_together(scene, " ".join(clause), french_reason(scene), connector, french=True))


def french_verb(scene: Scene) -> str:
    """The verb in its tense and mood: n'a pas traversé, ne peut pas être traversée, ne traverse jamais."""
    verb, now = scene.verb, scene.tense == "present"
    infinitive = verb.infinitive
    if scene.passive and scene.object and verb.participle:
        participle = agree(verb.participle, scene.object.noun.gender)
        infinitive = f"être {participle}"
        finite, rest = ("est", participle) if now else ("a", f"été {participle}")
    elif now:
        finite, rest = verb.present, ""
    elif verb.participle is None:
        finite, rest = verb.imperfect or verb.present, ""
    elif verb.auxiliary == "être":
        finite, rest = "est", agree(verb.participle, scene.subject.noun.gender)
    else:
        finite, rest = "a", verb.participle
    if scene.mood == "could not":
        finite, rest = ("peut", infinitive) if now else ("a", f"pu {infinitive}")
    elif scene.mood == "will not":
        finite, rest = ("va" if now else "voulait", infinitive)
    if scene.mood != "plain":
        finite = f"ne {finite} {'jamais' if scene.mood == 'never' else 'pas'}"
    return f"{finite} {rest}".strip()


def french_reason(scene: Scene) -> str:
    """What is said of "it", agreeing with what it means: elle était trop large."""
    if scene.cue is None:
        return ""
    gender = scene.meant.noun.gender
    form = 2 if scene.connector.subjunctive else int(scene.tense == "present")
    if isinstance(scene.cue, Phrase):
        said = (scene.cue.past, scene.cue.present, scene.cue.subjunctive)[form]
        return f"{PRONOUNS[gender]} {said.replace('{e}', 'e' if gender == 'f' else '')}"
    copula = scene.copula.french[form]
    if scene.denied:
        copula = f"ne {copula} pas"
    adjective = scene.cue.feminine if gender == "f" else scene.cue.masculine
    return " ".join(word for word in (PRONOUNS[gender], copula, DEGREES[scene.degree], adjective) if word)


def put_together(scene: Scene, clause: str, reason: str, connector: str, french: bool = False) -> str:
    """Opening, clause, connector and reason as one line, in the order of the scene, with its marks."""
    opening = OPENINGS[scene.tense][scene.opening] if french and scene.opening else scene.opening
    if opening:
        clause = f"{opening}, {clause}"
    closing, interjected = (
        (aside.french if french else aside.english) if aside else None
        for aside in (scene.closing, scene.interjected)
    )
    clause = put_aside(clause, closing)
    end = "." if french and scene.end == "!" else scene.end
    if not reason:
        text = clause.rstrip(",")
    elif scene.fronted:
        text = f"{connector} {reason}, {clause.rstrip(',')}"
    elif connector == ".":
        text = f"{clause.rstrip(',')}. {capital(f'{interjected}, {reason}' if interjected else reason)}"
    else:
        comma = "," if scene.comma and not clause.endswith(",") else ""
        text = f"{clause}{comma} {put_aside(connector, interjected)} {reason}"
    return capital(text) + end


def put_aside(text: str, aside: str | None) -> str:
    """The text with an aside behind it, between commas."""
    return f"{text.rstrip(',')}, {aside}," if aside else text


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
