"""Word vectors by skip-gram with negative sampling, as word2vec learns them.

Mikolov et al. 2013, “Distributed Representations of Words and Phrases and their Compositionality”. A word's
vector v is to tell the words that stand near it, by their context vectors u, from words drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.experiments.word_contexts import Ids, Text, find_pairs

WIDTH = 32  # numbers of a vector
NEGATIVES = 5  # k, words drawn at random for each pair
POWER = 0.75  # of how often a word is drawn: U(w)^(3/4) / Z
THRESHOLD = 1e-3  # t of equation 5, for the frequency from which tokens of a word are left out
STEPS, BATCH = 450, 2_048  # of training, and pairs in a step
RATE = 0.02
MEAN, SPREAD, STABLE = 0.9, 0.999, 1e-8  # of Adam (Kingma and Ba 2015, algorithm 1)

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Vectors:
    """What was learned. All float32 (words, WIDTH).

    words: v, a vector for each word. contexts: u, what it is as a context. start: v before training, drawn at
    random; u was 0. losses: float32 (steps,), the loss of each step's pairs (nats a pair).
    """

    words: NDArray[np.float32]
    contexts: NDArray[np.float32]
    start: NDArray[np.float32]
    losses: NDArray[np.float32]


def squash(x: Floats) -> Floats:
    """σ, the logistic function."""
    found: Floats = 1 / (1 + np.exp(-np.clip(x, -60, 60)))
    return found


def find_gradient(
    words: Floats, contexts: Floats, centres: Ids, positives: Ids, negatives: Ids
) -> tuple[float, Floats, Floats]:
    """The loss of pairs, and its gradient by both tables (words, width).

    -log σ(u_o·v_c) - Σ_i log σ(-u_i·v_c), the negative of equation 4, as a mean over the pairs. centres,
    positives: int64 (pairs,). negatives: int64 (pairs, k).
    """
    told = np.concatenate([positives[:, None], negatives], axis=1)
    v, u = words[centres], contexts[told]
    scores = np.einsum("pkd,pd->pk", u, v)
    scores[:, 1:] *= -1
    loss = float(np.logaddexp(0, -scores).sum() / len(centres))
    slope = squash(-scores) / len(centres)
    slope[:, :1] *= -1  # d loss / d (u·v)
    by_centre = np.einsum("pk,pkd->pd", slope, u)
    by_context = slope[..., None] * v[:, None]
    return (
        loss,
        add_rows(by_centre, centres, len(words)),
        add_rows(by_context.reshape(-1, v.shape[1]), told.ravel(), len(contexts)),
    )


def add_rows(rows: Floats, places: Ids, count: int) -> Floats:
    """The sum of all rows (rows, width) of one place, for each of `count` places."""
    small = places.astype(np.uint16) if count <= 1 << 16 else places  # which NumPy sorts faster
    order = np.argsort(small, kind="stable")
    sorted_places = places[order]
    begins = np.flatnonzero(np.diff(sorted_places, prepend=-1))
    found = np.zeros((count, rows.shape[1]), rows.dtype)
    found[sorted_places[begins]] = np.add.reduceat(rows[order], begins)
    return found


def find_noise(counts: Ids) -> NDArray[np.float64]:
    """How likely each word is drawn as a negative: its count to the power of 3/4, summing to 1 (§2.2)."""
    raised = np.asarray(counts, dtype=np.float64) ** POWER
    found: NDArray[np.float64] = raised / raised.sum()
    return found


def find_kept(counts: Ids) -> NDArray[np.float64]:
    """How likely a token of each word is kept: min(1, √(t / f)), equation 5.

    f: its share of the text. t: THRESHOLD, or the share of an average word in a text of few different ones.
    """
    share = counts / counts.sum()
    limit = max(THRESHOLD, 1 / len(counts))
    found: NDArray[np.float64] = np.minimum(1, np.sqrt(limit / share))
    return found


def draw_negatives(noise: NDArray[np.float64], shape: tuple[int, ...], draw: np.random.Generator) -> Ids:
    """Words drawn from the noise distribution: int64 of this shape."""
    edges = np.cumsum(noise)
    return np.searchsorted(edges, draw.random(shape) * edges[-1], side="right").astype(np.int64)


def train_vectors(text: Text, window: int, seed: int = 0, steps: int = STEPS) -> Vectors:
    """Vectors learned from a text; one seed, the same numbers.

    window: c, how many words to either side are a word's context. Each pass over the text leaves out other
    tokens of frequent words. Adam takes the place of the paper's plain gradient steps: it needs fewer.
    """
    draw = np.random.default_rng(seed)
    size = len(text.words)
    start = ((draw.random((size, WIDTH)) - 0.5) / WIDTH).astype(np.float32)
    tables = [start.copy(), np.zeros_like(start)]
    means, squares = ([np.zeros_like(start) for _ in tables] for _ in range(2))
    noise, kept = find_noise(text.counts), find_kept(text.counts)
    losses = np.empty(steps, np.float32)
    centres = contexts = np.empty(0, np.int64)
    at = 0
    for step in range(steps):
        if at >= len(centres):
            centres, contexts = draw_pairs(text, window, kept, draw)
            at = 0
        batch = slice(at, at + BATCH)
        at += BATCH
        negatives = draw_negatives(noise, (len(centres[batch]), NEGATIVES), draw)
        loss, *gradients = find_gradient(tables[0], tables[1], centres[batch], contexts[batch], negatives)
        losses[step] = loss
        rate = RATE * (1 - step / steps)
        for i, gradient in enumerate(gradients):
            means[i] += (1 - MEAN) * (gradient - means[i])
            squares[i] += (1 - SPREAD) * (gradient**2 - squares[i])
            mean = means[i] / (1 - MEAN ** (step + 1))
            square = squares[i] / (1 - SPREAD ** (step + 1))
            tables[i] -= (rate * mean / (np.sqrt(square) + STABLE)).astype(np.float32)
    return Vectors(tables[0], tables[1], start, losses)


def draw_pairs(
    text: Text, window: int, kept: NDArray[np.float64], draw: np.random.Generator
) -> tuple[Ids, Ids]:
    """The pairs of one pass over the text, in another order: those of the tokens that are kept this time.

    What is left out leaves no gap: windows reach as far as without it, as in word2vec.
    """
    stays = draw.random(len(text.ids)) < kept[text.ids]
    centres, contexts = find_pairs(text.ids[stays], text.sentence[stays], window)
    if not len(centres):  # sentences of one word each
        centres, contexts = find_pairs(text.ids, text.sentence, window)
    order = draw.permutation(len(centres))
    return centres[order], contexts[order]


@dataclass(frozen=True, eq=False)
class Told:
    """What one word of a sentence is learned from in one step.

    places: of the context words in the sentence, one a row. probabilities: float64 (rows, 1 + k) of σ(u·v)
    for the context word and the k words drawn, which the loss wants at 1 and at 0. drawn: int64 (rows, k).
    losses: float64 (rows,), in nats; before training each is (1 + k) log 2, since u is 0.
    """

    places: tuple[int, ...]
    probabilities: NDArray[np.float64]
    drawn: Ids
    losses: NDArray[np.float64]


def tell_pairs(
    vectors: Vectors, counts: Ids, ids: Ids, sentence: Ids, place: int, window: int, seed: int = 0
) -> Told:
    """The pairs of the word at a place of a text, each with its own negatives.

    counts: of the vocabulary. ids, sentence: int64 (tokens,), the words and which sentence each is of.
    """
    near = [
        other
        for other in range(max(place - window, 0), min(place + window + 1, len(ids)))
        if other != place and sentence[other] == sentence[place]
    ]
    drawn = draw_negatives(find_noise(counts), (len(near), NEGATIVES), np.random.default_rng(seed))
    rows = np.concatenate([ids[near][:, None], drawn], axis=1) if near else np.empty((0, 1 + NEGATIVES), int)
    scores = vectors.contexts[rows].astype(np.float64) @ vectors.words[ids[place]].astype(np.float64)
    signs = np.array([1.0, *[-1.0] * NEGATIVES])
    return Told(
        tuple(near), squash(scores).astype(np.float64), drawn, np.logaddexp(0, -scores * signs).sum(1)
    )


@dataclass(frozen=True, eq=False)
class Mixed:
    """A vector as a sum of others. weights: float64 (tokens,), which sum to 1. vector: (width,)."""

    weights: NDArray[np.float64]
    vector: NDArray[np.float64]


def mix_vectors(vectors: Floats, place: int) -> Mixed:
    """Σ_j a_j x_j with a = softmax_j(x_i · x_j): attention without W_Q, W_K, W_V and without √d.

    vectors: x (tokens, width). place: i. Vaswani et al. 2017, equation 1, with Q = K = V = x.
    """
    table = np.asarray(vectors, dtype=np.float64)
    scores = table @ table[place]
    grown = np.exp(scores - scores.max())
    weights = grown / grown.sum()
    return Mixed(weights, weights @ table)
