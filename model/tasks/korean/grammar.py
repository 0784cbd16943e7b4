"""Korean texts of one or two people, and the same with each pronoun replaced by the name that it stands for.

    아이유는 1993년에 태어났다. 그녀는 최근에 드라마 호텔 델루나에 출연했다.
    {A}는 {year}에 태어났다.    {x}는 {time} {work} {title}에 출연했다.

In a pattern {A} and {B} are people by name, {x} and {y} the one meant and the other one, by pronoun. Every
other place is filled from WORDS. Particles stand in the form after a vowel; they are made to agree.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from model.tasks.korean.names import GENDER, NAMES, PRONOUNS, Gender, for_choosing, invent_word, is_held_out
from model.text.particles import PARTICLES, choose_form, cut, final, split_particles, stands_for


def lines(table: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in table.strip().splitlines())


ALONE = lines("""
    {A}는 {year}에 태어났다
    {A}는 {year}에 {place}에서 태어났다
    {A}는 {place}에서 태어났다
    {year}에 {place}에서 {A}가 태어났다
    {A}는 유명한 {job}이다
    {A}는 {place}에 사는 {job}이다
    {A}는 {place}에서 {subject}를 공부했다
    {A}는 어릴 때 {place}에서 살았다
    {A}의 고향은 {place}이다
    {A}의 직업은 {job}이다
    {A}는 {year}에 {job}가 되었다
    {A}는 {time} {thing}를 샀다
    사람들은 {A}를 {job}로 기억한다
    {time} 나는 {place}에서 {A}를 보았다
    {time} {family}가 {A}에게 {thing}를 주었다
    {work} {title}에 {A}가 출연했다
    {A}도 {place}에 왔다
""")
TOGETHER = lines("""
    {A}는 {B}를 만났다
    {A}가 {B}를 {place}에서 만났다
    {A}는 {B}에게 {thing}를 주었다
    {A}는 {B}와 함께 {place}에 갔다
    {A}와 {B}는 {place}에서 일한다
    {A}와 {B}는 오랜 친구이다
    {A}가 {B}의 {thing}를 빌렸다
    {B}를 {A}가 {place}에서 기다렸다
    {B}에게 {A}가 {thing}를 보냈다
    {A}는 {job}이고 {B}는 {job2}이다
    {A}는 {job}이다. {B}는 {job2}이다
    {A}는 {year}에 태어났고 {B}는 {year2}에 태어났다
    {A}는 {place}에 살고 {B}는 {place2}에 산다
    {place}에서 {A}는 {B}의 사진을 찍었다
    {time} {A}가 {B}에게 전화했다
    {A}는 {B}를 도와주었다
    {A}는 {B}를 보지 못했다
    {A}는 {B}에게 {subject}를 가르쳤다
    {A}와 {B}는 {work} {title}에 함께 출연했다
    {A}의 {family}는 {B}를 안다
    {A}도 {B}도 {place}에 왔다
""")
GOES_ON = lines("""
    {x}는 {time} {work} {title}에 출연했다
    {x}는 {time} {place}에 갔다
    {x}는 {time} {place}로 떠났다
    {x}는 {time} {thing}를 샀다
    {x}는 {food}를 좋아한다
    {x}는 {time} {food}를 먹었다
    {x}는 {subject}를 가르친다
    {x}는 {feeling}
    {x}는 너무 {feeling}
    {x}가 {feeling}
    {x}는 {year}에 {place}로 이사했다
    {x}는 {year}에 {job}가 되었다
    {x}는 {year}에 {work} {title}로 상을 받았다
    {x}는 {place}에서 {thing}를 잃어버렸다
    {x}가 {time} {title}를 불렀다
    {x}의 {thing}는 {look}
    {x}의 {family}는 {job}이다
    {x}의 {work}는 큰 인기를 얻었다
    {x}의 꿈은 {job}이다
    사람들은 {x}를 {praise}
    {time} 나는 {x}를 {place}에서 보았다
    {family}가 {x}에게 {thing}를 주었다
    {family}는 {x}와 함께 {place}에 갔다
    모두가 {x}에게 박수를 보냈다
    기자들이 {x}의 집 앞에서 기다렸다
    {work} {title}에서 {x}는 {job} 역할을 맡았다
    {x}도 {time} {place}에 왔다
