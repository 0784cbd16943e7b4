"""Translators of several languages write the one that is asked for, as transformers' own recipes do."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from transformers.models.m2m_100 import modeling_m2m_100 as m2m100
from transformers.models.mbart import modeling_mbart as mbart

from model import load, trace
from model.analysis.ablation import passage, read
from model.capture.checkpoint import Checkpoint
from model.capture.encode import encode
from model.decode.decoding import Beam, Decoding, Greedy, Sampling, write
from model.errors import Refusal
from model.experiments.mask_leak import reading, replacements
from model.experiments.order_invariance import without_positions
from model.experiments.untrained import build_untrained
from tests.model.families import TEXT
from tests.model.polyglots import KINDS, model, polyglot, tokenizer
from tests.model.translators import translator, until_the_end

FIRST = [kind for kind in KINDS if kind not in ("mbart", "plbart", "marian")]
SOURCE = "The animal"  # short: a translation may be about twice as long, and 16
TARGET = "Elle dort."


def token(kind: str, code: str) -> str:
    """How a language's token is spelt."""
    if kind == "marian":
        return f">>{code}<<"
    return f"__{code}__" if kind in ("m2m100", "seamless", "seamless_v2") else code


def source_of(kind: str) -> str | None:
    """Another language than the tokenizer's own, to be read; Marian is not told any."""
    return None if kind == "marian" else KINDS[kind][3][2]


def recipe(m: Checkpoint, kind: str, source: str | None, target: str, **how: Any) -> list[int]:
    """What transformers' generate writes in a language, as its documentation has it; without the start."""
    words = tokenizer(kind)
    if source is not None:
        words.src_lang = source
    text = f"{token(kind, target)} {SOURCE}" if kind == "marian" else SOURCE
    ids = torch.tensor([words(text)["input_ids"]])
    language = words.convert_tokens_to_ids(token(kind, target))
    if kind.startswith("seamless"):
        how["tgt_lang"] = target
    elif kind in ("mbart", "plbart"):
        how["decoder_start_token_id"] = language
    elif kind != "marian":
        how["forced_bos_token_id"] = language
    room = 2 * ids.shape[1] + 16 - kind.startswith("seamless")
    options = {"do_sample": False, "num_beams": 1, "max_new_tokens": room} | how
    written = cast(Any, m.model).generate(ids, **options)[0, 1:].tolist()
    return until_the_end(m, written)


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_the_language_is_forced_as_transformers_forces_it(kind: str, beams: int) -> None:
    m, source = polyglot(kind), source_of(kind)
    decoding: Decoding = Greedy() if beams == 1 else Beam(beams)
    found = {}
    for target in KINDS[kind][3][1:]:
        written = write(m, SOURCE, decoding, source_language=source, target_language=target)
        assert list(written.ids) == recipe(m, kind, source, target, num_beams=beams)
        assert written.steps[0].given == (kind in FIRST)
        assert not any(step.given for step in written.steps[1:])
        found[target] = written.ids[1:] if kind in FIRST else written.ids
    assert len(set(found.values())) == 2, "languages that make no difference would test nothing"


