"""Edits: what a model reads and writes while one holds."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch

from model import trace
from model.capture.forward import observing
from model.edits import Cut, Edit, Open, Silence, Temperature, Uniform
from model.text.tokens import tokens_of
from tests.model.families import TEXT
from tests.model.recorded import checkpoint, greedy, sums_to_one

SHORT = "it was tired"


def test_with_the_mask_off_a_decoder_sees_what_comes_later() -> None:
    for m, target in ((checkpoint("compact"), "il était trop fatigué"), (checkpoint("llama"), None)):
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
        (Cut("encoder", query=1, key=0), Cut("encoder", query=2, key=1, layer=1)),
        (Silence("cross", layer=1, head=0),),
        (Temperature("decoder", 0.2), Uniform("cross", head=2)),
    ],
    ids=["key", "edges", "encoder", "silence", "others"],
)
def test_edits_hold_while_the_model_writes(name: str, edits: tuple[Edit, ...]) -> None:
    m = checkpoint(name)
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


@pytest.mark.parametrize("name", ["bart", "compact"])
def test_edges_cannot_be_cut_in_a_cache(name: str) -> None:
    m = checkpoint(name)
    ids = torch.tensor([m.tokenizer(SHORT)["input_ids"]])
    options: dict[str, Any] = {"max_new_tokens": 5, "min_new_tokens": 5, "do_sample": False}
    for edit in (Cut("cross", query=2, key=1), Cut("decoder", query=2, key=1), Open("decoder")):
        with observing(m, edits=[edit]), pytest.raises(ValueError, match="no key-value cache"):
            cast(Any, m.model).generate(ids, use_cache=True, **options)
    with observing(m, edits=[Cut("encoder", query=2, key=1)]):  # an encoder keeps nothing
        kept, anew = (cast(Any, m.model).generate(ids, use_cache=c, **options) for c in (True, False))
    assert torch.equal(kept, anew)
