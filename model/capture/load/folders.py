"""From a name to the folder that holds the checkpoint: on this machine, or fetched from the Hub."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from huggingface_hub import snapshot_download
from huggingface_hub.errors import DryRunError, HFValidationError, RepositoryNotFoundError

from model.errors import Refusal
from model.text import word_counts

FILES = ["*.json", "*.safetensors", "*.model", "*.spm", "*.txt", word_counts.FILE]  # what is fetched
NOT_FETCHED = ["*/*", "consolidated*.safetensors"]  # the same weights again, as their makers' tools want them
HUB_NAME = re.compile(r"(?=.{1,96}$)\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)
MOST_FETCHED = 5_000_000_000  # bytes of one model, which any link can name
STEP = re.compile(r"checkpoint-(\d+)")
IN_A_CACHE = "models--"
MOST_NAMED = 3  # folders in one sentence
LONGEST_NAME = 40  # characters of each
MOST_FOLDERS = 2000  # that are looked into


class Found(NamedTuple):
    """A folder that holds a checkpoint or an adapter, and what it is called."""

    folder: Path
    label: str


def find(name: str) -> Found:
    """Where the checkpoint of this name lies; it is fetched from the Hub if there is no such folder.

    name: the folder itself, one above it (a Trainer's output, the Hub's cache, a sentence-transformers
    model), or a name on the Hub. Raises ValueError where there is none, or several to choose from.
    """
    if os.path.isdir(os.path.expanduser(name)):
        return inside(Path(name).expanduser().resolve(), name)
    if os.path.isfile(name):
        refuse_file(Path(name), name)
    if not HUB_NAME.fullmatch(name) or os.path.isdir(name.partition("/")[0]):
        raise Refusal("There is no folder {name}.", name=name or '""')
    try:
        return Found(inside(fetch(name), name).folder, name)
    except Refusal:
        raise
    except (HFValidationError, RepositoryNotFoundError) as error:
        raise Refusal(
            "There is no folder {name}, and no public model of this name on the Hugging Face Hub.", name=name
        ) from error
    except Exception as error:
        raise Refusal(
            "There is no folder {name}, and the Hugging Face Hub cannot be reached to look for it.", name=name
        ) from error


def fetch(name: str) -> Path:
    """The folder of a model of the Hub, which is asked how large it is before anything is downloaded."""
    try:
        files = snapshot_download(name, allow_patterns=FILES, ignore_patterns=NOT_FETCHED, dry_run=True)
    except DryRunError:  # the Hub cannot be asked: what was downloaded before still serves
        files = []
    size = sum(file.file_size or 0 for file in files if file.will_download)
    if size > MOST_FETCHED:
        raise Refusal(
            "{name} is a download of {size} GB, and at most {most} GB are fetched from here. Download it "
            "into a folder, and name the folder.",
            name=name,
            size=f"{size / 1e9:.1f}",
            most=f"{MOST_FETCHED / 1e9:.0f}",
        )
    return Path(snapshot_download(name, allow_patterns=FILES, ignore_patterns=NOT_FETCHED))


def refuse_file(path: Path, name: str) -> None:
    """Says what to name instead of a file."""
    if path.suffix == ".gguf":
        raise gguf(name)
    raise Refusal("{name} is a file; name the folder that holds it.", name=name)


def inside(folder: Path, name: str) -> Found:
    """The checkpoint that a folder is, or the one that lies in it.

    Raises ValueError where there is none, or several to choose from.
    """
    label = folder.name or str(folder)
    if is_checkpoint(folder):
        return Found(folder, label)
    part = sentence_part(folder)
    if part is not None:
        return Found(part, label)
    snapshot = in_cache(folder, name)
    if snapshot is not None:
        return snapshot
    folders = below(folder)
    steps = sorted((one for one in folders if STEP.fullmatch(one.name)), key=step_of, reverse=True)
    whole = [one for one in steps if is_checkpoint(one) and has_weights(one)]
    if whole:
        return Found(whole[0], f"{label}/{whole[0].name}")
    if steps:
        raise Refusal("{name} holds {step}, which was not saved to its end.", name=name, step=steps[0].name)
    caches = [one for one in folders if one.name.startswith(IN_A_CACHE)]
    if not caches and (folder / "hub").is_dir():  # ~/.cache/huggingface
        caches = [one for one in below(folder / "hub") if one.name.startswith(IN_A_CACHE)]
    if len(caches) == 1:
        return inside(caches[0], name)
    if caches:
        raise choose(name, [name_in_cache(one) for one in caches])
    return the_only(folder, folders, name)


def the_only(folder: Path, folders: Sequence[Path], name: str) -> Found:
    """The one checkpoint among the folders in a folder. Raises ValueError where there is none or another."""
    checkpoints = [one for one in folders if tells_of_a_model(one) or sentence_part(one) is not None]
    if len(checkpoints) == 1:
        return inside(checkpoints[0], name)
    if checkpoints:
        raise choose(name, [one.name for one in checkpoints])
    if any(folder.glob("*.gguf")):
        raise gguf(name)
    if any(folder.glob("consolidated*")) or any(folder.glob("original/consolidated*")):
        raise Refusal(
            "{name} holds weights for their makers' own tools (consolidated); get those for transformers, "
            "which have a config.json.",
            name=name,
        )
    raise Refusal("{name} has no config.json, so it is no checkpoint.", name=name)


def gguf(name: str) -> Refusal:
    """transformers could read some, through the package gguf, and would make full weights of them."""
    return Refusal(
        "{name} holds GGUF, which llama.cpp reads and this app does not; get the same model as safetensors "
        "with a config.json.",
        name=name,
    )


def choose(name: str, choices: Iterable[str]) -> Refusal:
    """Says what to name instead, the first few by name."""
    names = sorted(choices)
    shown = ", ".join(short(one) for one in names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    if more > 0:
        return Refusal(
            "{name} holds several models, name one: {shown} or {more} more.",
            name=name,
            shown=shown,
            more=more,
        )
    return Refusal("{name} holds several models, name one: {shown}.", name=name, shown=shown)


def short(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"


def is_checkpoint(folder: Path) -> bool:
    """Whether a folder holds a model or an adapter; a config.json of sentence-transformers is no model's."""
    if (folder / "adapter_config.json").is_file():
        return True
    if not (folder / "config.json").is_file():
        return False
    return "model_type" in object_in(folder / "config.json") or not (folder / "modules.json").is_file()


