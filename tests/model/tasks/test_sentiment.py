"""Reviews: that their label is what they say, that no bag of words tells it, and that tables are read."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import Refusal
from model.tasks import find
from model.tasks.sentiment import SentimentTask, english, korean, score
from model.tasks.sentiment.grammar import (
    KINDS,
    LANGUAGES,
    Language,
    Review,
    find_polarity,
    grammar,
    is_held_out,
    reviews,
)
from model.tasks.sentiment.table import read_label
from model.text.tokenizer import CompactTokenizer
from model.text.words import normalise, split_words

TASK = cast(SentimentTask, find("sentiment"))
seeds = st.integers(min_value=0, max_value=2**32)
languages = st.sampled_from(LANGUAGES)
quick = settings(max_examples=12)


# What a reader makes of a review, by its text alone


def signs(language: Language) -> dict[str, int]:
    """Every form of a word that praises or blames, from the tables' own lines: 1 or -1."""
    told = english if language == "en" else korean
    found: dict[str, int] = {}
    for line in told.DOMAINS.strip().splitlines():
        _, good, bad = line.split(" | ")
        for side, sign in ((good, 1), (bad, -1)):
            found |= dict.fromkeys(side.replace("/", " ").split(), sign)
    for line, sign in zip(told.VERBS.strip().splitlines(), (1, -1), strict=False):
        found |= dict.fromkeys(line.replace("|", " ").split(), sign)
    return found


WORDS = {language: signs(language) for language in LANGUAGES}
ABOUT = re.compile(
    r"\b(was|wish|found|expected|wanted|came to|\w+ed|hated|could not help|could help|heard)\b"
)
NOT = re.compile(r"\bnot\b|n't\b|\bnever\b|\bnobody\b|\bfar from\b|\banything but\b", re.I)


def words_in(text: str, language: Language) -> list[int]:
    if language == "en":
        return [WORDS["en"][word] for word in re.findall(r"\w+", text.lower()) if word in WORDS["en"]]
    known = WORDS["ko"]
    return [
        known[form]
        for chunk in re.findall(r"\w+", text)
        for form in [max((f for f in known if chunk.startswith(f)), key=len, default="")]
        if form
    ]


def read_english(text: str) -> int:
    """1 or -1, by rules on the text: what counts of it is cut out, then its negations are counted."""
    said = [part for part in re.split(r"(?<=[.!])\s+", text) if words_in(part, "en")]
    text = " ".join(said).rstrip(".!")
    for start in ("Honestly, ", "In short, ", "Well, "):
        text = text.removeprefix(start)
    text = text.lower()
    for end, sign in (
        (", and it was", 1), (", but it was not", -1),
        (" and got exactly that", 1), (" and got the opposite", -1),
        (", and they were right", 1), (", and they were wrong", -1), (", which was true", 1),
        (", which was not true", -1),
    ):  # fmt: skip
        if text.endswith(end):
            return sign * words_in(text.removesuffix(end), "en")[0]
    if text.startswith(("i expected to", "i wanted to", "i came to")):
        return words_in(text, "en")[-1]
    if text.startswith(("although ", "even though ")):
        text = text.split(", ", 1)[1]
    text = re.split(r",? (?:although|even though) ", text)[0]
    text = re.split(r"(?<!anything)(?:,)? but |\. however, |\. besides, |, and ", text)[-1]
    if "wish" in text:
        return 1 if text.startswith("nobody") else -1
    [sign] = words_in(text, "en")
    if "could not have been more" in text:
        return sign
    if "could have been more" in text:
        return -sign
    # "help" and "it is not true that" turn once more; so does each negation.
    turns = len(NOT.findall(text)) + (" help " in text)
    return sign * (-1) ** turns


