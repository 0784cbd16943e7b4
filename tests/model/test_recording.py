"""From text to Trace: what is recorded, what is refused, and that edits hold while a model writes."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model import Trace, trace
from model.attention import Cut, Edit, Open, Silence, Temperature, Uniform, listening
from model.checkpoint import Checkpoint, attentions, prepare
from model.config import CompactConfig
from model.errors import Refusal
from model.pretrained import CompactForConditionalGeneration
from model.recorder import Recorder
from model.tokenizer import train_tokenizer
from model.tokens import detokenize, tokens_of
from tests.model.families import TEXT, build, tokenizer

SHORT = "it was tired"
TEMPLATES = {
    "bert": "<s> $A </s>",
    "albert": "<s> $A </s>",
    "bart": "<s> $A </s>",
    "t5": "$A </s>",
    "marian": "$A </s>",
}


@cache
def checkpoint(name: str) -> Checkpoint:
    return prepare(build(name), tokenizer(TEMPLATES.get(name, "$A")), name)


@pytest.fixture(scope="module")
def compact(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A random compact encoder-decoder that works in whole words."""
    words = train_tokenizer([TEXT, "il était trop fatigué"], tmp_path_factory.mktemp("words"))
    torch.manual_seed(0)
    config = CompactConfig(
        vocab_size=len(words),
        d_model=32,
        d_ff=32,
        decoder_layers=2,
        pad_token_id=words.pad_token_id,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
    )
    return prepare(CompactForConditionalGeneration(config), words, "compact")


def sums_to_one(t: Trace) -> None:
    for kind in t.kinds:
        np.testing.assert_allclose(t[kind].weights.sum(-1), 1, atol=1e-5)


def greedy(m: Checkpoint, ids: list[int], edits: tuple[Edit, ...] = ()) -> list[int]:
    """What the model writes when the whole text goes through it for each token, start token and all."""
    model = cast(Any, m.model)
    written = [model.generation_config.decoder_start_token_id]
    with torch.no_grad():
        for _ in range(2 * len(ids) + 16):
            with listening(Recorder(m.kinds, m.layers, edits=edits)):
                logits = model(torch.tensor([ids]), decoder_input_ids=torch.tensor([written])).logits
            written.append(int(logits[0, -1].argmax()))
            if written[-1] == model.generation_config.eos_token_id:
                break
    return written


def test_an_encoder() -> None:
    t = trace(checkpoint("bert"), TEXT)
    assert t.kinds == ("encoder",)
    assert t.encoder is not None
    n = len(t.encoder.queries)
    assert t.encoder.weights.shape == (2, 4, n, n)
    assert t.encoder.weights.dtype == np.float32
    assert t.encoder.queries.special == (True, *[False] * (n - 2), True)
    assert (t.source, t.output_text, t.output_tokens) == (TEXT, None, None)
    sums_to_one(t)
    with pytest.raises(ValueError, match="takes no target"):
        trace(checkpoint("bert"), TEXT, target=TEXT)


def test_a_decoder_and_how_its_text_goes_on() -> None:
    m = checkpoint("llama")
    t = trace(m, "The animal")
    assert t.kinds == ("decoder",)
    assert t.output_text == "The animal"
    assert t.output_tokens == t["decoder"].query_tokens
    assert not np.triu(t["decoder"].weights, 1).any()
    longer = trace(m, "The animal", target=" was tired")
    assert longer.source == "The animal"
    assert longer.output_text == " was tired"
    assert longer.output_tokens == longer["decoder"].query_tokens[len(t["decoder"].queries) :]
    n = len(t["decoder"].queries)
    np.testing.assert_allclose(longer["decoder"].weights[:, :, :n, :n], t["decoder"].weights, atol=1e-5)


