"""Words of scripts that are written without spaces, as the dictionaries of ICU find them.

Chinese, Japanese, Thai, Lao, Khmer and Burmese. ICU brings 42 MB of dictionaries: it is imported where a text
has such a script, and not before.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters
_SCRIPTS = {  # letters, marks and digits; punctuation parts words anyway
    "han": rf"{HAN}\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303b"
    r"\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f\U0001aff0-\U0001b16f"  # Japanese
    r"\u3105-\u312f\u31a0-\u31bf",  # Bopomofo
    "thai": r"\u0e01-\u0e3a\u0e40-\u0e4e\u0e50-\u0e59",
    "lao": r"\u0e81-\u0edf",
    "khmer": r"\u1780-\u17d3\u17d7\u17dc\u17dd\u17e0-\u17e9",
    "burmese": r"\u1000-\u1049\u1050-\u109d\ua9e0-\ua9fe\uaa60-\uaa76\uaa7a-\uaa7f",
}
# What goes with the letter before it, wherever it stands. A zero-width space does not: it parts words.
_EXTENDING = r"\u0300-\u036f\u00ad\u200c\u200d\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef"
_SOME = re.compile(f"[{''.join(_SCRIPTS.values())}]")
_RUN = re.compile("|".join(f"(?P<{name}>[{own}][{own}{_EXTENDING}]*)" for name, own in _SCRIPTS.items()))
_HANGUL = re.compile(r"[\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7ff\uffa0-\uffdc]")


class Segment(NamedTuple):
    """A stretch of one such script: text[start:end], and where words begin in it, the first one at start."""

    start: int
    end: int
    words: tuple[int, ...]


@lru_cache(maxsize=64)
def find_segments(text: str) -> tuple[Segment, ...]:
    """Every stretch of a text in a script without spaces, with its words; marks among them are left out.

    Korean is written with spaces: where a text has more Hangul than Chinese characters, these are part of the
    words that they stand in.
    """
    if _SOME.search(text) is None:
        return ()
    hangul = len(_HANGUL.findall(text))
    han = sum(len(run.group()) for run in _RUN.finditer(text) if run.lastgroup == "han")
    return tuple(
        Segment(run.start(), run.end(), _words(run.group(), run.start()))
        for run in _RUN.finditer(text)
        if run.lastgroup != "han" or hangul <= han
    )


def _words(part: str, place: int) -> tuple[int, ...]:
    """Where the words of a stretch begin, if it stands at `place` of a text."""
    from icu4py.breakers import WordBreaker

    starts = []
    for word in WordBreaker(part, "en"):  # the language changes nothing: the script decides
        starts.append(place)
        place += len(word)  # its numbers count in UTF-16, its strings are right
    return tuple(starts)
