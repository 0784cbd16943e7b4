"""What stands folded under the curves: theory, forgetting, steps, clipping, a word left out, the formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.common import figures, idea, links, look, stage
from pages.common.language import _
from pages.parts.reach.beginning import curve, measure, names
from pages.parts.reach.telling import FAR, share
from viz.cliff import cliff
from viz.decay import Decay, decay, write_power
from viz.ways import ways

if TYPE_CHECKING:
    from model.experiments.clipping import Clipped
    from model.experiments.path_lengths import Graph
    from model.experiments.reach import Network

BIASES = (0.0, 1.0, 2.0)
WORDS = 9  # of the text in which steps are counted
LONGER = (10, 50, 200)  # words apart
LAYERS = 3  # at most
LIMITS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 20.0, 100.0, 1000.0)


def show(gain: float) -> None:
    """All of them; what is folded is not computed."""
    for label, key, part in (
        (_("What theory expects"), "theory", show_theory),
        (_("The LSTM’s forget bias: 0, 1, 2"), "forgetting", show_forgetting),
        (_("How many steps lie between two words"), "ways", show_ways),
        (_("Gradient clipping"), "clipping", show_clipping),
        (_("Leave a word out"), "left_out", show_left_out),
    ):
        folded = stage.more(label, key)
        with folded:
            if folded.open:
                part(gain)


def show_theory(gain: float) -> None:
    """The factor for each word, by W and the slope of the activation and as it was measured."""
    columns: dict[str, list[str]] = {}
    for network in ("sigmoid", "tanh", "relu"):
        found = measure(network, gain)
        theory = found.theory
        assert theory is not None
        for head, values in (
            ("", None),
            (_("spectral radius ρ(W)"), theory.radius),
            (_("largest singular value σ(W)"), theory.largest),
            (_("mean φ′"), theory.mean),
            (_("ρ(W) · mean φ′"), theory.by_radius),
            (_("ρ(W) · √mean φ′²"), theory.by_square),
            (_("σ(W) · mean φ′"), theory.by_norm),
            (_("measured"), found.factor),
        ):
            said = names()[network] if values is None else f"{float(np.median(values)):.3f}"
            columns.setdefault(head, []).append(said)
    st.markdown(_("The factor for each word in between, W × {gain}:").format(gain=f"{gain:g}"))
    st.table(columns, hide_index=True)
    st.caption(
        _(
            "Below 1 it vanishes, above 1 it explodes. The mean of φ′ is the textbook’s rule; where units "
            "are "
            "steep for one word and flat for the next, as with ReLU, the root of the mean square comes "
            "nearer, "
            "and is what the dotted lines are drawn by. Only σ(W) · max φ′ is a bound that nothing can pass."
        )
    )


def show_forgetting(gain: float) -> None:
    """An LSTM whose forget gates begin more and more open."""
    found = {bias: measure("lstm", gain, bias) for bias in BIASES}
    curves = [curve(_("forget bias {bias}").format(bias=f"{bias:g}"), one) for bias, one in found.items()]
    figures.growing(
        decay(
            np.arange(1, len(found[0.0].typical) + 1),
            curves,
            reach=(-50, 10),
            across=_("words apart"),
            up="‖∂hₜ/∂xₛ‖",
            dark=look.dark(),
            height=320,
        ),
        "forgetting figure",
    )
    gates = [1 / (1 + np.exp(-bias)) for bias in BIASES]
    st.markdown(
        _(
            "As PyTorch makes an LSTM its forget gates begin at about σ(0) = {gate_0}: half of a cell is "
            "lost "
            "at each word. {far} words back {kept_0} is left; with a bias of 1 (σ = {gate_1}) {kept_1}, with "
            "2 (σ = {gate_2}) {kept_2}."
        ).format(
            far=FAR,
            **{f"gate_{i}": f"{gate:.2f}" for i, gate in enumerate(gates)},
            **{f"kept_{i}": write_power(share(one)) for i, one in enumerate(found.values())},
        )
    )


@st.cache_data(max_entries=16, show_spinner=False)
def read_graphs(words: int, layers: int) -> tuple[Graph, Graph]:
    """Of an LSTM and of self-attention."""
    from model.experiments.path_lengths import read_attention, read_recurrent

    return read_recurrent(words, layers), read_attention(words, layers)


def show_ways(_gain: float) -> None:
    """The shortest way from the first word to the last, in both kinds of network."""
    options = {str(i): str(i) for i in range(1, LAYERS + 1)}
    layers = int(links.choice(_("Layers"), options, "layers", "1"))
    graphs = read_graphs(WORDS, layers)
    titles = (_("Recurrent: {count} steps"), _("Self-attention: {count} steps"))
    for column, graph, title, key in zip(st.columns(2), graphs, titles, ("steps", "step"), strict=True):
        path = graph.find_path(0, WORDS - 1)
        edges = [(before, node) for node, some in graph.edges.items() for before in some]
        with column:
            figures.growing(
                ways(
                    edges,
                    path,
                    [f"x{place + 1}" for place in range(WORDS)],
                    title=title.format(count=len(path) - 1),
                    levels=[_("layer {number}").format(number=level) for level in range(1, layers + 1)],
                    dark=look.dark(),
                ),
                f"ways {key}",
            )
    rows = [count_steps(away, layers) for away in LONGER]
    table = {
        _("Words apart"): [str(away) for away in LONGER],
        _("Steps, recurrent"): [str(one) for one, _other in rows],
        _("Steps, self-attention"): [str(other) for _one, other in rows],
    }
    st.table(table, hide_index=True)
    st.caption(
        _(
            "Counted on the networks themselves: each step is one application of a layer, and an edge is "
            "where "
            "autograd finds a derivative. A recurrent network needs a step for each word, attention one for "
            "each layer."
        )
    )


def count_steps(away: int, layers: int) -> tuple[int | None, int | None]:
    """The steps between two words so far apart, in a recurrent network and in self-attention."""
    one, other = read_graphs(away + 1, layers)
    return one.count_steps(0, away), other.count_steps(0, away)


@st.cache_data(max_entries=16, show_spinner=False)
def clip(limit: float) -> Clipped:
    from model.experiments.clipping import clip_one_step

    return clip_one_step(limit)


def show_clipping(_gain: float) -> None:
    """One update of an RNN whose gradient explodes, with the gradient as it is and clipped."""
    options = {f"{limit:g}": f"{limit:g}" for limit in LIMITS}
    limit = float(links.scale(_("Largest norm"), options, "limit", "1", width=320))
    found = clip(limit)
    figures.growing(
        cliff(
            found.lengths,
            found.losses,
            (found.loss, _("before the update")),
            [
                (found.step_clipped, found.loss_clipped, _("clipped")),
                *([(found.step, found.loss_plain, _("as it is"))] if found.norm > limit else []),
            ],
            across=_("length of the step along −g"),
            up=_("loss"),
            dark=look.dark(),
        ),
        "cliff",
    )
    st.markdown(tell_clipping(found, limit))
    st.caption(
        _(
            "One step of gradient descent, learning rate {rate}, for an RNN with ReLUs whose W is scaled "
            "up so "
            "that its states grow from word to word. It reads {words} random words and says which came "
            "first; "
            "guessing has a loss of {guessing}."
        ).format(rate=f"{found.rate:g}", words=count_words(), guessing=f"{found.guessing:.2f}")
    )


def count_words() -> int:
    from model.experiments.clipping import WORDS

    return WORDS


def tell_clipping(found: Clipped, limit: float) -> str:
    """What clipping does to this update, in Markdown."""
    words = {
        "norm": write_power(found.norm),
        "limit": f"{limit:g}",
        "loss": write_power(found.loss),
        "plain": write_power(found.loss_plain),
        "clipped": write_power(found.loss_clipped),
        "cosine": f"{found.cosine:.3f}",
    }
    if found.norm <= limit:
        said = _(
            "The gradient’s norm is {norm}, not above {limit}: nothing is clipped, and the update takes the "
            "loss from {loss} to **{plain}**."
        )
    elif found.loss_clipped < found.loss:
        said = _(
            "The gradient’s norm is {norm}; it is cut down to {limit}, its direction unchanged (cosine "
            "{cosine}). The update as it is takes the loss from {loss} to **{plain}**, the clipped one to "
            "**{clipped}**."
        )
    else:
        said = _(
            "The gradient’s norm is {norm}; it is cut down to {limit}, its direction unchanged (cosine "
            "{cosine}). That is still too far: the clipped update takes the loss from {loss} to "
            "**{clipped}**, the one as it is to **{plain}**."
        )
    return said.format(**words)


@st.cache_data(max_entries=64, show_spinner=False)
def leave_out(network: Network, gain: float) -> np.ndarray:
    from model.experiments import reach

    return reach.leave_out(network, gain)


def show_left_out(gain: float) -> None:
    """How much the last state changes without a word, by how long before it was read."""
    found = {network: leave_out(network, gain) for network in names()}
    lines = [
        Decay(names()[network], np.exp(np.log(np.maximum(one, 1e-300)).mean(0)), one.min(0), one.max(0))
        for network, one in found.items()
    ]
    figures.growing(
        decay(
            np.arange(1, len(lines[0].values) + 1),  # type: ignore[arg-type]
            lines,
            reach=(-17, 2),
            across=_("words before the last one"),
            up="‖h′ − h‖ / ‖h‖",
            dark=look.dark(),
            height=340,
        ),
        "left out figure",
    )
    near, far = 1, len(lines[0].values)  # type: ignore[arg-type]
    values = {
        network: (float(np.median(one[:, near - 1])), float(np.median(one[:, far - 1])))
        for network, one in found.items()
    }
    st.markdown(
        _(
            "W × {gain}. Without the word just before the last one the LSTM’s last state changes by "
            "{lstm_near} "
            "of its length, without the word {far} before it by {lstm_far}. The Transformer: {near} and "
            "{away}."
        ).format(
            gain=f"{gain:g}",
            far=far,
            lstm_near=write_power(values["lstm"][0]),
            lstm_far=write_power(values["lstm"][1]),
            near=write_power(values["transformer"][0]),
            away=write_power(values["transformer"][1]),
        )
    )
    st.caption(
        _(
            "All is computed anew without the word; the others keep their vectors. Changes of less than "
            "about "
            "10⁻¹⁶ are rounding."
        )
    )


def notice() -> None:
    """What to notice."""
    idea.notice(
        _("A recurrent network multiplies by **W and φ′ once for each word**: a straight line on this axis."),
        _("The same W that keeps one activation from vanishing makes another **explode**."),
        _(
            "Gates open a way past the product, but an LSTM vanishes, too, until its forget gates are "
            "**open**: "
            "by a forget bias, or by learning."
        ),
        _(
            "In the Transformer each word is **one step** from every other. What a word gives does not fall "
            "with the distance but with the number of words that share the weight, about 1/n."
        ),
        _("Clipping keeps an exploding gradient’s direction. Against vanishing it does nothing."),
    )


def formula() -> None:
    """The formula, its letters and its source."""
    idea.formula(
        r"\frac{\partial h_t}{\partial x_s} = \Bigl(\prod_{i=s+1}^{t} \mathrm{diag}(\varphi'_i)\, W\Bigr)"
        r"\, \mathrm{diag}(\varphi'_s)\, U",
        {
            "h_t": _("the state behind word t: what is asked"),
            "x_s": _("the vector of word s: what it is asked about"),
            r"\varphi'_i": _("the slope of the activation at word i, 0.25 at most for the sigmoid"),
            "W,\\ U": _("what meets the state, and what meets the word; the slider scales W"),
        },
        _(
            "Hochreiter 1991; Bengio, Simard and Frasconi 1994; Pascanu, Mikolov and Bengio 2013, eq. 5. "
            "Gates: Hochreiter and Schmidhuber 1997; Gers et al. 2000; Cho et al. 2014. Path length: Vaswani "
            "et al. 2017, table 1."
        ),
    )
