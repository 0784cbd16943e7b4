"""Scores of texts: against sacreBLEU itself, against n-grams counted by hand, and what always holds."""

from __future__ import annotations

import json
import math
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st

from model import scores
from model.scores import SHORT, compute, texts

ROOT = Path(__file__).resolve().parents[3]

ENGLISH = ["The cat sat on the mat.", "It's raining, isn't it?", "Yes."]
CHINESE = ["我们在这里喜欢苹果。", "她明天在图书馆看书。", "好！"]
JAPANESE = ["私は昨日学校に行きました。", "猫がテーブルの上で寝ている。"]
KOREAN = ["위로해 드립니다", "ㅋㅋ 나도 그래…", "내일 봐"]
THAI, LAO, KHMER, BURMESE = ["ฉันชอบกินข้าว"], ["ຂ້ອຍມັກກິນເຂົ້າ"], ["ខ្ញុំចូលចិត្តបាយ"], ["ကျွန်တော်ထမင်းကြိုက်တယ်"]
WRITINGS = [
    (ENGLISH, "13a"), (CHINESE, "zh"), (JAPANESE, "char"), (KOREAN, "char"),
    (THAI, "char"), (LAO, "char"), (KHMER, "char"), (BURMESE, "char"), (["123 456"], "13a"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection was asked for")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def no_mecab(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the packages of MeCab are not installed."""
    monkeypatch.setattr(texts, "is_installed", lambda name: "mecab" not in name)


def half(references: list[str]) -> list[str]:
    """The references, with some of their characters gone."""
    return [text[: 2 * len(text) // 3] + text[-1] for text in references]


@pytest.mark.parametrize(("references", "tokenizer"), WRITINGS)
@pytest.mark.usefixtures("no_mecab")
def test_each_writing_has_its_tokenizer_and_the_numbers_are_sacrebleus(
    references: list[str], tokenizer: str
) -> None:
    written = half(references)
    found = compute(written, references)
    bleu, chrf = sacrebleu.BLEU(tokenize=tokenizer), sacrebleu.CHRF()
    expected = bleu.corpus_score(written, [references]).score
    assert found.tokenizer == tokenizer
    assert f"tok:{tokenizer}|" in found.bleu_signature
    assert found.bleu_signature == str(bleu.get_signature())
    assert (found.bleu is None) == (references == ["123 456"])
    assert found.bleu is None or found.bleu == pytest.approx(expected)
    assert found.chrf == pytest.approx(chrf.corpus_score(written, [references]).score)
    assert found.chrf_signature == str(chrf.get_signature())


@pytest.mark.parametrize(("references", "name"), [(JAPANESE, "ja-mecab"), (KOREAN, "ko-mecab")])
def test_mecab_is_taken_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch, references: list[str], name: str
) -> None:
    monkeypatch.setattr(texts, "is_installed", lambda name: True)
    assert texts.choose_tokenizer(references) == name


def test_a_tokenizer_without_its_packages_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    module = pytest.importorskip("sacrebleu.tokenizers.tokenizer_ko_mecab")
    monkeypatch.setattr(module, "MeCab", None)
    texts.is_installed.cache_clear()
    assert not texts.is_installed("ko-mecab")
    assert texts.is_installed("char")
    texts.is_installed.cache_clear()


def test_bleu_is_what_is_counted_by_hand() -> None:
    """Of characters: the geometric mean of the matches of 1 to 4 in a row, and the brevity penalty."""
    written, references = ["我们在这里喜欢梨。", "她看书。"], ["我们在这里喜欢苹果。", "她看书。"]
    matches, totals = [0] * 4, [0] * 4
    for text, right in zip(written, references, strict=True):
        for n in range(1, 5):
            ours, theirs = (Counter(one[i : i + n] for i in range(len(one) - n + 1)) for one in (text, right))
            matches[n - 1] += (ours & theirs).total()
            totals[n - 1] += ours.total()
    precision = math.prod(m / t for m, t in zip(matches, totals, strict=True)) ** 0.25
    brevity = math.exp(1 - sum(map(len, references)) / sum(map(len, written)))
    found = compute(written, references)
    assert found.bleu == pytest.approx(100 * precision * brevity)
    assert 50 < 100 * precision * brevity < 90
    assert found.exact == 0.5


def test_chrf_is_what_is_counted_by_hand() -> None:
    """chrF2: the F-score, recall twice as heavy, of the mean precision and recall of 1 to 6 characters."""
    text, right = "고양이 잔다", "고양이가 잔다"
    precisions, recalls = [], []
    for n in range(1, 7):
        ours, theirs = (
            Counter(one[i : i + n] for i in range(len(one) - n + 1))
            for one in (text.replace(" ", ""), right.replace(" ", ""))
        )
        if ours and theirs:
            precisions.append((ours & theirs).total() / ours.total())
            recalls.append((ours & theirs).total() / theirs.total())
    p, r = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    assert compute([text], [right]).chrf == pytest.approx(100 * 5 * p * r / (4 * p + r))


def test_short_references_have_no_bleu_and_say_why() -> None:
    found = compute(["Yes.", "No!"], ["Yes.", "No!"])
    assert (found.bleu, found.chrf, found.exact) == (None, 100, 1)
    assert found.shares() == {"bleu": None, "chrf": 1, "exact": 1}
    assert found.notes() == {"bleu": SHORT}
    told = json.loads(json.dumps(found.measures("beam 4")))
    assert told["bleu"] is None
    assert told["bleu_missing"] == "too short for BLEU: no reference has 4 tokens"
    longer = compute(["Yes.", "No!"], ["Yes.", "No, I will not."])
    assert (longer.bleu, longer.exact) == (0, 0.5)  # there is something that it does not write
    assert "bleu_missing" not in longer.measures()
    assert longer.notes() == {"bleu": "13a"}


def test_nothing_cannot_be_measured() -> None:
    for written, references in (([], []), (["a"], []), (["a"], ["a", "b"])):
        with pytest.raises(ValueError, match="cannot be measured"):
            compute(written, references)


some_texts = st.lists(
    st.sampled_from([*ENGLISH, *CHINESE, *JAPANESE, *KOREAN, *THAI])
    | st.text("a.ㅋ가我のก ,", min_size=1).filter(str.strip),
    min_size=1,
    max_size=6,
)


@settings(max_examples=100, deadline=None)
@given(some_texts)
def test_what_is_perfect_scores_as_such(references: list[str]) -> None:
    found = compute(list(references), references)
    assert found.exact == 1
    assert found.chrf == 100
    assert found.bleu in (None, 100)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(*[st.text("ab. 가ㅋ我の", max_size=12)] * 2), min_size=1, max_size=6))
def test_a_score_is_within_its_bounds(pairs: list[tuple[str, str]]) -> None:
    found = compute(*map(list, zip(*pairs, strict=True)))
    assert 0 <= found.chrf <= 100
    assert found.bleu is None or 0 <= found.bleu <= 100
    assert found.exact == sum(a == b for a, b in pairs) / len(pairs)
    assert found.exact < 1 or found.bleu in (None, 100)


def test_to_score_texts_takes_no_torch() -> None:
    code = (
        "import sys\nfrom model.scores import compute\ncompute(['a'], ['a'])\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_card_tells_what_every_score_means() -> None:
    named = compute(ENGLISH, ENGLISH).measures() | {"exact_reachable": 1.0}
    told = {name for name in named if not name.endswith("_signature") and name != "sentences"}
    assert told == set(scores.MEANING)
