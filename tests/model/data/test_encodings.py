"""Encodings that do not tell themselves: told apart by what people write, with doubt where there is some."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from model.data.encodings import AsUtf8, Encoding, describe_encodings, find_encoding
from model.errors import Refusal

TEXTS = {
    "ko": (
        "안녕하세요, 반갑습니다.|가방이 어디 있어요?|오늘은 날씨가 참 좋네요.|"
        "진짜 재밌었어 ㅋㅋ|내일 다시 올게요|밥은 먹었니?"
    ),
    "zh": (
        "你好，请问洗手间在哪里？|我喜欢喝茶。|今天天气很好。|他不会来了。|这本书是谁的？|我们明天再说吧。"
    ),
    "tw": (
        "你好，請問洗手間在哪裡？|我喜歡喝茶。|今天天氣很好。|他不會來了。|這本書是誰的？|我們明天再說吧。"
    ),
    "ja": (
        "私は学校に行きました。|これは何ですか？|東京は大きい町です。|"
        "ありがとう。|明日また来ます。|本を読んでいます。"
    ),
    "fr": (
        "Où est la gare ?|J'ai été malade.|Ça va très bien.|"
        "Il était déjà là.|Elle préfère le thé.|C'est à moi."
    ),
    "ru": ("Где вокзал?|Я тебя люблю.|Спасибо, всё хорошо.|Мы опоздали.|Она читает книгу.|Это не моё."),
}
ENCODINGS = [
    ("ko", "cp949", "cp949"),
    ("ko", "euc_kr", "cp949"),
    ("zh", "gbk", "gb18030"),
    ("zh", "gb18030", "gb18030"),
    ("tw", "big5", "big5hkscs"),
    ("ja", "cp932", "cp932"),
    ("ja", "shift_jis", "cp932"),
    ("ja", "euc_jp", "euc_jp"),
    ("fr", "cp1252", "cp1252"),
    ("ru", "cp1251", "cp1251"),
]


def found(folder: Path, content: bytes) -> Encoding:
    path = folder / "t.txt"
    path.write_bytes(content)
    return find_encoding(path, "t.txt")


def is_utf_8(content: bytes) -> bool:
    try:
        return bool(content.decode())
    except UnicodeDecodeError:
        return False


@pytest.mark.parametrize(("language", "written", "name"), ENCODINGS)
@pytest.mark.parametrize("plain", [0, 1, 100])
def test_a_few_lines_are_enough_however_much_plain_text_stands_beside_them(
    language: str, written: str, name: str, plain: int, tmp_path: Path
) -> None:
    lines = TEXTS[language].split("|")
    content = "".join(f"Nothing to see.\tNo {i}.\n" for i in range(plain))
    content += "".join(f"Line {i}\t{line}\n" for i, line in enumerate(2 * lines))
    encoding = found(tmp_path, content.encode(written))
    assert (encoding.name, encoding.is_sure) == (name, True)
    assert not encoding.others


@pytest.mark.parametrize(("language", "written", "name"), ENCODINGS)
def test_one_line_is_told_rightly_and_with_doubt(
    language: str, written: str, name: str, tmp_path: Path
) -> None:
    for line in TEXTS[language].split("|")[1:4]:
        if line.isascii():
            continue
        encoding = found(tmp_path, f"Yes\t{line}\n".encode(written))
        assert encoding.name == name
        assert encoding.is_sure or encoding.others


@settings(max_examples=60)
@given(text=st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=40))
def test_korean_of_any_syllables_is_never_something_else_without_a_doubt(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Rare Hangul may look like rare Hanzi; then it is said that nobody knows."""
    content = f"x\t{text}\n".encode("cp949")
    assume(not is_utf_8(content))  # a syllable or two can be both
    encoding = found(tmp_path_factory.getbasetemp(), content)
    assert encoding.name == "cp949" or not encoding.is_sure
    assert "cp949" in (encoding.name, *encoding.others)


@settings(max_examples=60)
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_utf_8_is_utf_8(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assume("\ufeff" not in text)
    assert found(tmp_path_factory.getbasetemp(), text.encode()) == Encoding("utf-8")


def test_a_character_at_any_place_of_a_large_file_is_whole(tmp_path: Path) -> None:
    """Files are looked at in parts, which end anywhere."""
    for shift in range(3):
        assert found(tmp_path, b"x" * shift + "가".encode() * 400_000).name == "utf-8"
        assert found(tmp_path, b"x" * shift + "안녕 이다\n".encode("cp949") * 200_000).name == "cp949"


def test_what_was_chosen_is_taken_where_the_file_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes("안녕".encode("cp949"))
    assert find_encoding(path, "t.txt", "gb18030") == Encoding("gb18030")
    with pytest.raises(Refusal, match=r"t\.txt is not in the encoding utf-8\."):
        find_encoding(path, "t.txt", "utf-8")
    assert describe_encodings(["cp949", "utf-16"]) == "CP949 (EUC-KR), UTF-16"


def test_random_bytes_are_no_text(tmp_path: Path) -> None:
    content = random.Random(0).randbytes(4000)
    with pytest.raises(Refusal, match="is no text that can be read"):
        found(tmp_path, content)


@settings(max_examples=40)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=50), size=st.integers(1, 9))
def test_any_text_is_read_as_utf_8(text: str, size: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "utf16.txt"
    path.write_bytes(text.encode("utf-16"))
    file = AsUtf8(path, "utf-16")
    assert b"".join(iter(lambda: file.read(size), b"")).decode() == text
    file.close()
