"""Names of women and men, from life and from well-known tales, and words that nobody knows."""

from __future__ import annotations

import random
import zlib
from typing import Literal

from model.text.particles import cut

Gender = Literal["m", "f"]
PRONOUNS: dict[Gender, str] = {"m": "그", "f": "그녀"}


def names(table: str) -> tuple[str, ...]:
    return tuple(table.split())


NAMES: dict[Gender, tuple[str, ...]] = {
    "f": names("""
        영희 순이 미영 은주 지영 민정 수진 현정 은정 혜진 지혜 은영 보라 아름 슬기 지은 수연 예진 민지 유나
        하나 서연 서윤 하은 민서 하윤 윤서 지유 채원 수아 지아 다은 예은 수빈 소율 예린 하린 나은 서영 채은
        아린 유경 미나 소희 선영 경희 정숙 명희 옥순 말자 춘향 심청 콩쥐 팥쥐 평강 바리 신데렐라 줄리엣
        앨리스 소피아 에밀리 안나 마리아 엘리자베스 메리 올리비아 헬렌 클라라 이영희 김민지 박지은 최수진
        정유나 김지영 이수연 박서연 아이유
    """),
    "m": names("""
        철수 영수 민수 준호 성민 동현 현우 지훈 성호 정훈 상훈 영호 민호 재현 승현 진우 태현 민재 건우 우진
        민준 서준 예준 주원 시우 준서 도윤 하준 은우 지호 선우 연우 준우 유준 정우 승우 지환 승민 유찬 윤우
        민성 준영 시윤 이안 동욱 병철 광수 상철 영식 길동 몽룡 흥부 놀부 온달 견우 호동 처용 로미오 피노키오
        피터 마이클 다니엘 제임스 데이비드 로버트 알렉스 토마스 올리버 카를로스 하인리히 김철수 이민호
        박준영 최현우 정지훈 김민준 이도윤 박상철 홍길동
    """),
}
GENDER: dict[str, Gender] = {name: gender for gender, names in NAMES.items() for name in names}

# Never in training together, so that everyone can check the claim.
SHOWN = [{"철수", "영희"}, {"민준", "서연"}, {"길동", "춘향"}, {"로미오", "줄리엣"}, {"아이유", "지훈"}]

# What words that nobody knows are made of.
_BEGIN = "겸굔넙뎐롭뭅벤숑젤쿤튭펠훕굘눅됴렘묘뵨썬죤츄켐툐푸햄"
_MIDDLE = "라루모비토퀴나두브스르미"
_END = "란룸몬빈톤퀸담둔븐센렌밀루모비토라나두크스"


def invent_word(chance: random.Random) -> str:
    """A word of two to four syllables that nobody knows, and that does not look as if it had a particle."""
    while True:
        middle = "".join(chance.choice(_MIDDLE) for _ in range(chance.choice((0, 0, 1, 1, 2))))
        word = chance.choice(_BEGIN) + middle + chance.choice(_END)
        if cut(word) == len(word):
            return word


def number(a: str, b: str) -> int:
    """A number that a pair of names always has, in either order, on every machine."""
    return zlib.crc32(" ".join(sorted((a, b))).encode())


def is_held_out(a: str, b: str) -> bool:
    """True for pairs that no training text contains: the shown ones, and one in ten."""
    return {a, b} in SHOWN or number(a, b) % 10 == 0


def for_choosing(a: str, b: str) -> bool:
    """True for the quarter of the held-out pairs on which a head is chosen; the others measure it."""
    return {a, b} not in SHOWN and number(a, b) // 10 % 4 == 0