@pytest.mark.parametrize("name", ["t5", "bart", "marian"])
def test_an_encoder_decoder_writes_and_rows_stand_for_what_was_written(name: str) -> None:
    m = checkpoint(name)
    t = trace(m, SHORT)
    ids = m.tokenizer(SHORT)["input_ids"]
    *written, last = greedy(m, ids)
    if last != 3:
        written.append(last)
    assert t.kinds == ("encoder", "decoder", "cross")
    assert len(t["decoder"].queries) == len(written)
    assert t["cross"].weights.shape == (3, 4, len(written), len(ids))
    assert t["cross"].queries == t["decoder"].queries == t["decoder"].keys
    assert t["cross"].keys == t["encoder"].keys
    assert t["cross"].queries.special[0]
    assert t.output_tokens == t["cross"].query_tokens[1:]
    assert t.output_text == str(m.tokenizer.decode(written[1:], skip_special_tokens=True)).strip()
    sums_to_one(t)
    # One pass over the finished text gives the square maps; eager attention gives the same ones.
    eager = build(name)
    eager.set_attn_implementation("eager")
    with torch.no_grad():
        output = eager(torch.tensor([ids]), decoder_input_ids=torch.tensor([written]), output_attentions=True)
    for kind, stack in attentions(output).items():
        np.testing.assert_allclose(t[kind].weights, torch.cat(stack).numpy(), atol=1e-5)


def test_a_target_is_read_and_not_written() -> None:
    m = checkpoint("bart")
    t = trace(m, SHORT, target="The animal")
    assert t.output_text == "The animal"
    # <s> and </s> stand around a text of this tokenizer; the end is written and never read.
    assert t["decoder"].query_tokens == (
        "</s>",
        "<s>",
        *trace(checkpoint("llama"), "The animal")["decoder"].query_tokens,
    )
    assert t["decoder"].queries.special[:3] == (True, True, False)


@pytest.mark.parametrize("name", ["t5", "bart", "marian", "compact"])
@pytest.mark.parametrize("ids", [(20, 7, 19, 11, 3), (20, 7, 19, 11), (3,), (8,)])
def test_the_ids_of_what_was_written_have_a_row_each(
    name: str, ids: tuple[int, ...], compact: Checkpoint
) -> None:
    m = compact if name == "compact" else checkpoint(name)
    t = trace(m, SHORT, target=ids)
    source = m.tokenizer(SHORT)["input_ids"]
    start = cast(Any, m.model).generation_config.decoder_start_token_id
    assert t["decoder"].weights.shape[-2:] == (len(ids), len(ids))
    assert t["cross"].weights.shape[-2:] == (len(ids), len(source))
    # Row t writes ids[t], so what is read is the start and all but the last of them.
    assert t["cross"].queries.texts[1:] == tokens_of(m.tokenizer, [start, *ids[:-1]], SHORT).texts[1:]
    assert t["cross"].queries.special[0]
    said = ids[:-1] if ids[-1] == 3 else ids
    assert t.output_tokens == tokens_of(m.tokenizer, [start, *said], SHORT).texts[1:]
    assert t.output_text == detokenize(m.tokenizer, said, SHORT)
    sums_to_one(t)
    # A longer text begins with the same rows: nothing looks ahead.
    longer = trace(m, SHORT, target=[*said, 5, 6])
    for kind in t.kinds:
        rows, keys = t[kind].weights.shape[-2:]
        np.testing.assert_allclose(longer[kind].weights[:, :, :rows, :keys], t[kind].weights, atol=1e-5)
    with pytest.raises(ValueError, match=f"query positions 0 to {len(ids) - 1}; there is no"):
        trace(m, SHORT, target=ids, edits=[Cut("cross", query=len(ids))])


@pytest.mark.parametrize("name", ["bart", "compact"])
def test_the_ids_of_what_was_written_are_the_text_that_was_written(name: str, compact: Checkpoint) -> None:
    m = compact if name == "compact" else checkpoint(name)
    _start, *ids = greedy(m, m.tokenizer(SHORT)["input_ids"])
    free, told = trace(m, SHORT), trace(m, SHORT, target=ids)
    assert (told.output_tokens, told.output_text) == (free.output_tokens, free.output_text)
    rows = len(ids)
    np.testing.assert_allclose(told["cross"].weights, free["cross"].weights[:, :, :rows], atol=1e-5)


