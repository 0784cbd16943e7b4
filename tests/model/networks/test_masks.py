"""Masks against naive loops over queries and keys."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.networks import masks

lengths = st.integers(1, 9)
widths = st.integers(0, 10)
paddings = st.integers(1, 9).flatmap(
    lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=1, max_size=4)
)


@given(lengths)
def test_causal_sees_itself_and_what_came_before(n: int) -> None:
    assert masks.causal(n).tolist() == [[j <= i for j in range(n)] for i in range(n)]


@given(lengths, widths)
def test_window_sees_as_far_as_its_width_to_either_side(n: int, width: int) -> None:
    assert masks.window(n, width).tolist() == [[abs(i - j) <= width for j in range(n)] for i in range(n)]


@given(lengths, widths, st.integers(0, 8), st.lists(st.booleans(), min_size=9, max_size=9))
def test_the_last_queries_see_what_they_see_among_all(
    n: int, width: int, begin: int, source: list[bool]
) -> None:
    begin = min(begin, n - 1)
    read = torch.tensor([source, [*reversed(source)]])
    last = slice(begin, None)
    assert torch.equal(masks.causal(n, begin=begin), masks.causal(n)[last])
    assert torch.equal(masks.window(n, width, begin=begin), masks.window(n, width)[last])
    assert torch.equal(masks.distance(n, begin=begin), masks.distance(n)[last])
    whole = masks.cross_window(n, read, width)
    assert torch.equal(masks.cross_window(n - begin, read, width, begin), whole[:, :, last])


@given(paddings)
def test_padding_hides_the_same_keys_from_every_head_and_query(rows: list[list[bool]]) -> None:
    mask = masks.padding(torch.tensor(rows).long())
    assert mask.shape == (len(rows), 1, 1, len(rows[0]))
    assert mask[:, 0, 0].tolist() == rows


@given(st.lists(st.integers(0, 9), min_size=1, max_size=4), lengths)
def test_prefix_is_seen_by_all_and_the_rest_is_causal(begins: list[int], n: int) -> None:
    expected = [[[j < begin or j <= i for j in range(n)] for i in range(n)] for begin in begins]
    assert masks.prefix(torch.tensor(begins), n)[:, 0].tolist() == expected


@given(lengths, paddings, widths)
def test_cross_window_counts_tokens_and_stays_at_the_last_one(
    queries: int, rows: list[list[bool]], width: int
) -> None:
    mask = masks.cross_window(queries, torch.tensor(rows), width)[:, 0]
    for row, seen in zip(rows, mask.tolist(), strict=True):
        tokens = [j for j, token in enumerate(row) if token]
        for t in range(queries):
            step = min(t, len(tokens) - 1)
            expected = {j for place, j in enumerate(tokens) if abs(place - step) <= width}
            assert {j for j, may_look in enumerate(seen[t]) if may_look} == expected
            assert expected or not tokens


@given(paddings)
def test_place_counts_tokens_wherever_the_padding_stands(rows: list[list[bool]]) -> None:
    for row, places in zip(rows, masks.place(torch.tensor(rows)).tolist(), strict=True):
        assert [place for place, token in zip(places, row, strict=True) if token] == list(range(sum(row)))


def test_combining_means_that_every_mask_allows_it() -> None:
    padding = masks.padding(torch.tensor([[1, 1, 0], [0, 1, 1]]))
    both = masks.combine(None, padding, masks.causal(3))
    assert both is not None
    assert both.shape == (2, 1, 3, 3)
    assert both[1, 0].tolist() == [[False, False, False], [False, True, False], [False, True, True]]
    assert masks.combine(None, None) is None


def test_what_would_silently_mean_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="bool or whole numbers"):
        masks.padding(torch.zeros(2, 3))
    with pytest.raises(ValueError, match=r"\(batch, keys\)"):
        masks.padding(torch.ones(3, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"0 .* or more, not -1"):
        masks.window(3, -1)
    with pytest.raises(ValueError, match=r"0 .* or more, not -1"):
        masks.cross_window(3, torch.ones(1, 3, dtype=torch.bool), -1)
