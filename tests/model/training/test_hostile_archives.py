"""Files that are no checkpoint, or worse: each is refused in one plain sentence, and nothing is left."""

from __future__ import annotations

import errno
import io
import json
import os
import pickle
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model import load
from model.errors import Refusal
from model.training import archive
from model.training.archive import safe_name, unpack
from tests.model.archives import GOOD, SHIPPED, Member, files, zipped


def refused(data: bytes, runs: Path, *words: str) -> str:
    """It is refused with one plain sentence that holds these words, and nothing is left behind."""
    before = sorted(runs.rglob("*"))
    with pytest.raises(Refusal, match=r"^[^\n]{10,300}\.$") as caught:
        unpack(io.BytesIO(data), runs, "received")
    for word in words:
        assert word in str(caught.value)
    assert sorted(runs.rglob("*")) == before
    return caught.value.template


def tried(data: bytes, runs: Path, name: str) -> tuple[Path | None, str]:
    """The folder that comes of it, or None and why."""
    try:
        return unpack(io.BytesIO(data), runs, name), ""
    except Refusal as refusal:
        return None, str(refusal)


ELSEWHERE = [
    "../config.json",
    "a/../../b.json",
    "/etc/b.json",
    "C:/b.json",
    "c:b.json",
    "..\\b.json",
    "\\b.json",
]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_paths_that_lead_out(runs: Path, name: str) -> None:
    refused(zipped(*GOOD, (name, b"{}")), runs, "leads out of the archive")


@pytest.mark.parametrize("name", ["../", "/", "/etc/", ".."])
def test_folders_that_lead_out(runs: Path, name: str) -> None:
    refused(zipped(*GOOD, (name, b"")), runs, "leads out of the archive")


@pytest.mark.parametrize("name", ["a\\b.json", "./b.json", "a//b.json"])
def test_strange_paths(runs: Path, name: str) -> None:
    refused(zipped(*GOOD, (name, b"{}")), runs, "is not a plain name of a file")


def test_a_name_with_an_end_inside(runs: Path) -> None:
    """zipfile would cut it off after "evil.json"."""
    data = zipped(*GOOD, ("evil.json_.py", b"{}")).replace(b"evil.json_", b"evil.json\0")
    refused(data, runs, "evil.json?.py is not a plain name")


@pytest.mark.parametrize("name", ["a/b/config.json", "other/extra.json", "resume/run.json"])
def test_folders_within(runs: Path, name: str) -> None:
    refused(zipped(*GOOD, (name, b"{}")), runs, "lies in a folder within")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "training_args.bin", "m.PT", "optimizer.pth", "x.pkl"])
def test_pickles(runs: Path, name: str) -> None:
    refused(zipped(*GOOD, (name, pickle.dumps({}))), runs, name, "can hold a pickle")


OTHERS = [
    "modeling.py",
    "run.sh",
    "a.exe",
    "page.html",
    ".env",
    "-rf.json",
    "con.json",
    "lib.so",
    "a.zip",
    "모델.json",
]


@pytest.mark.parametrize("name", [*OTHERS, "config", "README.txt.lnk", " config.json", "a.json "])
def test_other_kinds_of_files(runs: Path, name: str) -> None:
    refused(zipped(*GOOD, (name, b"{}")), runs, "is no file of a checkpoint")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices(runs: Path, kind: int) -> None:
    member = zipfile.ZipInfo("tokenizer.json")
    member.create_system, member.external_attr = 3, (kind | 0o777) << 16
    refused(zipped(*GOOD, (member, b"/etc/passwd")), runs, "tokenizer.json is a link or a device")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["config.json", "Config.json", "MODEL.safetensors"])
def test_names_that_are_there_twice(runs: Path, name: str) -> None:
    refused(zipped(*GOOD, (name, b"{}")), runs, name, "would be the same file")


def test_without_a_config_or_weights(runs: Path) -> None:
    refused(zipped(), runs, "no config.json")
    refused(zipped(*GOOD[1:]), runs, "no config.json")
    refused(zipped(GOOD[0]), runs, "no weights")
    refused(zipped(GOOD[0], ("film.safetensors", b"")), runs, "no weights")


def test_locked_with_a_password(runs: Path) -> None:
    data = bytearray(zipped(*GOOD))
    data[data.index(b"PK\x01\x02") + 8] |= 1  # what the list says of its first member
    refused(bytes(data), runs, "config.json is locked with a password")


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packed_in_another_way(runs: Path, how: int) -> None:
    refused(zipped(*GOOD, how=how), runs, "is packed in a way that is not read here")


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", b"\x80\x04]\x94.", b"PK\x05\x06" + b"\xff" * 18])
def test_no_zip_at_all(runs: Path, data: bytes) -> None:
    refused(data, runs, "is no zip file, or it is damaged or was cut short")


