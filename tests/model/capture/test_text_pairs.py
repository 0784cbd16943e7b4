"""Two texts read as a pair: the same numbers as transformers', through every pass that there is."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers import BertTokenizer, PreTrainedTokenizerBase

from census.makers import SENTENCE
from model import Cut, Silence, Trace, load, trace
from model.analysis.ablation import effect, matters, passage, read_all
from model.analysis.contributions import contributions, projections
from model.analysis.measures import measure
from model.capture.checkpoint import Checkpoint
from model.capture.forward import Row, attentions, forward
from model.capture.prepare import prepare
from model.capture.record import trace_all
from model.capture.residual_stream import follow
from model.capture.segments import reads_segments
from model.edits import Edit
from model.experiments.matrices import entering
from model.text.pairs import find_template
from tests.model.families import SMALL, build, tokenizer
from tests.model.paired import (
    FIRST,
    READ_SEGMENTS,
    SECOND,
    TOKENIZERS,
    WORDS,
    make_model,
    make_tokenizer,
    paired,
    save_paired,
)
from tests.model.recorded import checkpoint

TEXTS = [(FIRST, SECOND), ("It slept.", "He was tired, she isn't."), ("Is it old?", "It is.")]


def written(m: Checkpoint, *texts: Any, **options: Any) -> dict[str, Tensor]:
    """What transformers' own tokenizer gives for pairs, and the model with it."""
    found = m.tokenizer(
        *texts, return_tensors="pt", **({"return_token_type_ids": True} if m.segments else {}), **options
    )
    takes = m.name in READ_SEGMENTS
    return {name: x for name, x in found.items() if name != "token_type_ids" or takes}


def run(name: str, batch: dict[str, Tensor]) -> Any:
    """A fresh model, which nobody watches, below its output layer."""
    model = make_model(name)
    model.set_attn_implementation("eager")
    with torch.no_grad():
        return model.base_model(**batch, output_attentions=True)


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), atol=2e-5, rtol=1e-4)


def trace_of(m: Checkpoint, batch: dict[str, Tensor], types: list[int] | None) -> Any:
    """The weights of the last layer, of a model that is told these types or none."""
    given = {} if types is None else {"token_type_ids": torch.tensor([types])}
    return attentions(run(m.name, {"input_ids": batch["input_ids"], **given}))["encoder"][1][0].numpy()


@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_pair_is_read_as_transformers_reads_it(name: str) -> None:
    m = paired(name)
    batch = written(m, FIRST, SECOND)
    expected = run(name, batch)
    t = trace(m, FIRST, pair=SECOND)
    assert (t.source, t.pair) == (FIRST, SECOND)
    assert t.encoder is not None
    for layer, weights in enumerate(attentions(expected)["encoder"]):
        close(t.encoder.weights[layer], weights[0])
    row = Row(
        batch["input_ids"][0].tolist(), None, batch["token_type_ids"][0].tolist() if m.segments else None
    )
    close(forward(m, row)[0], expected[0])


@pytest.mark.parametrize("name", TOKENIZERS)
def test_pairs_of_all_lengths_run_together_and_with_single_texts(name: str) -> None:
    m = paired(name)
    assert m.pads
    firsts, seconds = zip(*TEXTS, strict=True)
    batch = written(m, list(firsts), list(seconds), padding=True)  # XLNet's are padded on the left
    given = attentions(run(name, batch))["encoder"]
    together = trace_all(m, [*firsts, FIRST], pairs=[*seconds, None])
    for i, t in enumerate(together[:-1]):
        assert t.encoder is not None
        real = batch["attention_mask"][i].bool()
        for layer, weights in enumerate(given):
            close(t.encoder.weights[layer], weights[i][:, real][:, :, real])
    alone = together[-1].encoder
    assert alone is not None
    assert together[-1].pair is alone.keys.segments is None
    close(alone.weights, cast(Any, trace(m, FIRST)).encoder.weights)


@pytest.mark.parametrize("name", sorted(READ_SEGMENTS))
def test_the_segments_change_what_a_model_does(name: str) -> None:
    m = paired(name)
    assert m.segments
    batch = written(m, FIRST, SECOND)
    told, untold = (trace_of(m, batch, types) for types in (batch["token_type_ids"][0].tolist(), None))
    assert np.abs(told - untold).max() > 0.01
    close(cast(Any, trace(m, FIRST, pair=SECOND)).encoder.weights[1], told)


@pytest.mark.parametrize("name", sorted(set(TOKENIZERS) - READ_SEGMENTS))
def test_other_models_are_told_by_separators_alone(name: str) -> None:
    m = paired(name)
    assert m.pairs is not None
    assert not m.segments