def read_korean(text: str) -> int:
    """1 or -1, by rules on the text."""
    parts = [part for part in re.split(r"(?<=[.!])\s+", text) if words_in(part, "ko")]
    main = parts[0].rstrip(".!")
    if len(parts) > 1 and not parts[1].startswith(("물론", "비록")):
        main = parts[1].rstrip(".!")  # 하지만, 그래도, 게다가
    for end, sign in (
        ("아니었다", -1), ("정반대였다", -1), ("틀렸다", -1), ("역시 그랬다", 1), ("예상대로였다", 1),
        ("맞았다", 1),
    ):  # fmt: skip
        if re.search(rf"(줄 알았는데|것 같았는데|그 말이) ?{end}$", main):
            return sign * words_in(main, "ko")[0]
    main = re.split(r"(?<=[가-힣])(?:지만|는데|고) (?!할|하지)", main)[-1]
    [sign] = words_in(main, "ko")
    turns = len(re.findall(r"지 않|\b안 |고 하지 않|않은 것은 아니|고 할 수 없", main)) + main.count(
        "않은 것은 아니"
    )
    if "않은 것은 아니" in main:
        turns = 2
    return sign * (-1) ** turns


@quick
@given(seeds, languages, st.booleans())
def test_a_reader_finds_the_same_label(seed: int, language: Language, held_out: bool) -> None:
    read = read_english if language == "en" else read_korean
    for review in reviews(100, seed, language, held_out):
        assert review.label == int(find_polarity(review.parse) == 1)
        assert int(read(review.text) == 1) == review.label, (review.label, review.kind, review.text)


@quick
@given(seeds, languages)
def test_reviews_are_whole_and_balanced(seed: int, language: Language) -> None:
    told = reviews(200, seed, language)
    assert len({review.text for review in told}) == 200
    assert sum(review.label for review in told) == 100
    for review in told:
        assert review.text[0].isupper() or language == "ko"
        assert not re.search(r"[{}()|/]|  |\s[.,!]|\.\.|\ba [aeiou]|\ban [^aeiou]", review.text), review.text
        assert review.kind in KINDS


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_both_labels_equally_often(language: Language) -> None:
    told = reviews(8000, 2, language)
    counts = Counter((review.kind, review.label) for review in told)
    kinds = {kind for kind, _ in counts}
    assert kinds == set(grammar(language).kinds)
    assert len(kinds) >= 6
    for kind in kinds:
        share = counts[kind, 1] / (counts[kind, 0] + counts[kind, 1])
        assert share == pytest.approx(0.5, abs=0.06), kind
    # Details beside the point tell nothing.
    for detail in grammar(language).neutral:
        labels = [review.label for review in told if detail in review.text]
        assert len(labels) > 60
        assert np.mean(labels) == pytest.approx(0.5, abs=0.16)


def bag(told: tuple[Review, ...], numbers: dict[str, int]) -> np.ndarray[Any, Any]:
    found = np.zeros((len(told), len(numbers) + 1), np.float32)
    found[:, -1] = 1
    for row, review in zip(found, told, strict=True):
        for word in split_words(review.text):
            if (number := numbers.get(normalise(word.text))) is not None:
                row[number] = 1
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_bag_of_words_does_not_tell(language: Language) -> None:
    """Naive Bayes and a logistic regression on which words there are."""
    told, asked = reviews(4000, 3, language), reviews(1000, 4, language)
    known = sorted({normalise(word.text) for review in told for word in split_words(review.text)})
    numbers = {word: number for number, word in enumerate(known)}
    x, labels = bag(told, numbers), np.array([review.label for review in told])
    y, truth = bag(asked, numbers), np.array([review.label for review in asked])
    rates = [(x[labels == label].sum(0) + 1) / ((labels == label).sum() + 2) for label in (0, 1)]
    odds = np.log(rates[1] / rates[0])
    bayes = float(np.mean((y @ odds + (1 - y) @ np.log((1 - rates[1]) / (1 - rates[0])) > 0) == truth))
    weights = np.zeros(x.shape[1], np.float32)
    for _ in range(150):
        guess = 1 / (1 + np.exp(-x @ weights))
        weights -= 2.0 * (x.T @ (guess - labels) / len(x) + 1e-4 * weights)
    logistic = float(np.mean((y @ weights > 0) == truth))
    assert max(bayes, logistic) < 0.8, (bayes, logistic)
    assert logistic > 0.5