def test_cut_short_anywhere(runs: Path) -> None:
    data = zipped(*GOOD)
    for length in range(len(data)):
        refused(data[:length], runs, "cut short")


def test_damaged_weights(runs: Path) -> None:
    data = zipped(*GOOD, how=zipfile.ZIP_STORED)
    refused(data.replace(b"weights", b"heights"), runs, "model.safetensors is damaged")


@given(st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_that_were_changed(runs: Path, data: st.DataObject) -> None:
    """Whatever is changed: the same files come out, or one sentence; never half a folder."""
    packed = bytearray(zipped(*GOOD))
    for place in data.draw(st.lists(st.integers(0, len(packed) - 1), min_size=1, max_size=4)):
        packed[place] = data.draw(st.integers(0, 255))
    before = sorted(runs.rglob("*"))
    folder, said = tried(bytes(packed), runs, "received")
    if folder is None:
        assert "\n" not in said
        assert sorted(runs.rglob("*")) == before
    else:
        assert folder.parent == runs
        assert set(files(folder).values()) <= {content for _name, content in GOOD}


NAMES = st.one_of(
    st.text(min_size=1, max_size=30),
    st.lists(
        st.sampled_from(
            ["..", ".", "/", "\\", "a", "config", ".json", ".bin", ".safetensors", "C:", "\n", "é"]
        ),
        min_size=1,
        max_size=6,
    ).map("".join),
)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@given(st.lists(st.tuples(NAMES, st.binary(max_size=200)), max_size=5), st.booleans(), st.text(max_size=20))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_members(
    tmp_path: Path, runs: Path, members: list[tuple[str, bytes]], good: bool, name: str
) -> None:
    """What is unpacked lies directly in one new folder of the runs and is of a kind that may be there."""
    try:
        data = zipped(*(GOOD if good else []), *members)
    except (UnicodeEncodeError, IndexError):  # half a character, or a name of nothing: no zip can hold it
        return
    before, outside = sorted(runs.rglob("*")), sorted(tmp_path.iterdir())
    folder, said = tried(data, runs, name)
    if folder is None:
        assert said.isprintable()
        assert sorted(runs.rglob("*")) == before
    else:
        assert folder.parent == runs
        assert folder not in before
        came = [path for path in sorted(runs.rglob("*")) if path not in before]
        assert {path.parent for path in came} == {runs, folder}
        for path in folder.iterdir():
            assert path.suffix in archive.KINDS or path.name in archive.NAMES
            assert path.is_file()
            assert not path.is_symlink()
    assert sorted(tmp_path.iterdir()) == outside


@given(st.text(max_size=200))
def test_names_of_folders(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe) <= archive.LONGEST
    assert len(f"{safe}-999".encode()) <= 255
    assert safe[0] not in ".-"
    assert not set(safe) & set('/\\:*?"<>| \t\n\0')
    assert safe_name(safe) == safe
    assert archive.RESERVED.fullmatch(safe) is None


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("pronouns", "pronouns"),
        ("20250101-120000-reverse", "20250101-120000-reverse"),
        ("내 모델", "내-모델"),
        ("../../etc", "etc"),
        (".slots", "slots"),
        ("NUL", "checkpoint"),
        ("", "checkpoint"),
        ("…", "checkpoint"),
    ],
)
def test_a_name_is_kept_where_it_can_be(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_too_many_files(runs: Path) -> None:
    many: list[Member] = [(f"{i}.json", b"{}") for i in range(archive.MOST_FILES)]
    refused(zipped(*GOOD, *many), runs, "more than 100 files")


def test_a_list_of_members_too_long_to_be_read(runs: Path) -> None:
    """It is refused before it is read: a list of a hundred megabytes would take many times that."""
    many: list[Member] = [(f"{i:05}{'x' * 100}.json", b"") for i in range(8000)]
    data = zipped(*many)
    assert struct.unpack("<L", data[-10:-6])[0] > archive.CHUNK
    refused(data, runs, "more than 100 files")


def test_a_file_that_is_too_large(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_TEXT", 1_000_000)
    refused(zipped(*GOOD, ("tokenizer.json", bytes(1_000_001))), runs, "tokenizer.json is larger than 1 MB")
    unpack(io.BytesIO(zipped(*GOOD, ("big.safetensors", bytes(1_000_001)))), runs, "weights may be larger")


def test_files_that_are_too_large_together(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST", 3_000_000)
    bomb: list[Member] = [(f"{i}.safetensors", bytes(1_000_000)) for i in range(3)]
    data = zipped(*GOOD, *bomb)
    assert len(data) < 20_000
    refused(data, runs, "larger than 3 MB together")


@pytest.mark.parametrize("claim", [0, 7, 1 << 10])
def test_a_size_that_is_not_what_was_claimed(runs: Path, claim: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header that claims little does not let much through."""
    monkeypatch.setattr(archive, "LARGEST_TEXT", 1 << 20)
    data = bytearray(zipped(*GOOD, ("tokenizer.json", bytes(1 << 24))))
    entry = data.index(b"tokenizer.json", data.index(b"PK\x01\x02")) - 46
    data[entry + 24 : entry + 28] = struct.pack("<L", claim)
    sizes: list[int] = []
    real = shutil.rmtree

    def watched(folder: Path, **named: Any) -> None:
        sizes.extend(path.stat().st_size for path in folder.rglob("tokenizer.json"))
        real(folder, **named)

    monkeypatch.setattr(archive.shutil, "rmtree", watched)
    refused(bytes(data), runs, "tokenizer.json is damaged")
    assert sizes
    assert max(sizes) <= 1 << 20


def test_more_than_is_allowed_is_never_written(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the claim is believed: what is unpacked is counted."""
    monkeypatch.setattr(archive, "check_sizes", lambda sizes: None)
    monkeypatch.setattr(archive, "LARGEST_TEXT", 1 << 20)
    refused(zipped(*GOOD, ("tokenizer.json", bytes(1 << 24))), runs, "tokenizer.json is larger than 1 MB")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "The disk is full"),
        (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), "The disk is full"),
        (
            PermissionError(errno.EACCES, "Permission denied"),
            "cannot be written to the runs: Permission denied",
        ),
    ],
)
def test_a_disk_that_does_not_take_it(
    runs: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    real = Path.open

    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            raise error

    def opened(path: Path, mode: str = "r", **named: Any) -> Any:
        return Full(path, "x") if mode == "xb" else real(path, mode, **named)

    monkeypatch.setattr(Path, "open", opened)
    refused(zipped(*GOOD), runs, words)


def test_runs_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refusal, match="cannot be written to the runs"):
        unpack(io.BytesIO(zipped(*GOOD)), tmp_path / "file" / "runs")


