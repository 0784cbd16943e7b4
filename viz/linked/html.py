"""The linked view as one HTML file that opens from disk, without a network."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from html import escape

from model.trace import Trace
from model.traces.written import name_written
from viz.linked.assemble import page_stylesheet, script, stylesheet
from viz.linked.pack import WHOLE, digest_of, every_layer, pack, pack_layer, shown_layers, size
from viz.linked.strings import merge_strings
from viz.linked.view import View

# Nothing may be fetched, not even by mistake.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{stylesheet}
</style>
</head>
<body>
<h1>{title}</h1>
<div class="headlight-file">
<div class="headlight"></div>
{parts}
</div>
<script type="module">
{script}
showFile();
</script>
</body>
</html>
"""


def html(
    trace: Trace,
    *,
    view: View | None = None,
    title: str = "",
    strings: Mapping[str, str] | None = None,
    language: str = "en",
) -> str:
    """One self-contained page with the linked view of a trace: all its layers, no network.

    view: what is shown first.
    title: the page's heading; what was read where it is empty.
    strings: translations of STRINGS, by the same names.
    language: the language of the page, as in <html lang>.
    """
    trace = name_written(trace)
    view = (view or View()).fit_to(trace)
    digest = digest_of(trace)
    layers = every_layer(trace) if size(trace) <= WHOLE else shown_layers(view)
    parts = {
        "main": pack(
            trace, view, strings, layers, title=title, language=language, digest=digest, thorough=True
        )
    }
    for kind, layer in every_layer(trace):
        if (kind, layer) not in layers:
            parts[f"{kind} {layer}"] = pack_layer(trace, kind, layer, digest)
    return _PAGE.format(
        language=escape(language),
        policy=_POLICY,
        title=escape(title or _title(trace) or merge_strings(strings)["title"]),
        stylesheet=stylesheet() + page_stylesheet(),
        script=script(),
        parts="\n".join(
            f'<script type="text/plain" data-part="{name}">{b64encode(blob).decode()}</script>'
            for name, blob in parts.items()
        ),
    )


def _title(trace: Trace) -> str:
    """What was read: one text, or the two of a pair."""
    return " · ".join(text for text in (trace.source, trace.pair) if text)
