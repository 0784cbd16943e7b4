"""What transformers' generate writes with a compact model."""

from typing import Any

import pytest
import torch
from torch import Tensor

from model.networks.pretrained import CompactForCausalLM, CompactForConditionalGeneration
from tests.model.compacts import VOCAB, inputs, made

NEW = 12  # tokens


def trained(kind: Any, **options: Any) -> Any:
    """A model that has learned its batch a little, so that what it writes is not one token over and over."""
    model = made(kind, **options).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for step in range(30):
        loss = model(**inputs(model, batch=8, seed=step % 3)).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


@pytest.fixture(scope="module")
def translator() -> Any:
    return trained(CompactForConditionalGeneration, encoder_windows=[2, None])


@pytest.fixture(scope="module", params=["sinusoidal", "learned", "rotary", "alibi"])
def writer(request: pytest.FixtureRequest) -> Any:
    return trained(CompactForCausalLM, encoder_layers=0, decoder_layers=2, positions=request.param)


@torch.no_grad()
def greedy(model: Any, text: Tensor) -> list[int]:
    """What the model writes, one argmax at a time, with nothing of transformers: text (1, length)."""
    is_writer = isinstance(model, CompactForCausalLM)
    written = text if is_writer else torch.tensor([[model.config.decoder_start_token_id]])
    for _ in range(NEW):
        given = {"input_ids": written} if is_writer else {"input_ids": text, "decoder_input_ids": written}
        written = torch.cat([written, model(**given).logits[:, -1:].argmax(-1)], dim=1)
        if written[0, -1] == model.config.eos_token_id:
            break
    return [int(token) for token in written[0]]


def without_padding(row: Tensor, mask: Tensor | None = None) -> list[int]:
    """A row of `generate` up to its end-of-text token, without the padding on its left."""
    tokens = [int(token) for token in (row if mask is None else row[int((mask == 0).sum()) :])]
    return tokens[: tokens.index(2) + 1] if 2 in tokens else tokens


def test_translating_greedily_is_taking_the_likeliest(translator: Any) -> None:
    batch = inputs(translator)
    written = translator.generate(
        batch["input_ids"], attention_mask=batch["attention_mask"], max_new_tokens=NEW
    )
    one_beam = translator.generate(
        batch["input_ids"], attention_mask=batch["attention_mask"], max_new_tokens=NEW, num_beams=1
    )
    assert torch.equal(written, one_beam)
    for text, mask, row in zip(batch["input_ids"], batch["attention_mask"], written, strict=True):
        assert without_padding(row) == greedy(translator, text[mask == 1][None])


def test_writing_on_greedily_is_taking_the_likeliest(writer: Any) -> None:
    batch = inputs(writer)
    text, mask = batch["input_ids"].roll(2, 1), batch["attention_mask"].roll(2, 1)
    text[:2], mask[:2] = batch["input_ids"][:2], 1  # the last text is padded on the left
    written = writer.generate(text, attention_mask=mask, max_new_tokens=NEW)
    for i in range(len(text)):
        assert without_padding(written[i], mask[i]) == greedy(writer, text[i][mask[i] == 1][None])


def test_beams_in_a_batch_are_the_beams_alone(translator: Any) -> None:
    batch = inputs(translator)
    options: dict[str, Any] = {"max_new_tokens": NEW, "num_beams": 4}
    together = translator.generate(batch["input_ids"], attention_mask=batch["attention_mask"], **options)
    for text, mask, row in zip(batch["input_ids"], batch["attention_mask"], together, strict=True):
        alone = translator.generate(text[mask == 1][None], **options)[0]
        assert without_padding(row) == without_padding(alone)


@torch.no_grad()
def test_as_many_beams_as_words_find_the_likeliest_text_of_two(translator: Any) -> None:
    for text in inputs(translator)["input_ids"][:2, None]:

        def next_word(*written: int, text: Tensor = text) -> Tensor:
            read = torch.tensor([[translator.config.decoder_start_token_id, *written]])
            return translator(input_ids=text, decoder_input_ids=read).logits[0, -1].log_softmax(-1)

        scores: dict[tuple[int, ...], float] = {}
        for first, log_p in enumerate(next_word().tolist()):
            if first == translator.config.eos_token_id:
                scores[(first,)] = log_p
            else:
                for second, log_q in enumerate(next_word(first).tolist()):
                    scores[(first, second)] = (log_p + log_q) / 2  # the mean, as in `generate`
        written = translator.generate(text, num_beams=VOCAB, max_new_tokens=2)[0, 1:]
        assert tuple(without_padding(written)) == max(scores, key=lambda each: scores[each])


def test_sampling_follows_the_seed_and_the_temperature(translator: Any) -> None:
    text = inputs(translator)["input_ids"][:1]
    options: dict[str, Any] = {
        "max_new_tokens": NEW,
        "do_sample": True,
        "num_return_sequences": 8,
        "top_k": 0,
    }
    torch.manual_seed(0)
    first = translator.generate(text, **options)
    torch.manual_seed(0)
    assert torch.equal(first, translator.generate(text, **options))
    assert len({tuple(row) for row in first.tolist()}) > 1
    cold = translator.generate(text, temperature=1e-4, **options)
    assert {tuple(without_padding(row)) for row in cold} == {tuple(greedy(translator, text))}


@pytest.mark.parametrize("how", [{}, {"num_beams": 4}, {"num_beams": 4, "num_return_sequences": 3}], ids=str)
def test_what_is_written_with_a_cache_is_what_is_written_without(
    translator: Any, writer: Any, how: dict[str, Any]
) -> None:
    for model in (translator, writer):
        batch = inputs(model)
        text, mask = batch["input_ids"].roll(2, 1), batch["attention_mask"].roll(2, 1)
        text[:2], mask[:2] = batch["input_ids"][:2], 1  # the last text is padded on the left
        how = how | {"max_new_tokens": NEW, "return_dict_in_generate": True, "output_logits": True}
        kept, anew = (
            model.generate(text, attention_mask=mask, use_cache=use_cache, **how)
            for use_cache in (True, False)
        )
        assert torch.equal(kept.sequences, anew.sequences)
        assert kept.past_key_values.get_seq_length() > NEW / 2
        assert anew.past_key_values is None
        torch.testing.assert_close(torch.stack(kept.logits), torch.stack(anew.logits), rtol=0, atol=1e-5)


def test_words_looked_up_in_the_text_and_taken_back_are_those_of_greed(translator: Any, writer: Any) -> None:
    """Several tokens are tried at once, and the cache loses those that were wrong."""
    for model in (translator, writer):
        text = inputs(model)["input_ids"][:1]
        text = torch.cat([text, text], dim=1)
        wanted = model.generate(text, max_new_tokens=2 * NEW, use_cache=False)
        looked_up = model.generate(text, max_new_tokens=2 * NEW, prompt_lookup_num_tokens=3)
        assert torch.equal(looked_up, wanted)


def test_a_text_is_gone_on_with_from_its_cache(writer: Any) -> None:
    text = inputs(writer)["input_ids"][:2]
    how: dict[str, Any] = {"min_new_tokens": 4, "max_new_tokens": 4, "return_dict_in_generate": True}
    begun = writer.generate(text, **how)
    more = writer.generate(begun.sequences, past_key_values=begun.past_key_values, **how)
    whole = writer.generate(text, **how | {"min_new_tokens": 8, "max_new_tokens": 8})
    assert torch.equal(more.sequences, whole.sequences)
