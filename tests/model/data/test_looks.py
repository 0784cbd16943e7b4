"""Files as people have them, each with what is right: read as it was written, or counted and named."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model.data.looks import Look, look
from model.errors import Refusal
from tests.model.table_files import ods, pack, put, sheet, text, tmx

EN = ["Come in.", "I like tea.", "Thank you!", "What is this?", "We are late.", "She reads books."]
KO = ["들어와.", "나는 차를 좋아해.", "고마워!", "이게 뭐야?", "우리 늦었어.", "그녀는 책을 읽어."]
JA = [
    "お入り。",
    "私はお茶が好きです。",
    "ありがとう！",
    "これは何ですか？",
    "遅れています。",
    "彼女は本を読みます。",
]
ZH = ["请进。", "我喜欢喝茶。", "谢谢你！", "这是什么？", "我们来晚了。", "她在看书。"]
FR = [
    "Entrez donc.",
    "J'aime le thé.",
    "Merci à toi !",
    "Qu'est-ce que c'est ?",
    "Nous sommes en retard.",
    "Elle lit.",
]
PAIRS = list(zip(EN, KO, strict=True))

Make = Callable[[Path], Path | list[Path]]


def written(name: str, content: str, encoding: str = "utf-8") -> Make:
    return lambda folder: put(folder / name, content, encoding)


def rows(*header: str, separator: str = "\t", pairs: list[Any] = PAIRS) -> str:
    return text([header, *pairs] if header else pairs, separator)


def json_lines(records: list[Any]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def several(*makes: Make) -> Make:
    return lambda folder: [path for make in makes if isinstance(path := make(folder), Path)]


def zipped(name: str, **files: Make) -> Make:
    def make(folder: Path) -> Path:
        paths = {told: one(folder) for told, one in files.items()}
        return pack(folder / name, {p.name: p.read_bytes() for p in paths.values() if isinstance(p, Path)})

    return make


def gzipped(name: str, content: str) -> Make:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(gzip.compress(content.encode()))
        return folder / name

    return make


TATOEBA = [
    (a, b, f"CC-BY 2.0 (France) Attribution: tatoeba.org #{i} (a) & #{i + 7} (b)")
    for i, (a, b) in enumerate(PAIRS)
]
HUB = [("일상", "인사", "만남", str(100 + i), "A", b, a) for i, (a, b) in enumerate(PAIRS)]
NUMBERED = [(f"SID-{i:04}", b, a) for i, (a, b) in enumerate(PAIRS)]
QUOTED = [*PAIRS, ("Hello,\nneighbour", "안녕,\n이웃"), ('He said "no", twice', '"아니"라고 했다')]
HTML = [(f"{a} &amp; &#39;so&#39;", b) for a, b in PAIRS]
CROWD = [*PAIRS, ("", "빈칸"), ("Only this", ""), PAIRS[0], ("같아", "같아"), ("x" * 601, "길다")]

# What is right of each file: of its one table, and what there is of pairs: a number, or all of them.
FILES: dict[str, tuple[Make, dict[str, Any], list[Any] | int]] = {
    "tabs, named": (
        written("t.tsv", rows("en", "ko")),
        {"header": True, "source": "en", "target": "ko"},
        PAIRS,
    ),
    "tabs, named in Korean": (
        written("t.tsv", rows("영어", "한국어")),
        {"header": True, "source": "영어"},
        PAIRS,
    ),
    "tabs, named by role": (
        written("t.tsv", rows("번역문", "원문")),
        {"header": True, "source": "원문", "target": "번역문"},
        [(b, a) for a, b in PAIRS],
    ),
    "no header, with attribution": (
        written("eng-kor.txt", rows(pairs=TATOEBA)),
        {"header": False, "columns": ["A", "B", "C"], "source": "A", "target": "B"},
        PAIRS,
    ),
    "no header, two columns": (written("t.csv", rows(separator=",")), {"header": False}, PAIRS),
    "no header, numbered": (
        written("t.tsv", rows(pairs=[(str(i), a, str(90 + i), b) for i, (a, b) in enumerate(PAIRS)])),
        {"header": False, "source": "B", "target": "D"},
        PAIRS,
    ),
    "no header, single words": (
        written("t.tsv", "dog\tchien\ncat\tchat\nbird\toiseau\n"),
        {"header": False, "header_is_sure": False},
        [("dog", "chien"), ("cat", "chat"), ("bird", "oiseau")],
    ),
    "the first pair is the word No": (
        written("t.tsv", rows(pairs=[("No.", "아니."), ("No", "아니"), *PAIRS])),
        {"header": False},
        8,
    ),
    "an unknown header over sentences": (
        written("t.tsv", rows("Foo", "Bar")),
        {"header": True, "header_is_sure": False},
        PAIRS,
    ),
    "commas": (written("t.csv", rows("en", "ko", separator=",")), {"delimiter": ","}, PAIRS),
    "semicolons": (
        written("t.csv", rows("en", "fr", separator=";", pairs=list(zip(EN, FR, strict=True)))),
        {"delimiter": ";"},
        list(zip(EN, FR, strict=True)),
    ),
    "bars": (written("t.txt", rows("en", "ko", separator="|")), {"delimiter": "|"}, PAIRS),
    "bars as aligners have them": (
        written("t.txt", "".join(f"{a} ||| {b}\n" for a, b in PAIRS)),
        {"delimiter": " ||| "},
        PAIRS,
    ),
    "prose with commas between tabs": (
        written("t.tsv", rows(pairs=[(f"Well, {a}", f"음, {b}") for a, b in PAIRS])),
        {"delimiter": "\t", "header": False},
        [(f"Well, {a}", f"음, {b}") for a, b in PAIRS],
    ),
    "quoted, of several lines, commas": (
        written("t.csv", rows("en", "ko", separator=",", pairs=QUOTED)),
        {"noted": {"spaces": {"count": 1, "first": [8]}}},
        [*PAIRS, ("Hello, neighbour", "안녕, 이웃"), QUOTED[-1]],
    ),
    "quoted, of several lines, tabs": (
        written("t.tsv", rows("en", "ko") + '"Hello,\nneighbour"\t"안녕,\n이웃"\nlast\t"마지막\n줄"\n'),
        {"noted": {"spaces": {"count": 2, "first": [8, 11]}}},
        [*PAIRS, ("Hello, neighbour", "안녕, 이웃"), ("last", "마지막 줄")],
    ),
    "marks that are letters, tabs": (
        written(
            "t.tsv", rows("en", "ko", pairs=[*PAIRS, ('"Go!', "가!"), ('1" long', "1인치"), ('"', "따옴표")])
        ),
        {"set_aside": {}},
        [*PAIRS, ('"Go!', "가!"), ('1" long', "1인치"), ('"', "따옴표")],
    ),
    "an open mark, commas": (
        written("t.csv", rows("en", "ko", separator=",") + '"oops,이런\nfine,좋아\n'),
        {"set_aside": {"quote": {"count": 1, "first": [8]}}},
        [*PAIRS, ("fine", "좋아")],
    ),
    "a wider row, commas": (
        written("t.csv", "en,ko\nGood day, how are you,안녕, 어떻게\n" + rows(separator=",")),
        {"set_aside": {"wide": {"count": 1, "first": [2]}}},
        PAIRS,
    ),
    "a wider row, tabs": (
        written("t.tsv", rows("en", "ko") + "a\tb\tc\n"),
        {"set_aside": {"wide": {"count": 1, "first": [8]}}},
        PAIRS,
    ),
    "a narrower row": (
        written("t.tsv", rows("id", "ko", "en", pairs=NUMBERED) + "넷\tfour\n"),
        {"set_aside": {"narrow": {"count": 1, "first": [8]}}},
        [(b, a) for a, b in PAIRS],
    ),
    "all rows wider than the header": (
        written("t.tsv", rows("en", "ko", pairs=[(str(i), *pair) for i, pair in enumerate(PAIRS)])),
        {"set_aside": {"wide": {"count": 6, "first": [2, 3, 4, 5, 6]}}},
        [],
    ),
    "a tab too many at every end": (
        written("t.tsv", "en\tko\n" + "".join(f"{a}\t{b}\t\n" for a, b in PAIRS)),
        {"set_aside": {}},
        PAIRS,
    ),
    "empty, equal, repeated, long": (
        written("t.tsv", rows("en", "ko", pairs=CROWD)),
        {
            "rows": 11,
            "usable": 7,
            "noted": {"equal": {"count": 1, "first": [11]}},
            "set_aside": {
                "empty": {"count": 2, "first": [8, 9]},
                "long": {"count": 1, "first": [12]},
                "repeated": {"count": 1, "first": [10]},
            },
        },
        [*PAIRS, ("같아", "같아")],
    ),
    "words that mean nothing to programs": (
        written(
            "t.csv", "en,ko\nNone,없음\nNA,해당 없음\nnull,널\nnan,난\n02,영이\n2024-01-02,날짜\nTrue,참\n"
        ),
        {},
        [
            ("None", "없음"),
            ("NA", "해당 없음"),
            ("null", "널"),
            ("nan", "난"),
            ("02", "영이"),
            ("2024-01-02", "날짜"),
            ("True", "참"),
        ],
    ),
    "signs as in HTML, left": (
        written("t.tsv", rows("en", "ko", pairs=HTML)),
        {"noted": {"entities": {"count": 6, "first": [2, 3, 4, 5, 6]}}},
        HTML,
    ),
    "special spaces": (
        written("t.tsv", "en\tko\nWell\u00a0!\t음\u3000그래\nA  b\t가\n"),
        {"noted": {"spaces": {"count": 2, "first": [2, 3]}}},
        [("Well !", "음 그래"), ("A b", "가")],
    ),
    "CP949": (
        written("t.csv", rows("영어", "한국어", separator=","), "cp949"),
        {"encoding": "cp949", "encoding_is_sure": True},
        PAIRS,
    ),
    "EUC-KR": (written("t.tsv", rows("en", "ko"), "euc_kr"), {"encoding": "cp949"}, PAIRS),
    "CP949, one Korean line": (
        written("t.tsv", rows("en", "fr", pairs=[("Yes", "Oui")] * 50 + [("Hi", "안녕")]), "cp949"),
        {"encoding": "cp949", "encoding_is_sure": False},
        [("Yes", "Oui"), ("Hi", "안녕")],
    ),
    "UTF-16 with a mark": (written("t.tsv", rows("en", "ko"), "utf-16"), {"encoding": "utf-16"}, PAIRS),
    "UTF-16 without": (written("t.tsv", rows("en", "ko"), "utf-16-be"), {"encoding": "utf-16-be"}, PAIRS),
    "GBK": (
        written("t.tsv", rows("en", "zh", pairs=list(zip(EN, ZH, strict=True))), "gbk"),
        {"encoding": "gb18030", "encoding_is_sure": True},
        list(zip(EN, ZH, strict=True)),
    ),
    "Shift-JIS": (
        written("t.tsv", rows("en", "ja", pairs=list(zip(EN, JA, strict=True))), "cp932"),
        {"encoding": "cp932", "encoding_is_sure": True},
        list(zip(EN, JA, strict=True)),
    ),
    "a mark before UTF-8": (
        written("t.csv", rows("en", "ko", separator=","), "utf-8-sig"),
        {"encoding": "utf-8-sig", "columns": ["en", "ko"]},
        PAIRS,
    ),
    "line ends of Windows": (written("t.tsv", rows("en", "ko").replace("\n", "\r\n")), {}, PAIRS),
    "line ends of old Macs": (written("t.tsv", rows("en", "ko").replace("\n", "\r")), {}, PAIRS),
    "AI Hub": (
        written(
            "hub.csv",
            rows("대분류", "소분류", "상황", "Set Nr.", "발화자", "원문", "번역문", separator=",", pairs=HUB),
        ),
        {"source": "원문", "target": "번역문"},
        [(b, a) for a, b in PAIRS],
    ),
    "a sheet, numbered": (
        lambda folder: sheet(folder / "t.xlsx", [("SID", "원문", "번역문"), *NUMBERED]),
        {"kind": "sheet", "source": "원문"},
        [(b, a) for a, b in PAIRS],
    ),
    "a title above": (
        lambda folder: sheet(folder / "t.xlsx", [("한영 말뭉치",), (), ("SID", "원문", "번역문"), *NUMBERED]),
        {"rows_above": [1], "header": True},
        [(b, a) for a, b in PAIRS],
    ),
    "titles above, text": (
        written(
            "t.csv",
            "말뭉치 2024\n만든 날: 1월\n\n"
            + rows(
                "번호",
                "영어",
                "한국어",
                separator=",",
                pairs=[(str(i), *pair) for i, pair in enumerate(PAIRS)],
            ),
        ),
        {"rows_above": [1, 2], "source": "영어", "target": "한국어"},
        PAIRS,
    ),
    "the second sheet": (
        lambda folder: sheet(folder / "t.xlsx", [("읽어 보세요",)], 자료=[("en", "ko"), *PAIRS]),
        {"sheet": "자료"},
        PAIRS,
    ),
    "an open document": (
        lambda folder: ods(folder / "t.ods", {"표지": [["말뭉치"]], "자료": [("en", "ko"), *PAIRS]}),
        {"sheet": "자료", "kind": "sheet"},
        PAIRS,
    ),
    "lines of JSON": (
        written("t.jsonl", json_lines([{"id": i, "ko": b, "en": a} for i, (a, b) in enumerate(PAIRS)])),
        {"kind": "lines of JSON", "source": "ko", "target": "en"},
        [(b, a) for a, b in PAIRS],
    ),
    "lines of JSON, translation records": (
        written("t.jsonl", json_lines([{"translation": {"en": a, "ko": b}} for a, b in PAIRS])),
        {"columns": ["en", "ko"]},
        PAIRS,
    ),
    "lines of JSON, one broken, one null": (
        written(
            "t.jsonl",
            json_lines([{"en": a, "ko": b} for a, b in PAIRS]) + '{"en": \n\n{"en":"x","ko":null}\n',
        ),
        {"set_aside": {"broken": {"count": 1, "first": [7]}, "empty": {"count": 1, "first": [9]}}},
        PAIRS,
    ),
    "JSON, a list": (
        written("t.json", json.dumps([{"원문": b, "번역문": a} for a, b in PAIRS])),
        {"kind": "JSON", "source": "원문"},
        [(b, a) for a, b in PAIRS],
    ),
    "JSON, a list deep inside": (
        written(
            "t.json",
            json.dumps({"info": {"n": [1, 2]}, "data": [{"en": a, "ko": b} for a, b in PAIRS]}, indent=1),
        ),
        {"kind": "JSON"},
        PAIRS,
    ),
    "JSON in UTF-16": (
        written("t.json", json.dumps([{"en": a, "ko": b} for a, b in PAIRS], ensure_ascii=False), "utf-16"),
        {"encoding": "utf-16"},
        PAIRS,
    ),
    "JSON in CP949": (
        written("t.json", json.dumps([{"en": a, "ko": b} for a, b in PAIRS], ensure_ascii=False), "cp949"),
        {"encoding": "cp949"},
        PAIRS,
    ),
    "JSON with a mark": (
        written(
            "t.json", json.dumps([{"en": a, "ko": b} for a, b in PAIRS], ensure_ascii=False), "utf-8-sig"
        ),
        {},
        PAIRS,
    ),
    "JSON, rows": (written("t.json", json.dumps([["en", "ko"], *PAIRS])), {"header": True}, PAIRS),
    "JSON, one object after another": (
        written("t.json", "\n".join(json.dumps({"en": a, "ko": b}, indent=2) for a, b in PAIRS)),
        {},
        PAIRS,
    ),
    "half a character in JSON": (
        written(
            "t.jsonl", json_lines([{"en": a, "ko": b} for a, b in PAIRS]) + '{"en": "a\\ud83d", "ko": "가"}\n'
        ),
        {"noted": {"replaced": {"count": 1, "first": [7]}}},
        [*PAIRS, ("a\ufffd", "가")],
    ),
    "a translation memory": (
        written("t.tmx", tmx([[("en-US", a), ("KO-KR", b)] for a, b in PAIRS])),
        {"kind": "TMX", "columns": ["en", "ko"]},
        PAIRS,
    ),
    "a translation memory, EUC-KR, old attribute": (
        written("t.tmx", "\n" + tmx([[("en", a), ("ko", b)] for a, b in PAIRS], "EUC-KR", "lang"), "euc-kr"),
        {"columns": ["en", "ko"]},
        PAIRS,
    ),
    "a translation memory with codes": (
        written(
            "t.tmx",
            tmx(
                [
                    [
                        ("en", f'<bpt i="1">&lt;b&gt;</bpt>{a}<ept i="1">&lt;/b&gt;</ept> <hi>so</hi>'),
                        ("ko", b),
                    ]
                    for a, b in PAIRS
                ]
            ),
        ),
        {},
        [(f"{a} so", b) for a, b in PAIRS],
    ),
    "a translation memory with two Chinese": (
        written(
            "t.tmx",
            tmx([[("en", a), ("zh-CN", b), ("zh-TW", f"{b}{b}")] for a, b in zip(EN, ZH, strict=True)]),
        ),
        {"columns": ["en", "zh-cn", "zh-tw"]},
        list(zip(EN, ZH, strict=True)),
    ),
    "two aligned texts": (
        several(written("corpus.en", "\n".join(EN) + "\n"), written("corpus.ko", "\n".join(KO) + "\n")),
        {"kind": "aligned", "columns": ["en", "ko"]},
        PAIRS,
    ),
    "two aligned texts, one in CP949": (
        several(written("train.en.txt", "\n".join(EN)), written("train.ko.txt", "\n".join(KO), "cp949")),
        {"columns": ["en", "ko"]},
        PAIRS,
    ),
    "an aligned line that is empty": (
        several(written("c.en", "\n".join([*EN, "", "x"])), written("c.ko", "\n".join([*KO, "빈", "엑스"]))),
        {"set_aside": {"empty": {"count": 1, "first": [7]}}},
        [*PAIRS, ("x", "엑스")],
    ),
    "aligned texts in a zip": (
        zipped(
            "OPUS.zip",
            about=written("README", "About …"),
            a=written("c.en", "\n".join(EN)),
            b=written("c.ko", "\n".join(KO)),
        ),
        {"kind": "aligned"},
        PAIRS,
    ),
    "a sheet in a zip": (
        zipped("t.zip", a=lambda folder: sheet(folder / "t.xlsx", [("en", "ko"), *PAIRS])),
        {"kind": "sheet"},
        PAIRS,
    ),
    "a packed text": (gzipped("t.tsv.gz", rows(pairs=TATOEBA)), {"file": "t.tsv", "header": False}, PAIRS),
}


def at(make: Make, folder: Path, **told: Any) -> Look:
    made = make(folder)
    return look(made if isinstance(made, list) else [made], told)


@pytest.mark.parametrize("name", FILES)
def test_it_is_read_as_it_was_written_or_counted_and_named(name: str, tmp_path: Path) -> None:
    make, expected, pairs = FILES[name]
    found = at(make, tmp_path)
    report = json.loads(json.dumps(found.report()))
    [table] = report["tables"]
    assert {key: table[key] for key in expected} == expected
    got = [pair for part in found.parts for pair in part.pairs]
    assert (len(got) if isinstance(pairs, int) else got) == pairs
    assert report["usable"] == table["usable"] == len(got)
    assert table["rows"] == len(got) + sum(tally["count"] for tally in table["set_aside"].values())
    assert table["examples"] == [list(pair) for pair in got[:3]]
    assert len(FILES) > 40


@pytest.mark.parametrize(
    ("make", "told", "reason"),
    [
        (
            several(written("c.en", "a\nb\n"), written("c.ko", "가\n")),
            {},
            "c.en has 2 lines and c.ko 1; files that belong together have as many.",
        ),
        (written("t.json", json.dumps(PAIRS)[:-9]), {}, "t.json is damaged: it is no whole JSON."),
        (
            written("t.jsonl", "1\n2\n"),
            {},
            "t.jsonl has no records: a list of objects is needed, or one object a line.",
        ),
        (written("t.tsv", rows("en", "ko")), {"source": "fr"}, "t.tsv has no column fr; it has en, ko."),
        (
            written("t.tsv", rows("en", "ko")),
            {"encoding": "klingon"},
            "There is no encoding klingon; try utf-8, utf-16",
        ),
        (written("t.tsv", rows("en", "ko")), {"encoding": "ascii"}, "t.tsv is not in the encoding ascii."),
        (
            written("t.tsv", rows("en", "ko")),
            {"encoding": "base64"},
            "There is no encoding base64; try utf-8, utf-16",
        ),
        (
            written("t.tsv", rows("en", "ko")),
            {"delimiter": "ab"},
            "What stands between columns is one character, such",
        ),
        (written("t.tsv", rows("en", "ko")), {"header": "maybe"}, "header must be true or false."),
        (written("t.tsv", rows("en", "ko")), {"entities": 3}, "entities must be true or false."),
        (zipped("t.zip"), {}, "t.zip is empty."),
    ],
)
def test_what_cannot_be_meant_is_refused(
    make: Make, told: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(Refusal) as refused:
        at(make, tmp_path, **told)
    assert str(refused.value).startswith(reason)


# What is found out can be said


def test_what_is_said_is_done(tmp_path: Path) -> None:
    make = written("t.tsv", rows("en", "ko"))
    assert len(at(make, tmp_path, header=False)) == 7
    assert at(make, tmp_path, source="ko").report()["tables"][0]["target"] == "en"
    assert at(make, tmp_path, target="en").report()["tables"][0]["source"] == "ko"
    assert at(make, tmp_path, source="en", target="en").examples() == [(a, a) for a in EN[:3]]
    assert at(written("h.tsv", rows("en", "ko", pairs=HTML)), tmp_path, entities=True).examples()[0] == (
        "Come in. & 'so'",
        "들어와.",
    )
    doubtful = written("one.tsv", "Hi\t안녕\n", "cp949")
    assert at(doubtful, tmp_path).report()["tables"][0]["encoding_could_be"]
    assert at(doubtful, tmp_path, encoding="cp949").report()["tables"][0]["encoding_is_sure"]
    commas = written("c.txt", "a, b;c\n" * 3)
    assert at(commas, tmp_path, delimiter="comma").examples()[0] == ("a", "b;c")
    assert at(commas, tmp_path, delimiter=";").examples()[0] == ("a, b", "c")


def test_several_files_are_several_tables(tmp_path: Path) -> None:
    make = several(
        written("one.tsv", rows("en", "ko")),
        written("two.csv", rows("한국어", "영어", separator=",", pairs=[(b, f"{a} Yes.") for a, b in PAIRS])),
    )
    found = at(make, tmp_path)
    assert [part.choice.source for part in found.parts] == ["en", "한국어"]
    assert len(found) == 12
    assert found.aside()["repeated"] == 0


def test_who_listens_is_told_how_far_it_is_and_can_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.data.pairs.OFTEN", 10)
    make = several(*(written(f"{i}.tsv", rows("en", "ko", pairs=PAIRS * 6)) for i in range(2)))
    paths = make(tmp_path)
    assert isinstance(paths, list)
    heard: list[int] = []
    found = look(paths, {}, heard.append)
    assert heard == [10, 20, 30, 46, 56, 66]
    assert look(paths, {}) is found  # once is enough
    put(tmp_path / "0.tsv", rows("en", "ko", pairs=PAIRS * 5))

    def end(count: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        look(paths, {}, end)
    assert look(paths, {}).parts[0].counts.rows == 30


# From the command line


def run(*told: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "model.tables", *told],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_the_command_prints_the_look_as_json(tmp_path: Path) -> None:
    path = put(tmp_path / "t.tsv", rows(pairs=TATOEBA) + "x\ty\n")
    found = run(str(path))
    assert found.returncode == 0
    assert json.loads(found.stdout) == json.loads(json.dumps(look([path], {}).report()))
    told = run(str(path), "--header", "--source", "들어와.", "--delimiter", "tab")
    assert json.loads(told.stdout)["tables"][0]["source"] == "들어와."


def test_the_command_refuses_in_one_sentence(tmp_path: Path) -> None:
    found = run(str(tmp_path / "none.tsv"))
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == "none.tsv cannot be read: No such file or directory.\n"
