"""The two orders of sum and norm as pictures."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from viz import scales
from viz.orders import STRINGS, picture


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("order", ["after", "before"])
def test_the_boxes_stand_in_their_order(order: str, dark: bool) -> None:
    root = ElementTree.fromstring(picture(order, dark))
    texts = sorted(
        (float(text.attrib["x"]), str(text.text)) for text in root.iter("{http://www.w3.org/2000/svg}text")
    )
    names = [text for _, text in texts]
    assert names == ["x", *(["Sublayer", "+", "Norm"] if order == "after" else ["Norm", "Sublayer", "+"])]
    assert scales.theme(dark)["ink"] in picture(order, dark)


def test_words_are_translated_and_escaped() -> None:
    drawn = picture("after", strings={"norm": "정규화 <&>"})
    assert "정규화 &lt;&amp;&gt;" in drawn
    assert STRINGS["picture_after"] in drawn
    ElementTree.fromstring(drawn)


def test_another_order_is_refused() -> None:
    with pytest.raises(ValueError, match="after"):
        picture("within")
