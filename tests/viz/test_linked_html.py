"""The file stands alone: nothing is fetched, and no token becomes markup."""

from __future__ import annotations

import re
from base64 import b64decode
from collections import Counter

from tests.viz.traces import MARKUP, paired, pieces, pronouns, random
from viz.linked import STRINGS, View, html
from viz.linked.assemble import ROOMS, WEB, script, stylesheet


def test_nothing_is_fetched() -> None:
    page = html(pronouns())
    assert "http:" not in page
    assert "https:" not in page
    assert not re.search(r"<(link|img|iframe|object|embed|base)\b|\ssrc\s*=|@import|url\(", page)
    assert "default-src 'none'" in page


def test_markup_in_tokens_and_title_stays_text() -> None:
    page = html(pieces(), title=MARKUP)
    assert MARKUP not in page
    assert page.count("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;") == 2
    assert page.count("<script") == page.count("</script>") == 2


def test_the_title_is_the_source_where_none_is_given() -> None:
    assert "<title>The animal didn&#x27;t cross" in html(pronouns())
    assert "<title>The dog sleeps. · Is the dog it?</title>" in html(paired())


def test_a_long_text_has_every_layer_in_a_part_of_its_own() -> None:
    page = html(random(300, layers=3, heads=30), view=View(heads=((1, 0),)))
    parts = dict(re.findall(r'data-part="([^"]+)">([^<]+)<', page))
    assert set(parts) == {"main", "encoder 0", "encoder 2"}
    assert all(b64decode(part)[:4] == b"HLV1" for part in parts.values())


def test_rooms_import_only_from_rooms_before_them() -> None:
    for number, room in enumerate(ROOMS):
        text = (WEB / f"{room}.js").read_text(encoding="utf-8")
        for imported in re.findall(r'^import .* from "\./(\w+)\.js";$', text, re.MULTILINE):
            assert imported == "scales" or imported in ROOMS[:number], f"{room} imports {imported}"
        assert text.count("import ") == len(re.findall(r"^import .*;$", text, re.MULTILINE))


def test_rooms_share_one_scope_without_a_clash() -> None:
    names = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", script(), re.MULTILINE)
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert "import " not in script()
    assert not re.search(r"^export ", script(), re.MULTILINE)
    assert sorted(path.stem for path in WEB.glob("*.js")) == sorted(ROOMS)


def test_text_is_set_as_text() -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script())


def test_every_string_is_said_somewhere() -> None:
    """A string that no room asks for is a translator's wasted work."""
    text = script()
    families = ("row_", "rows_", "most_", "mosts_", "column_", "write_", "writes_")
    spoken = {"encoder", "decoder", "cross"}  # asked for by the names of the kinds
    for name in STRINGS:
        if name.startswith(families) or name in spoken:
            continue
        if name == "title":  # said by the file's heading
            continue
        assert re.search(rf"(\bs|strings\(?\)?|header\.strings|\?\.strings)\.{name}\b", text), name


def test_colours_come_from_one_file() -> None:
    css = stylesheet().split("\n\n", 1)[1]
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgb\(", css)
    rooms = "".join((WEB / f"{room}.js").read_text(encoding="utf-8") for room in ROOMS)
    assert not re.search(r"""["'`]#[0-9a-fA-F]{3,8}["'`]""", rooms)
