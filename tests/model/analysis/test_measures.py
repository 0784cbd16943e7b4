"""What is measured of heads, against the formulas in NumPy on the recorded weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray

from model import Cut, Uniform, load, trace
from model.analysis.measures import Measure, find, measure, measures
from model.capture.checkpoint import Checkpoint
from model.capture.forward import Row, forward
from model.capture.observers import Place
from model.capture.prepare import prepare
from model.errors import Refusal
from model.listening import Seen
from model.text.tokens import latent_tokens
from model.trace import KINDS, Kind
from tests.model.families import VOCABULARY, build, tokenizer
from tests.model.followed import compact

SHIPPED = Path(__file__).parents[3] / "checkpoints"
SENTENCE = "The dog slept because it was tired."
# Every way in which attention is heard: function, with windows, groups, softcaps and sinks, softmax, values.
FAMILIES = ("bert", "gpt2", "mistral", "gemma2", "gpt_oss", "t5", "bart", "xlnet", "bloom", "longformer")


def convbert() -> Checkpoint:
    """A model that gives its weights when it is asked, and nothing else."""
    sizes: dict[str, Any] = {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 40,
    }
    torch.manual_seed(0)
    config = transformers.ConvBertConfig(vocab_size=VOCABULARY, embedding_size=32, **sizes)
    return prepare(transformers.ConvBertForMaskedLM(config).eval(), tokenizer("<s> $A </s>"), "convbert")


def watched(name: str) -> Checkpoint:
    if name in ("pronouns", "repeat"):
        return load(SHIPPED / name)
    if name == "convbert":
        return convbert()
    if name.startswith("compact "):
        return compact(name.removeprefix("compact "))
    return prepare(build(name), tokenizer("$A </s>"), name)


def entropy(rows: NDArray[Any], _kind: Kind) -> NDArray[np.float64]:
    """Σ p log₂ 1/p of each row (…, keys)."""
    sizes = np.where(rows > 0, rows, 1)
    return -(sizes * np.log2(sizes)).sum(-1)


def distance(rows: NDArray[Any], kind: Kind) -> NDArray[np.float64]:
    """How far each row (…, queries, keys) looks, one key after another."""
    found = np.zeros(rows.shape[:-1])
    for query in range(rows.shape[-2]):
        for key in range(rows.shape[-1]):
            found[..., query] += rows[..., query, key] * abs(query - key)
    return found


FORMULAS = {"entropy": entropy, "distance": distance}


def shares(weights: NDArray[Any]) -> NDArray[np.float64]:
    rows = weights.astype(np.float64)
    return rows / rows.sum(-1, keepdims=True)


@pytest.mark.parametrize("name", sorted(FORMULAS))
@pytest.mark.parametrize(
    "model",
    ["pronouns", "compact encoder", "compact decoder", "compact encoder-decoder", "convbert", *FAMILIES],
)
def test_a_number_is_that_of_the_recorded_weights(model: str, name: str) -> None:
    m = watched(model)
    found, record = measure(m, SENTENCE, name), trace(m, SENTENCE)
    assert set(found) == {kind for kind in record.kinds if kind in find(name).kinds}
    for kind, one in found.items():
        stack = record[kind]
        assert one.kind == kind
        assert one.layers == stack.layers
        expected = FORMULAS[name](shares(stack.weights), kind).mean(-1)
        np.testing.assert_allclose(one.values, expected, atol=2e-4, rtol=1e-4)
        assert one.values.std() > 0


@pytest.mark.parametrize("name", sorted(FORMULAS))
@pytest.mark.parametrize(
    "model", ["pronouns", "compact decoder", "bert", "mistral", "gpt_oss", "t5", "bloom"]
)
def test_even_is_what_a_head_has_that_is_made_even(model: str, name: str) -> None:
    """Against an intervention: Uniform shares the weight evenly among the keys that may be looked at."""
    m = watched(model)
    target = "Le chien dort." if m.architecture == "encoder-decoder" else None
    plain = measure(m, SENTENCE, name, target=target)
    made = measure(m, SENTENCE, name, [Uniform(kind) for kind in m.layers], target=target)
    for kind, one in plain.items():
        np.testing.assert_allclose(made[kind].values, one.even, rtol=1e-4, atol=1e-5)


def test_even_in_numbers() -> None:
    """Of n tokens an encoder may look at n, of a decoder the i-th at i: log₂ n, and the mean of log₂ i."""
    kinds: dict[str, Kind] = {"bert": "encoder", "gpt2": "decoder"}
    for model, kind in kinds.items():
        m = watched(model)
        n = len(trace(m, SENTENCE)[kind].queries)
        looked = np.arange(1, n + 1) if kind == "decoder" else np.full(n, n)
        found = measure(m, SENTENCE, "entropy")[kind]
        np.testing.assert_allclose(found.even, np.log2(looked).mean(), rtol=1e-5)
        assert (found.values < found.even).all()


@pytest.mark.parametrize("model", ["convbert", "longformer"])
def test_even_is_not_made_up_where_the_mask_is_not_known(model: str) -> None:
    for one in measure(watched(model), SENTENCE, "entropy").values():
        assert np.isnan(one.even).all()
        assert np.isfinite(one.values).all()


def test_under_edits_it_is_measured_of_the_edited_pass() -> None:
    m = watched("pronouns")
    edits = [Cut("encoder", query=8, key=1)]
    stack = trace(m, SENTENCE, "Le chien dort.", edits=edits).encoder
    assert stack
    found = measure(m, SENTENCE, "entropy", edits, "Le chien dort.")["encoder"]
    np.testing.assert_allclose(found.values, entropy(shares(stack.weights), "encoder").mean(-1), atol=2e-4)
    assert not np.array_equal(found.values, measure(m, SENTENCE, "entropy")["encoder"].values)


def test_a_row_that_looks_at_nothing_has_no_number() -> None:
    m = watched("gpt2")
    found = measure(m, SENTENCE, "entropy", [Cut("decoder", query=0, key=0, layer=1, head=2)])["decoder"]
    weights = shares(trace(m, SENTENCE)["decoder"].weights[1, 2])
    assert found.values[1, 2] == pytest.approx(entropy(weights[1:], "decoder").mean(), abs=2e-4)


def test_layers_with_fewer_heads_are_filled_up() -> None:
    class Half(Measure):
        """Of the second layer only two heads."""

        name, title = "half", "Half"

        def of(self, weights: torch.Tensor, place: Place, first: int) -> torch.Tensor:
            return weights.amax(-1)[: 4 - 2 * (place.layer or 0)]

    m = watched("bert")
    observer = Half({})
    forward(m, Row(m.tokenizer(SENTENCE)["input_ids"]), [observer])
    values = observer.result()["encoder"].values
    assert np.isnan(values).tolist() == [[False] * 4, [False, False, True, True]]


def test_rows_that_come_one_after_another_are_one_text() -> None:
    """As of a decoder that looks step by step: each call brings a row, and knows where it stands."""
    weights = torch.rand(1, 3, 5, 5).tril()
    weights = weights / weights.sum(-1, keepdim=True)
    mask = torch.ones(1, 1, 5, 5, dtype=torch.bool).tril()
    place = Place("decoder", 0, 0, torch.nn.Identity(), "")
    for name in measures():
        whole, bit = find(name)({}), find(name)({})
        whole.attention(place, Seen(weights, mask=mask))
        for row in range(5):
            step = slice(row, row + 1)
            bit.attention(place, Seen(weights[:, :, step, : row + 1], mask=mask[:, :, step, : row + 1]))
        one, other = whole.result()["decoder"], bit.result()["decoder"]
        np.testing.assert_allclose(one.values, other.values, rtol=1e-6)
        np.testing.assert_allclose(one.even, other.even, rtol=1e-6)


def test_latents_have_no_distance() -> None:
    place = Place("encoder", 0, 0, torch.nn.Identity(), "")
    text = trace(watched("bert"), SENTENCE)["encoder"].queries
    for side, wanted in ((text, True), (latent_tokens(4), False)):
        assert find("distance")({"encoder": (side, side)}).wants(place) is wanted
        assert find("entropy")({"encoder": (side, side)}).wants(place)


@pytest.mark.parametrize("name", sorted(measures()))
def test_every_measure_says_what_it_is(name: str) -> None:
    found = find(name)
    assert found.name == name
    assert found.title
    assert found.told.endswith(".")
    assert set(found.kinds) <= set(KINDS)


def test_what_cannot_be_measured_is_refused() -> None:
    m = watched("bert")
    with pytest.raises(ValueError, match="no measure called 'beauty'; there are distance, entropy"):
        measure(m, SENTENCE, "beauty")
    with pytest.raises(Refusal, match="empty"):
        measure(m, " ", "entropy")
    with pytest.raises(ValueError, match="no decoder attention"):
        measure(m, SENTENCE, "entropy", [Cut("decoder", 0, 0)])
    with pytest.raises(ValueError, match="there is no position 99"):
        measure(m, SENTENCE, "entropy", [Cut("encoder", 99, 0)])


def test_a_measure_of_more_than_weights_needs_a_model_that_tells_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(find("entropy"), "parts", frozenset({"qkv"}))
    with pytest.raises(Refusal, match="gives its weights only"):
        measure(watched("convbert"), SENTENCE, "entropy")
