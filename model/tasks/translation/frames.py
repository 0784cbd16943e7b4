""" "It" among everyday words: the pronoun grammar's sentences told by somebody, with nouns nobody knows.

So that what is learned from the grammar carries over to sentences that people write.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from model.tasks.pronouns.lexicon import NOUNS
from model.tasks.pronouns.sampling import MADE_UP, MADE_UP_WORD, Sentence

VOWELS = "aeiouàâéèêëîïôûœAEIOUÀÂÉÈÊ"
CONSONANTS = (*"bcdfgjklmnprstvz", "br", "cr", "dr", "gl", "pl", "tr")  # an h or a vowel would elide
KNOWN = {noun.english for noun in NOUNS}  # "lizard" can come out too
ENDS = (*"bdgklmnprtx", "ck", "rd", "lt")


@dataclass(frozen=True)
class Frame:
    """What stands before a sentence, or where behind is given, after it; French as it is written.

    English and French end in "that" and "que" where the sentence goes on.
    """

    english: str
    french: str
    behind: bool = False


def frames(table: str, behind: bool = False) -> tuple[Frame, ...]:
    rows = (line.split("|") for line in table.strip().splitlines())
    return tuple(Frame(english.strip(), french.strip(), behind) for english, french in rows)


FRAMES = frames("""
    Tom said that | Tom a dit que
    I think that | Je pense que
    I know that | Je sais que
    Mary told us that | Marie nous a dit que
    Everybody knows that | Tout le monde sait que
    My brother says that | Mon frère dit que
    I remember that | Je me souviens que
    We all saw that | Nous avons tous vu que
    The boy thinks that | Le garçon pense que
    My mother is sure that | Ma mère est sûre que
    You can see that | Vous pouvez voir que
    The news is that | La nouvelle est que
""") + frames("""
    We went home. | Nous sommes rentrés à la maison.
    I was surprised. | J'ai été surpris.
    Nobody knew why. | Personne ne savait pourquoi.
    Tom laughed. | Tom a ri.
    What a pity! | Quel dommage !
    You know that. | Tu le sais.
""", behind=True)  # fmt: skip
# These are for measuring: no sentence that is learned from stands in one.
UNSEEN_FRAMES = frames("""
    I heard that | J'ai entendu dire que
    The teacher explained that | Le professeur a expliqué que
    Tom and Mary say that | Tom et Marie disent que
    The children noticed that | Les enfants ont remarqué que
    We believe that | Nous croyons que
    My friends know that | Mes amis savent que
""") + frames("""
    I took a picture of this. | J'en ai pris une photo.
    The children cried. | Les enfants ont pleuré.
    Tom wasn't there yesterday. | Tom n'était pas là hier.
""", behind=True)  # fmt: skip


def put_in_frame(sentence: Sentence, frame: Frame) -> Sentence:
    """The sentence in a frame, in both languages."""
    if frame.behind:
        mark = "" if sentence.english[-1] in ".!?" else "."
        return replace(
            sentence,
            english=f"{sentence.english}{mark} {frame.english}",
            french=f"{sentence.french}{mark} {frame.french}",
        )
    rest = sentence.french[0].lower() + sentence.french[1:]
    elides = rest[0] in VOWELS or rest.startswith(("hier", "hôtel", "hôpital"))
    joined = f"{frame.french[:-1]}'{rest}" if elides else f"{frame.french} {rest}"
    return replace(
        sentence,
        english=f"{frame.english} {sentence.english[0].lower()}{sentence.english[1:]}",
        french=joined,
    )


def invent_word(chance: random.Random) -> str:
    """A word that nobody knows, of two or three syllables, which looks like a noun."""
    syllables = chance.choice((2, 2, 3))
    word = "".join(chance.choice(CONSONANTS) + chance.choice("aeiou") for _ in range(syllables))
    return word + chance.choice(ENDS)


def rename_made_up(sentence: Sentence, chance: random.Random) -> Sentence:
    """The sentence with the grammar's made-up words replaced by ever new ones.

    A tokenizer of pieces has no placeholders: it must have seen many strange words to take one calmly.
    """
    found = MADE_UP_WORD.findall(sentence.english)
    new: dict[str, str] = {}
    for name in (name for name in MADE_UP if name in found):
        word = invent_word(chance)
        while word in KNOWN or any(word in other or other in word for other in new.values()):
            word = invent_word(chance)
        new[name] = word
    if not new:
        return sentence

    def put(text: str) -> str:
        return MADE_UP_WORD.sub(lambda found: new[found.group()], text)

    return replace(
        sentence,
        english=put(sentence.english),
        french=put(sentence.french),
        meant=sentence.meant and put(sentence.meant),
        other=sentence.other and put(sentence.other),
    )
