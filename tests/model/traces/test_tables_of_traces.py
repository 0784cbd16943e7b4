"""A trace as a table: every weight in its row, found again by its labels."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given

from model.trace import ARRAYS, Trace
from model.traces.tables import readable
from tests.model.records import traces
from tests.viz.traces import pieces, pronouns

COLUMNS = ["kind", "layer", "head", "query", "key", "query_token", "key_token", "weight"]
SEGMENTS = ["query_segment", "key_segment"]  # of a pair of texts


def test_rows_of_attention_sum_to_one() -> None:
    frame = pronouns().to_pandas()
    rows = frame.groupby(["kind", "layer", "head", "query"], observed=True).weight.sum()
    assert len(rows) == 2 * 4 * 14 + 4 * 16 + 4 * 16
    np.testing.assert_allclose(rows, 1, atol=1e-5)


def test_what_it_looks_at_is_in_the_table() -> None:
    frame = pronouns().to_pandas("encoder")
    row = frame[(frame.layer == 1) & (frame["head"] == 3) & (frame.query_token == "it")]
    assert row.loc[row.weight.idxmax(), "key_token"] == "animal"
    assert set(frame.kind) == {"encoder"}


def test_the_columns_and_their_types() -> None:
    for t in (pronouns(), pieces(), Trace()):
        frame = t.to_pandas()
        assert list(frame.columns) == COLUMNS
        assert [str(frame[name].dtype) for name in COLUMNS] == [
            "category",
            *["int32"] * 4,
            *["category"] * 2,
            "float32",
        ]
        assert len(frame) == sum(t[kind].weights.size for kind in t.kinds)
    with pytest.raises(KeyError, match="no cross attention"):
        pieces().to_pandas("cross")


@given(traces())
def test_each_weight_stands_in_one_row(t: Trace) -> None:
    frame = t.to_pandas()
    assert len(frame) == sum(t[kind].weights.size for kind in t.kinds)
    sides = [side for kind in t.kinds for side in (t[kind].queries, t[kind].keys)]
    told = any(side.segments is not None for side in sides)
    assert list(frame.columns) == [*COLUMNS, *(SEGMENTS if told else [])]
    for row in frame.itertuples(index=False):
        kind, layer, head, query, key, query_token, key_token, weight, *segments = row
        stack = t[kind]
        for found, tokens, place in zip(segments, (stack.queries, stack.keys), (query, key), strict=False):
            assert found is pd.NA if tokens.segments is None else found == tokens.segments[place]
        np.testing.assert_array_equal(np.float32(weight), stack[layer, head][query, key])
        assert (query_token, key_token) == (stack.query_tokens[query], stack.key_tokens[key])
    assert not frame.duplicated(COLUMNS[:5]).any()


def test_a_dataset_is_selected_by_label() -> None:
    t = pronouns()
    stack = replace(t["encoder"], layers=(3, 5))
    ds = stack.to_xarray()
    assert ds.weights.dims == ("layer", "head", "query", "key")
    assert ds.attrs["kind"] == "encoder"
    row = ds.weights.sel(layer=5, head=3, query=8)
    assert row.query_token.item() == "it"
    assert row.key_token[int(row.values.argmax())].item() == "animal"
    np.testing.assert_array_equal(ds.weights.sel(layer=3, head=2), stack[3, 2])
    with pytest.raises(KeyError):
        ds.weights.sel(layer=0)


def test_all_kinds_live_in_one_dataset() -> None:
    t = pronouns()
    ds = t.to_xarray()
    assert ds.weights_cross.dims == ("layer_cross", "head_cross", "query_cross", "key_cross")
    assert ds.attrs == {
        "source": t.source,
        "output_text": t.output_text,
        "output_tokens": list(t.output_tokens or ()),
    }
    for kind in t.kinds:
        one = ds[f"weights_{kind}"].sel({f"layer_{kind}": 0, f"head_{kind}": 1})
        np.testing.assert_array_equal(one, t[kind][0, 1])
        assert list(ds[f"key_token_{kind}"].values) == list(readable(t[kind].key_tokens))


@given(traces())
def test_whatever_was_recorded_is_in_the_dataset(t: Trace) -> None:
    ds = t.to_xarray()
    assert isinstance(ds, xr.Dataset)
    assert ds.attrs.get("pair") == t.pair
    for kind in t.kinds:
        for side, tokens in (("query", t[kind].queries), ("key", t[kind].keys)):
            name = f"{side}_segment_{kind}"
            assert (name in ds.coords) == (tokens.segments is not None)
            assert tokens.segments is None or tuple(ds[name].values) == tokens.segments
    recorded = {
        f"{name}_{kind}": array
        for kind in t.kinds
        for name in ARRAYS
        if (array := getattr(t[kind], name)) is not None
    }
    assert set(ds.data_vars) == set(recorded)
    for name, array in recorded.items():
        np.testing.assert_array_equal(ds[name].values, array)
        assert ds[name].dtype == array.dtype


@pytest.mark.parametrize(("package", "asked"), [("xarray", "to_xarray"), ("pandas", "to_pandas")])
def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, package: str, asked: str) -> None:
    t = pronouns()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        ImportError, match=f"^This needs {package}, which is not installed: pip install {package}$"
    ):
        getattr(t, asked)()


def test_neither_is_imported_before_it_is_asked_for() -> None:
    code = """
import sys, model
from model.trace import Trace
repr(Trace()), hash(Trace())
assert not {"pandas", "xarray", "torch", "viz"} & set(sys.modules)
Trace().to_pandas()
assert "pandas" in sys.modules
"""
    assert pd.__name__ == "pandas"
    subprocess.run([sys.executable, "-c", code], check=True)
