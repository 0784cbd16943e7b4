"""What matters is what changes when it is cut: told as a calculation by hand would tell it."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from model import trace
from model.analysis.ablation import Effect, Passage, effect, matters, passage, read
from model.capture.checkpoint import Checkpoint
from model.capture.forward import observing
from model.capture.prepare import prepare
from model.decode.decoding import Beam, write
from model.edits import Cut, Edit, Silence, Temperature, Uniform
from model.errors import Refusal
from model.text.tokens import places
from model.trace import Kind, Tokens
from tests.model.families import BANDS, build, tokenizer
from tests.model.translators import SOURCE, STORY, forced, log_softmax, start_of, translator

TEXT = "it was tired"
WRITERS = ["compact", "t5", "bart"]
READERS = ["gpt2", "llama", "bert"]
MODELS = [*WRITERS, *READERS]
WRITTEN = (20, 7, 19, 11, 24, 5, 16, 12, 9)
ROUNDING = 1e-5  # the fused kernel, where nothing is edited, rounds otherwise than our attention


@cache
def checkpoint(name: str) -> Checkpoint:
    if name in WRITERS:
        return translator(name)
    return prepare(build(name), tokenizer("<s> $A </s>" if name == "bert" else "$A"), name)


@cache
def passage_of(name: str) -> Passage:
    m = checkpoint(name)
    return passage(m, TEXT, WRITTEN if name in WRITERS else ())


def kinds_of(name: str) -> list[Kind]:
    return list(checkpoint(name).layers)


def by_hand(m: Checkpoint, text: Passage, edits: tuple[Edit, ...]) -> NDArray[np.float64]:
    """The log-probability of each piece, from the logits of a pass and the textbook's softmax."""
    model = cast(Any, m.model)
    with observing(m, edits=edits), torch.no_grad():
        if text.written:
            table = log_softmax(forced(m, text.source, text.written))
            return np.array([row[i] for row, i in zip(table, text.written, strict=True)])
        table = log_softmax(model(torch.tensor([text.ids])).logits[0].double().numpy())
    return np.array([np.nan, *(row[i] for row, i in zip(table, text.ids[1:], strict=False))])


def test_a_passage_is_what_is_written_or_else_what_is_read() -> None:
    m = checkpoint("bart")
    writing = write(m, SOURCE)
    text = passage(m, SOURCE, writing.ids)
    assert (text.source, text.written, text.unit) == (SOURCE, writing.ids, "logprob")
    assert list(text.ids) == m.tokenizer(SOURCE)["input_ids"]
    assert len(text.tokens) == len(writing.ids)
    for name, unit in [("gpt2", "logprob"), ("llama", "logprob"), ("bert", "moved")]:
        text = passage_of(name)
        assert (text.written, text.unit) == ((), unit)
        assert list(text.ids) == checkpoint(name).tokenizer(TEXT)["input_ids"]
        t = trace(checkpoint(name), TEXT)
        assert text.tokens == t[t.kinds[0]].queries


@pytest.mark.parametrize("name", [*WRITERS, "gpt2", "llama"])
def test_reading_is_the_log_probability_of_each_piece(name: str) -> None:
    m, text = checkpoint(name), passage_of(name)
    found = read(m, text).numpy()
    np.testing.assert_allclose(found, by_hand(m, text, ()), atol=1e-4)
    assert found.shape == (len(text.tokens),)
    assert np.isnan(found[0]) == (name not in WRITERS)
    assert not np.isnan(found[1:]).any()


def test_reading_does_not_need_our_attention() -> None:
    eager = build("gpt2")
    eager.set_attn_implementation("eager")
    text = passage_of("gpt2")
    with torch.no_grad():
        table = log_softmax(eager(torch.tensor([text.ids])).logits[0].double().numpy())
    expected = [row[i] for row, i in zip(table, text.ids[1:], strict=False)]
    np.testing.assert_allclose(read(checkpoint("gpt2"), text)[1:].numpy(), expected, atol=1e-4)


@pytest.mark.parametrize("name", WRITERS)
def test_reading_is_what_writing_told(name: str) -> None:
    m = checkpoint(name)
    for edits in ((), (Silence("cross", 0),)):
        writing = write(m, SOURCE, Beam(2), edits=edits)
        found = read(m, passage(m, SOURCE, writing.ids), edits)
        np.testing.assert_allclose(found, [step.chosen.logprob for step in writing.steps], atol=1e-4)
        assert float(found.sum()) == pytest.approx(writing.logprob, abs=1e-3)


