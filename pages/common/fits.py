"""What a page needs of a model; where a model lacks it, one sentence, and where to go from there.

    PAGE = Page(…, needs=("attention",))
    fits.check(asked, PAGE)

`needs` holds names of `LACKING`. A page that shows nothing of a model says none; one that shows something of
every model says ().
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import streamlit as st

from model.errors import N_
from pages.common import checkpoints, links, menu, schema, stage
from pages.common.language import _
from pages.common.text import escape

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint
    from pages.common.ask import Asked

MOST = 4  # checkpoints that are offered
# By what a page needs, what is said of a model that lacks it.
LACKING: dict[str, str] = {
    "attention": N_("{name} is {network}: there is no attention in it to be shown here."),
    "writes": N_("{name} is {network}: it only reads, and writes no text that could be played here."),
    "order": N_(
        "{name} is {network}: it reads one token after another and so knows their order, and no positions "
        "are told to it."
    ),
    "blocks": N_(
        "{name} is {network}: its layers are no blocks of attention, feed-forward network, residual and "
        "norm, which this page opens."
    ),
    "recurrent": N_("{name} is {network}: it has no state that goes on from token to token."),
}
WRITES_ON = N_(  # of a decoder that lacks what "writes" names
    "{name} is {network}: it goes on with a text, and reads none first that it could translate."
)


def describe(m: Checkpoint) -> str:
    """What a model is, in a few words that stand within a sentence."""
    config: Any = m.model.config
    if not m.recurrences:
        kinds = {"encoder": _("an encoder"), "decoder": _("a decoder")}
        return kinds.get(m.architecture) or _("an encoder-decoder")
    cell = {"rnn": _("an RNN"), "lstm": _("an LSTM"), "gru": _("a GRU")}[config.cell]
    score = config.attention.removeprefix("luong-")
    if m.architecture == "encoder":
        told = _("{cell} that only reads, without attention")
    elif config.attention == "none":
        told = _("{cell} encoder-decoder without attention")
    elif config.attention == "bahdanau":
        told = _("{cell} encoder-decoder with Bahdanau's attention")
    else:
        told = _("{cell} encoder-decoder with Luong's attention ({score})")
    return told.format(cell=cell, score=score)


def find_parts(m: Checkpoint) -> frozenset[str]:
    """What a model has of all that pages need."""
    recurrent = bool(m.recurrences)
    there = {
        "attention": bool(m.layers),
        "writes": m.architecture == "encoder-decoder",
        "order": not recurrent,
        "blocks": not recurrent,
        "recurrent": recurrent,
    }
    return frozenset(name for name, has in there.items() if has)


class Told(NamedTuple):
    """parts: what a model has of all that pages need. task: what it has learned."""

    parts: frozenset[str]
    task: str


@checkpoints.keep(64, st.cache_data)
def read_parts(name: str) -> Told:
    """The same of a folder whose model is not loaded; nothing where it holds no network of this app's own."""
    from model.capture.load import read_config
    from model.networks.families import OwnConfig
    from model.networks.recurrent.config import RecurrentConfig

    try:
        config = read_config(Path(name), Path(name).name)
    except ValueError:
        return Told(frozenset(), "")
    if not isinstance(config, OwnConfig):
        return Told(frozenset(), "")
    writes = {"writes"} if config.architecture == "encoder-decoder" else set()
    if isinstance(config, RecurrentConfig):
        looks = {"attention"} if writes and config.attention != "none" else set()
        return Told(frozenset({"recurrent", *writes, *looks}), config.task)
    return Told(frozenset({"attention", "order", "blocks", *writes}), config.task)


def find_fitting(m: Checkpoint, needs: Collection[str]) -> list[str]:
    """Some of the checkpoints on offer that have what a page needs, first those that learned the same."""
    told = {name: read_parts(name) for name in checkpoints.find_offered()}
    task = getattr(m.model.config, "task", "")
    fitting = [name for name, one in told.items() if set(needs) <= one.parts]
    return sorted(fitting, key=lambda name: told[name].task != task)[:MOST]


def check(asked: Asked, page: menu.Page) -> None:
    """Go on where the model has what the page needs; else say what it lacks, and end the page."""
    needs = page.needs or ()
    missing = next((one for one in needs if one not in find_parts(asked.checkpoint)), None)
    if missing is not None:
        alone = missing == "writes" and asked.checkpoint.architecture == "decoder"
        tell(asked, WRITES_ON if alone else LACKING[missing], needs)
        st.stop()


def tell(asked: Asked, said: str, needs: Collection[str]) -> None:
    """Say why this model is not shown here, offer checkpoints that are, and the pages that show this one.

    said: the sentence, see `say`. needs: what those checkpoints have.
    """
    m = asked.checkpoint
    with stage.answers():
        st.markdown(say(asked, said))
        found = find_fitting(m, needs)
        if found:
            with st.container(horizontal=True, gap="small", vertical_alignment="center", key="fitting"):
                st.caption(_("Shown here:"), width="content")
                for name in found:
                    st.button(escape(name), key=f"take {name}", on_click=partial(take, name))
        with st.container(horizontal=True, gap="medium", vertical_alignment="center", key="seen elsewhere"):
            st.caption(_("This model is shown on:"), width="content")
            for page in find_pages(find_parts(m)):
                open_page(page)


def say(asked: Asked, said: str) -> str:
    """A sentence in Markdown. said: marked by N_, with places for {name} and {network}."""
    m = asked.checkpoint
    return _(said).format(name=f"**{escape(m.name)}**", network=describe(m))


def caption(asked: Asked, said: str) -> None:
    """The same, under what is shown."""
    st.caption(say(asked, said))


def take(name: str) -> None:
    """Choose another checkpoint; an example of the one before gives way to one of its own."""
    st.session_state[checkpoints.KEY] = name


def find_pages(parts: frozenset[str]) -> list[menu.Page]:
    """The pages that show a model that has these parts, in the order of the menu."""
    return [page for page in menu.pages() if page.needs is not None and set(page.needs) <= parts]


def open_page(page: menu.Page) -> None:
    """A link to another page, with the same sentence and checkpoint."""
    same = {key: st.session_state.get(key, "") for key in ("text", schema.CHECKPOINT)}
    st.page_link(
        page.path,
        label=_(page.title),
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params=links.add_version({name: str(value) for name, value in same.items() if value}),
    )