""")
OF_BOTH = lines("""
    {x}는 {y}에게 {thing}를 주었다
    {x}는 {y}를 {praise}
    {x}의 {family}가 {y}를 안다
    {x}와 {y}는 {place}에서 헤어졌다
    {x}가 {y}에게 {food}를 만들어 주었다
    {y}를 {x}가 {praise}
""")
LINKS = ("", "", "", "", "그래서", "하지만", "그러나", "나중에", "사실", "얼마 뒤", "그때")
JOINTS = ("지만", "고", "는데")  # after a past tense


def fillers(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split("/"))


WORDS: dict[str, tuple[str, ...]] = {
    "place": fillers(
        "서울/부산/대구/인천/광주/대전/울산/제주/강릉/전주/경주/수원/런던/파리/뉴욕/도쿄/베를린/학교/도서관/병원/"
        "공원/시장/극장/박물관/식당/공항/바닷가/방송국/은행/교회/대학교/고향"
    ),
    "job": fillers(
        "가수/배우/의사/교사/변호사/화가/작가/기자/요리사/경찰관/소방관/간호사/과학자/음악가/농부/어부/선수/감독/"
        "교수/시인/건축가/사진작가/군인/판사/디자이너"
    ),
    "subject": fillers(
        "수학/역사/음악/영어/미술/과학/철학/경제학/물리학/문학/법학/의학/피아노/바이올린/체육"
    ),
    "thing": fillers(
        "가방/우산/편지/사진/모자/시계/자전거/자동차/지갑/선물/신발/안경/반지/기타/카메라/컴퓨터/꽃다발/외투/"
        "휴대전화/공책/그림/인형"
    ),
    "food": fillers("김치/비빔밥/냉면/불고기/라면/사과/포도/수박/케이크/커피/우유/만두/국수/김밥/떡국"),
    "work": fillers("드라마/영화/연극/뮤지컬/광고/방송"),
    "family": fillers("어머니/아버지/할머니/할아버지/친구/동생/선생님/이웃/사촌/제자"),
    "time": fillers(
        "최근에/어제/오늘/지난주/작년에/올해/오후에/아침에/저녁에/주말에/봄에/겨울에/다시/자주/혼자"
    ),
    "feeling": fillers(
        "피곤했다/기뻤다/슬펐다/배가 고팠다/목이 말랐다/화가 났다/웃었다/울었다/아팠다/바빴다/행복했다/"
        "놀랐다/대답하지 않았다/늦게 왔다/먼저 떠났다/키가 크다/걱정이 많다/노래를 잘한다"
    ),
    "look": fillers("비싸다/낡았다/예쁘다/크다/작다/새것이다/무겁다/가볍다/빨간색이다/사라졌다"),
    "praise": fillers(
        "칭찬했다/사랑한다/기억한다/존경한다/기다렸다/축하했다/도와주었다/찾았다/응원했다/잊었다"
    ),
}  # fmt: skip
PERSON = ("A", "B", "x", "y")
_PARTICLE = "|".join(sorted(PARTICLES, key=len, reverse=True))
_PLACE = re.compile(rf"\{{(\w+)\}}(?:({_PARTICLE})(?!\w))?")
MOST_STRANGE = 6  # words of a text that become unknown
_PAST = 20  # the final consonant of 갔다, 했다, 되었다


@dataclass(frozen=True)
class Text:
    """source: the text. target: with names for pronouns. meant: what each pronoun stands for, in order.

    other: the second person of the text, if there is one.
    """

    source: str
    target: str
    meant: tuple[str, ...] = ()
    other: str | None = None


def write_text(pattern: str, filled: dict[str, str], pronouns: dict[str, str]) -> Text:
    """A pattern as a text and its rewriting. filled: every place of it; pronouns: of {x} and {y}."""
    meant = tuple(filled[place] for place, _ in _PLACE.findall(pattern) if place in pronouns)
    return Text(fill_pattern(pattern, filled | pronouns), fill_pattern(pattern, filled), meant)


def fill_pattern(pattern: str, filled: dict[str, str]) -> str:
    """The pattern with its places filled, and particles that agree with what fills them."""

    def put(found: re.Match[str]) -> str:
        word, particle = filled[found[1]], found[2] or ""
        return word + choose_form(word, particle)

    return _PLACE.sub(put, pattern)


def join_clauses(first: str, second: str, chance: random.Random) -> str:
    """Two clauses as two sentences, or as one where the first is in the past tense."""
    if final(first[:-1]) == _PAST and "." not in first and chance.random() < 0.35:
        return f"{first[:-1]}{chance.choice(JOINTS)} {second}"
    link = chance.choice(LINKS)
    link += "," if link and chance.random() < 0.15 else ""
    return f"{first}. {link} {second}" if link else f"{first}. {second}"


def strange(pattern: str, rate: float, chance: random.Random, filled: dict[str, str]) -> str:
    """The pattern with this share of its words, people aside, replaced by words that nobody knows.

    Or by known ones out of place: what is to be copied need make no sense.
    """
    chunks = []
    count = 0
    for chunk in pattern.split(" "):
        word = chunk.rstrip(".!")
        mark, place = chunk[len(word) :], _PLACE.match(word)
        person = place and place[1] in PERSON
        if person or count == MOST_STRANGE or chance.random() >= rate:
            chunks.append(chunk)
            continue
        count += 1
        name = f"w{count}"
        filled[name] = invent_word(chance) if chance.random() < 0.6 else chance.choice(ordinary_words())
        if place:
            rest = word[place.end(1) + 1 :]
        else:
            rest = stands_for(word[cut(word) :]) if cut(word) < len(word) else ""
        chunks.append(f"{{{name}}}{rest}{mark}")
    return " ".join(chunks)


class Sampler:
    """Draws texts; the same seed draws the same. allowed: which names may stand in one text."""

    def __init__(self, seed: int, allowed: Callable[[str, str], bool], unknown: float = 0.5) -> None:
        self.chance = random.Random(seed)
        self.allowed = allowed
        self.unknown = unknown

    def couple(self) -> tuple[str, str]:
        """A woman and a man, in any order."""
        while True:
            pair = [self.chance.choice(NAMES["f"]), self.chance.choice(NAMES["m"])]
            if self.allowed(*pair):
                self.chance.shuffle(pair)
                return pair[0], pair[1]

    def fill_places(self) -> dict[str, str]:
        """Something for every place but the people. A title is of words that nobody knows."""
        words = {name: self.chance.choice(choices) for name, choices in WORDS.items()}
        for name in ("job", "place"):
            words[f"{name}2"] = self.chance.choice(WORDS[name])
        words["year"], words["year2"] = (f"{self.chance.randint(1900, 2029)}년" for _ in range(2))
        title = " ".join(invent_word(self.chance) for _ in range(self.chance.choice((1, 1, 2))))
        words["title"] = f'"{title}"' if self.chance.random() < 0.2 else title
        return words

    def pattern(self, alone: bool, pronouns: int = 1) -> str:
        """A pattern of one person or two, with this many pronouns in what follows the beginning."""
        first = self.chance.choice(ALONE if alone else TOGETHER)
        pattern = join_clauses(first, self.chance.choice(GOES_ON if pronouns == 1 else OF_BOTH), self.chance)
        return pattern + self.chance.choices((".", "", "!"), (0.8, 0.17, 0.03))[0]

    def text(self, alone: bool) -> Text:
        """A text to learn from."""
        chance = self.chance
        first, second = self.couple()
        gender: dict[str, Gender] = {"x": GENDER[first], "y": GENDER[second]}
        if chance.random() < 0.8 * self.unknown:  # of an unknown name the other one's gender tells
            first, second = (
                (invent_word(chance), second) if chance.random() < 0.5 else (first, invent_word(chance))
            )
        pattern = self.pattern(alone, 2 if not alone and chance.random() < 0.15 else 1)
        if chance.random() < 0.2:
            more = chance.choice(GOES_ON)
            more = more if alone or chance.random() < 0.5 else more.replace("{x}", "{y}")
            pattern = f"{pattern.rstrip('.!')}. {more}."
        filled = self.fill_places()
        if chance.random() < self.unknown:
            pattern = strange(pattern, chance.choice((0.1, 0.1, 0.4)), chance, filled)
        swapped = not alone and chance.random() < 0.5
        filled |= {"x": first, "y": second}
        filled |= {"A": second, "B": first} if swapped else {"A": first, "B": second}
        if chance.random() < 0.04:  # there is nothing to replace
            return write_text(pattern, filled, {})
        return write_text(pattern, filled, {place: PRONOUNS[gender[place]] for place in ("x", "y")})


@lru_cache(maxsize=2)
def texts(count: int, seed: int, unknown: float = 0.5) -> tuple[Text, ...]:
    """Distinct texts to learn from. unknown: the share in which there are words that nobody knows."""
    sampler = Sampler(seed, lambda a, b: not is_held_out(a, b), unknown)
    distinct: dict[str, Text] = {}
    while len(distinct) < count:
        text = sampler.text(alone=sampler.chance.random() < 0.4)
        distinct.setdefault(text.source, text)
    return tuple(distinct.values())


def minimal_pairs(count: int, seed: int, choosing: bool = False) -> list[tuple[Text, Text]]:
    """Pairs of texts that differ in the pronoun only, 그 or 그녀, which makes it mean the one or the other.

    The two people never met in training. choosing: pairs for choosing a head, otherwise those for measuring.
    """
    sampler = Sampler(seed, lambda a, b: is_held_out(a, b) and for_choosing(a, b) == choosing)
    pairs: dict[str, tuple[Text, Text]] = {}
    while len(pairs) < count:
        first, second = sampler.couple()
        pattern, filled = sampler.pattern(alone=False), sampler.fill_places()
        members = [
            write_with_pronoun(pattern, filled | {"A": first, "B": second, "x": meant, "y": other})
            for meant, other in ((first, second), (second, first))
        ]
        pairs.setdefault(members[0].source, (members[0], members[1]))
    return list(pairs.values())


def write_with_pronoun(pattern: str, filled: dict[str, str]) -> Text:
    """A text in which one of two is meant by a pronoun."""
    text = write_text(pattern, filled, {"x": PRONOUNS[GENDER[filled["x"]]]})
    return Text(text.source, text.target, text.meant, filled["y"])


def vocabulary() -> Iterator[str]:
    """Texts with every word that is to be known, in every form of it."""
    names = [*NAMES["f"], *NAMES["m"]]
    yield from (*names, *PRONOUNS.values(), *LINKS, *'.,!?"')
    for pattern in (*ALONE, *TOGETHER, *GOES_ON, *OF_BOTH):
        past = final(pattern[:-1]) == _PAST
        clauses = [pattern, *(pattern[:-1] + joint for joint in JOINTS if past)]
        places = {place for place, _ in _PLACE.findall(pattern)}
        for k in range(max(len(WORDS.get(place, ())) for place in places)):
            filled = {place: choices_for(place)[k % len(choices_for(place))] for place in places}
            for clause in clauses:
                yield fill_pattern(clause, filled)


@cache
def ordinary_words() -> tuple[str, ...]:
    """Every known word that is no name and no pronoun, without its particle."""
    words = (word for text in vocabulary() for word in split_particles(text) if not word.particle)
    known = {word.text for word in words if word.text[0].isalnum()}
    return tuple(sorted(known - GENDER.keys() - set(PRONOUNS.values())))


def choices_for(place: str) -> tuple[str, ...]:
    """The known words that may fill a place; a name, where words that nobody knows fill it."""
    return WORDS.get(place) or WORDS.get(place.rstrip("2")) or NAMES["f"]
