"""Korean words that are of two parts of speech or three, and sentences that tell which.

Particles are words of their own, as the project's tokenizer cuts them (`model.text.particles`), in the form
after a vowel; they are ADP, and 와 between two nouns is CCONJ. What the tokenizer leaves whole has the tag of
its stem. Which parts of speech a word has is from the Standard Korean Language Dictionary: 오늘 is noun and
adverb, 단 determiner ("only") and an adjective's form ("sweet"). Numerals before a noun are NUM.

The lines are those of `model.tasks.tags.english`; +X is a particle.
"""

from __future__ import annotations

TAGS = """
    NOUN: 년 동안 때문 시간 마리 날씨 나무 목소리 국민 세계 방 집 공기 커피 시계 가방 소원 마을
          세상 사람 색깔 영화 대회 이틀 사흘 친구 사과 수박 소식 사람들 학생들 의자
    VERB: 일했다 갔다 왔다 떠났다 잤다 웃었다 샀다 먹었다 마셨다 보았다 있다 온다 와요 가자 왔어요 갔어요 들렸다 흔들렸다
          놀았다 도왔다 열렸다 내렸다 오지 쉬었다 주었다 만났다 보였다 나타났다
    ADJ: 좋았다 좋다 좋겠다 예뻤다 작았다 비쌌다 낡았다 없었다 추운 더운 맑았다
    AUX: 않았다
    ADV: 함께 먼저 잘 다시 자주 빨리 갑자기
    NUM: 두 하나
    PUNCT: , .
"""  # noqa: E501

SLOTS = {
    "PERSON": "학생 선생님 의사 화가 농부 가수 기자 요리사 배우 간호사",
    "NAME": "철수 영희 민수 수진 지훈 서연 은주 동현",
    "PLACE": "학교 공원 도서관 시장 병원 박물관 극장 식당 운동장 바닷가",
    "THING": "가방 우산 편지 모자 시계 사진 의자 그림 안경 공책",
    "CAME": "왔다 갔다 떠났다 웃었다 잤다 나타났다 쉬었다",
    "WENT": "왔다 갔다 도착했다 나타났다 들렀다",
    "BOUGHT": "샀다 보았다 찾았다 잃어버렸다 그렸다 빌렸다",
    "PRETTY": "예뻤다 비쌌다 작았다 낡았다 무거웠다 좋았다",
    "SKY": "하늘 공중 창공 바다",
    "BIRD": "비둘기 독수리 참새 나비",
    "TROUBLE": "사고 고장 화재 소동",
    "VEHICLE": "자동차 비행기 트럭 기차",
    "TEXT": "편지 일기 소설 보고서",
    "CHORE": "숙제 청소 운동 공부",
    "ADV": "자주 빨리 다시 갑자기",
}
SLOT_TAGS = {
    **dict.fromkeys(
        ("PERSON", "PLACE", "THING", "SKY", "BIRD", "TROUBLE", "VEHICLE", "TEXT", "CHORE"), "NOUN"
    ),
    "NAME": "PROPN",
    **dict.fromkeys(("CAME", "WENT", "BOUGHT"), "VERB"),
    "PRETTY": "ADJ",
    "ADV": "ADV",
}
OPENINGS = ("",)
JOINTS = (". 그리고/CCONJ", ". 하지만/CCONJ", ". 그런데/CCONJ")

