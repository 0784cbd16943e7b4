"""Which encoding a text file is in, how sure that is, and what else it could be.

UTF-8 and UTF-16 tell themselves. For the others every candidate that can decode the whole file is tried, and
the one wins whose characters are those that people write most: read as CP949, Chinese in GBK is made of rare
Hangul and Hanja, and Korean read as GBK of rare Hanzi. Where that leaves a doubt, it is said. Knows no torch.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from model.errors import Refusal

MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
SAMPLE = 4000  # characters outside ASCII that a candidate is judged by
ENOUGH = 16  # of them, to be sure
CONVINCING, BEYOND_DOUBT = 0.2, 3  # the share of common characters; how many times that of the next candidate
NUL = "\0"

# What each language writes most, and its marks. In running text they are a third of all characters and more.
_KOREAN = (
    "이다는에을의가고하지은로도를사한어기아나리그있게자서대해요인시거스만니라들네보수정면일내전제안여말없저상과"
    "주부오성무우으녕것좋까세마야구조습장생음런데더와비할물집오늘왜너운간원치적또좀간빨바된동선려신문영"
    "ㅋㅎㅠㅜㄱㄴㄷㅇㅏㅣ"
)
_CHINESE = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
    "用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实"
    "这谢请问吗吧呢见很叫什喜欢今明早再饭水书爱朋友"
)
_TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡"
    "用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實"
    "謝請問嗎吧呢見很叫什喜歡今明早再飯水書愛朋友"
)
_JAPANESE = "".join(map(chr, (*range(0x3041, 0x3097), *range(0x30A1, 0x30FD)))) + "日人私今学生行本何時"
_MARKS = "、。，！？：；…“”‘’「」『』（）～·—《》"
_LATIN = "éèêëàâäáãåçñôöóòõùûüúîïíìœæøßÉÈÀÇÔÖÜÄÅØ«»“”‘’…–—€°¿¡"
_CYRILLIC = "".join(map(chr, range(0x0410, 0x0450))) + "ёЁ"


def share_common(common: str, text: str) -> float:
    """Which share of the characters outside ASCII, but for marks, a language writes often."""
    foreign = [character for character in text if ord(character) > 127 and character not in _MARKS]
    return sum(map(frozenset(common).__contains__, foreign)) / max(1, len(foreign))


def share_alone(common: str, text: str) -> float:
    """Which share of them are letters with accents, or marks, between plain letters."""
    alone = sum(ord(a) < 128 and b in common and ord(c) < 128 for a, b, c in neighbours(text))
    return alone / max(1, sum(ord(character) > 127 for character in text))


def share_inside(common: str, text: str) -> float:
    """Which share of them are small letters beside others, less capitals behind small letters."""
    found = sum(b in common and b.islower() and (a in common or c in common) for a, b, c in neighbours(text))
    found -= 2 * sum(a in common and a.islower() and b in common and b.isupper() for a, b in pairwise(text))
    return max(0.0, found / max(1, sum(ord(character) > 127 for character in text)))


def neighbours(text: str) -> Iterator[tuple[str, str, str]]:
    """Each character between the ones beside it."""
    return zip(" " + text[:-1], text, text[1:] + " ", strict=True)


CANDIDATES: dict[str, Callable[[str], float]] = {
    "cp949": partial(share_common, _KOREAN),
    "cp932": partial(share_common, _JAPANESE),
    "euc_jp": partial(share_common, _JAPANESE),
    "gb18030": partial(share_common, _CHINESE),
    "big5hkscs": partial(share_common, _TRADITIONAL),
    "cp1252": partial(share_alone, _LATIN),
    "cp1251": partial(share_inside, _CYRILLIC),
}
KNOWN = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", *CANDIDATES)  # what a person can choose


@dataclass(frozen=True)
class Encoding:
    """name: of Python's codec. is_sure: nothing else is likely. others: what it could be, likeliest first."""

    name: str
    is_sure: bool = True
    others: tuple[str, ...] = ()


