"""The key-value cache: a text read piece by piece against the same text read at once."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache, StaticCache

from model.listening import Call, listening
from model.networks.config import NORMS
from model.networks.positions import SCHEMES
from model.networks.pretrained import CompactForCausalLM, CompactForConditionalGeneration, CompactModel
from tests.model.compacts import VOCAB, inputs, made

WRITER: dict[str, Any] = {"encoder_layers": 0, "decoder_layers": 2}
TRANSLATOR: dict[str, Any] = {"encoder_layers": 1, "decoder_layers": 2}
KINDS: Any = [(CompactForConditionalGeneration, TRANSLATOR), (CompactForCausalLM, WRITER)]
LENGTH = 9
WINDOWS = st.one_of(st.none(), st.integers(0, 4))
CHOICES = st.fixed_dictionaries(
    {
        "positions": st.sampled_from(SCHEMES),
        "norm": st.sampled_from(NORMS),
        "experts": st.sampled_from([0, 3]),
        "d_k": st.sampled_from([4, 6]),
        "d_v": st.sampled_from([4, 3]),
        "decoder_windows": st.lists(WINDOWS, min_size=2, max_size=2),
        "cross_window": WINDOWS,
    }
)


class Sizes:
    """A listener that writes down how many queries and keys each call has, by what it belongs to."""

    def __init__(self, model: Any) -> None:
        self.names = {module: name for name, module in model.named_modules()}
        self.heard: list[tuple[str, int, int]] = []

    def hear(self, module: Any, shape: tuple[int, int, int, int]) -> Call | None:
        self.heard.append((self.names[module], *shape[2:]))
        return None


@pytest.mark.parametrize(("kind", "layers"), KINDS)
@settings(max_examples=40)
@given(
    choices=CHOICES,
    cuts=st.sets(st.integers(1, LENGTH - 1)),
    padding=st.integers(0, 3),
    on_the_left=st.booleans(),
    seed=st.integers(0, 99),
)
@torch.no_grad()
def test_piece_by_piece_is_at_once(
    kind: Any,
    layers: dict[str, Any],
    choices: dict[str, Any],
    cuts: set[int],
    padding: int,
    on_the_left: bool,
    seed: int,
) -> None:
    model = made(kind, seed=seed, **layers, **choices)
    text = torch.randint(3, VOCAB, (2, LENGTH), generator=torch.Generator().manual_seed(seed))
    mask = torch.ones_like(text)
    mask[1, :padding] = 0
    if not on_the_left:
        mask = mask.flip(1)
    ids, masking, given = "input_ids", "attention_mask", {}
    if model.config.is_encoder_decoder:
        ids, masking = "decoder_input_ids", "decoder_attention_mask"
        given = {name: inputs(model, batch=2)[name] for name in ("input_ids", "attention_mask")}
    whole = model(**given, **{ids: text, masking: mask}, use_cache=False, output_hidden_states=True)
    assert whole.past_key_values is None

    cache, found = None, []
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), LENGTH], strict=True):
        piece = {ids: text[:, begin:end], masking: mask[:, :end] if padding else None}
        found.append(model(**given, **piece, past_key_values=cache, use_cache=True))
        cache = found[-1].past_key_values
        assert cache.get_seq_length() == end
    logits = torch.cat([one.logits for one in found], dim=1)
    read = mask.bool()  # what stands at padding is nobody's business
    torch.testing.assert_close(logits[read], whole.logits[read], rtol=0, atol=1e-5)


@pytest.mark.parametrize(("kind", "layers"), KINDS)
@torch.no_grad()
def test_a_step_computes_its_own_token_and_the_source_once(kind: Any, layers: dict[str, Any]) -> None:
    model = made(kind, **layers)
    text = inputs(model)["input_ids"][:2]
    read = []
    for name, module in model.named_modules():
        if name.endswith(("W_K", "W_1")):
            module.register_forward_hook(lambda _, args, __, name=name: read.append((name, args[0].shape[1])))
    sizes = Sizes(model)
    with listening(sizes):
        model.generate(text, min_new_tokens=4, max_new_tokens=4)
    own = [(queries, keys) for name, queries, keys in sizes.heard if "decoder.layers.0.self" in name]
    first = 1 if model.config.is_encoder_decoder else 7
    assert own == [(first, first), *((1, first + step) for step in (1, 2, 3))]
    for part in ("self_attention.W_K", "feed_forward.W_1"):
        assert [n for name, n in read if name == f"decoder.layers.1.{part}"] == [first, 1, 1, 1]
    if model.config.is_encoder_decoder:
        across = [sizes for name, *sizes in sizes.heard if "decoder.layers.0.cross" in name]
        assert across == [[1, 7]] * 4
        assert [n for name, n in read if "cross_attention" in name] == [7, 7]  # once in each layer
        assert [n for name, n in read if name.startswith("encoder")] == [7, 7]


@pytest.mark.parametrize("built", [False, True], ids=["built so", "mask taken off"])
@pytest.mark.parametrize(("kind", "layers"), KINDS)
@torch.no_grad()
def test_a_decoder_without_its_mask_keeps_nothing(kind: Any, layers: dict[str, Any], built: bool) -> None:
    model = made(kind, **layers, causal=built)
    model.decoder.causal = False
    text = inputs(model)["input_ids"][:2]
    how: dict[str, Any] = {"max_new_tokens": 5, "min_new_tokens": 5, "return_dict_in_generate": True}
    for beams in (1, 3):
        sizes = Sizes(model)
        with listening(sizes):
            asked = model.generate(text, num_beams=beams, use_cache=True, **how)
        assert asked.past_key_values is None
        own = [(queries, keys) for name, queries, keys in sizes.heard if "decoder.layers.0.self" in name]
        first = 1 if model.config.is_encoder_decoder else 7
        assert own == [(n, n) for n in range(first, first + 5)]
        without = model.generate(text, num_beams=beams, use_cache=False, **how)
        assert torch.equal(asked.sequences, without.sequences)
    batch = {"input_ids": text} | ({"decoder_input_ids": text} if model.config.is_encoder_decoder else {})
    assert model(**batch, use_cache=True).past_key_values is None
    cache: Any = DynamicCache()
    if model.config.is_encoder_decoder:
        cache = EncoderDecoderCache(cache, DynamicCache())
    with pytest.raises(ValueError, match="Without its mask a decoder has no key-value cache"):
        model(**batch, past_key_values=cache)


@torch.no_grad()
def test_a_cache_is_told_where_it_is_asked_for() -> None:
    translator, writer = made(CompactForConditionalGeneration), made(CompactForCausalLM, **WRITER)
    for model, kind in ((translator, EncoderDecoderCache), (writer, DynamicCache)):
        batch = inputs(model)
        text = {"input_ids": batch["input_ids"]}
        if model.config.is_encoder_decoder:
            text["decoder_input_ids"] = batch["input_ids"]
        assert type(model(**text).past_key_values) is kind
        assert type(model(**text, return_dict=False)[1]) is kind
        assert "past_key_values" not in model(**text, use_cache=False)
        assert "past_key_values" not in model(**batch)  # with labels the whole text is there
        assert type(model(**batch, use_cache=True).past_key_values) is kind
        model.config.use_cache = False
        assert "past_key_values" not in model(**text)
    below = made(CompactModel)
    told = below(translator_text(below), decoder_input_ids=translator_text(below), use_cache=True)
    assert told.past_key_values.get_seq_length() == 7
    encoder = made(CompactModel, decoder_layers=0)
    assert "past_key_values" not in encoder(translator_text(encoder), use_cache=True)


def translator_text(model: Any) -> Tensor:
    return inputs(model)["input_ids"][:2]


@torch.no_grad()
def test_what_cannot_be_used_is_said_in_a_sentence() -> None:
    translator, writer = made(CompactForConditionalGeneration), made(CompactForCausalLM, **WRITER)
    text = inputs(writer)["input_ids"][:2]
    with pytest.raises(ValueError, match="An encoder has no key-value cache"):
        made(CompactModel, decoder_layers=0)(text, past_key_values=DynamicCache())
    with pytest.raises(ValueError, match="is an EncoderDecoderCache, not DynamicCache"):
        translator(text, decoder_input_ids=text, past_key_values=DynamicCache())
    with pytest.raises(ValueError, match="is a cache of one decoder, not EncoderDecoderCache"):
        writer(text, past_key_values=EncoderDecoderCache(DynamicCache(), DynamicCache()))
    with pytest.raises(ValueError, match="grows with the text; it cannot be a static one"):
        writer(text, past_key_values=StaticCache(writer.config, max_cache_len=20))
    with pytest.raises(ValueError, match="grows with the text; it cannot be a static one"):
        writer.generate(text, max_new_tokens=3, cache_implementation="static")
    cache = writer(text).past_key_values
    with pytest.raises(ValueError, match="all 8 tokens, the 7 in the cache included; this one has 1"):
        writer(text[:, :1], attention_mask=torch.ones(2, 1, dtype=torch.long), past_key_values=cache)
    learned = made(CompactForCausalLM, positions="learned", **WRITER)  # 40 positions
    with pytest.raises(ValueError, match="41 tokens, but this model has learned 40 positions"):
        learned.generate(text, min_new_tokens=40, max_new_tokens=40)