@quick
@given(seeds, languages)
def test_some_combinations_are_kept_for_measuring(seed: int, language: Language) -> None:
    def held(review: Review) -> list[bool]:
        clauses = [clause for clause in (review.parse.first, review.parse.second) if clause]
        return [is_held_out(clause.noun, clause.word.name) for clause in clauses]

    assert not any(any(held(review)) for review in reviews(100, seed, language))
    assert all(any(held(review)) for review in reviews(40, seed, language, held_out=True))


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("The plot was dull, but the acting was wonderful.", 1),
        ("The acting was wonderful, although the plot was dull.", 1),
        ("Although the plot was dull, the acting was wonderful.", 1),
        ("The soup was anything but bland.", 1),
        ("I could not help hating the hotel.", -1),
        ("I expected to love the film, but I hated it.", -1),
        ("I wish the bed had been more comfortable.", -1),
        ("We did not book in advance. The room was not dirty.", 1),
    ],
)
def test_the_reader_of_these_tests_can_read(text: str, sign: int) -> None:
    assert read_english(text) == sign


def test_what_english_and_korean_have_in_common() -> None:
    for language in LANGUAGES:
        told = grammar(language)
        for domain in told.domains:
            counts = Counter(word.sign for word in domain.words)
            assert counts[1] == counts[-1] >= 6
            assert len(domain.nouns) == 8
        for domain in told.domains:  # no word both praises and blames
            assert len({word.name for word in domain.words}) == len(domain.words)
        assert set(told.kinds) <= set(KINDS)
    assert reviews(50, 7) == reviews(50, 7)
    reviews.cache_clear()
    assert reviews(50, 7) != reviews(50, 8)


# The task


@pytest.fixture(scope="module", params=LANGUAGES)
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SentimentTask, CompactTokenizer]:
    task = TASK.with_data([], {"language": request.param})
    return task, task.tokenizer(tmp_path_factory.mktemp(request.param))


