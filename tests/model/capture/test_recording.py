"""From text to Trace: what is recorded, and what is refused."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model import Trace, trace
from model.attention import Cut, Edit, Silence
from model.capture.forward import attentions
from model.capture.prepare import prepare
from model.errors import Refusal
from model.text.tokens import detokenize, tokens_of
from tests.model.families import TEXT, build, tokenizer
from tests.model.recorded import checkpoint, greedy, sums_to_one

SHORT = "it was tired"


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
def test_the_ids_of_what_was_written_have_a_row_each(name: str, ids: tuple[int, ...]) -> None:
    m = checkpoint(name)
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
def test_the_ids_of_what_was_written_are_the_text_that_was_written(name: str) -> None:
    m = checkpoint(name)
    _start, *ids = greedy(m, m.tokenizer(SHORT)["input_ids"])
    free, told = trace(m, SHORT), trace(m, SHORT, target=ids)
    assert (told.output_tokens, told.output_text) == (free.output_tokens, free.output_text)
    rows = len(ids)
    np.testing.assert_allclose(told["cross"].weights, free["cross"].weights[:, :, :rows], atol=1e-5)


def test_ids_that_cannot_be_a_target() -> None:
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
    nothing = trace(checkpoint("compact"), SHORT, target=[])
    assert (nothing.output_tokens, nothing.output_text) == ((), "")
    assert len(nothing["cross"].queries) == 1


def test_a_compact_model_in_words() -> None:
    compact = checkpoint("compact")
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

    monkeypatch.setattr("model.capture.record.forward", run)
    assert trace(m, TEXT, layers=[])["encoder"].layers == ()


@pytest.mark.parametrize("name", ["bert", "llama", "bart", "compact"])
def test_scores_and_qkv_explain_the_weights(name: str) -> None:
    m = checkpoint(name)
    t = trace(m, SHORT, record=["scores", "qkv", "output"])
    for kind in t.kinds:
        stack = t[kind]
        assert stack.scores is not None
        assert stack.mask is not None
        assert stack.q is not None
        assert stack.k is not None
        assert stack.v is not None
        logits = torch.where(torch.tensor(stack.mask), torch.tensor(stack.scores), -math.inf)
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


@settings(max_examples=60)
@given(texts)
@example("🐈‍⬛ and 한국어 and ‏עברית‏ and e\u0301")
@example("\ud83d alone")
@example("<s></s><pad>")
@example("<b>x</b> \0 \u202e")
def test_any_text_is_traced_or_refused(text: str) -> None:
    for name in ("bert", "llama", "compact"):
        try:
            t = trace(checkpoint(name), text, target="il" if name == "compact" else None, layers=[1])
        except Refusal:
            assert not text.strip()
            continue
        for kind in t.kinds:
            stack = t[kind]
            assert stack.weights.shape[-2:] == (len(stack.queries), len(stack.keys))
            assert all(stack.query_tokens)
        sums_to_one(t)
        sums_to_one(t.by_words())
