"""What a link can say: every key once, of one meaning, and nothing that it says is left out in silence."""

from __future__ import annotations

import ast
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages.common import schema
from pages.common.edits import Wish
from pages.common.schema import SCHEMA, Key
from tests.pages.running import ROOT, check_link, run
from viz.linked.view import View


def calls(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_every_control_that_is_bound_to_the_link_has_a_key_of_the_schema() -> None:
    found = set()
    for path in (ROOT / "pages").rglob("*.py"):
        for call in calls(path):
            words = {word.arg: word.value for word in call.keywords}
            key = words.get("key")
            if "bind" in words and isinstance(key, ast.Constant):
                found.add(key.value)
    assert len(found) > 15
    assert not {key for key in found if schema.find(str(key)) is None}


def constants(tree: ast.Module) -> dict[str, Any]:
    """What a module gives names to, as far as it is written down."""
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            with suppress(ValueError):
                value = ast.literal_eval(node.value)
                target = node.targets[0]
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                values = value if isinstance(target, ast.Tuple) else [value]
                found |= {ast.unparse(name): one for name, one in zip(names, values, strict=True)}
    return found


def test_every_choice_that_the_link_keeps_has_a_key_of_the_schema() -> None:
    places = {
        "links.choice": 2,
        "links.scale": 2,
        "links.one": 2,
        "links.several": 2,
        "links.put": 0,
        "streams.place": 0,
    }
    found = set()
    for path in (ROOT / "pages").rglob("*.py"):
        known = constants(ast.parse(path.read_text(encoding="utf-8")))
        for call in calls(path):
            place = places.get(ast.unparse(call.func))
            if place is not None and len(call.args) > place:
                told = call.args[place]
                key = told.value if isinstance(told, ast.Constant) else known.get(ast.unparse(told))
                found |= {key} if isinstance(key, str) else set()
    assert len(found) > 30
    assert not {key for key in found if schema.find(key) is None}


def test_no_key_has_two_meanings() -> None:
    assert len({key.told for key in SCHEMA.values()}) == len(SCHEMA)
    known = Key("the sentence", schema.TEXT)
    assert schema.add("text", known) == "text"
    with pytest.raises(ValueError, match="another meaning: the sentence"):
        schema.add("text", Key("something else"))


@pytest.mark.parametrize(
    ("page", "before", "now"),
    [
        ("attention.py", {"step": "3"}, {"calculation": "3"}),
        ("masks.py", {"masks": "prefix", "prefix": "2"}, {"masks": "prefix", "prefix_length": "2"}),
        (
            "positions.py",
            {"scheme": "alibi", "heads": "4"},
            {"scheme": "alibi", "alibi_heads": "4"},
        ),
        ("positions.py", {"part": "shuffle", "seed": "3"}, {"part": "shuffle", "shuffle": "3"}),
    ],
)
def test_a_key_of_an_earlier_edition_is_read(page: str, before: dict[str, str], now: dict[str, str]) -> None:
    old, new = run(page, "en", **before), run(page, "en", **now)
    assert not old.exception
    assert {name: old.query_params[name] for name in now} == now
    assert not (set(before) - set(now)) & set(old.query_params)
    assert [line.value for line in old.subheader] == [line.value for line in new.subheader]
    assert not any("has no meaning here" in line.value for line in (*old.caption, *new.caption))


@pytest.mark.parametrize("page", ["explore.py", "masks.py", "guide.py"])
def test_what_a_link_says_in_vain_is_told(page: str) -> None:
    app = run(page, "en", nonsense="**1**", layer="two")
    assert not app.exception
    [told] = [line.value for line in app.caption if "has no meaning here" in line.value]
    assert "layer\\=two" in told
    assert "nonsense\\=\\*\\*1\\*\\*" in told
    assert not any("has no meaning here" in line.value for line in run(page, "en").caption)


def told_as_left_out(app: AppTest) -> str:
    return " ".join(line.value for line in app.caption if "has no meaning here" in line.value).replace(
        "\\", ""
    )


@pytest.mark.parametrize(
    ("page", "query", "told"),
    [
        ("explore.py", {"edits": "zzz"}, "edits=zzz"),
        ("explore.py", {"edits": "cut-encoder-99-99"}, "edits=cut-encoder-99-99"),
        ("explore.py", {"edits": "cut-encoder-12-9", "text": "Hello", "v": "3"}, "edits=cut-encoder-12-9"),
        ("attention.py", {"edits": "silence-encoder@9", "v": "3"}, "edits=silence-encoder@9"),
        ("explore.py", {"layer": "99"}, "layer=99"),
        ("attention.py", {"layer": "99", "v": "3"}, "layer=99"),
        ("attention.py", {"token": "99"}, "token=99"),
        ("explore.py", {"heads": "1,2,99"}, "heads=1, heads=2, heads=99"),
        ("explore.py", {"heads": "1.99"}, "heads=1.99"),
        ("explore.py", {"heads": "1.99", "v": "3"}, "heads=1.99"),
        ("explore.py", {"kind": "foo"}, "kind=foo"),
        ("explore.py", {"held": "99", "v": "3"}, "held=99"),
        ("heads.py", {"kind": "foo"}, "kind=foo"),
        ("path.py", {"layer": "99"}, "layer=99"),
        ("path.py", {"at": "decoder.99"}, "at=decoder.99"),
        ("path.py", {"at": "encoder.1.99"}, "at=encoder.1.99"),
        ("guide.py", {"lang": "xx"}, "lang=xx"),
    ],
)
def test_what_came_with_a_link_and_is_not_here_is_told_and_taken_out(
    page: str, query: dict[str, str], told: str
) -> None:
    app = run(page, **{"language": "en", **query} if "lang" not in query else {"language": query["lang"]})
    assert not app.exception
    assert told_as_left_out(app).endswith(f"left out: {told}")
    left = {part for name in app.query_params for part in str(app.query_params[name]).split(",")}
    assert not left & {part.split("=")[1] for part in told.split(", ")}
    assert "at" not in app.query_params
    app.run()  # as a picture does once it stands
    assert told_as_left_out(app).endswith(f"left out: {told}")


def test_what_can_be_read_of_changes_stays() -> None:
    app = run("explore.py", "en", edits="cut-encoder-99-99,silence-encoder@1.1,zzz", v="3")
    assert told_as_left_out(app).endswith("left out: edits=cut-encoder-99-99, edits=zzz")
    assert app.query_params["edits"] == "silence-encoder@1.1"


def test_a_person_who_goes_on_is_told_nothing() -> None:
    app = run("explore.py", "en", edits="cut-encoder-12-9,silence-encoder@2.4", heads="2.4", v="3")
    assert not told_as_left_out(app)
    app.text_input(key="text").set_value("Hello").run()
    assert not app.exception
    assert not told_as_left_out(app)
    app = run("explore.py", "en", heads="1.99", v="3")
    assert told_as_left_out(app)
    app.text_input(key="text").set_value("Hello").run()
    assert not told_as_left_out(app)
    app = run("explore.py", "en", edits="silence-encoder@2.4", heads="2.4", v="3")
    app.query_params["checkpoint"] = "repeat"
    app.session_state["checkpoint"] = "repeat"
    app.run()
    assert not app.exception
    assert not told_as_left_out(app)
    app.switch_page("pages/attention.py").run()
    assert not app.exception
    assert not told_as_left_out(app)


def test_a_long_link_is_told() -> None:
    app = run("explore.py", "en", beside="word " * 400)
    assert any("some programs cut links after 2,000" in line.value for line in app.caption)
    assert not any("cut links" in line.value for line in run("explore.py", "en").caption)


spans = st.none() | st.tuples(st.integers(0, 99_998), st.integers(0, 3)).map(lambda two: (two[0], sum(two)))
wishes = st.builds(
    lambda kind, query, key, layer, head: Wish("cut", kind, query, key, layer, head),
    st.sampled_from(["encoder", "decoder", "cross"]),
    st.tuples(st.integers(0, 99_998)).map(lambda one: (one[0], one[0])),
    st.tuples(st.integers(0, 9_998)).map(lambda one: (one[0], one[0] + 1)),
    st.none() | st.integers(0, 9_998),
    st.none() | st.integers(0, 9_998),
)


@given(st.lists(wishes, max_size=4))
def test_whatever_is_cut_is_of_the_schema(cut: list[Wish]) -> None:
    assert SCHEMA["edits"].reads(",".join(map(str, cut)))


heads = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=4).map(tuple)


@given(
    st.builds(
        View,
        kind=st.sampled_from(["encoder", "decoder", "cross"]),
        heads=heads,
        combine=st.sampled_from(["mean", "max"]),
        threshold=st.floats(0, 1),
        specials=st.booleans(),
        words=st.booleans(),
    )
)
def test_whatever_is_looked_at_is_of_the_schema(view: Any) -> None:
    class Nothing:
        kinds = ()

    for name, value in view.to_query(Nothing()).items():
        assert SCHEMA[name].reads(value), (name, value)


def test_what_a_test_gives_is_not_checked_and_what_a_page_puts_there_is() -> None:
    app = run("explore.py", "en", kind="nonsense!")
    app.query_params["layer"] = "zero"
    with pytest.raises(AssertionError, match="layer"):
        check_link(app)