def test_every_token_belongs_to_one_of_the_texts() -> None:
    cases = {
        "bert": ("[CLS] A A [SEP] B B [SEP]", "0000111"),
        "roberta": ("<s> A A </s> </s> B B </s>", "00001111"),
        "mpnet": ("<s> A A </s> </s> B B </s>", "00001111"),
        "xlnet": ("A A <sep> B B <sep> <cls>", "0001112"),
        "distilbert": ("[CLS] A A [SEP] B B [SEP]", "0000111"),
    }
    for name, (template, segments) in cases.items():
        keys = cast(Any, trace(paired(name), "a b", pair="c d")).encoder.keys
        shown = [
            text if special else "B" if segment else "A"
            for text, special, segment in zip(keys.texts, keys.special, keys.segments, strict=True)
            if special or text.strip("␣")
        ]
        kept = [i for i, text in enumerate(keys.texts) if text.strip("␣")]
        assert " ".join(shown) == template
        assert "".join(str(keys.segments[i]) for i in kept) == segments


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(TOKENIZERS)),
    *[st.lists(st.sampled_from([*WORDS, "Ωmega", "읽기", "it's", " "]), min_size=1, max_size=6).map(" ".join)]
    * 2,
)
def test_the_words_of_each_text_are_those_that_it_has_alone(name: str, first: str, second: str) -> None:
    m = paired(name)
    texts = (first, second)
    if not all(text.strip() and m.tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts):
        return
    tokens = cast(Any, trace(m, first, pair=second, layers=[])).encoder.keys
    for number, text in enumerate((first, second)):
        alone = cast(Any, trace(m, text, layers=[])).encoder.keys
        own = [i for i, special in enumerate(tokens.special) if tokens.segments[i] == number and not special]
        kept = [i for i, special in enumerate(alone.special) if not special]
        assert [tokens.texts[i] for i in own] == [alone.texts[i] for i in kept]
        assert [tokens.unknown[i] for i in own] == [alone.unknown[i] for i in kept]
        starts = [tokens.words[i] - tokens.words[own[0]] for i in own]
        assert starts == [alone.words[i] - alone.words[kept[0]] for i in kept]
    assert all(len({tokens.segments[i] for i in group}) == 1 for group in tokens.groups())
    merged = tokens.by_words()
    assert len(merged.segments) == len(merged)


def test_an_unknown_word_of_the_second_text_is_spelled_as_it_was_typed() -> None:
    keys = cast(Any, trace(paired("bert"), "It slept", pair="읽기 is OLD")).encoder.keys
    assert keys.texts == ("[CLS]", "it", "slept", "[SEP]", "읽기", "is", "old", "[SEP]")
    assert keys.unknown[4]


def test_an_empty_second_text_is_none() -> None:
    m = paired("bert")
    for pair in (None, "", "  \n"):
        t = trace(m, FIRST, pair=pair)
        assert t == trace(m, FIRST)
        assert t.pair is None
        assert t.encoder is not None
        assert t.encoder.keys.segments is None
    with pytest.raises(ValueError, match="The text is empty"):
        trace(m, " ", pair=SECOND)


@pytest.mark.parametrize("name", ["gpt2", "t5", "compact"])
def test_models_that_take_one_text_refuse_two(name: str) -> None:
    m = checkpoint(name)
    said = "reads one text at a time, and no pair of texts"
    for ask in (
        lambda: trace(m, FIRST, pair=SECOND),
        lambda: passage(m, FIRST, pair=SECOND),
        lambda: follow(m, FIRST, pair=SECOND),
        lambda: measure(m, FIRST, "entropy", pair=SECOND),
        lambda: entering(m, FIRST, SECOND),
    ):
        with pytest.raises(ValueError, match=said):
            ask()


def test_a_tokenizer_without_separators_makes_no_pairs() -> None:
    for template in ("$A", "<s> $A </s>"):  # of a pair it puts one text right behind the other
        m = prepare(build("bert"), tokenizer(template), "bert")
        with pytest.raises(ValueError, match="bert reads one text at a time"):
            trace(m, FIRST, pair=SECOND)


class Failing:
    """A tokenizer that takes no two texts, as those of tables do."""

    all_special_ids: tuple[int, ...] = ()

    def __call__(self, *texts: Any, **_: Any) -> Any:
        raise TypeError("table must be a DataFrame")


def test_a_tokenizer_that_fails_makes_no_pairs() -> None:
    assert find_template(cast(PreTrainedTokenizerBase, Failing())) is None


