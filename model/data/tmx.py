"""Rows of a translation memory (TMX 1.1 to 1.4b): a unit is a row, a language a column. Knows no torch."""

from __future__ import annotations

import codecs
import re
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from model.data.encodings import AsUtf8
from model.data.rows import Row
from model.errors import Refusal

PEEKED = 1000  # units whose languages are the columns
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
CODES = ("bpt", "ept", "ph", "it", "ut")  # what stands in them is another program's markup, and no text
DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""")
NATIVE = ("utf-8", "utf-16", "us-ascii", "iso-8859-1")  # encodings that the parser knows itself


def is_tmx(start: bytes) -> bool:
    """Whether a file that begins like this is a translation memory."""
    is_wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return "<tmx" in start.decode("utf-16" if is_wide else "latin-1", "ignore")


def find_languages(path: Path, name: str) -> tuple[str, ...]:
    """The languages of the first units, in the order in which they are met, as "en" and not "en-us".

    Where a unit has two of one language (zh-cn, zh-tw), they stay apart. Raises Refusal where there are none.
    """
    with closing(units(path, name)) as told:
        seen = [tuple(dict.fromkeys(language for language, _ in unit)) for unit in islice(told, PEEKED)]
    apart = {base_of(one) for unit in seen for one in unit if [*map(base_of, unit)].count(base_of(one)) > 1}
    every = dict.fromkeys(language for unit in seen for language in unit)
    found = dict.fromkeys(one if base_of(one) in apart else base_of(one) for one in every)
    if not found:
        raise Refusal("{name} has no units with texts in two languages.", name=name)
    return tuple(found)


def read_rows(path: Path, name: str, languages: tuple[str, ...]) -> Iterator[Row]:
    """Every unit as a row, by its number in the file; of two variants in one language the first counts."""
    for number, unit in enumerate(units(path, name), start=1):
        texts: dict[str, str] = {}
        for language, text in unit:
            texts.setdefault(language if language in languages else base_of(language), text)
        yield Row(number, [texts.get(language, "") for language in languages])


def base_of(language: str) -> str:
    """ "ko" of "ko-kr"."""
    return language.split("-")[0]


def units(path: Path, name: str) -> Generator[list[tuple[str, str]]]:
    """The (language, text) of every unit."""
    try:
        with open_plain(path) as (file, parser):
            root: Element | None = None
            for event, element in ElementTree.iterparse(file, ("start", "end"), parser):
                if root is None:
                    root = element
                if event == "end" and element.tag == "tu":
                    yield [
                        (code_of(variant), text_of(segment))
                        for variant in element.iter("tuv")
                        if (segment := variant.find("seg")) is not None
                    ]
                    body = root.find("body")
                    (root if body is None else body).clear()  # what was read is held no longer
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Refusal("{name} is damaged, or no translation memory.", name=name) from error


@contextmanager
def open_plain(path: Path) -> Iterator[tuple[Any, Any]]:
    """A file and its parser; an encoding that the parser does not know (EUC-KR) becomes UTF-8 for it."""
    with path.open("rb") as file:
        start = file.read(1000)
        said = DECLARED.match(start)
        encoding = said[1].decode().lower() if said else "utf-8"
        if encoding in NATIVE:
            file.seek(len(start) - len(start.lstrip()))  # nothing may stand before the declaration
            yield file, None
            return
    named = "cp949" if encoding in ("euc-kr", "ks_c_5601-1987") else encoding
    parser = ElementTree.DefusedXMLParser(encoding="utf-8", forbid_dtd=False)
    with closing(AsUtf8(path, named)) as text:
        text.file.seek(len(start) - len(start.lstrip()))
        yield text, parser


def code_of(variant: Element) -> str:
    """The language of a variant, in small letters; old files say it without a namespace."""
    return (variant.get(LANGUAGE) or variant.get("lang") or "?").replace("_", "-").lower()


def text_of(element: Element) -> str:
    """The text of a segment, with that of marked parts and without other programs' codes."""
    text = element.text or ""
    for inner in element:
        text += ("" if inner.tag in CODES else text_of(inner)) + (inner.tail or "")
    return text