def test_an_example_has_one_class(
    made: tuple[SentimentTask, CompactTokenizer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.tasks.sentiment.REVIEWS", 200)
    task, tokenizer = made
    examples = task.examples(tokenizer, 0)
    for example, review in zip(examples, reviews(200, 0, task.language), strict=True):
        assert example["input_ids"] == tokenizer.encode(review.text)
        assert example["labels"] == [review.label]
        assert tokenizer.unk_token_id not in example["input_ids"]
        assert not tokenizer.unknown_words(review.text)
    assert len(list(task.sources(0))) == 200
    assert len(task.validation(tokenizer, 0)) == 512
    assert tokenizer.words == (task.language == "en")
    config: Any = task.config(tokenizer)
    assert (config.vocab_size, config.pooling, config.task) == (len(tokenizer), "last", "sentiment")
    assert config.id2label == {0: "negative", 1: "positive"}
    for probe in task.probes():
        assert not tokenizer.unknown_words(probe.source)
    with pytest.raises(Refusal, match="The language must be one of en, ko"):
        TASK.with_data([], {"language": "de"})


class Constant(torch.nn.Module):
    """Takes every text for positive whose ids are an even number."""

    device = torch.device("cpu")

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
        even = (attention_mask.sum(1) % 2 == 0).float()
        return type("Output", (), {"logits": torch.stack([0.5 - even, even - 0.5], 1)})


def test_scores_are_shares_of_right_labels(made: tuple[SentimentTask, CompactTokenizer]) -> None:
    task, tokenizer = made
    m: Any = type("Model", (), {"model": Constant(), "tokenizer": tokenizer})
    drawn = reviews(300, score.MEASURING_SEED, task.language, True)
    right = [(len(tokenizer.encode(review.text)) % 2 == 0) == review.label for review in drawn]
    shares, _ = score.measure(m, drawn)
    assert shares["accuracy"] == pytest.approx(np.mean(right))
    plain = [is_right for is_right, review in zip(right, drawn, strict=True) if review.kind == "plain"]
    assert shares["accuracy_plain"] == pytest.approx(np.mean(plain))
    progress = task.progress(m)
    assert {"accuracy", "accuracy_contrast"} <= set(progress.scores) <= set(task.measures)
    assert {said for _, said, _ in progress.samples} <= {"positive", "negative"}
    told = [(review.text, review.label) for review in drawn]
    found = task.score(m, told)
    assert (found["reviews"], found["accuracy"]) == (300, pytest.approx(np.mean(right)))
    total = sum(review.label for review in drawn)
    assert found["accuracy_positive"] * total + found["accuracy_negative"] * (300 - total) == pytest.approx(
        sum(right)
    )
    assert task.score(m, [told[0]])[f"accuracy_{score.NAMES[1 - told[0][1]]}"] is None


# A person's table


def write_table(
    path: Path, header: str, language: Language = "ko", labels: tuple[str, str] = ("0", "1")
) -> Path:
    """Reviews of the grammar under a header of the columns id, text and label, in its order."""
    names = header.split("\t")
    lines = [header]
    for number, review in enumerate(reviews(400, 9, language), start=1000):
        cells = {"id": str(number), "label": labels[review.label]}
        lines.append("\t".join(cells.get(kind_of(name), review.text) for name in names))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def kind_of(name: str) -> str:
    return {"id": "id", "번호": "id", "label": "label", "sentiment": "label", "긍부정": "label"}.get(
        name, "text"
    )


@pytest.mark.parametrize(
    ("header", "labels"),
    [
        ("id\tdocument\tlabel", ("0", "1")),
        ("label\treview", ("0", "1")),
        ("sentiment\ttext\tid", ("negative", "positive")),
        ("번호\t긍부정\t리뷰", ("부정", "긍정")),
    ],
)
def test_the_columns_of_a_table_are_found(tmp_path: Path, header: str, labels: tuple[str, str]) -> None:
    path = write_table(tmp_path / "reviews.tsv", header, labels=labels)
    task = TASK.with_data([path])
    told = {review.text.rstrip(): review.label for review in reviews(400, 9, "ko")}
    assert task.corpus
    assert len(task.corpus) == 400
    held = task.held()
    assert 10 < len(held) <= 20
    assert all(told[text] == label for text, label in held)
    learned = list(task.sources(0))
    assert len(learned) == 400 - len(held)
    assert not set(learned) & {text for text, _ in held}
    assert dict(task.read(path)) == told
    assert len(task.probes()) == 2


def test_a_tables_reviews_become_examples(tmp_path: Path) -> None:
    path = write_table(tmp_path / "reviews.tsv", "id\tdocument\tlabel")
    task = TASK.with_data([path], {"language": "ko", "pieces": 600})
    tokenizer = task.tokenizer(tmp_path / "tokenizer")
    assert (tokenizer.words, len(tokenizer)) == (False, 600)
    examples = task.examples(tokenizer, 0)
    assert len(examples) + len(task.validation(tokenizer, 0)) == 400
    told = {review.text: review.label for review in reviews(400, 9, "ko")}
    for i in range(20):
        text = tokenizer.decode(examples[i]["input_ids"], skip_special_tokens=True)
        assert examples[i]["labels"] == [told[cast(str, text)]]
    assert task.recipe.max_steps == 400
    assert "380 were" in " ".join(task.card().split())


def test_a_table_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    rows = [f"{i}\tNumber {i} was good\tlabel{i}" for i in range(30)]
    path.write_text("id\ttext\tlabel\n" + "\n".join(rows), encoding="utf-8")
    with pytest.raises(Refusal, match="has no column of labels, which say 1 or 0, or positive or negative"):
        TASK.with_data([path])
    with pytest.raises(Refusal, match="A label must be 1 or 0, or positive or negative, not label0"):
        TASK.with_data([path], {"source": "text", "target": "label"})
    path.write_text(
        "id\ttext\tlabel\n" + "\n".join(row[: row.rfind("\t")] + "\t1" for row in rows), encoding="utf-8"
    )
    with pytest.raises(Refusal, match="All reviews have the same label"):
        TASK.with_data([path])
    assert read_label(" Positive ") == 1
    assert read_label("부정") == 0