def test_too_much_together_is_refused_with_the_count() -> None:
    m = prepare(build("bert", max_position_embeddings=40), make_tokenizer("bert"), "bert")
    trace(m, FIRST, pair=SECOND)
    long = "the " * 30
    trace(m, long)
    with pytest.raises(ValueError, match=r"The text has 41 tokens, but bert takes at most 40"):
        trace(m, long, pair="a dog slept on the old sofa .")


def test_a_text_of_nothing_is_no_half_of_a_pair() -> None:
    m = paired("bert")
    assert trace(m, "\u200b").source == "\u200b"
    with pytest.raises(ValueError, match="finds nothing to read in one of these texts"):
        trace(m, FIRST, pair="\u200b")


def test_models_with_one_segment_are_not_told_of_two() -> None:
    """KLUE's RoBERTa comes with BERT's tokenizer, whose second type it has no vector for."""
    m = prepare(build("roberta", type_vocab_size=1), make_tokenizer("bert"), "klue")
    assert m.pairs is not None
    assert not m.segments
    model = build("roberta", type_vocab_size=1)
    model.set_attn_implementation("eager")
    batch = make_tokenizer("bert")(FIRST, SECOND, return_tensors="pt", return_token_type_ids=False)
    with torch.no_grad():
        expected = model.base_model(**batch, output_attentions=True).attentions[1]
    t = trace(m, FIRST, pair=SECOND)
    assert t.encoder is not None
    close(t.encoder.weights[1], expected[0])


def test_types_that_are_looked_up_among_the_words_are_no_segments() -> None:
    config = transformers.XLMConfig(vocab_size=99, emb_dim=32, n_layers=2, n_heads=4, n_langs=1)
    torch.manual_seed(0)
    model = transformers.XLMModel(config).eval()
    ids = {"input_ids": torch.arange(8)[None] + 10}
    with torch.no_grad():
        one, two = (model(**ids, token_type_ids=torch.tensor([x]))[0] for x in ([0] * 8, [0] * 4 + [1] * 4))
    assert not torch.equal(one, two)  # so that it is not told by what comes out
    assert not reads_segments(model, ids, (0, 1))
    assert not reads_segments(build("deberta_v2", type_vocab_size=0), ids, (0, 1))
    assert reads_segments(build("bert"), ids, (0, 1))
    assert not reads_segments(build("bert"), ids, (0, 0))
    assert not reads_segments(build("distilbert"), ids, (0, 1))


def test_edits_apply_to_a_pair() -> None:
    m = paired("bert")
    t = trace(m, FIRST, pair=SECOND)
    assert t.encoder is not None
    cut = trace(m, FIRST, pair=SECOND, edits=[Cut("encoder", query=2, key=12)])
    assert cut.encoder is not None
    left = t.encoder.weights[0].copy()
    left[:, 2, 12] = 0
    close(cut.encoder.weights[0], left / left.sum(-1, keepdims=True))
    silent = trace(m, FIRST, pair=SECOND, edits=[Silence("encoder", 0)], record=("output",))
    assert silent.encoder is not None
    assert silent.encoder.output is not None
    assert not silent.encoder.output[0].any()


@pytest.mark.parametrize("name", ["bert", "albert", "xlnet", "roberta"])
def test_cutting_each_word_is_masking_it_in_transformers(name: str) -> None:
    """A key cut from every query is one that the attention mask leaves out, in whatever text it stands."""
    m = paired(name)
    batch = written(m, FIRST, SECOND)
    text = passage(m, FIRST, pair=SECOND)
    assert text.tokens == cast(Any, trace(m, FIRST, pair=SECOND, layers=[])).encoder.keys
    places = [2, len(text.ids) - 4]
    edits: list[list[Edit]] = [[Cut("encoder", key=place)] for place in places]
    found = read_all(m, text, [(), *edits])
    before = run(name, batch)[0][0]
    close(found[0], before)
    for place, vectors in zip(places, found[1:], strict=True):
        mask = batch["attention_mask"].clone()
        mask[0, place] = 0
        after = run(name, {**batch, "attention_mask": mask})[0][0]
        others = [i for i in range(len(text.ids)) if i != place]
        if name != "xlnet":  # there a token goes on looking at itself through the mask
            close(vectors[others], after[others])
    moved = effect(m, text, edits[0]).after
    close(moved, (found[1] - found[0]).norm(dim=-1) / found[0].norm(dim=-1))
    whole = matters(m, text, "encoder", range(len(text.ids)), [[place] for place in places])
    close(whole, [float(((x - found[0]).norm(dim=-1) / found[0].norm(dim=-1)).mean()) for x in found[1:]])


