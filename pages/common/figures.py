"""The figures that pages share: one head as a heatmap, and one row beside another sentence's."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

import viz
from model import Trace
from pages.common import look
from pages.common.language import _, current, translate
from viz import linked
from viz.linked import View
from viz.linked.view import texts
from viz.picture import picture

LEAST = 18  # pixels of the type in a figure on the largest screens


def _heads(view: View) -> str:
    """The chosen heads as a person counts them."""
    return ", ".join(
        _("layer {layer} · head {head}").format(layer=layer + 1, head=head + 1) for layer, head in view.heads
    )


def heatmap(trace: Trace, view: View, name: str) -> None:
    """The chosen head as a heatmap that can be zoomed, and saved as PNG, as SVG, or as a page of its own."""
    shown = picture(trace, view)
    head = _heads(view)
    image = st.segmented_control(
        _("Save as"),
        ["PNG", "SVG"],
        default="PNG",
        required=True,
        key="image",
        bind="query-params",
        help=_("The camera above the figure saves it."),
    )
    st.plotly_chart(
        viz.heatmap(
            shown.weights,
            shown.queries,
            shown.keys,
            title=head,
            dark=look.dark(),
            sides=_("queries ↓ keys →"),
        ),
        theme=None,
        key="heatmap",
        config=viz.save_config(f"headlight-{view.to_query(trace)['heads']}", image.lower()),
    )
    strings, language = translate(linked.STRINGS), current()  # what is called later knows no session
    st.download_button(
        _("Save the whole view as a page"),
        lambda: linked.html(trace, view=view, title=name, strings=strings, language=language),
        "headlight.html",
        "text/html",
        help=_("One HTML file that opens from disk, without network, and can be explored like this page."),
        on_click="ignore",
    )


def subtraction(trace: Trace, view: View) -> None:
    """Of differential attention what counts: the map of one head minus a share of another's."""
    stack = trace[view.kind]
    if stack.subtracted is None or not view.heads:
        return
    layer, head = view.heads[0]
    half = stack.heads // 2
    first, second = head % half, head % half + half
    share = float(stack.subtracted[stack.layers.index(layer)])
    one, two = (picture(trace, replace(view, heads=((layer, place),))) for place in (first, second))
    told = _("head {first} − {share} × head {second}").format(
        first=first + 1, second=second + 1, share=f"{share:.2f}"
    )
    st.caption(
        _(
            "This model's attention is differential: a share of one head's map is subtracted from another's, "
            "and the values are weighted by the difference, here {difference} in layer {layer}. Where it is "
            "below 0, a value is subtracted."
        ).format(difference=told.replace(" ", "\u00a0"), layer=layer + 1)
    )
    st.plotly_chart(
        viz.heatmap(
            one.weights - share * two.weights,
            one.queries,
            one.keys,
            title=told,
            dark=look.dark(),
            sides=_("queries ↓ keys →"),
            signed=True,
        ),
        theme=None,
        key="subtraction",
        config={"displayModeBar": False},
    )


def difference(trace: Trace, view: View, other: Trace) -> None:
    """The row of the held words in another sentence minus the row in this one."""
    found = [
        (place, at)
        for place in view.held
        for at in replace(view, held=(place,)).carry_over(texts(view, trace), other).held
    ]
    there = tuple(at for _place, at in found)
    other_view = replace(view, held=there).fit_to(other)
    view = replace(view, held=tuple(place for place, _at in found))
    one, two = picture(trace, view), picture(other, other_view)
    if view.side == "key" or not one.held or not two.held:
        st.caption(_("Hold a word that both sentences have, and see how what it looks at changes."))
        return
    words = ", ".join(f"“{one.queries[row]}”" for row in one.held)
    st.plotly_chart(
        viz.difference(
            one.together,
            two.together,
            one.keys,
            two.keys,
            title=_("What {words} looks at").format(words=words),
            dark=look.dark(),
            more=_("more beside the other sentence") if trace.pair else _("more in the second sentence"),
            less=_("less beside the other sentence") if trace.pair else _("less in the second sentence"),
        ),
        theme=None,
        key="difference",
        config={"displayModeBar": False},
    )


def growing(figure: viz.Figure, key: str) -> None:
    """A figure as wide as its place, whose type grows on large screens as the page's does.

    Plotly sets its type in pixels and makes room for that; a figure shown here has some to spare.
    """
    where = f".st-key-{key.replace(' ', '-')} .js-plotly-plot text"
    rules = (
        f"@media (min-width: {width}px) {{ {where} {{ font-size: {LEAST * size / look.SIZES[-1][1]:.1f}px "
        "!important } }"
        for width, size in look.SIZES
    )
    st.html(f"<style>{''.join(rules)}</style>")
    st.plotly_chart(figure, theme=None, key=key, config={"displayModeBar": False})


def wide(figure: viz.Figure, key: str) -> None:
    """A figure of its own width, which scrolls where the page is narrower; Streamlit would squeeze it."""
    if figure.layout.width:
        st.html(
            f"<style>.st-key-{key} [data-testid=stFullScreenFrame] "
            f"{{ min-width: {int(figure.layout.width)}px }}</style>"
        )
    st.plotly_chart(figure, theme=None, key=key, width="content", config={"displayModeBar": False})
