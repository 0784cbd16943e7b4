"""Tables of pairs that are made up by small grammars: Korean chats, and English with its Chinese."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

NAMES = ("민준", "서연", "도윤", "하은", "지호", "수아", "예준", "채원", "시우", "다은")
PLACES = ("학교", "회사", "도서관", "카페", "헬스장", "편의점", "공원", "영화관", "병원", "미용실")
FOODS = ("떡볶이", "김밥", "라면", "치킨", "피자", "냉면", "삼겹살", "쌀국수", "초밥", "샐러드")
LAUGHS, TEARS = ("ㅋㅋ", "ㅋㅋㅋ", "ㅎㅎ", "😂"), ("ㅠㅠ", "ㅠ", "ㅜㅜ", "😢")
CHATS = (  # what is said, and what is answered; everything in the answer was said
    ("{name} {place}이야? {laugh}", "응 나 지금 {place}이야{laugh}"),
    ("{name}, {food} 먹었어? {tear}", "아니… 아직 {food} 못 먹었어 {tear}"),
    ("{name} 오늘 {place} 가자！ {laugh}", "좋아！{laugh} {place} 몇 시？"),
    ("{place} {food} 맛있더라 {laugh}", "진짜？ 나도 {food} 먹고 싶다 {laugh}"),
    ("{place}에서 {name} 봤어 {tear}", "헐… {name} {place}에 있었어？ {tear}"),
    ("{name}가 {place}에서 기다린대 {laugh}", "지금 {place}로 간다고 해줘 {laugh}"),
    ("{place}인데 {food} 살까 {laugh}", "① {food} ② 음료수 부탁해 {laugh}"),
    ("{place} {food} 다 떨어졌어 {tear}", "괜찮아, 내일 {place} 옆에서 사 올게 {tear}"),
    ("{name}’s 생일에 {food} 사 줄까 {laugh}", "‘{food}’ 좋지！ {name}도 좋아해 {laugh}"),
    ("‘{place}’ 몇 시에 닫아 {tear}", "글쎄… {place}에 전화해 볼게 {tear}"),
)

WHO = {"I": "我", "you": "你", "she": "她", "the teacher": "老师", "my friend": "我朋友", "the cook": "厨师"}
WHEN = {"today": "今天", "tomorrow": "明天", "on Monday": "星期一", "every day": "每天", "now": "现在"}
WHAT = {
    "buy apples": "买苹果", "drink tea": "喝茶", "read books": "看书", "write letters": "写信",
    "learn Chinese": "学中文", "eat noodles": "吃面条", "watch films": "看电影", "sell flowers": "卖花",
}  # fmt: skip
WHERE = {"at home": "在家里", "in the city": "在城里", "at school": "在学校", "in the park": "在公园里"}


def chats(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Different pairs of a Korean chat, with ㅋㅋ, ㅠ, …, ！, ① and pictures."""
    chance = random.Random(seed)
    found: dict[tuple[str, str], None] = {}
    while len(found) < count:
        said, answered = chance.choice(CHATS)
        laugh, tear = chance.choice(LAUGHS), chance.choice(TEARS)
        words = {"name": chance.choice(NAMES), "place": chance.choice(PLACES), "food": chance.choice(FOODS)}
        words |= {"laugh": laugh, "tear": tear}
        found[said.format(**words), answered.format(**words)] = None
    return list(found)


def chinese(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Different English sentences and their Chinese, which has no spaces."""
    every = [
        (f"{who[0].upper()}{who[1:]} {what} {where} {when}.", f"{zh_who}{zh_when}{zh_where}{zh_what}。")
        for (who, zh_who), (when, zh_when), (what, zh_what), (where, zh_where) in product(
            WHO.items(), WHEN.items(), WHAT.items(), WHERE.items()
        )
    ]
    random.Random(seed).shuffle(every)
    return every[:count]


def many(count: int) -> Iterator[tuple[str, str]]:
    """As many different pairs as asked, of some hundred thousand different words."""
    syllables = [chr(0xAC00 + 588 * first + 28 * vowel) for first in range(19) for vowel in range(21)]
    endings = ("갔어", "봤어 ㅋㅋ", "샀는데… ㅠㅠ", "먹자！", "할까?")
    for i in range(count):
        a, b, c = i % 399, i // 399 % 399, i // 7 % 399
        word, other = syllables[a] + syllables[b], syllables[c] + syllables[a]
        yield (
            f"{word}에서 {other}를 {endings[i % 5]} {i}",
            f"I saw {chr(97 + a % 26)}{chr(97 + b % 26)}{chr(97 + c % 26)} at number {i} 😂",
        )


def write_table(path: Path, rows: Iterable[tuple[str, str]], header: tuple[str, str]) -> Path:
    """The rows between tabs."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{a}\t{b}\n" for a, b in (header, *rows))
    return path