@pytest.mark.parametrize("beams", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_texts_of_many_lengths_are_compared_as_transformers_compares_them(kind: str, beams: int) -> None:
    """The forced language counts in a length, or does not: so it is done as in the recipe of each model."""
    lengths = set()
    for ends in ((5, 9, 12), (4, 17, 23), (6, 20, 31, 40), tuple(range(4, 20))):
        for seed in range(2):
            m = polyglot(kind, seed, ends)
            written = write(m, SOURCE, Beam(beams))
            assert list(written.ids) == recipe(
                m, kind, KINDS[kind][3][0] or None, KINDS[kind][3][1], num_beams=beams
            )
            lengths.add(len(written.ids))
    assert len(lengths) > 2


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_language_the_checkpoints_own_are_meant(kind: str) -> None:
    m, (source, target, _) = polyglot(kind), KINDS[kind][3]
    own = write(m, SOURCE)
    assert own == write(m, SOURCE, source_language=source or None, target_language=target)
    assert list(own.ids) == recipe(m, kind, source or None, target)


@pytest.mark.parametrize("decoding", [Greedy(), Beam(3), Sampling(seed=1)])
@pytest.mark.parametrize("kind", FIRST)
def test_the_language_comes_before_the_words_that_were_chosen(kind: str, decoding: Decoding) -> None:
    m, (_, target, other) = polyglot(kind), KINDS[kind][3]
    codes: Any = m.languages.codes  # type: ignore[union-attr]
    words = m.tokenizer("it was", add_special_tokens=False)["input_ids"]
    found = write(m, SOURCE, decoding, words, target_language=target)
    begun = [codes[target], *words]
    assert list(found.ids[: len(begun)]) == begun
    assert [step.given for step in found.steps] == [i < len(begun) for i in range(len(found.steps))]
    for language in (target, other):  # of what was written before, perhaps in another language
        prefix = [codes[language], *words]
        assert write(m, SOURCE, decoding, prefix, target_language=target) == found
    own = write(m, SOURCE, target_language=target)
    assert write(m, SOURCE, prefix=own.ids[:3], target_language=target).ids == own.ids


@pytest.mark.parametrize("kind", FIRST)
def test_the_search_begins_behind_the_language(kind: str) -> None:
    m = polyglot(kind)
    written = write(m, SOURCE, Beam(3))
    root, *others = written.branches
    assert (root.parent, root.step, root.choice.id, root.written) == (None, 0, written.ids[0], True)
    assert all(branch.parent is not None for branch in others)
    assert [b.choice.id for b in written.branches if b.written] == list(written.ids)
    assert len({b.choice.id for b in others if b.step == 1}) == 6  # two for each beam, of one beginning
    for branch in others:
        parent = written.branches[branch.parent or 0]
        assert branch.step == parent.step + 1
        assert branch.score == pytest.approx(parent.score + branch.choice.logprob, abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_trace_has_the_languages_among_its_special_tokens(kind: str) -> None:
    m, source, target = polyglot(kind), source_of(kind), KINDS[kind][3][1]
    written = write(m, SOURCE, source_language=source, target_language=target)
    for given in (None, written.ids):
        found = trace(m, SOURCE, given, source_language=source, target_language=target)
        assert found.encoder is not None
        assert found.decoder is not None
        read, spoken = found.encoder.queries, found.decoder.queries
        place = -1 if kind in ("mbart", "plbart") else 0
        assert read.texts[place] == token(kind, source or target)
        assert read.special[place]
        assert not any(read.special[1:-2])
        assert found.source == SOURCE
        assert found.output_text == written.text
        assert not any(token(kind, code) in written.text for code in m.languages.codes)  # type: ignore[union-attr]
        if kind != "marian":
            at = int(kind in FIRST)
            assert spoken.texts[at] == token(kind, target)
            assert spoken.special[at]
        assert found.output_tokens is not None
        if kind in FIRST:
            assert found.output_tokens[0] == token(kind, target)
    if kind in FIRST:
        assert written.steps[0].chosen.text == token(kind, target)


def decoder_input(kind: str, target: str) -> list[int]:
    """What the decoder reads of a target text, as transformers shifts its labels."""
    words = tokenizer(kind)
    words.tgt_lang = target
    labels = torch.tensor([words(text_target=TARGET)["input_ids"]])
    if kind.startswith("seamless"):
        return cast(list[int], labels[0, :-1].tolist())  # </s> __fra__ X, and </s> as the last label
    if kind in ("mbart", "plbart"):
        return cast(list[int], mbart.shift_tokens_right(labels, words.pad_token_id)[0, :-1].tolist())
    return cast(list[int], m2m100.shift_tokens_right(labels, words.pad_token_id, 2)[0].tolist())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "marian"])
def test_a_given_text_is_read_behind_its_language(kind: str) -> None:
    m, source, target = polyglot(kind), source_of(kind), KINDS[kind][3][1]
    words = tokenizer(kind)
    words.src_lang = source
    starts: dict[str, Any] = {"decoder_start_token_id": None} if kind in ("mbart", "plbart") else {}
    plain = cast(Any, model(kind, words, **starts))
    plain.set_attn_implementation("eager")
    ids = decoder_input(kind, target)
    with torch.no_grad():
        expected = plain(
            input_ids=torch.tensor([words(SOURCE)["input_ids"]]),
            decoder_input_ids=torch.tensor([ids]),
            output_attentions=True,
        )
    found = trace(m, SOURCE, TARGET, source_language=source, target_language=target)
    assert found.output_text == TARGET
    for stack, weights in (
        (found.encoder, expected.encoder_attentions),
        (found.decoder, expected.decoder_attentions),
        (found.cross, expected.cross_attentions),
    ):
        assert stack is not None
        np.testing.assert_allclose(stack.weights, torch.cat(weights).numpy(), atol=1e-5)