def test_measures_are_of_the_pair() -> None:
    m = paired("albert")
    t = trace(m, FIRST, pair=SECOND)
    assert t.encoder is not None
    weights = t.encoder.weights.astype(np.float64)
    bits = -(weights * np.log2(np.where(weights > 0, weights, 1))).sum(-1).mean(-1)
    found = measure(m, FIRST, "entropy", pair=SECOND)["encoder"]
    assert found.layers == t.encoder.layers
    close(found.values, bits)


def test_contributions_add_up_to_what_the_layer_gives() -> None:
    m = paired("bert")
    t = trace(m, FIRST, pair=SECOND, record=("output",))
    assert t.encoder is not None
    given = contributions(t.encoder, 1, projections(m)["encoder", 1])
    model = make_model("bert")
    heard: list[Tensor] = []
    dense = model.get_submodule("bert.encoder.layer.1.attention.output.dense")
    dense.register_forward_hook(lambda _module, _args, output: heard.append(output))
    with torch.no_grad():
        model(**written(m, FIRST, SECOND))
    close(sum(given.of(head) for head in range(4)) + given.bias, heard[0][0])


@pytest.mark.parametrize("name", ["bert", "roberta", "electra", "albert", "deberta_v2"])
def test_the_residual_stream_is_that_of_the_pair(name: str) -> None:
    m = paired(name)
    batch = written(m, FIRST, SECOND)
    model = make_model(name)
    with torch.no_grad():
        expected = model(**batch, output_hidden_states=True)
    followed = follow(m, FIRST, pair=SECOND)
    assert followed.encoder is not None
    for state, hidden in zip(followed.encoder.states, expected.hidden_states, strict=True):
        close(state, hidden[0])
    if followed.outlook is not None:
        best = expected.logits[0].argmax(-1).tolist()
        assert [guesses[0].id for guesses in followed.outlook.best] == best


def test_what_enters_is_that_of_the_pair() -> None:
    m = paired("bert")
    batch = written(m, FIRST, SECOND)
    embed = cast(Any, make_model("bert").base_model).embeddings
    with torch.no_grad():
        expected = embed(batch["input_ids"], batch["token_type_ids"])
    close(entering(m, FIRST, SECOND).placed, expected[0])
    followed = follow(m, FIRST, pair=SECOND)
    assert followed.encoder is not None
    assert followed.encoder.plain  # words, places and segments are all that enters


def test_a_pair_survives_its_file_and_its_words(tmp_path: Any) -> None:
    t = trace(paired("xlnet"), FIRST, pair=SECOND)
    t.save(tmp_path / "a")
    again = Trace.load(tmp_path / "a")
    assert again == t
    assert hash(again) == hash(t)
    assert t != trace(paired("xlnet"), FIRST, pair=SECOND.lower())
    assert repr(t).startswith(f"Trace of {FIRST!r} and {SECOND!r}")
    assert t.by_words().pair == SECOND
    frame = t.to_pandas()
    assert frame[frame.key_token == "<cls>"].key_segment.eq(2).all()


def test_a_folder_is_loaded_with_its_pairs(tmp_path: Any) -> None:
    for name in ("bert", "albert", "roberta"):
        m = load(save_paired(name, tmp_path / name))
        assert m.segments == (name in READ_SEGMENTS)
        assert trace(m, FIRST, pair=SECOND) == trace(paired(name), FIRST, pair=SECOND)


def test_a_long_pair_goes_beyond_a_limit_with_its_segments() -> None:
    """BigBird looks everywhere in a short text and at blocks in a long one, whichever texts it is made of."""
    sizes: dict[str, Any] = {"block_size": 4, "num_random_blocks": 1, "vocab_size": 99, **SMALL}
    config = transformers.BigBirdConfig(attention_type="block_sparse", max_position_embeddings=256, **sizes)
    torch.manual_seed(0)
    model = transformers.BigBirdModel(config).eval()
    words = {word: i + 5 for i, word in enumerate(dict.fromkeys(SENTENCE.lower().split()))}
    marks = {mark: i for i, mark in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])}
    own = BertTokenizer(vocab=marks | words)
    batch = own(SENTENCE, SENTENCE, return_tensors="pt")
    with torch.no_grad():
        np.random.seed(0)
        expected = model(**batch).last_hidden_state
    m = prepare(model, own, "bigbird")
    assert m.segments
    row = Row(batch["input_ids"][0].tolist(), None, batch["token_type_ids"][0].tolist())
    close(forward(m, row)[0], expected)
