"""A Trace in a cell of a notebook: the viewer's page in a frame, or a plain table of what is there.

Knows no viewer: it is called by its name, and where none is installed the table does.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from importlib import import_module

from model.trace import ARRAYS, Trace
from model.traces.descriptions import describe_texts, short, spans

MOST_WEIGHTS = 6_000_000  # in one cell; what is more is not even tried
LARGEST = 2_800_000  # characters of a cell: Jupyter drops messages of 3 MB
LOWEST, HIGHEST = (
    480,
    900,
)  # pixels; the page scrolls in its frame, whose lower edge can be drawn further down

# A notebook with a theme of its own tells it in an attribute or a class; the page follows color-scheme.
STYLE = (
    "<style>.headlight-cell { display: block; width: 100%; border: 0; resize: vertical; overflow: auto; }"
    ' [data-jp-theme-light="true"] .headlight-cell, .vscode-light .headlight-cell { color-scheme: light; }'
    ' [data-jp-theme-light="false"] .headlight-cell, .vscode-dark .headlight-cell { color-scheme: dark; }'
    "</style>"
)


def cell(trace: Trace, viewer: str | None) -> str:
    """HTML that can stand in any page: its styles hold nowhere else, and the frame's scripts reach nothing.

    viewer: "module:function", a function from a Trace to a page of its own.
    """
    show = find_viewer(viewer)
    weights = sum(trace[kind].weights.size for kind in trace.kinds)
    if show is None or not all(trace[kind].layers for kind in trace.kinds) or not weights:
        return table(trace)
    page = escape(show(trace)) if weights <= MOST_WEIGHTS else None
    if page is None or len(page) > LARGEST:
        return f"{table(trace)}<p>This is too much for a notebook; as a file of its own it can be seen.</p>"
    title, pixels = escape(describe_texts(trace)), height(trace)
    return (
        f'{STYLE}<iframe class="headlight-cell" sandbox="allow-scripts" title="{title}" height="{pixels}" '
        f'srcdoc="{page}"></iframe>'
    )


def height(trace: Trace) -> int:
    """Of the frame, in pixels: a short text is seen whole, with its matrix, which grows with it."""
    longest = max(max(len(trace[kind].queries), len(trace[kind].keys)) for kind in trace.kinds)
    return min(max(LOWEST, 330 + 28 * longest), HIGHEST)


def find_viewer(viewer: str | None) -> Callable[[Trace], str] | None:
    """The function of this name, None where there is none or it is not installed."""
    module, _, name = (viewer or "").partition(":")
    try:
        function: Callable[[Trace], str] = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError):  # ValueError: an empty name
        return None
    return function


def table(trace: Trace) -> str:
    """What is there, in words and numbers; looks as the notebook's own tables do."""
    rows = "".join(
        f"<tr><th>{kind}</th><td>{escape(spans(stack.layers) or 'none')}</td><td>{stack.heads}</td>"
        f"<td>{len(stack.queries)}</td><td>{len(stack.keys)}</td>"
        f"<td>{', '.join(name for name in ARRAYS if getattr(stack, name) is not None)}</td></tr>"
        for kind, stack in ((kind, trace[kind]) for kind in trace.kinds)
    )
    texts = [f"Trace of {describe_texts(trace)}"]
    if trace.output_text is not None:
        texts.append(f"output: {short(trace.output_text)}")
    told = "".join(f"<p>{escape(text)}</p>" for text in texts)
    names = "".join(f"<th>{name}</th>" for name in ("", "layers", "heads", "queries", "keys", "recorded"))
    return f"{told}<table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>"