def test_an_encoders_vectors_move() -> None:
    m, text = checkpoint("bert"), passage_of("bert")
    nothing = effect(m, text, ())
    assert nothing.unit == "moved"
    np.testing.assert_array_equal(nothing.after, 0)
    # Without our attention: what head 2 of layer 1 says is zeroed before it is mixed with the others'.
    model: Any = build("bert").base_model
    model.set_attn_implementation("eager")
    ids = torch.tensor([text.ids])
    with torch.no_grad():
        before = model(ids)[0][0].double().numpy()
        mixing = model.encoder.layer[1].attention.output.dense

        def zero(_: Any, said: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
            heads = said[0].clone()
            heads[..., 16:24] = 0
            return (heads,)

        with mixing.register_forward_pre_hook(zero):
            after = model(ids)[0][0].double().numpy()
    moved = np.sqrt(((after - before) ** 2).sum(-1)) / np.sqrt((before**2).sum(-1))
    found = effect(m, text, [Silence("encoder", 1, 2)])
    np.testing.assert_allclose(found.after, moved, atol=1e-5)
    np.testing.assert_array_equal(found.before, 0)
    np.testing.assert_array_equal(found.change, found.after)
    assert found.change.min() > 1e-3


def test_a_decoder_without_an_output_moves_too() -> None:
    m = prepare(cast(PreTrainedModel, build("gpt2").base_model), tokenizer(), "gpt2")
    text = passage(m, TEXT)
    assert text.unit == "moved"
    found = effect(m, text, [Cut("decoder", query=2, key=0)])
    assert (found.change[:2] < ROUNDING).all()
    assert (found.change[2:] > 10 * ROUNDING).all()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("edit", [Cut, Silence, Uniform])
def test_the_effect_of_an_edit(name: str, edit: Any) -> None:
    m, text = checkpoint(name), passage_of(name)
    for kind in kinds_of(name):
        edits: tuple[Edit, ...] = (Cut(kind, query=2, key=1) if edit is Cut else edit(kind, 1, 2),)
        found = effect(m, text, edits)
        assert isinstance(found, Effect)
        assert found.tokens == text.tokens
        assert found.before.dtype == found.after.dtype == np.float64
        assert found.before.shape == found.after.shape == found.change.shape == (len(text.tokens),)
        assert np.isfinite(found.change).all()
        assert np.abs(found.change).max() > 10 * ROUNDING, kind
        if text.unit == "logprob":
            np.testing.assert_allclose(found.before, by_hand(m, text, ()), atol=1e-4)
            np.testing.assert_allclose(found.after, by_hand(m, text, edits), atol=1e-4)
            first = 0 if text.written else 1
            np.testing.assert_array_equal(found.change[first:], (found.after - found.before)[first:])
            assert (found.change[:first] == 0).all()


@pytest.mark.parametrize("name", [*WRITERS, "gpt2", "llama"])
def test_a_cut_moves_nothing_that_was_written_before(name: str) -> None:
    m, text = checkpoint(name), passage_of(name)
    kinds: list[Kind] = ["decoder", "cross"] if name in WRITERS else ["decoder"]
    for kind in kinds:
        change = effect(m, text, [Cut(kind, query=3, key=1)]).change
        # Row 3 of a writer writes piece 3; position 3 of a text that is read foretells piece 4.
        first = 3 if name in WRITERS else 4
        np.testing.assert_allclose(change[:first], 0, atol=ROUNDING)
        assert abs(change[first]) > 10 * ROUNDING


@pytest.mark.parametrize("name", MODELS)
def test_what_matters_is_each_word_cut_by_hand(name: str) -> None:
    m, text = checkpoint(name), passage_of(name)
    words = [[0], [1, 2], [2]]
    for kind in kinds_of(name):
        found = matters(m, text, kind, [2, 3], words)
        assert found.shape == (3,)
        assert found.dtype == np.float64
        for word, one in zip(words, found, strict=True):
            cuts = [Cut(kind, query, key) for query in (2, 3) for key in word]
            change = effect(m, text, cuts).change
            expected = change.mean() if text.unit == "moved" else change.sum()
            assert one == pytest.approx(expected, abs=1e-9)
        both, one_piece = found[1], found[2]
        assert abs(both - one_piece) > ROUNDING  # a word of two pieces is cut as a whole


@pytest.mark.parametrize("name", ["bart", "llama", "bert"])
def test_what_matters_in_some_heads_and_to_some_pieces(name: str) -> None:
    m, text = checkpoint(name), passage_of(name)
    kind = kinds_of(name)[-1]
    found = matters(m, text, kind, iter([2]), [[1]], heads=iter([(0, 1), (1, None)]), at=iter([2, 3, 4]))
    change = effect(m, text, [Cut(kind, 2, 1, 0, 1), Cut(kind, 2, 1, 1)]).change[[2, 3, 4]]
    assert found[0] == pytest.approx(change.mean() if text.unit == "moved" else change.sum(), abs=1e-9)
    assert abs(found[0]) > 1e-6
    assert found[0] != pytest.approx(matters(m, text, kind, [2], [[1]])[0], abs=1e-6)


@pytest.mark.parametrize("name", ["compact", "gpt2", "bert"])
def test_edits_are_there_before_and_after(name: str) -> None:
    m, text = checkpoint(name), passage_of(name)
    kind = kinds_of(name)[-1]
    edits: list[Edit] = [Uniform(kind, 0), Temperature(kind, 0.5), Cut(kind, 3, 0)]
    found = matters(m, text, kind, [2], [[1], [0]], edits=edits)
    before = read(m, text, edits).double().numpy()
    for key, one in zip((1, 0), found, strict=True):
        after = read(m, text, [*edits, Cut(kind, 2, key)]).double().numpy()
        if text.unit == "moved":
            moved = np.linalg.norm(after - before, axis=-1) / np.linalg.norm(before, axis=-1)
            expected = moved.mean()
        else:
            expected = np.nansum(after - before)
        assert one == pytest.approx(expected, abs=1e-5)
    assert found[0] != pytest.approx(matters(m, text, kind, [2], [[1]])[0], abs=1e-6)
    # What is cut already cannot be cut again.
    again = matters(m, text, kind, [2], [[1]], edits=[Cut(kind, 2, 1)])
    np.testing.assert_array_equal(again, 0)


@pytest.mark.parametrize("name", ["gpt2", "llama", "mistral", "compact", "bart"])
def test_what_is_not_looked_at_does_not_matter(name: str) -> None:
    m, text = checkpoint(name), passage_of(name)
    assert matters(m, text, "decoder", [2], [[4]])[0] == pytest.approx(0, abs=ROUNDING)  # the future
    if name == "mistral":  # sees four tokens, itself included, in every layer
        text = passage(m, "it was tired it was tired")
        weights = trace(m, text.source)["decoder"].weights
        assert (weights[:, :, 6, 2] == 0).all()
        unseen, seen = matters(m, text, "decoder", [6], [[2], [3]])
        assert unseen == pytest.approx(0, abs=ROUNDING)
        assert abs(seen) > 10 * ROUNDING


@pytest.mark.parametrize("name", MODELS)
def test_every_layer_matters_when_all_its_heads_are_silent(name: str) -> None:
    m, text = checkpoint(name), passage_of(name)
    for kind in kinds_of(name):
        for layer in m.layers[kind]:
            whole = effect(m, text, [Silence(kind, layer)]).change
            assert np.abs(whole).max() > 10 * ROUNDING
            heads = [Silence(kind, layer, head) for head in range(m.heads[kind])]
            np.testing.assert_allclose(effect(m, text, heads).change, whole, atol=1e-6)


def test_it_is_the_pronoun_that_the_animal_matters_to() -> None:
    m = translator("pronouns")
    writing = write(m, STORY)
    text = passage(m, STORY, writing.ids)
    (it,), (animal,) = places(m.tokenizer, STORY, "it"), places(m.tokenizer, STORY, "animal")
    found = effect(m, text, [Cut("encoder", it, animal)])
    il = [step.chosen.text for step in writing.steps].index("il")
    assert found.tokens.texts[il] == "il"
    assert found.change[il] < -1
    assert (np.abs(np.delete(found.change, il)) < 0.1).all()
    words = [[place] for place in range(len(text.ids))]
    assert matters(m, text, "encoder", [it], words, at=[il]).argmin() == animal


def test_a_text_that_did_not_come_to_an_end() -> None:
    m = checkpoint("bart")
    writing = write(m, TEXT)
    assert writing.ids[-1] != 3
    text = passage(m, TEXT, writing.ids)
    last = len(writing.ids) - 1
    assert len(trace(m, TEXT, writing.ids)["cross"].queries) == last + 1
    change = effect(m, text, [Cut("cross", last, 0)]).change
    np.testing.assert_allclose(change[:last], 0, atol=ROUNDING)
    assert abs(change[last]) > 10 * ROUNDING
    assert trace(m, TEXT, writing.ids, edits=[Cut("cross", last, 0)])["cross"].weights[0, 0, last, 0] == 0


@pytest.mark.parametrize("name", BANDS)
def test_models_that_cannot_be_edited(name: str) -> None:
    m = prepare(build(name), tokenizer(), name)
    sentence = rf"^{name} computes attention its own way, so it cannot be edited\.$"
    with pytest.raises(Refusal, match=sentence):
        passage(m, TEXT)
    text = passage_of("bert" if m.architecture == "encoder" else "gpt2")
    with pytest.raises(Refusal, match=sentence):
        effect(m, text, [Silence(m.architecture)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "edit", "words"),
    [
        ("bert", Cut("encoder", query=99), "query positions 0 to 6; there is no position 99"),
        ("bert", Cut("encoder", key=-1), "key positions 0 to 6; there is no position -1"),
        ("llama", Cut("decoder", key=5), "key positions 0 to 4; there is no position 5"),
        ("bart", Cut("cross", query=9), "query positions 0 to 8; there is no position 9"),
        ("bart", Cut("decoder", key=9), "key positions 0 to 8; there is no position 9"),
        ("t5", Cut("cross", key=6), "key positions 0 to 5; there is no position 6"),
        ("t5", Cut("encoder", query=6), "query positions 0 to 5; there is no position 6"),
        ("bert", Silence("cross"), "bert has no cross attention"),
        ("gpt2", Uniform("decoder", layer=2), "there is no layer 2"),
        ("compact", Silence("cross", head=9), "there is no head 9"),
    ],
)
def test_what_is_not_there(name: str, edit: Edit, words: str) -> None:
    m, text = checkpoint(name), passage_of(name)
    for refused in (lambda: effect(m, text, [edit]), lambda: read(m, text, [edit])):
        with pytest.raises(ValueError, match=words) as error:
            refused()
        assert str(error.value).endswith(".")
        assert "\n" not in str(error.value)
    if isinstance(edit, Cut):
        outside = [99] if edit.query is None else [edit.query]
        with pytest.raises(ValueError, match="there is no position"):
            matters(m, text, edit.kind, outside, [[edit.key or 0]])


def test_a_cut_at_the_last_place_is_there() -> None:
    m, text = checkpoint("bart"), passage_of("bart")
    assert abs(effect(m, text, [Cut("cross", 8, 0)]).change[8]) > 10 * ROUNDING


def test_passages_that_there_are_not() -> None:
    m = checkpoint("bart")
    for empty in ("", " \n"):
        with pytest.raises(Refusal, match="empty"):
            passage(m, empty, (5,))
    with pytest.raises(ValueError, match=r"^There is no effect on what bart writes before .* written\.$"):
        passage(m, TEXT)
    for wrong in (-1, 320):
        with pytest.raises(Refusal, match=r"^The chosen words do not belong to bart\.$"):
            passage(m, TEXT, (5, wrong))
    with pytest.raises(Refusal, match="takes at most 256"):
        passage(m, TEXT, [5] * 257)
    with pytest.raises(Refusal, match="takes at most 256"):
        passage(m, "tired " * 300, [5])
    assert start_of(m) == 3


def test_half_a_character_is_read_as_a_replacement() -> None:
    m = checkpoint("llama")
    assert passage(m, "\ud83d it").ids == passage(m, "\ufffd it").ids


def test_an_effect_by_words_adds_log_probabilities_and_averages_movements() -> None:
    tokens = Tokens(("un", "able", "."), (0, 0, 1), (False,) * 3, (False,) * 3)
    before, after = np.array([np.nan, -1.0, -0.5]), np.array([np.nan, -3.0, -0.25])
    told = Effect(tokens, "logprob", before, after).by_words()
    assert told.tokens.texts == ("unable", ".")
    np.testing.assert_array_equal(told.before, [-1.0, -0.5])
    np.testing.assert_array_equal(told.after, [-3.0, -0.25])
    moved = Effect(tokens, "moved", np.zeros(3), np.array([0.1, 0.3, 0.5])).by_words()
    np.testing.assert_allclose(moved.after, [0.2, 0.5])
