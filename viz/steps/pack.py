"""The blob: a Film as the browser reads it. The container is the linked view's (see viz/linked/pack.py)."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.decodings import Choice, Step
from model.trace import Tokens
from model.traces.signs import show
from viz import scales
from viz.linked.pack import build_container
from viz.steps.film import NONE, Film
from viz.steps.strings import merge_strings

KINDS = ("encoder", "decoder", "cross")


def pack(
    film: Film,
    step: int = 0,
    strings: Mapping[str, str] | None = None,
    *,
    language: str = "en",
    name: str = "",
    revision: int = 0,
) -> bytes:
    """The blob of a film: its pieces, its choices, and the weights of each kind as float32.

    step: where it stands first. name, revision: whose it is, and its number; the browser takes up `step`
    when it changes.
    """
    sections, body = [], b""
    for kind, weights in weights_of(film).items():
        raw = np.ascontiguousarray(weights, dtype="<f4").tobytes()
        sections.append({"kind": kind, "offset": len(body), "bytes": len(raw), "deflated": False})
        body += raw
    header = {
        "film": digest_of(film),
        "name": name,
        "revision": revision,
        "step": step,
        "language": language,
        "strings": merge_strings(strings),
        **_describe(film),
        "sections": sections,
    }
    return build_container(header, [body])


def digest_of(film: Film) -> str:
    """A name for the contents of a film: equal films have equal names."""
    digest = hashlib.blake2b(json.dumps(_describe(film)).encode(), digest_size=12)
    for weights in weights_of(film).values():
        digest.update(np.ascontiguousarray(weights).data)
    return digest.hexdigest()


def weights_of(film: Film) -> dict[str, NDArray[np.float32]]:
    """The weights of each kind of attention that there is."""
    found = {kind: getattr(film, kind) for kind in KINDS}
    return {kind: weights for kind, weights in found.items() if weights is not NONE}


def _describe(film: Film) -> dict[str, Any]:
    most = {kind: float(weights.max(initial=0)) for kind, weights in weights_of(film).items()}
    return {
        "kinds": list(most),
        "source": _tokens(film.source),
        "start": show(film.start),
        "written": _tokens(film.written),
        "so_far": film.so_far,
        "steps": [_step(step) for step in film.steps],
        "passed": film.passed,
        # Where the scale ends: of the encoder alone, and of what is seen together while it writes.
        "ends": {
            "encoder": scales.end(most.get("encoder", 0.0)),
            "written": scales.end(max(most.get("decoder", 0.0), most.get("cross", 0.0))),
        },
    }


def _tokens(tokens: Tokens) -> dict[str, Any]:
    return {
        "texts": list(map(show, tokens.texts)),
        "words": tokens.words,
        "special": [i for i, special in enumerate(tokens.special) if special],
        "unknown": [i for i, unknown in enumerate(tokens.unknown) if unknown],
    }


def _step(step: Step) -> dict[str, Any]:
    """A step as the browser reads it; the chosen piece is always among the choices."""
    known = any(choice.id == step.chosen.id for choice in step.best)
    best = step.best if known else (*step.best, step.chosen)
    return {
        "chosen": step.chosen.id,
        "given": step.given,
        "likeliest": len(step.best),
        "best": [_choice(choice) for choice in best],
    }


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "id": choice.id,
        "text": show(choice.text),
        "logprob": choice.logprob if math.isfinite(choice.logprob) else None,
        "chance": min(max(choice.chance, 0.0), 1.0) if math.isfinite(choice.chance) else 0.0,
    }