FORMS = """
이 | after | NAME+는 ; PERSON+는 | DET: THING+를 BOUGHT ; PLACE+에 WENT | NUM: 년 동안 PLACE+에서 일했다 ; 년 동안 쉬었다
일 | after | NAME+는 ; PERSON+는 | NOUN: 때문+에 PLACE+에 갔다 ; 때문+에 CAME | NUM: 년 동안 PLACE+에서 일했다 ; 년 동안 쉬었다
오 | after | | INTJ: , NAME+가 CAME ; , PERSON+가 THING+를 BOUGHT | NUM: 년 동안 NAME+가 일했다 ; 년 동안 PERSON+가 PLACE+에서 일했다
열 | after | NAME+는 ; PERSON+는 | NOUN: 때문+에 PLACE+에 갔다 ; 때문+에 쉬었다 | NUM: 시간 동안 PLACE+에서 일했다 ; 시간 동안 쉬었다
저 | after | | DET: PERSON+가 CAME ; THING+가 PRETTY | PRON: 먼저 PLACE+에 갔어요 ; 다시 왔어요
그 | after | | DET: PERSON+가 CAME ; THING+가 PRETTY | PRON: +는 PLACE+에 WENT ; +가 THING+를 BOUGHT
못 | after | NAME+는 ; PERSON+는 | ADV: CAME ; BOUGHT | NOUN: 하나+를 BOUGHT ; 두 상자/NOUN+를 BOUGHT
오늘 어제 | after | | NOUN: +는 NAME+가 CAME ; +는 PERSON+가 THING+를 BOUGHT ; +의 날씨+가 맑았다 | ADV: NAME+가 CAME ; PERSON+가 THING+를 BOUGHT
지금 | after | | NOUN: +는 NAME+가 온다 ; +는 PERSON+가 PLACE+에서 온다 ; +의 날씨+가 좋다 | ADV: NAME+가 온다 ; PERSON+가 PLACE+에서 온다
내일 | after | | NOUN: +는 NAME+가 온다 ; +는 PERSON+가 PLACE+에서 온다 ; +의 날씨+가 좋겠다 | ADV: NAME+가 온다 ; PERSON+가 PLACE+에서 온다
모두 대부분 | after | 사람들+는 ; 학생들+는 | NOUN: +가 CAME ; +가 PLACE+에 WENT | ADV: CAME ; PLACE+에 WENT
혼자 | after | NAME+는 ; PERSON+는 | NOUN: +가 좋았다 ; +의 시간+를 좋아했다/VERB | ADV: CAME ; PLACE+에 WENT
서로 | after | 사람들+는 ; 학생들+는 | NOUN: +를 보았다 ; +의 THING+를 BOUGHT | ADV: 도왔다 ; 만났다
조금 잠시 | after | NAME+는 ; PERSON+는 | NOUN: +의 시간+를 주었다 ; +의 시간+에 CAME | ADV: 웃었다 ; 쉬었다 ; 잤다
새 | after | NAME+는 ; PERSON+는 | DET: THING+를 BOUGHT ; PLACE+에 WENT | NOUN: 두 마리+를 BOUGHT ; 때문+에 CAME
네 | after | | NUM: 시간 동안 NAME+가 일했다 ; 마리+가 나타났다 | PRON: 친구+가 CAME ; THING+가 PRETTY | INTJ: , NAME+가 왔어요 ; , PERSON+가 PLACE+에 갔어요
단 | after | NAME+는 ; PERSON+는 | ADJ: 사과+를 먹었다 ; 수박+를 BOUGHT | DET: 두 시간 동안 일했다 ; 하나+를 BOUGHT
이런 저런 | after | | INTJ: , NAME+가 CAME ; , PERSON+가 THING+를 BOUGHT | DET: THING+가 PRETTY ; PERSON+가 CAME
아무 | after | | PRON: +도 오지 않았다 ; +도 PLACE+에 오지 않았다 | DET: 소식+도 없었다 ; PERSON+도 오지 않았다
저기 | after | | INTJ: , NAME+가 와요 ; , PERSON+가 CAME | PRON: +에 NAME+가 있다 ; +에서 PERSON+가 온다
자 | after | | INTJ: , PLACE+로 가자 ; , 함께 PLACE+에 가자 | NOUN: 하나+를 NAME+가 BOUGHT ; 때문+에 NAME+가 CAME
참 | after | | INTJ: , NAME+가 CAME ; , PERSON+가 THING+를 BOUGHT | ADV: PRETTY ; 자주 NAME+가 CAME
와 | after | NAME ; PERSON | CCONJ: NAME+가 PLACE+에 WENT ; PERSON+는 THING+를 BOUGHT | ADP: 함께 NAME+가 CAME ; 놀았다
한 | before | | VERB: CHORE+를 * PERSON+가 CAME ; CHORE+를 * PERSON+는 CAME | NUM: NAME+가 * 시간 동안 일했다 ; * 사람+가 CAME
큰 | before | | VERB: 잘 * 나무+가 흔들렸다 ; 빨리 * 나무+가 보였다 | ADJ: NAME+가 * THING+를 BOUGHT ; * 나무+가 보였다
나는 | before | | VERB: SKY+를 * BIRD+가 보였다 ; NAME+가 SKY+를 * BIRD+를 보았다 | PRON: * PLACE+에 WENT ; * THING+를 BOUGHT
가는 | before | | VERB: PLACE+에 * PERSON+가 웃었다 ; NAME+가 PLACE+에 * PERSON+를 만났다 | ADJ: * 목소리+가 들렸다 ; NAME+는 * 목소리+를 들었다/VERB
전 | before | | NOUN: 이틀 * NAME+가 CAME ; 사흘 * PERSON+가 CAME | DET: * 국민+가 웃었다 ; * 세계+가 놀랐다/VERB
안 | before | | NOUN: 방 * 공기+가 좋았다 ; 집 * 의자+가 PRETTY | ADV: NAME+는 * CAME ; NAME+의 THING+는 * PRETTY
쓴 | before | | VERB: TEXT+를 * PERSON+가 CAME ; NAME+가 TEXT+를 * PERSON+를 만났다 | ADJ: * 커피+를 NAME+가 마셨다 ; NAME+는 * 커피+를 마셨다
찬 | before | | VERB: 시계+를 * PERSON+가 CAME ; NAME+가 시계+를 * PERSON+를 만났다 | ADJ: * 커피+를 NAME+가 마셨다 ; NAME+는 * 공기+를 마셨다
싼 | before | | VERB: 가방+를 * PERSON+가 떠났다 ; NAME+가 가방+를 * PERSON+를 만났다 | ADJ: * THING+를 NAME+가 BOUGHT ; NAME+는 * THING+를 BOUGHT
빈 | before | | VERB: 소원+를 * PERSON+가 웃었다 ; NAME+가 소원+를 * PERSON+를 만났다 | ADJ: * 가방+를 NAME+가 BOUGHT ; NAME+는 * 의자+를 BOUGHT
난 | before | | VERB: TROUBLE+가 * VEHICLE+가 보였다 ; NAME+가 TROUBLE+가 * VEHICLE+를 보았다 | PRON: * PLACE+에 WENT ; * THING+를 BOUGHT
온 | before | | VERB: PLACE+에 * PERSON+가 웃었다 ; NAME+가 PLACE+에 * PERSON+를 만났다 | DET: * 마을+가 웃었다 ; * 세상+가 놀랐다/VERB
쉰 | before | | VERB: PLACE+에서 * PERSON+가 웃었다 ; NAME+가 PLACE+에서 * PERSON+를 만났다 | NUM: * 사람+가 CAME ; NAME+는 * 사람+를 만났다
다른 | before | | ADJ: 색깔+가 * THING+가 보였다 ; NAME+가 색깔+가 * THING+를 BOUGHT | DET: * THING+가 보였다 ; NAME+는 * THING+를 BOUGHT
본 | before | | VERB: 영화+를 * PERSON+가 웃었다 ; NAME+가 영화+를 * PERSON+를 만났다 | DET: * 대회+는 PLACE+에서 열렸다 ; * 대회+가 좋았다
날 | before | | VERB: SKY+를 * BIRD+가 보였다 ; NAME+가 SKY+를 * BIRD+를 보았다 | NOUN: 추운 * NAME+가 CAME ; 더운 * PERSON+가 CAME
"""  # noqa: E501
