"""Which writing a text is in, as far as it matters where its words end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

# As ranges of a character class. Marks of punctuation that several of them share are in none.
HAN = "\u2e80-\u2fdf々〆〇〡-〩〸-〻\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
KANA = "\u3041-\u309f\u30a1-\u30ff\u31f0-\u31ff\uff66-\uff9f\U0001aff0-\U0001b16f"
HANGUL = "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
THAI, LAO = "\u0e01-\u0e3a\u0e40-\u0e5b", "\u0e80-\u0eff"
KHMER, BURMESE = "\u1780-\u17ff\u19e0-\u19ff", "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"
# Bopomofo, Tibetan, Tai Le, New Tai Lue, Tai Tham, Balinese, Yi, Javanese, Tai Viet
OTHERS = (
    "\u3100-\u312f\u31a0-\u31bf\u0f00-\u0fff\u1950-\u197f\u1980-\u19df\u1a20-\u1aaf\u1b00-\u1b7f"
    "\ua000-\ua4cf\ua980-\ua9df\uaa80-\uaadf"
)
SYLLABIC = THAI + LAO + KHMER + BURMESE + OTHERS

_UNSPACED = re.compile(f"[{HAN}{KANA}{SYLLABIC}]")
_KANA = re.compile(f"[{KANA}]")
_EAST_ASIAN = re.compile(f"[{HAN}{KANA}]")
_SYLLABIC = re.compile(f"[{SYLLABIC}]")
_HANGUL = re.compile(f"[{HANGUL}]+")
_LETTERS = re.compile(r"[^\W\d_]+")

Script = Literal["spaced", "korean", "chinese", "japanese", "unspaced"]
A_WORD = {"east": 2, "syllabic": 4}  # about how many characters one has, where no space tells
JAPANESE = 0.1  # the share of kana from which on East Asian writing is Japanese; it is mostly a half


def is_unspaced(text: str) -> bool:
    """Whether some of a text is in a writing that has no spaces between words."""
    return bool(_UNSPACED.search(text))


def script_of(texts: Iterable[str]) -> Script:
    """The writing that most of the texts is in, counted in words, or what comes near to them.

    "unspaced": none of East Asia (Thai, Lao, Khmer, Burmese and others); "spaced": all else, and no letters.
    """
    counts: dict[Script, float] = dict.fromkeys(("spaced", "korean", "chinese", "unspaced"), 0.0)
    kana = east = 0
    for text in texts:
        kana += len(_KANA.findall(text))
        east += len(_EAST_ASIAN.findall(text))
        counts["unspaced"] += len(_SYLLABIC.findall(text)) / A_WORD["syllabic"]
        rest = _UNSPACED.sub(" ", text)
        counts["korean"] += len(_HANGUL.findall(rest))
        counts["spaced"] += len(_LETTERS.findall(_HANGUL.sub(" ", rest)))
    counts["chinese"] = east / A_WORD["east"]
    found = max(counts, key=counts.__getitem__)
    return "japanese" if found == "chinese" and kana >= JAPANESE * east else found
