"""The one place where a model is run: on one text or a batch, under edits, with observers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from inspect import signature
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from transformers import GenerationMixin, PreTrainedModel

from model.capture.checks import check_editable
from model.capture.encode import beginning, start_token
from model.capture.observers import Observer, Place, listens_to
from model.capture.watch import Pass, RowEdits, watching
from model.edits import Edit, reads_anew
from model.listening import Seen
from model.trace import Kind

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

LONGEST = 512  # the most that a model may write, in tokens
TYPES = "token_type_ids"  # what transformers calls the segments of a pair
SIMPLE = (bool, int, float, str, type(None))


class Row(NamedTuple):
    """One text as a model reads it, or two as a pair.

    target_ids: what the decoder of an encoder-decoder reads. types: of a pair the type of each token, where
    the model reads segments.
    """

    ids: Sequence[int]
    target_ids: Sequence[int] | None = None
    types: Sequence[int] | None = None


def forward(
    m: Checkpoint,
    texts: Row | Sequence[Row],
    observers: Sequence[Observer] = (),
    edits: Sequence[Edit] = (),
    rows: RowEdits = (),
    logits: bool = False,
    gradients: bool = False,
    **options: Any,
) -> Any:
    """One pass over a text, or over several at once: what the model gives, as transformers has it.

    texts: shorter ones are padded on the right, and masked there. observers: who is told of it; see
    `model.capture.observers`. edits: of every text; rows: for each text more of its own.
    logits: with the output layer, which attention does not need. gradients: what observers are told can be
    differentiated. options: more that the model takes.
    Raises ValueError where an edge to cut cannot be found.
    """
    given = [texts] if isinstance(texts, Row) else texts
    m = m.reach(given)
    check_editable(m, [*edits, *chain.from_iterable(rows)])
    batch = make_batch(m, given)
    read, written = batch["input_ids"].shape[1], batch.get("decoder_input_ids", batch["input_ids"]).shape[1]
    hearing = [one for one in observers if m.outputs_only and listens_to(one, "attention")]
    asked = {"output_attentions": True} if hearing else {}
    with torch.set_grad_enabled(gradients), observing(m, observers, edits, rows, read, written):
        output = run(m.model, batch | options | asked, logits)
    if hearing:
        tell_given(m, hearing, attentions(output), m.sizes(read, written))
    return output


def tell_given(
    m: Checkpoint,
    observers: Sequence[Observer],
    given: Mapping[Kind, Sequence[Tensor]],
    sizes: Mapping[Kind, tuple[int, int]],
) -> None:
    """Tell observers of the weights that a model gave which only tells its weights.

    sizes: how many (queries, keys) each kind has. Raises ValueError for weights of another size.
    """
    if m.architecture == "decoder":
        given = {"decoder": given["encoder"]}
    for kind, layers in m.layers.items():
        for layer in layers:
            weights, place = given[kind][layer], Place(kind, layer, 0, m.model, "")
            if weights.shape[-2:] != sizes[kind]:
                raise ValueError(f"{m.name} gives weights {tuple(weights.shape)}, which do not fit the text.")
            for observer in observers:
                if observer.wants(place):
                    observer.attention(place, Seen(weights))


@contextmanager
def observing(
    m: Checkpoint,
    observers: Sequence[Observer] = (),
    edits: Sequence[Edit] = (),
    rows: RowEdits = (),
    read: int = 0,
    written: int = 0,
) -> Iterator[None]:
    """Within the block, and in this thread, whatever runs the model is observed and edited: `generate`, say.

    read, written: how many tokens are read, and are read by a decoder beside, where it is known. No two
    passes of one model run at once.
    """
    with m.running, watching(Pass(m, observers, edits, rows, read, written)):
        yield


def generate(
    m: Checkpoint,
    ids: Sequence[int],
    edits: Sequence[Edit] = (),
    prefix: Sequence[int] = (),
    most: int | None = None,
    **how: Any,
) -> list[int]:
    """What an encoder-decoder writes for a source under the edits, from the start token on; of a decoder the
    text with what it goes on with.

    prefix: how the text begins, after the start token and the language. most: how many tokens may be
    written. how: options of transformers' generate; greedily without. With single edges of the decoder cut,
    or its mask off, the whole text is read again at each step: see `reads_anew`.
    """
    # For a T5 whose decoder is the deeper half, transformers makes a cache with too few layers.
    depth = getattr(m.model.config.get_text_config(decoder=True), "num_hidden_layers", 0)
    inputs = torch.tensor([list(ids)], device=m.model.device)
    begun = list(ids)
    options: dict[str, Any] = {"input_ids": inputs, "attention_mask": torch.ones_like(inputs)}
    if m.architecture == "encoder-decoder":
        prefix = beginning(m, prefix)
        # As transformers' own recipes have it: the length by which beams are compared counts what is forced.
        is_first = m.languages is not None and m.languages.place == "first"
        if is_first and len(prefix) == 1 and not is_told_language(m):
            options["forced_bos_token_id"], prefix = prefix[0], []
        begun = [start_token(m), *prefix]
        options["decoder_input_ids"] = torch.tensor([begun], device=m.model.device)
        options["decoder_start_token_id"] = begun[0]
    room = LONGEST if m.architecture == "decoder" else most_written(m, len(ids))
    room = room if most is None else min(room, most)
    if m.architecture == "encoder-decoder":
        room -= len(prefix)
    if m.max_tokens is not None:
        room = min(room, m.max_tokens - len(begun))
    if room <= 0:
        return begun
    m = m.reach([Row(ids, begun)])
    check_editable(m, edits)
    with observing(m, (), edits, read=len(ids)):
        written = generator(m)(
            **options,
            max_new_tokens=room,
            use_cache=not reads_anew(edits) and depth >= m.depth.get("decoder", 0),
            **{"do_sample": False, "num_beams": 1, **how},
        )
    sequences = getattr(written, "sequences", written)  # where the config asks for more than the ids
    return [int(i) for i in sequences[0]]


def most_written(m: Checkpoint, read: int) -> int:
    """How many tokens an encoder-decoder may write for a text of `read` tokens, its language among them."""
    most = min(2 * read + 16, LONGEST)
    return most if m.max_tokens is None else min(most, m.max_tokens - 1)  # the start token is read, too


def generator(m: Checkpoint) -> Callable[..., Any]:
    """The model's generate. SeamlessM4T's own would put the language where it stands already."""
    if is_told_language(m):
        return partial(GenerationMixin.generate, cast(Any, m.model))
    return cast(Callable[..., Any], cast(Any, m.model).generate)


def is_told_language(m: Checkpoint) -> bool:
    """Whether the model's generate takes a language, as SeamlessM4T's: what is written begins behind it."""
    return "tgt_lang" in signature(cast(Any, m.model).generate).parameters


def run(model: PreTrainedModel, batch: Mapping[str, Any], logits: bool = False) -> Any:
    """The model itself, or without `logits` what stands below its output layer."""
    network: Any = model if logits else model.base_model
    options, takes = dict(batch), signature(network.forward).parameters
    if "use_cache" in takes:
        options["use_cache"] = False
    if "input_ids" not in takes and network.main_input_name in takes:
        options[network.main_input_name] = options.pop("input_ids")  # Perceiver's inputs may be anything
    return network(**options)


def make_batch(m: Checkpoint, texts: Sequence[Row]) -> dict[str, Tensor]:
    """What the model is called with. All texts have a target, or none has; and so with types."""
    ids, mask = fill(m, [row.ids for row in texts])
    batch = {"input_ids": ids, "attention_mask": mask}
    types = [row.types for row in texts if row.types is not None]
    if types and len(types) < len(texts):
        raise ValueError("Texts with token types and texts without do not run together.")
    if types:
        batch[TYPES] = fill(m, types)[0] * mask  # nobody looks at padding, and every model has the type 0
    if translates(m.model):
        targets, target_mask = fill(m, [row.target_ids or () for row in texts])
        batch["decoder_input_ids"] = targets
        if not bool(target_mask.all()):
            batch["decoder_attention_mask"] = target_mask
    return batch


def fill(m: Checkpoint, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """The ids (texts, longest), padded on the right, and 1 where they are no padding: int64, same shape."""
    longest, pad = max(map(len, rows)), padding_id(m)
    device = m.model.device
    ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows], device=device)
    lengths = torch.tensor([len(row) for row in rows], device=device)
    return ids, (torch.arange(longest, device=device) < lengths[:, None]).long()


def padding_id(m: Checkpoint) -> int:
    """What a text is filled up with. A model without padding of its own takes any: nobody looks at it."""
    pad = m.tokenizer.pad_token_id
    return int(pad) if isinstance(pad, int) else 0


def translates(model: PreTrainedModel) -> bool:
    """True for encoder-decoders. (T5's encoder alone has a config that still says it is one.)"""
    config: Any = model.config
    takes = signature(model.base_model.forward).parameters
    return bool(config.is_encoder_decoder) and "decoder_input_ids" in takes


@contextmanager
def preserving(model: nn.Module) -> Iterator[list[nn.Module]]:
    """Puts back what a model changes in itself while it runs: submodules, and attributes that are no tensors.

    Yields a list, which holds the modules that had other submodules once the block has ended.
    """
    before = [(module, dict(module._modules), simple(module)) for module in model.modules()]
    changed: list[nn.Module] = []
    try:
        yield changed
    finally:
        for module, children, attributes in before:
            if module._modules != children:
                module._modules = children
                changed.append(module)
            if simple(module) != attributes:
                module.__dict__.update(attributes)


def simple(module: nn.Module) -> dict[str, Any]:
    return {name: value for name, value in module.__dict__.items() if isinstance(value, SIMPLE)}


def attentions(output: Any) -> dict[Kind, list[Tensor]]:
    """The weights (batch, heads, queries, keys) of each layer that a model gave with output_attentions.

    A model of one stack calls them nothing; they are filed under "encoder".
    """
    given: dict[Kind, Any] = {
        "encoder": output.get("encoder_attentions") or output.get("attentions"),
        "decoder": output.get("decoder_attentions"),
        "cross": output.get("cross_attentions"),
    }
    stacks = {kind: [w for w in stack or () if isinstance(w, Tensor)] for kind, stack in given.items()}
    return {kind: stack for kind, stack in stacks.items() if stack}