def find_encoding(path: Path, name: str, chosen: str = "") -> Encoding:
    """The encoding of a file. name: of the file, for people. chosen: what a person says that it is.

    Raises Refusal where it is none that is known, or not the chosen one.
    """
    if chosen:
        if not is_in(path, check_known(chosen)):
            raise Refusal("{name} is not in the encoding {encoding}.", name=name, encoding=chosen)
        return Encoding(chosen)
    with path.open("rb") as file:
        start = file.read(1 << 16)
    certain = ["utf-8"]
    if mark := next((mark for mark in MARKS if start.startswith(mark)), None):
        certain = [MARKS[mark]]
    elif b"\0" in start:  # every other byte of plain letters, in UTF-16
        even, odd = start[::2].count(0), start[1::2].count(0)
        certain = ["utf-16-le" if odd > even else "utf-16-be"]
    for encoding in certain:
        if is_in(path, encoding):
            return Encoding(encoding)
    if mark or b"\0" in start:
        raise no_text(name)
    return weigh(path, name)


def check_known(encoding: str) -> str:
    """An encoding that Python has for text. Raises Refusal for any other word."""
    try:
        if codecs.lookup(encoding)._is_text_encoding:
            return encoding
    except LookupError:
        pass
    raise Refusal("There is no encoding {encoding}; try {names}.", encoding=encoding, names=", ".join(KNOWN))


def no_text(name: str) -> Refusal:
    return Refusal("{name} is no text that can be read; save it as UTF-8, or as .xlsx.", name=name)


def weigh(path: Path, name: str) -> Encoding:
    """The likeliest of the candidates that can decode the whole file. Raises Refusal where none can."""
    sample = b"".join(foreign_lines(path))
    scores = {
        encoding: score
        for encoding in CANDIDATES
        if (score := judge(sample, encoding)) is not None and is_in(path, encoding)
    }
    if not scores:
        raise no_text(name)
    order = sorted(scores, key=lambda encoding: -scores[encoding][0])
    best = order[0]
    share, count = scores[best]
    next_share = max((scores[encoding][0] for encoding in order[1:]), default=0.0)
    is_sure = share >= CONVINCING and share >= BEYOND_DOUBT * next_share and count >= ENOUGH
    return Encoding(best, is_sure, () if is_sure else tuple(order[1:]))


def foreign_lines(path: Path) -> Iterator[bytes]:
    """Whole lines with bytes outside ASCII, as many as it takes to judge."""
    count = 0
    with path.open("rb") as file:
        for line in file:
            if not line.isascii():
                yield line
                count += sum(byte > 127 for byte in line)
                if count > 2 * SAMPLE:
                    return


def judge(sample: bytes, encoding: str) -> tuple[float, int] | None:
    """How much a sample looks like text in an encoding, 0 to 1, and by how many characters outside ASCII.

    None where it is in another one.
    """
    try:
        text = sample.decode(encoding)
    except UnicodeError:
        return None
    return CANDIDATES[encoding](text), sum(ord(character) > 127 for character in text)


class AsUtf8:
    """A text file as the bytes of UTF-8, for those who read nothing else."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.file = path.open(encoding=encoding, newline="")

    def read(self, size: int = -1) -> bytes:
        """The next so many characters."""
        return self.file.read(size).encode("utf-8")

    def close(self) -> None:
        self.file.close()


def is_in(path: Path, encoding: str) -> bool:
    """Whether all of a file is text in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            for part in iter(partial(file.read, 1 << 20), b""):
                if NUL in decoder.decode(part):
                    return False  # text has no NUL
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def describe_encodings(names: Iterable[str]) -> str:
    """Encodings as people know them, with commas between them."""
    told = {"cp949": "CP949 (EUC-KR)", "cp932": "Shift-JIS (CP932)", "gb18030": "GBK (GB18030)",
            "big5hkscs": "Big5", "euc_jp": "EUC-JP", "utf-8-sig": "UTF-8"}  # fmt: skip
    return ", ".join(told.get(name, name.upper()) for name in names)
