"""Places that Streamlit makes: what a person is in the middle of outlives its calls, and ends with its place.

Streamlit calls a component again for every change. Where two changes come close together, it also calls what
the first call returned, though the place is in use (`useHandleJsContent` of its BidiComponent).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

import pytest
from playwright.sync_api import Page, expect

from tests.viz import board_app, steps_app
from tests.viz.traces import pronouns
from viz.board.assemble import script as board_script
from viz.board.pack import pack as board_blob
from viz.linked.assemble import script as linked_script
from viz.linked.pack import pack as linked_blob
from viz.steps.assemble import script as steps_script
from viz.steps.pack import pack as steps_blob

CALL = """(blobs) => {
  const place = document.querySelector("#place").attachShadow({ mode: "open" });
  place.innerHTML = '<div class="headlight"></div>';
  const call = (blob) => component({
    data: Uint8Array.from(atob(blob), (letter) => letter.charCodeAt(0)),
    parentElement: place, setStateValue() {}, setTriggerValue() {},
  });
  globalThis.root = place.querySelector(".headlight");
  globalThis.leaves = blobs.map(call);
}"""


def blobs(what: str) -> tuple[str, Sequence[bytes]]:
    """The script of a component, and two changes of its data."""
    if what == "board":
        panels = board_app.mask()
        return board_script(), [board_blob(panels), board_blob(panels[:1])]
    if what == "steps":
        film = steps_app.tired()
        return steps_script(), [steps_blob(film), steps_blob(film, 1, revision=1)]
    return linked_script(), [linked_blob(pronouns(text)) for text in ("tired", "wide")]


@pytest.mark.parametrize("what", ["board", "linked", "steps"])
def test_a_place_in_use_is_not_left(page: Page, what: str) -> None:
    script, changes = blobs(what)
    page.set_content('<div id="place"></div>')
    page.add_script_tag(content=script)
    page.evaluate(CALL, [b64encode(blob).decode() for blob in changes])
    page.locator(".headlight[data-drawn]").wait_for()
    page.evaluate("leaves[0]()")
    page.wait_for_timeout(200)
    assert page.evaluate("root.childElementCount") > 0
    expect(page.locator(".headlight").first).to_be_visible()
    page.evaluate("document.querySelector('#place').remove(); leaves[1]()")
    assert page.evaluate("root.childElementCount") == 0
