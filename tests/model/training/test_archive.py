"""Checkpoints as one file: what is packed, and what comes back."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from transformers import AutoModel

from model import load, trace
from model.decode.decoding import write
from model.errors import Refusal
from model.training import archive
from model.training.archive import pack, unpack
from tests.model.archives import GOOD, SHIPPED, Member, files, zipped

TIRED = "The animal didn't cross the street because it was too tired."


def test_a_checkpoint_comes_back_as_it_was(runs: Path) -> None:
    folder = unpack(io.BytesIO(pack(SHIPPED)), runs)
    assert folder == runs / "pronouns"
    assert files(folder) == files(SHIPPED)
    ours, theirs = load(folder), load(SHIPPED)
    assert write(ours, TIRED).text == write(theirs, TIRED).text
    assert (trace(ours, TIRED)["encoder"].weights == trace(theirs, TIRED)["encoder"].weights).all()
    loaded = AutoModel.from_pretrained(folder)
    for key, weight in AutoModel.from_pretrained(SHIPPED).state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[key], weight, rtol=0, atol=0)


def test_its_folder_loads_with_transformers_alone(runs: Path) -> None:
    """In a process that has imported nothing of this project but the room that makes its models known."""
    folder = unpack(io.BytesIO(pack(SHIPPED)), runs)
    program = (
        "import sys, model.networks.pretrained\n"
        "from transformers import AutoModel\n"
        "print(sum(p.numel() for p in AutoModel.from_pretrained(sys.argv[1]).parameters()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == sum(p.numel() for p in AutoModel.from_pretrained(SHIPPED).parameters())


def test_only_what_a_checkpoint_is_made_of_is_packed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "resume" / "checkpoint-10").mkdir(parents=True)
    kept = ["config.json", "model.safetensors", "film.safetensors", "vocab.txt", "merges.txt", "spiece.model"]
    kept += ["README.md", "words.tsv", "metrics.jsonl", "tokenizer.json", "source.spm"]
    left = ["log", "log.log", "pytorch_model.bin", "optimizer.pt", ".config.json.12", "notes.md", "data.tsv"]
    left += ["resume/run.json", "resume/checkpoint-10/model.safetensors", "run.py", ".env.json"]
    for name in (*kept, *left):
        (folder / name).write_text(name)
    (folder / "folder.json").mkdir()
    assert [path.name for path in archive.contents(folder)] == sorted(kept)
    with zipfile.ZipFile(io.BytesIO(pack(folder))) as packed:
        assert packed.namelist() == [f"run/{name}" for name in sorted(kept)]


def test_the_same_files_make_the_same_bytes(tmp_path: Path) -> None:
    first, again = tmp_path / "one" / "run", tmp_path / "two" / "run"
    for folder, order in ((first, 1), (again, -1)):
        folder.mkdir(parents=True)
        for name, content in GOOD[::order]:
            (folder / str(name)).write_bytes(content)
    os.utime(again / "config.json", (0, 1_000_000_000))
    (again / "config.json").chmod(0o600)
    assert pack(first) == pack(again)


@pytest.mark.parametrize(
    "names", [[], ["config.json"], ["model.safetensors"], ["config.json", "film.safetensors"]]
)
def test_what_is_no_checkpoint_is_not_packed(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(Refusal, match="is no folder of a checkpoint"):
        pack(tmp_path)


def test_a_folder_that_is_not_there_is_not_packed(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="The files of nothing cannot be read"):
        pack(tmp_path / "nothing")


def test_what_could_not_be_opened_again_is_not_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in GOOD:
        (tmp_path / str(name)).write_bytes(content)
    monkeypatch.setattr(archive, "LARGEST", 5)
    with pytest.raises(Refusal, match="larger than"):
        pack(tmp_path)


@pytest.mark.parametrize("top", ["", "mine/"])
@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_folder_packed_by_hand(runs: Path, top: str, how: int) -> None:
    members: list[Member] = [(f"{top}{name}", content) for name, content in GOOD]
    extra: list[Member] = [("mine/", b"")] if top else []
    extra += [("__MACOSX/mine/._config.json", b"what the Finder adds"), (f"{top}.DS_Store", b"and this")]
    folder = unpack(io.BytesIO(zipped(*extra, *members, how=how)), runs, "received")
    assert folder == runs / ("mine" if top else "received")
    assert files(folder) == {str(name): content for name, content in GOOD}
    assert [path.name for path in runs.iterdir()] == [folder.name]


def test_a_file_on_disk_gives_its_name(tmp_path: Path, runs: Path) -> None:
    path = tmp_path / "my model.zip"
    path.write_bytes(zipped(*GOOD))
    assert unpack(path, runs).name == "my-model"
    with pytest.raises(Refusal, match=r"nothing\.zip cannot be read"):
        unpack(tmp_path / "nothing.zip", runs)


def test_names_stay_apart(runs: Path) -> None:
    (runs / "received").mkdir()
    (runs / "received" / "kept").write_text("as it was")
    (runs / "received-2").symlink_to("nowhere")
    names = [unpack(io.BytesIO(zipped(*GOOD)), runs, "received").name for _ in range(2)]
    assert names == ["received-3", "received-4"]
    assert (runs / "received" / "kept").read_text() == "as it was"


def test_somebody_is_faster(runs: Path) -> None:
    """The name is taken between the look and the move."""

    def take(folder: Path) -> None:
        (runs / folder.name).mkdir()
        (runs / folder.name / "theirs").touch()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive.os.path, "lexists", lambda path: False)
        assert unpack(io.BytesIO(zipped(*GOOD)), runs, "received", take).name == "received-2"
    assert files(runs / "received") == {"theirs": b""}