def test_ids_that_cannot_be_a_target(compact: Checkpoint) -> None:
    for wrong in (-1, 320, 10**9):
        with pytest.raises(Refusal, match=r"^The chosen words do not belong to bart\.$"):
            trace(checkpoint("bart"), SHORT, target=[5, wrong])
    with pytest.raises(Refusal, match="takes at most 256"):
        trace(checkpoint("bart"), SHORT, target=[5] * 257)
    assert len(trace(checkpoint("bart"), SHORT, target=[5] * 256, layers=[0])["cross"].queries) == 256
    for name in ("llama", "bert"):
        with pytest.raises(
            ValueError, match=rf"^{name} is no encoder-decoder; its target is a text, not ids"
        ):
            trace(checkpoint(name), SHORT, target=[5])
    nothing = trace(compact, SHORT, target=[])
    assert (nothing.output_tokens, nothing.output_text) == ((), "")
    assert len(nothing["cross"].queries) == 1


def test_a_compact_model_in_words(compact: Checkpoint) -> None:
    t = trace(compact, "The wug didn't cross the street.")
    assert t["encoder"].query_tokens[:4] == ("The", "wug", "did", "n't")
    assert t["encoder"].queries.unknown[1]
    sums_to_one(t)
    ids = compact.tokenizer("The wug didn't cross the street.")["input_ids"]
    written = greedy(compact, ids)
    assert len(t["decoder"].queries) == len(written) - (written[-1] == compact.tokenizer.eos_token_id)
    given_target = trace(compact, TEXT, target="il était fatigué")
    assert given_target["cross"].query_tokens[1:] == ("il", "était", "fatigué")


def test_only_the_layers_asked_for() -> None:
    m = checkpoint("t5")  # 2 layers of encoder, 3 of decoder
    everything = trace(m, SHORT, target=SHORT)
    t = trace(m, SHORT, target=SHORT, layers=[2, 0])
    assert {kind: t[kind].layers for kind in t.kinds} == {"encoder": (0,), "decoder": (0, 2), "cross": (0, 2)}
    np.testing.assert_allclose(t["cross"].weights, everything["cross"].weights[[0, 2]], atol=1e-6)
    nothing = trace(m, SHORT, layers=[])
    assert nothing["cross"].weights.shape[:2] == (0, 4)
    assert nothing.output_text == trace(m, SHORT).output_text
    assert trace(m, SHORT, target=SHORT, record=())["encoder"].layers == ()


def test_nothing_recorded_is_nothing_run(monkeypatch: pytest.MonkeyPatch) -> None:
    m = checkpoint("bert")

    def run(*_: Any, **__: Any) -> None:
        raise AssertionError("There was nothing to run for.")

    monkeypatch.setattr("model.recording.forward", run)
    assert trace(m, TEXT, layers=[])["encoder"].layers == ()


@pytest.mark.parametrize("name", ["bert", "llama", "bart", "compact"])
def test_scores_and_qkv_explain_the_weights(name: str, compact: Checkpoint) -> None:
    m = compact if name == "compact" else checkpoint(name)
    t = trace(m, SHORT, record=["scores", "qkv", "output"])
    for kind in t.kinds:
        stack = t[kind]
        assert stack.scores is not None
        assert stack.mask is not None
        assert stack.q is not None
        assert stack.k is not None
        assert stack.v is not None
        logits = torch.where(torch.from_numpy(stack.mask), torch.from_numpy(stack.scores), -math.inf)
        np.testing.assert_allclose(stack.weights, logits.softmax(-1).numpy(), atol=1e-5)
        scores = stack.q @ stack.k.swapaxes(-1, -2) / math.sqrt(stack.q.shape[-1])
        np.testing.assert_allclose(stack.scores, scores, atol=1e-4)
        assert stack.v.shape == (*stack.weights.shape[:2], len(stack.keys), 8)
        assert stack.output is not None
        assert stack.scaling == pytest.approx(stack.q.shape[-1] ** -0.5)
        np.testing.assert_allclose(stack.output, stack.weights @ stack.v, atol=1e-5)
        below = np.tril(np.ones(stack.mask.shape[2:], bool))
        assert (stack.mask == (below if kind == "decoder" else True)).all()
    plain = trace(m, SHORT)
    stack = plain[plain.kinds[0]]
    assert (
        stack.scores is stack.mask is stack.scaling is stack.q is stack.k is stack.v is stack.output is None
    )


