"""Korean reviews; see `model.tasks.sentiment.english`.

A word has three forms: its past stem, the one before 않다, and the one before 줄 or 것. A particle in
brackets agrees with the noun: {noun}(는) is 영화는 or 음악은.
"""

from __future__ import annotations

DOMAINS = """
film: 영화 이야기 연기 음악 결말 대사 화면 각본 | 재미있었/재미있지/재미있을 훌륭했/훌륭하지/훌륭할 감동적이었/감동적이지/감동적일 아름다웠/아름답지/아름다울 뛰어났/뛰어나지/뛰어날 신선했/신선하지/신선할 | 지루했/지루하지/지루할 어색했/어색하지/어색할 유치했/유치하지/유치할 뻔했/뻔하지/뻔할 엉성했/엉성하지/엉성할 답답했/답답하지/답답할
food: 음식 국물 커피 빵 김치 국수 만두 반찬 | 맛있었/맛있지/맛있을 신선했/신선하지/신선할 담백했/담백하지/담백할 완벽했/완벽하지/완벽할 훌륭했/훌륭하지/훌륭할 고소했/고소하지/고소할 | 맛없었/맛없지/맛없을 느끼했/느끼하지/느끼할 싱거웠/싱겁지/싱거울 비렸/비리지/비릴 텁텁했/텁텁하지/텁텁할 형편없었/형편없지/형편없을
hotel: 방 침대 욕실 전망 숙소 로비 정원 호텔 | 깨끗했/깨끗하지/깨끗할 편안했/편안하지/편안할 넓었/넓지/넓을 조용했/조용하지/조용할 쾌적했/쾌적하지/쾌적할 아늑했/아늑하지/아늑할 | 더러웠/더럽지/더러울 불편했/불편하지/불편할 좁았/좁지/좁을 시끄러웠/시끄럽지/시끄러울 낡았/낡지/낡을 허술했/허술하지/허술할
people: 직원 사장님 안내원 기사님 종업원 강사 의사 배우 | 친절했/친절하지/친절할 따뜻했/따뜻하지/따뜻할 세심했/세심하지/세심할 공손했/공손하지/공손할 성실했/성실하지/성실할 유쾌했/유쾌하지/유쾌할 | 무례했/무례하지/무례할 불친절했/불친절하지/불친절할 무뚝뚝했/무뚝뚝하지/무뚝뚝할 거만했/거만하지/거만할 성급했/성급하지/성급할 무심했/무심하지/무심할
device: 전화기 자판 배터리 스피커 사진기 인쇄기 충전기 화면 | 튼튼했/튼튼하지/튼튼할 편리했/편리하지/편리할 정확했/정확하지/정확할 빨랐/빠르지/빠를 가벼웠/가볍지/가벼울 훌륭했/훌륭하지/훌륭할 | 느렸/느리지/느릴 부실했/부실하지/부실할 불편했/불편하지/불편할 약했/약하지/약할 조잡했/조잡하지/조잡할 쓸모없었/쓸모없지/쓸모없을
"""  # noqa: E501
PEOPLE = ()
VERBS = ""

CLAUSES = """
plain | + | any | {noun}(가) {past}다
plain | + | any | {noun}(가) 정말 {past}다
plain | + | any | {noun}(는) 아주 {past}다
plain | + | any | {noun}(가) 무척 {past}다
negation | - | any | {noun}(는) {not} 않았다
negation | - | any | {noun}(가) 전혀 {not} 않았다
negation | - | any | {noun}(는) 안 {past}다
negation | - | any | {noun}(가) 하나도 안 {past}다
negation | - | any | 아무도 {noun}(가) {past}다고 하지 않았다
double | + | any | {noun}(가) {not} 않은 것은 아니었다
double | + | any | 아무도 {noun}(가) {not} 않았다고 할 수 없었다
"""
EXPECTATIONS = """
expectation | - | any | {noun}(가) {will} 줄 알았는데 아니었다
expectation | + | any | {noun}(가) {will} 줄 알았는데 역시 그랬다
expectation | - | any | {noun}(가) {will} 것 같았는데 정반대였다
expectation | + | any | {noun}(가) {will} 것 같았는데 예상대로였다
expectation | + | any | 다들 {noun}(가) {past}다고 했는데 그 말이 맞았다
expectation | - | any | 다들 {noun}(가) {past}다고 했는데 그 말이 틀렸다
"""
# {a-} is a clause without its 다: 지루했 + 지만.
FRAMES = """
contrast | b | - | {a-}지만 {b}
contrast | b | - | 비록 {a-}지만 {b}
contrast | b | - | {a-}는데 {b}
contrast | b | - | {a}. 하지만 {b}
contrast | b | - | {a}. 그래도 {b}
contrast | a | - | {a}. 물론 {b-}지만
contrast | a | - | {a}. 비록 {b-}지만
agreement | b | + | {a-}고 {b}
agreement | b | + | {a}. 게다가 {b}
"""
SURPRISES = ""

NEUTRAL = """
지난주 화요일에 갔다
동생과 함께였다
이번이 두 번째였다
두 시간쯤 걸렸다
집에서 멀지 않다
예약은 하지 않았다
카드로 계산했다
버스로 갔지만 걸어서 돌아왔다
전에 와 본 적이 없다
친구가 알려 주었다
"""
STARTS = ("", "", "", "솔직히 ", "한마디로 ", "음, ")
ENDS = (".", ".", "", "!")