def test_marian_reads_the_language_before_a_given_text() -> None:
    m = polyglot("marian")
    found = trace(m, SOURCE, TARGET, target_language="deu")
    same = trace(m, f">>deu<< {SOURCE}", TARGET)
    assert found.encoder is not None
    assert same.encoder is not None
    assert found.output_text == TARGET
    assert found.encoder.queries == same.encoder.queries
    assert np.array_equal(found.encoder.weights, same.encoder.weights)


def test_unknown_words_are_shown_as_they_were_typed_in_any_language() -> None:
    m, text = polyglot("nllb"), "The ☃ animal Ж"
    own, german = (trace(m, text, source_language=code) for code in ("eng_Latn", "deu_Latn"))
    assert own.encoder is not None
    assert german.encoder is not None
    assert {"☃", "Ж"} <= set(own.encoder.query_tokens)
    assert sum(own.encoder.queries.unknown) == 2
    assert german.encoder.query_tokens[0] == "deu_Latn"
    assert german.encoder.query_tokens[1:] == own.encoder.query_tokens[1:]


def test_a_list_of_texts_between_other_languages() -> None:
    m = polyglot("m2m100")
    texts = [SOURCE, "The street was tired."]
    together = trace(m, texts, source_language="de", target_language="ko")
    for text, found in zip(texts, together, strict=True):
        alone = trace(m, text, source_language="de", target_language="ko")
        assert found.output_text == alone.output_text
        assert found.encoder is not None
        assert found.encoder.queries.texts[0] == "__de__"


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_knows_its_languages(kind: str, tmp_path: Path) -> None:
    m, (_, target, other) = polyglot(kind), KINDS[kind][3]
    m.model.save_pretrained(tmp_path)
    tokenizer(kind).save_pretrained(tmp_path)
    loaded = load(tmp_path, device="cpu")
    assert loaded.languages == m.languages
    assert loaded.languages is not None
    assert loaded.languages.target == target
    found = write(loaded, SOURCE, target_language=other.upper())
    assert list(found.ids) == recipe(m, kind, KINDS[kind][3][0] or None, other)


def test_a_checkpoint_keeps_the_languages_that_were_chosen() -> None:
    m = polyglot("nllb").translating("deu_Latn", "kor_Hang")
    own = write(m, SOURCE)
    assert own.steps[0].chosen.text == "kor_Hang"
    assert own == write(polyglot("nllb"), SOURCE, source_language="deu_Latn", target_language="kor_Hang")
    ids = encode(m, SOURCE)
    assert m.tokenizer.convert_ids_to_tokens(ids)[0] == "deu_Latn"
    text = passage(m, SOURCE, own.ids)
    assert list(text.ids) == ids
    assert text.tokens.special[0]
    logprobs = [step.chosen.logprob for step in own.steps]
    np.testing.assert_allclose(read(m, text).numpy(), logprobs, atol=1e-4)
    assert polyglot("nllb").languages != m.languages


@pytest.mark.parametrize("made", [without_positions, partial(build_untrained, norm="before", layers=1)])
def test_what_is_made_of_a_checkpoint_reads_the_same_language(made: Any) -> None:
    m = polyglot("mbart50").translating("de_DE", "ko_KR")
    other = made(m)
    assert other.languages == m.languages
    assert encode(other, SOURCE) == encode(m, SOURCE) != encode(polyglot("mbart50"), SOURCE)


def test_a_language_is_no_word_that_could_stand_in_a_text() -> None:
    m = polyglot("m2m100", 1)
    text = reading(m, SOURCE, write(m, SOURCE).ids)
    assert text.tokens.special[1]
    for place in range(1, 6):
        offered = replacements(m, text, place)
        assert offered
        assert not set(offered) & m.language_ids


@pytest.mark.parametrize("call", [trace, write])
def test_a_language_that_the_model_does_not_have(call: Any) -> None:
    m = polyglot("m2m100")
    with pytest.raises(Refusal, match="no language tlh; it has"):
        call(m, TEXT, target_language="tlh")
    with pytest.raises(Refusal, match="no language tlh; it has"):
        call(m, TEXT, source_language="tlh")
    with pytest.raises(Refusal, match="bart has no languages to choose from"):
        call(translator("bart"), TEXT, target_language="fr")
