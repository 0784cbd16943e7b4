"""English words that are of two parts of speech or three, and sentences that tell which.

Tags are those of Universal Dependencies as its English treebanks use them (EWT): copulas are AUX, possessive
pronouns are PRON whatever follows ("her" is no ambiguous word there), "to" before a verb is PART.

A line of FORMS: forms | side | what stands before them | TAG: what follows; or … | TAG: …
Where side is "before", a TAG's patterns are whole and * is the form: what tells stands before it. Where side
is "after", what stands before is the same for every tag, so that only what follows can tell. In a pattern a
small word has the tag that TAGS gives it, word/TAG another one, and a word in capitals is one of SLOTS.
"""

from __future__ import annotations

from model.tasks.pronouns.lexicon import NOUNS, Kind

TAGS = """
    DET: the a an every
    ADP: of in near by at on
    AUX: was were must could should
    CCONJ: and or nor but
    ADV: again later finally luckily then
    PRON: everything
    INTJ: please
    PART: not
    NUM: two
    PROPN: Sunday Monday
    PUNCT: , .
    NOUN: yesterday today morning evening night day lunch child work homework bird river bridge kitchen students
          fact end
    VERB: began ended came went ran filled hated felt feared looked waited sang arrived swam worked sleeping
          waiting smiling win
"""  # noqa: E501

SLOTS = {
    "PERSON": "teacher farmer doctor student nurse artist driver singer writer lawyer",
    "PEOPLE": "teachers farmers doctors students nurses artists drivers singers writers children",
    "ANIMALS": "dogs cats cows goats horses rabbits lions tigers monkeys zebras turtles frogs parrots eagles",
    "THINGS": "baskets suitcases bottles bags drawers chairs tables vases pianos umbrellas mirrors blankets",
    "ORG": "school museum hotel factory theater library village company",
    "ADJ": "old new strange famous huge tiny beautiful ugly wonderful expensive broken noisy",
    "SLEPT": "slept arrived waited smiled laughed disappeared shouted hesitated returned",
    "PP": "seen found noticed remembered described admired forgotten mentioned",
    "SAW": "saw found noticed remembered described admired forgot mentioned",
    "SEE": "see find notice remember describe admire forget mention",
    "SURPRISED": "surprised pleased worried amused annoyed delighted",
    "EVENT": "storm concert lesson wedding festival meeting",
    "EVENTS": "concerts lessons weddings festivals meetings",
    "ROOMS": "rooms halls houses kitchens bedrooms offices",
    "TEXTS": "sentences answers letters lists reports stories",
    "DOORS": "windows doors gates shutters curtains",
    "DOOR": "door window gate hand shoe",
    "LAMPS": "lamps candles torches lanterns fires",
    "FRIENDS": "friends relatives neighbors cousins",
    "MEAL": "soup rice meat bread cheese tea",
    "PLAN": "idea tunnel method meeting recipe",
    "CAR": "car bus van taxi tram",
    "CARS": "cars buses vans trucks bicycles",
    "CRATES": "boxes crates barrels parcels letters",
    "SONG": "song melody symphony opera",
    "SONGS": "songs melodies symphonies operas",
    "FREQ": "often usually never always",
    "ANIMAL": "",  # from the pronoun lexicon
    "PLACE": "",
    "THING": "",
    # Some of these are several words; their own tags are in TAGS.
    "WHEN": "yesterday;again;in the morning;on Sunday;every day;at night;on Monday;in the evening;later",
    "WHERE": "in the PLACE;near the PLACE;by the river;near the bridge;in the kitchen",
}
VERB_SLOTS = ("SLEPT", "PP", "SAW", "SEE", "SURPRISED")
NOUN_SLOTS = [slot for slot in SLOTS if slot not in ("ADJ", "FREQ", "WHEN", "WHERE", *VERB_SLOTS)]
SLOT_TAGS = {
    **dict.fromkeys(NOUN_SLOTS, "NOUN"),
    **dict.fromkeys(VERB_SLOTS, "VERB"),
    "ADJ": "ADJ",
    "FREQ": "ADV",
}
LEXICON: dict[str, tuple[Kind, ...]] = {
    "ANIMAL": ("animal",),
    "PLACE": ("place", "building"),
    "THING": ("container", "object"),
}
# What may stand before a sentence, whatever its words are; it tells nothing.
OPENINGS = ("", "", "", "finally ,", "luckily ,", "in fact ,", "in the end ,", "then")
JOINTS = (", and", ", but")