@pytest.mark.parametrize("error", [Refusal("The weights are damaged."), RuntimeError("unforeseen")])
def test_what_the_check_does_not_like_is_not_put_in_place(runs: Path, error: Exception) -> None:
    def check(folder: Path) -> None:
        assert files(folder)["config.json"] == b"{}"
        assert folder.name == "received"
        raise error

    with pytest.raises(type(error), match=str(error)):
        unpack(io.BytesIO(zipped(*GOOD)), runs, "received", check)
    assert not list(runs.iterdir())


def test_a_pickle_under_another_name_is_not_opened(runs: Path, tmp_path: Path) -> None:
    """Its name is that of weights; reading it as safetensors finds none, and what it would run is not run."""
    mark = tmp_path / "was run"

    class Evil:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
            return Path.touch, (mark,)

    members: list[Member] = [
        (path.name, path.read_bytes()) for path in SHIPPED.iterdir() if path.suffix != ".safetensors"
    ]
    with pytest.raises(Refusal, match="are damaged"):
        unpack(io.BytesIO(zipped(*members, ("model.safetensors", pickle.dumps(Evil())))), runs, "evil", load)
    assert not mark.exists()
    assert not list(runs.iterdir())


def test_each_reason_has_a_sentence_of_its_own(runs: Path) -> None:
    link = zipfile.ZipInfo("a.json")
    link.external_attr = stat.S_IFLNK << 16
    hostile = {
        "no zip": b"hello",
        "outside": zipped(("../a.json", b"")),
        "strange": zipped(("./a.json", b"")),
        "link": zipped((link, b"")),
        "pickle": zipped(("a.bin", b"")),
        "other": zipped(("a.py", b"")),
        "within": zipped(("a/b/c.json", b"")),
        "twice": zipped(("a.json", b""), ("A.json", b"")),
        "method": zipped(("a.json", b""), how=zipfile.ZIP_BZIP2),
        "config": zipped(("a.json", b"")),
        "weights": zipped(("config.json", b"")),
        "many": zipped(*[(f"{i}.json", b"") for i in range(101)]),
        "damaged": zipped(*GOOD, how=zipfile.ZIP_STORED).replace(b"weights", b"heights"),
    }
    templates = {reason: refused(data, runs) for reason, data in hostile.items()}
    assert len(set(templates.values())) == len(hostile), json.dumps(templates, indent=1)