def test_with_the_mask_off_a_decoder_sees_what_comes_later(compact: Checkpoint) -> None:
    for m, target in ((compact, "il était trop fatigué"), (checkpoint("llama"), None)):
        plain = trace(m, TEXT, target)["decoder"].weights
        opened = trace(m, TEXT, target, edits=[Open("decoder")])["decoder"].weights
        assert (np.triu(plain, 1) == 0).all()
        assert (opened > 0).all()
        one = trace(m, TEXT, target, edits=[Open("decoder", 0, 1)])["decoder"].weights
        assert (one[:, :, 0, 1] > 0).all()
        assert (np.triu(one, 1)[:, :, 1:] == 0).all()


def test_a_module_that_serves_as_every_layer() -> None:
    m = checkpoint("albert")
    plain = trace(m, SHORT)["encoder"].weights
    cut = trace(m, SHORT, edits=[Cut("encoder", query=2, key=1, layer=1)])["encoder"].weights
    np.testing.assert_array_equal(cut[0], plain[0])
    assert (cut[1, :, 2, 1] == 0).all()
    assert (cut[2, :, 2, 1] > 0).all()


@pytest.mark.parametrize("name", ["t5", "bart", "compact"])
@pytest.mark.parametrize(
    "edits",
    [
        (Cut("cross", key=1),),
        (Cut("cross", query=2, key=0), Cut("encoder", query=1, key=0, layer=1), Cut("decoder", 3, 1)),
        (Silence("cross", layer=1, head=0),),
        (Temperature("decoder", 0.2), Uniform("cross", head=2)),
    ],
    ids=["key", "edges", "silence", "others"],
)
def test_edits_hold_while_the_model_writes(name: str, edits: tuple[Edit, ...], compact: Checkpoint) -> None:
    m = compact if name == "compact" else checkpoint(name)
    t = trace(m, SHORT, edits=edits)
    end = m.model.generation_config.eos_token_id
    wanted = greedy(m, m.tokenizer(SHORT)["input_ids"], edits)
    read = wanted[:-1] if wanted[-1] == end else wanted
    spoken = t["decoder"].queries
    assert len(spoken) == len(read)
    assert t.output_tokens == spoken.texts[1:]
    assert spoken.texts[1:] == tokens_of(m.tokenizer, read, SHORT).texts[1:]
    for edit in edits:
        if isinstance(edit, Cut) and (edit.query or 0) < len(spoken):
            query = slice(None) if edit.query is None else edit.query
            weights = t[edit.kind].weights if edit.layer is None else t[edit.kind].weights[[edit.layer]]
            assert (weights[:, :, query, edit.key] == 0).all()
    sums_to_one(t)


def test_edits_change_what_is_written() -> None:
    m = checkpoint("bart")
    plain = trace(m, SHORT, layers=[]).output_tokens
    assert trace(m, SHORT, layers=[], edits=[Silence("cross")]).output_tokens != plain
    assert trace(m, SHORT, layers=[], edits=[Cut("cross")]).output_tokens != plain


def test_edges_cannot_be_cut_in_a_cache() -> None:
    m = checkpoint("bart")
    ids = torch.tensor([m.tokenizer(SHORT)["input_ids"]])
    recorder = Recorder(m.kinds, m.layers, edits=[Cut("cross", query=2, key=1)])
    with listening(recorder), pytest.raises(ValueError, match="no key-value cache"):
        cast(Any, m.model).generate(ids, max_new_tokens=5, use_cache=True, do_sample=False)


