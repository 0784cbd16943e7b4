"""One model type through Headlight, and what came of it, beside the same folder in transformers alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from transformers import AutoConfig
from transformers.models.auto.modeling_auto import MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING

from census.makers import TEXT, CannotBeSmall, auto_of, class_of, make
from model import load, trace
from model.capture.checkpoint import Checkpoint
from model.capture.encode import encode, shift_right
from model.capture.forward import Row, attentions, forward, run
from model.edits import Cut, Silence
from model.trace import Kind, Trace

Verdict = Literal["exact", "weights only", "refused", "not made", "WRONG", "EXCEPTION"]
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Finding:
    """What came of a type. means: how its attention is heard. layers: those with attention, of how many.

    compared: how many of its matrices were compared with what transformers' eager attention says. note: why
    it is refused, or what went wrong. besides: what has to be said of one that is shown.
    """

    model_type: str
    verdict: Verdict
    means: str = ""
    layers: str = ""
    compared: int = 0
    note: str = ""
    besides: str = ""


def examine(model_type: str, folder: Path) -> Finding:
    """Make the type in a folder, run it through Headlight, and compare."""
    try:
        make(model_type, folder)
    except CannotBeSmall as reason:
        return Finding(model_type, "not made", note=str(reason))
    try:
        m = load(folder)
    except ValueError as refusal:
        cause = f" ({type(refusal.__cause__).__name__}: {refusal.__cause__})" if refusal.__cause__ else ""
        return Finding(model_type, "refused", note=str(refusal).replace(str(folder), "it") + cause[:200])
    except Exception as error:
        return Finding(model_type, "EXCEPTION", note=f"load: {type(error).__name__}: {error}"[:200])
    try:
        return compare(model_type, m, folder)
    except ValueError as refusal:
        return Finding(model_type, "refused", *about(m), note=str(refusal)[:200])
    except Exception as error:
        return Finding(model_type, "EXCEPTION", *about(m), note=f"{type(error).__name__}: {error}"[:200])


def about(m: Checkpoint) -> tuple[str, str]:
    """How attention is heard, and in which layers."""
    means = "+".join(sorted({site.means for site in m.sites.values()})) or "outputs"
    layers = "; ".join(f"{kind} {spell(m.layers[kind], m.depth[kind])}" for kind in m.layers)
    return means, layers


def spell(layers: tuple[int, ...], depth: int) -> str:
    return f"{depth}" if len(layers) == depth else ",".join(map(str, layers)) + f" of {depth}"


def compare(model_type: str, m: Checkpoint, folder: Path) -> Finding:
    """What is shown against what the model does; raises whatever goes wrong."""
    target: Any = None
    ids = encode(m, TEXT)
    row = Row(ids)
    if m.architecture == "encoder-decoder":
        target = tuple(ids[3:20])
        row = Row(ids, shift_right(m, target))
    whole, m = m, m.reach([row])
    t = trace(m, TEXT, target)
    again = trace(m, TEXT, target)
    wrong = [] if same(t, again) else ["two traces differ"]
    wrong += properties(m, t)
    expected, given = reference(m, folder, row)
    ours = forward(m, row)
    if not close(ours[0], expected[0]):
        wrong.append(f"outputs differ by {float((ours[0] - expected[0]).abs().max()):.1e}")
    compared, told = against(m, t, given)
    wrong += told
    last = t[t.kinds[0]].layers[-1]
    alone = trace(m, TEXT, target, layers=[last])
    if not np.allclose(alone[t.kinds[0]].weights[0], t[t.kinds[0]].weights[-1], atol=TOLERANCE):
        wrong.append("one layer alone differs")
    if m.editable:
        wrong += check_edits(m, t, target)
    if wrong:
        return Finding(model_type, "WRONG", *about(m), compared, "; ".join(wrong)[:200])
    verdict: Verdict = "exact" if m.can_edit else "weights only"
    return Finding(model_type, verdict, *about(m), compared, besides=describe_limits(m, whole))


def describe_limits(m: Checkpoint, whole: Checkpoint) -> str:
    """What of a model is shown in part or cannot be changed. whole: what it is for shorter texts."""
    told = []
    if m.editable and not m.can_edit:
        told.append(f"can be changed: {', '.join(kind for kind in m.layers if kind in m.editable)}")
    if whole.editable > m.editable:
        told.append("shorter texts, which it reads in another way, can be changed")
    if m.subtracted:
        told.append("the later half of its heads is taken away from the first")
    if m.latents:
        told.append(f"{m.latents} latents look at the text")
    told += [
        f"layers {', '.join(map(str, layers))} look at keys that stand for several tokens, too"
        for layers in m.condensed.values()
    ]
    told += [f"{path} (layers: {count}) is not over tokens" for path, count in m.unseen.items()]
    return "; ".join(told)


def reference(m: Checkpoint, folder: Path, row: Row) -> tuple[Any, dict[Kind, list[Tensor]]]:
    """What the model says, and the weights that it gives, as transformers loads it by itself."""
    outputs: list[Any] = []
    for implementation, options in ((None, {}), ("eager", {"output_attentions": True})):
        try:
            alone = load_alone(m, folder, attn_implementation=implementation, dtype=torch.float32).eval()
            ids = torch.tensor([row.ids])
            batch: dict[str, Any] = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
            if row.target_ids is not None:
                batch["decoder_input_ids"] = torch.tensor([row.target_ids])
            with torch.no_grad():
                outputs.append(run(alone, batch | options))
        except Exception:
            if not outputs:
                raise
            return outputs[0], {}
    same = close(outputs[1][0], outputs[0][0])  # else eager attention does something else than the model
    return outputs[0], attentions(outputs[1]) if same else {}


def load_alone(m: Checkpoint, folder: Path, **options: Any) -> Any:
    """The model, or the part of a model that is shown, as transformers loads it by itself."""
    config = AutoConfig.from_pretrained(folder)
    if type(config) not in MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING:
        return type(m.model).from_pretrained(folder, **options)
    whole = class_of(auto_of(config), config).from_pretrained(folder, **options)
    return next(part for part in whole.modules() if type(part) is type(m.model))


def against(m: Checkpoint, t: Trace, given: dict[Kind, list[Tensor]]) -> tuple[int, list[str]]:
    """Matrix by matrix, where transformers gives as many of the same shape."""
    compared, wrong = 0, []
    if m.architecture != "encoder-decoder" and "encoder" in given:
        given = {m.architecture: given["encoder"]}
    for kind in t.kinds:
        stack = t[kind]
        theirs = [w[0].float().numpy() for w in given.get(kind, []) if w.dim() == 4]
        theirs = [w for w in theirs if w.shape == stack.weights.shape[1:]]
        theirs = [w for w in theirs if w.min() >= 0 and w.sum(-1).max() < 1.001]  # SqueezeBERT gives scores
        if len(theirs) != len(stack.layers):
            continue
        for layer, ours, other in zip(stack.layers, stack.weights, theirs, strict=True):
            compared += 1
            if ours.sum() < other.sum() - 1:  # eager reports weights before the sink has its share
                ours = ours / ours.sum(-1, keepdims=True)
            if not np.allclose(ours, other, atol=TOLERANCE):
                wrong.append(f"{kind} layer {layer} differs by {np.abs(ours - other).max():.1e}")
    return compared, wrong


def properties(m: Checkpoint, t: Trace) -> list[str]:
    """What holds of every record."""
    wrong = []
    for kind in t.kinds:
        weights = t[kind].weights
        sums = weights.sum(-1)
        if (weights < -1e-6).any() or (sums > 1 + 1e-3).any():
            wrong.append(f"{kind}: rows sum to {sums.min():.2f} … {sums.max():.2f}")
        if kind == "decoder" and not m.looks_ahead and np.triu(weights, 1).max() > 1e-6:
            wrong.append("it looks ahead, and the model does not")
    return wrong


def check_edits(m: Checkpoint, t: Trace, target: Any) -> list[str]:
    """A cut edge has weight 0, its row sums to what it did, and no other row of the first layer changes."""
    wrong = []
    for kind in m.editable:
        stack = t[kind]
        layer, query = stack.layers[0], len(stack.queries) - 2
        key = int(stack.weights[0, 0, query].argmax())
        cut = trace(m, TEXT, target, edits=[Cut(kind, query, key, layer, 0)])[kind].weights[0]
        before = stack.weights[0]
        rest = np.delete(cut, query, axis=1), np.delete(before, query, axis=1)
        if cut[0, query, key] != 0 or not np.allclose(*rest, atol=TOLERANCE):
            wrong.append(f"{kind}: a cut is not one")
        silent = trace(m, TEXT, target, edits=[Silence(kind)])
        if len(stack.layers) > 1 and np.allclose(silent[kind].weights[1], stack.weights[1], atol=1e-6):
            wrong.append(f"{kind}: silence changes nothing")
    return wrong


def same(one: Trace, other: Trace) -> bool:
    return one.kinds == other.kinds and all(
        np.array_equal(one[kind].weights, other[kind].weights) for kind in one.kinds
    )


def close(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and float((one - other).abs().max()) <= TOLERANCE * max(
        1.0, float(other.abs().max())
    )
