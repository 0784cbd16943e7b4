"""The picture of a layer: its parts in order, as buttons; what an open one tells."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from viz import scales
from viz.block import Bar, Block, Line, Opened, Part, opened, picture
from viz.block.opened import find_end
from viz.block.picture import HEIGHTS, place

EVIL = "<i>&'\"x"


def layer(order: str = "after", memory: str = "", experts: tuple[bool, ...] = ()) -> Block:
    norm = [Part(f"{i}.norm", "norm", "LayerNorm", "length 1.0 → 2.0", i) for i in (0, 1)]
    first = [Part("0.sublayer", "attention", EVIL, EVIL, 0, memory), Part("0.add", "add", "Sum", "3 → 4", 0)]
    second = [
        Part("1.sublayer", "feed-forward", "Feed-forward", "", 1, experts=experts),
        Part("1.add", "add", "Sum", "", 1),
    ]
    inner = [*first, norm[0], *second, norm[1]] if order == "after" else [norm[0], *first, norm[1], *second]
    return Block((Part("in", "state", "x enters"), *inner, Part("out", "state", "x leaves")), 3, "Layer 1")


@pytest.mark.parametrize("order", ["after", "before"])
def test_the_parts_stand_above_each_other_in_their_order(order: str) -> None:
    block = layer(order)
    tops, height = place(block)
    listed = [tops[part.name] for part in block.parts]
    assert listed == sorted(listed, reverse=True)
    for above, below in zip(block.parts[1:], block.parts[:-1], strict=True):
        assert tops[above.name] + HEIGHTS[above.role] < tops[below.name]
    assert tops["in"] + HEIGHTS["state"] < height


@pytest.mark.parametrize("order", ["after", "before"])
def test_every_part_is_a_button_and_the_open_one_is_pressed(order: str) -> None:
    block = layer(order, memory="K, V", experts=(True, False, True, False))
    drawn = picture(block, "0.add")
    root = ElementTree.fromstring(drawn)
    buttons = [node for node in root.iter() if node.attrib.get("role") == "button"]
    assert [node.attrib["data-part"] for node in buttons] == [part.name for part in block.parts]
    assert [node.attrib["data-part"] for node in buttons if node.attrib["aria-pressed"] == "true"] == [
        "0.add"
    ]
    assert all(node.attrib["tabindex"] == "0" and node.attrib["aria-label"] for node in buttons)
    assert drawn.count('class="expert runs"') == 4  # two boxes and their numbers
    assert "K, V" in drawn
    assert "3 ×" in drawn
    assert "<i>" not in drawn


def test_each_sublayer_has_a_way_around_it() -> None:
    for order in ("after", "before"):
        block = layer(order)
        tops, _height = place(block)
        ways = re.findall(r'class="road" d="M[0-9.]+ ([0-9.]+)H[0-9.]+V([0-9.]+)H', picture(block))
        assert len(ways) == 2
        for number, (begin, end) in enumerate(ways):
            inside = [part for part in block.parts if part.sublayer == number]
            assert float(begin) > tops[inside[0].name] + HEIGHTS[inside[0].role]
            assert float(end) == tops[f"{number}.add"] + HEIGHTS["add"] / 2


def test_two_parts_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        Block((Part("a", "state", ""), Part("a", "state", "")), 1, "")


def test_what_is_open_is_told_as_text() -> None:
    told = Opened(
        EVIL,
        (EVIL,),
        (EVIL,),
        (Line(EVIL, (1.0,), 1.0, "+"),),
        (Bar(EVIL, 0.5, EVIL, False),),
        EVIL,
        1.0,
        EVIL,
    )
    found = opened(told)
    assert "<i>" not in found
    ElementTree.fromstring(f"<div>{found}</div>")
    assert 'style="width:50.0%"' in found


@pytest.mark.parametrize("dark", [False, True])
def test_numbers_stand_on_colours_that_they_can_be_read_on(dark: bool) -> None:
    values = tuple(float(value) for value in range(-4, 5))
    told = Opened("", (), tuple(map(str, values)), (Line("x", values),))
    found = re.findall(r"background:(#\w+);color:(#\w+)", opened(told, dark))
    assert [fill for fill, _ink in found] == [scales.diverging(dark)[i] for i in range(0, 33, 4)]

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        straight = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * straight[0] + 0.7152 * straight[1] + 0.0722 * straight[2]

    for fill, ink in found:
        low, high = sorted((light(fill), light(ink)))
        assert (high + 0.05) / (low + 0.05) > 4.5


def test_one_number_that_is_far_larger_is_cut_off_and_that_is_said() -> None:
    assert find_end([1, -2, 30]) == (2.0, True)
    assert find_end([1, -2, 3]) == (3.0, False)
    assert find_end([0, 0]) == (1.0, False)
    assert find_end([]) == (1.0, False)
    told = opened(Opened("", (), ("1", "2", "3"), (Line("x", (1.0, -2.0, 30.0)),)))
    assert "±2.00" in told


def test_a_line_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="2 values"):
        opened(Opened("", (), ("1", "2"), (Line("x", (1.0,)),)))