FORMS = """
this that | after | | DET: ANIMAL SLEPT WHERE ; THING was ADJ | PRON: SURPRISED the PEOPLE WHEN ; was ADJ WHEN
these those | after | | DET: ANIMALS SLEPT WHERE ; THINGS were ADJ | PRON: SURPRISED the PEOPLE WHEN ; were ADJ WHEN
this that | after | the PERSON SAW ; PEOPLE FREQ SEE | DET: THING WHEN ; ANIMAL WHERE | PRON: WHEN ; , and the PEOPLE SLEPT
these those | after | the PERSON SAW ; PEOPLE FREQ SEE | DET: THINGS WHEN ; ANIMALS WHERE | PRON: WHEN ; , and the PEOPLE SLEPT
that | after | the PERSON SAW ; the PEOPLE SAW | SCONJ: the ANIMAL SLEPT WHERE ; ANIMALS SLEPT WHEN | DET: ANIMAL WHERE ; PERSON WHEN | PRON: WHEN ; , and the ANIMAL SLEPT
some | after | | DET: ANIMALS SLEPT WHERE ; PEOPLE SLEPT WHEN | PRON: SLEPT WHERE ; were ADJ WHEN
each | after | | DET: ANIMAL SLEPT WHERE ; PERSON SLEPT WHEN | PRON: SLEPT WHERE ; was ADJ WHEN
both | after | | DET: ANIMALS SLEPT WHERE ; PEOPLE SLEPT WHEN | CCONJ: ANIMALS and PEOPLE SLEPT WHERE ; PEOPLE and ANIMALS SLEPT WHEN
either | after | | DET: ANIMAL could win WHEN ; PERSON could SEE the THING | CCONJ: the ANIMAL or the PERSON could win WHEN ; a PERSON or a PERSON could SEE the THING
neither | after | | DET: ANIMAL SLEPT WHERE ; PERSON SAW the THING | CCONJ: the ANIMAL nor the PERSON SLEPT WHERE ; a PERSON nor a PERSON SAW the THING
to | after | the PERSON went ; the ANIMAL ran ; the PEOPLE came | PART: SEE the THING ; SEE the ANIMAL WHEN | ADP: the PLACE ; the PLACE WHEN
before after since until | after | | ADP: the EVENT , the ANIMAL SLEPT ; the EVENT , PEOPLE SLEPT WHERE | SCONJ: the EVENT began , the ANIMAL SLEPT ; the EVENT ended , PEOPLE SLEPT WHERE
before after since until | after | the ANIMAL SLEPT ; the PEOPLE SLEPT | ADP: the EVENT ; lunch | SCONJ: the EVENT began ; the EVENT ended ; PEOPLE came
as | after | | ADP: a child , the PERSON SAW the THING ; a PERSON , the child SAW the ANIMAL | SCONJ: a child SLEPT , the PERSON SAW the THING ; a PERSON SLEPT , the child SAW the ANIMAL
had | after | the PERSON ; the ANIMALS | AUX: PP the THING ; PP a ANIMAL WHERE | VERB: a THING ; the THING WHEN
has | after | the PERSON ; the ANIMAL | AUX: PP the THING ; PP a ANIMAL WHERE | VERB: a THING ; the THING WHERE
have | after | the PEOPLE ; the ANIMALS | AUX: PP the THING ; PP a ANIMAL WHERE | VERB: a THING ; the THING WHERE
did do | after | the PEOPLE ; the students | AUX: not SEE the THING ; not SEE the ANIMAL WHEN | VERB: the work WHEN ; everything WHERE ; the homework
does | after | the PERSON ; the child | AUX: not SEE the THING ; not SEE the ANIMAL WHEN | VERB: the work WHEN ; everything WHERE ; the homework
outside inside behind above below around across | after | the ANIMAL waited ; the PERSON looked ; the PEOPLE ran | ADP: the PLACE ; the PLACE WHEN | ADV: WHEN ; , and the PEOPLE SLEPT
no | after | | DET: ANIMAL SLEPT WHERE ; ANIMALS SLEPT WHEN | INTJ: , the ANIMAL SLEPT WHERE ; , the PEOPLE SLEPT WHEN
there | after | | PRON: was a THING WHERE ; were ANIMALS WHERE | ADV: , the ANIMAL SLEPT WHEN ; the PEOPLE SLEPT WHEN
kind | after | the PERSON SAW a ; the child SAW a | ADJ: PERSON WHERE ; PERSON WHEN | NOUN: of THING WHERE ; of ANIMAL WHEN
's | after | the ANIMAL ; the PERSON | PART: THING was ADJ ; THING SURPRISED the PEOPLE | AUX: sleeping WHERE ; waiting WHERE ; smiling WHEN
clean empty dry open | after | | ADJ: THINGS SURPRISED the PEOPLE ; THINGS were ADJ WHEN | VERB: the THINGS WHEN ; the THINGS , please
warm clear separate | after | | ADJ: ROOMS SURPRISED the PEOPLE ; ROOMS were ADJ WHEN | VERB: the ROOMS WHEN ; the ROOMS , please
complete correct | after | | ADJ: TEXTS SURPRISED the PEOPLE ; TEXTS were ADJ | VERB: the TEXTS WHEN ; the TEXTS , please
close | after | | ADJ: FRIENDS SURPRISED the PERSON ; FRIENDS SLEPT WHERE | VERB: the DOORS WHEN ; the DOORS , please
light | after | | NOUN: filled the PLACE WHEN ; was ADJ | ADJ: THINGS SURPRISED the PEOPLE ; THINGS were ADJ | VERB: the LAMPS WHEN ; the LAMPS , please
light | after | the | NOUN: WHERE was ADJ ; filled the PLACE | ADJ: THING was ADJ ; THING WHERE was ADJ
light | after | PEOPLE remembered/VERB the | NOUN: WHEN ; WHERE | ADJ: THING WHEN ; THING WHERE
cold | after | the PERSON hated the ; PEOPLE felt the | NOUN: WHEN ; WHERE | ADJ: MEAL WHEN ; MEAL WHERE
dark | after | the PERSON feared the ; PEOPLE hated the | NOUN: WHEN ; , and the ANIMAL SLEPT | ADJ: PLACE WHEN ; PLACE , and the ANIMAL SLEPT
patient official local expert professional amateur veteran | after | the ; a | NOUN: SLEPT WHERE ; SAW the THING | ADJ: PERSON SLEPT WHERE ; PERSON SAW the THING
adult giant native | after | the ; a | NOUN: SLEPT WHERE ; SAW the THING | ADJ: ANIMAL SLEPT WHERE ; ANIMAL SAW the THING
novel secret | after | the | NOUN: was ADJ ; SURPRISED the PEOPLE | ADJ: PLAN was ADJ ; PLAN SURPRISED the PEOPLE
novel secret | after | PEOPLE remembered/VERB the ; the PERSON SAW the | NOUN: WHEN ; WHERE | ADJ: PLAN WHEN ; PLAN WHERE
square orange flat plain sweet round | after | the | NOUN: was ADJ ; SURPRISED the PEOPLE | ADJ: THING was ADJ ; THING SURPRISED the PEOPLE
plans promises | after | the ORG | NOUN: SURPRISED the PEOPLE ; were ADJ | VERB: a EVENT WHEN ; two EVENTS
orders | after | the ORG | NOUN: SURPRISED the PEOPLE ; were ADJ | VERB: the MEAL WHEN ; a THING
visits tours | after | the ORG | NOUN: SURPRISED the PEOPLE ; were ADJ | VERB: the PLACE WHEN ; a PLACE
trains | after | the ORG | NOUN: SURPRISED the PEOPLE ; were ADJ | VERB: the ANIMALS WHEN ; two ANIMALS
parks repairs | after | the ORG | NOUN: SURPRISED the PEOPLE ; were ADJ | VERB: the CARS WHEN ; two CARS
ships stores | after | the ORG | NOUN: SURPRISED the PEOPLE ; were ADJ | VERB: the CRATES WHEN ; two CRATES
cooks | after | the ORG | NOUN: SURPRISED the PEOPLE ; were ADJ | VERB: the MEAL WHEN ; the MEAL
plays records | after | the ORG | NOUN: SURPRISED the PEOPLE ; were ADJ | VERB: a SONG WHEN ; two SONGS
guards | after | the ORG | NOUN: SURPRISED the PEOPLE ; were ADJ | VERB: the THING WHEN ; two THINGS
calls | after | the ORG | NOUN: SURPRISED the PEOPLE ; were ADJ | VERB: the PEOPLE WHEN ; two PEOPLE
watch | before | | NOUN: the PERSON SAW the * WHEN ; the * was ADJ | VERB: PEOPLE must * the ANIMALS ; PEOPLE FREQ * the ANIMAL WHEN
cross visit | before | | NOUN: the PERSON SAW the * WHEN ; the * was ADJ | VERB: PEOPLE must * the PLACE ; PEOPLE FREQ * the PLACE WHEN
paint guard design | before | | NOUN: the PERSON SAW the * WHEN ; the * was ADJ | VERB: PEOPLE must * the THING ; PEOPLE FREQ * the THING WHEN
plan book offer | before | | NOUN: the PERSON SAW the * WHEN ; the * was ADJ | VERB: PEOPLE must * the EVENT ; PEOPLE FREQ * a EVENT WHEN
walk dance dream laugh jump climb fight rest | before | | NOUN: the PERSON SAW the * WHEN ; the * was ADJ | VERB: PEOPLE must * WHERE ; PEOPLE FREQ * WHEN
fish cook play drink smell joke shout | before | | NOUN: the PERSON SAW the * WHEN ; the * SURPRISED the PEOPLE | VERB: PEOPLE should * WHERE ; PEOPLE FREQ * WHEN
like | before | | VERB: PEOPLE * the THING ; ANIMALS FREQ * the PLACE | ADP: the PERSON sang * a bird ; the child ran * a ANIMAL WHEN
can will | before | | NOUN: the * was ADJ ; the PERSON SAW the * WHEN | AUX: PEOPLE * SEE the THING ; ANIMALS * SEE the PLACE WHEN
well | before | | NOUN: the * was ADJ ; the PERSON SAW the * WHEN | ADV: the PERSON sang * WHEN ; the ANIMAL swam * | INTJ: * , the ANIMAL SLEPT WHEN ; * , PEOPLE SLEPT
hard | before | | ADJ: the PERSON SAW the * THING ; a * THING SURPRISED the PEOPLE | ADV: the PERSON worked * WHEN ; the PEOPLE worked *
early late fast | before | | ADJ: the PERSON SAW the * CAR ; a * CAR SURPRISED the PEOPLE | ADV: the PERSON worked * WHEN ; the PEOPLE arrived *
back home | before | | NOUN: the * was ADJ ; the PERSON SAW the * WHEN | ADV: the PERSON came * WHEN ; the PEOPLE went *
left | before | | VERB: the PERSON * the PLACE WHEN ; PEOPLE * the PLACE | ADJ: the * DOOR was ADJ ; the PERSON SAW the * DOOR WHEN
"""  # noqa: E501


def find_nouns(slot: str) -> tuple[str, ...]:
    """The nouns of the pronoun lexicon for a slot."""
    return tuple(noun.english for noun in NOUNS if noun.kind in LEXICON[slot])