@pytest.mark.parametrize("name", ["bert", "bart"])
def test_two_threads_never_mix(name: str) -> None:
    m = checkpoint(name)
    texts = ["The animal was tired.", "because it was too wide"]
    edits: list[list[Edit]] = [[], [Silence("encoder", layer=0, head=1), Cut("encoder", query=2, key=1)]]
    alone = [trace(m, text, edits=edit) for text, edit in zip(texts, edits, strict=True)]
    rounds = 15
    barrier = threading.Barrier(2, timeout=60)

    def work(text: str, edit: list[Edit]) -> list[Trace]:
        traces = []
        for _ in range(rounds):
            barrier.wait()
            traces.append(trace(m, text, edits=edit))
        return traces

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(work, text, edit) for text, edit in zip(texts, edits, strict=True)]
        for future in futures:
            future.add_done_callback(lambda done: barrier.abort() if done.exception() else None)
        together = [future.result() for future in futures]
    for expected, traces in zip(alone, together, strict=True):
        assert len(traces) == rounds
        for t in traces:
            assert t.output_tokens == expected.output_tokens
            for kind in expected.kinds:
                assert t[kind].keys == expected[kind].keys
                np.testing.assert_allclose(t[kind].weights, expected[kind].weights, atol=1e-6)


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u2003"])
def test_an_empty_text(text: str) -> None:
    for name in ("bert", "llama", "t5"):
        with pytest.raises(Refusal, match="empty"):
            trace(checkpoint(name), text)
    with pytest.raises(Refusal, match="empty"):
        trace(checkpoint("t5"), SHORT, target=text)


def test_a_text_that_is_too_long() -> None:
    for name in ("bert", "gpt2", "bart"):
        with pytest.raises(Refusal, match=r"tokens, but .* takes at most \d+; shorten it\.$"):
            trace(checkpoint(name), "tired " * 1000)
    with pytest.raises(Refusal, match="takes at most 256"):
        trace(checkpoint("bart"), SHORT, target="tired " * 300)
    with pytest.raises(Refusal, match=r"would take [\d.]+ GB"):
        trace(checkpoint("t5"), "tired " * 10_000)


def test_a_tokenizer_of_another_model() -> None:
    m = prepare(build("bert", vocab_size=100), tokenizer(), "bert")
    with pytest.raises(Refusal, match="belongs to another model"):
        trace(m, TEXT)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"layers": [3]}, "layers 0 to 2; there is no layer 3"),
        ({"layers": [-1]}, "there is no layer -1"),
        ({"record": ["patterns"]}, "record takes weights, scores, qkv, output, not patterns"),
        ({"edits": [Silence("encoder", layer=2)]}, "layers 0 to 1; there is no layer 2"),
        ({"edits": [Silence("cross", head=4)]}, "heads 0 to 3; there is no head 4"),
        ({"edits": [Silence("cross", head=-1)]}, "there is no head -1"),
        ({"edits": [Silence(cast(Any, "sideways"))]}, "no sideways attention"),
        ({"edits": [Cut("encoder", query=99)]}, "query positions 0 to"),
        ({"edits": [Cut("cross", key=99)]}, "key positions 0 to"),
        ({"edits": [Cut("cross", query=99)], "target": SHORT}, "query positions 0 to"),
        ({"edits": [Cut("decoder", key=-1)]}, "there is no position -1"),
    ],
)
def test_what_does_not_exist(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        trace(checkpoint("t5"), SHORT, **arguments)


def test_a_cut_behind_what_the_model_came_to_write_is_no_mistake() -> None:
    assert trace(checkpoint("t5"), SHORT, edits=[Cut("cross", query=500)]).output_tokens is not None


texts = st.text(st.characters(exclude_categories=()), min_size=1, max_size=30)


@settings(deadline=None, max_examples=60)
@given(texts)
@example("🐈‍⬛ and 한국어 and ‏עברית‏ and e\u0301")
@example("\ud83d alone")
@example("<s></s><pad>")
@example("<b>x</b> \0 \u202e")
def test_any_text_is_traced_or_refused(compact: Checkpoint, text: str) -> None:
    for m in (checkpoint("bert"), checkpoint("llama"), compact):
        try:
            t = trace(m, text, target="il" if m is compact else None, layers=[1])
        except Refusal:
            assert not text.strip()
            continue
        for kind in t.kinds:
            stack = t[kind]
            assert stack.weights.shape[-2:] == (len(stack.queries), len(stack.keys))
            assert all(stack.query_tokens)
        sums_to_one(t)
        sums_to_one(t.by_words())
