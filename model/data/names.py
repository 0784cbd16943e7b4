"""Names that people give to the columns of a table of pairs, in English and Korean. Knows no torch."""

from __future__ import annotations

import re


def read_names(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


SOURCE = read_names(
    """
    source src source_text source_sentence sentence1 sentence_1 text1 input question query prompt x original
    원문 원본 원어 출발어 입력 질문 소스 원문장 문장1
    """
)
TARGET = read_names(
    """
    target tgt trg target_text target_sentence sentence2 sentence_2 text2 output answer response reply y
    translation translated reference ref label
    번역문 번역 번역본 역문 도착어 출력 답변 응답 대답 타깃 타겟 정답 번역문장 문장2
    """
)
LANGUAGES = read_names(
    """
    en eng english ko kor kr korean fr fra french de deu german es spa spanish it ita italian ja jp jpn
    japanese zh chi zho cn chinese ru rus russian pt por portuguese vi vie vietnamese th tha thai id ind
    indonesian ar ara arabic hi hin hindi tr tur turkish nl nld dutch pl pol polish uk ukr ukrainian lo lao km
    khm khmer my mya burmese el ell greek he heb hebrew sv swe swedish
    한국어 한글 국어 영어 영문 한국말 일본어 일어 중국어 독일어 프랑스어
    불어 스페인어 러시아어 베트남어 태국어
    français anglais deutsch englisch español inglés 日本語 英語 中文 英文 韩语 韓国語 한국어문장 영어문장
    """
)
# What is no text, or none to learn from.
OTHERS = read_names(
    """
    id sid idx index no no. nr number num line row url link license licence attribution author user date time
    level split domain topic category subcategory type lang language speaker difficulty comment note notes
    번호 순번 연번 분류 대분류 중분류 소분류 상황 화자 발화자 출처 난이도 비고 날짜 등급 유형 도메인 주제
    """
)


def simplify(name: str) -> str:
    """A name as it is looked up: small, what is in brackets left out, "ko-KR" as "ko"."""
    plain = re.sub(r"[(（\[].*?[)）\]]", "", name.casefold()).strip().strip("*:#")
    plain = re.sub(r"^([a-z]{2,3})[-_][a-z]{2,4}$", r"\1", plain)
    return re.sub(r"[\s_-]+", "_", plain)


def is_name(cell: str) -> bool:
    """Whether a cell reads like the name of a column, as tables of pairs have them."""
    if cell.strip().endswith(tuple("?!。？！…")):
        return False
    plain = simplify(cell)
    known = SOURCE | TARGET | LANGUAGES | OTHERS
    return plain in known or any(map(known.__contains__, words_of(plain)))


def is_one_of(cell: str, names: frozenset[str]) -> bool:
    """Whether a column's name says that it is one of these."""
    plain = simplify(cell)
    return plain in names or any(map(names.__contains__, words_of(plain)))


def words_of(plain: str) -> list[str]:
    """The words of a name of a few; those of two letters are too often parts of sentences (de, no, it)."""
    words = re.split(r"[_./]", plain)
    return [word for word in words if len(word) > 2 or not word.isascii()] if 1 < len(words) <= 3 else []