def tells_of_a_model(folder: Path) -> bool:
    """The same of a folder that nobody named: others have a config.json too (pooling, schedulers)."""
    if (folder / "adapter_config.json").is_file():
        return True
    return "model_type" in object_in(folder / "config.json")


def has_weights(folder: Path) -> bool:
    """Whether a folder was saved to its end, as far as the names of its files tell."""
    if (folder / "config.json").is_file() and any(folder.glob("*.safetensors.index.json")):
        return all(
            (folder / str(file)).is_file()
            for index in folder.glob("*.safetensors.index.json")
            for file in dict(object_in(index).get("weight_map") or {}).values()
        )
    return any(path.stat().st_size > 0 for kind in ("*.safetensors", "*.bin") for path in folder.glob(kind))


def sentence_part(folder: Path) -> Path | None:
    """Where a sentence-transformers model keeps its Transformer: in the folder itself or in one below."""
    try:
        modules = json.loads((folder / "modules.json").read_bytes())
        parts = [str(one["path"]) for one in modules if str(one["type"]).endswith("Transformer")]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    for part in parts:
        path = (folder / part).resolve()
        if path.is_relative_to(folder.resolve()) and (path / "config.json").is_file():
            return path
    return None


def in_cache(folder: Path, name: str) -> Found | None:
    """The snapshot of a model in the Hub's cache: the one that "main" names, or else the only one."""
    if not (folder / "snapshots").is_dir():
        return None
    label = name_in_cache(folder)
    snapshots = [one for one in below(folder / "snapshots") if tells_of_a_model(one) or sentence_part(one)]
    named = ""
    with suppress(OSError, UnicodeDecodeError):
        named = (folder / "refs" / "main").read_text().strip()
    chosen = [one for one in snapshots if one.name == named] or snapshots
    if not chosen:
        raise Refusal("{name} holds no whole model; download {label} again.", name=name, label=label)
    if len(chosen) > 1:
        raise choose(name, [f"snapshots/{one.name}" for one in chosen])
    return Found(inside(chosen[0], name).folder, label)


def name_in_cache(folder: Path) -> str:
    """ "models--org--name" is org/name."""
    return folder.name.removeprefix(IN_A_CACHE).replace("--", "/", 1)


def step_of(folder: Path) -> int:
    found = STEP.fullmatch(folder.name)
    return int(found[1]) if found else -1


def below(folder: Path) -> list[Path]:
    """The folders in a folder, as many as are looked into."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir())[:MOST_FOLDERS]
    except OSError:
        return []
    return [folder / name for name in names]


def object_in(path: Path) -> dict[str, Any]:
    """The JSON object that a file holds; an empty one where it holds none that can be read."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
