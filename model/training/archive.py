"""A checkpoint as one file: a folder packed into a zip, and a zip of unknown origin unpacked. Knows no torch.

Nothing in a received file is trusted: neither its names nor the sizes that it claims. What is unpacked is
weights in safetensors, JSON and plain text, never anything that can hold code; whether it is a checkpoint
that can be used is then for `model.load` to say, before the folder is put in place.
"""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO
from unicodedata import normalize

from model.errors import Refusal
from model.text import word_counts
from model.traces import film
from model.training.folder import METRICS

CONFIG = "config.json"
WEIGHTS = ".safetensors"
KINDS = (WEIGHTS, ".json", ".model", ".spm", ".txt")  # weights, settings, and what tokenizers are made of
NAMES = ("README.md", word_counts.FILE, METRICS)
PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz", ".h5", ".msgpack")

MOST_FILES = 100
LARGEST = 1_000_000_000  # bytes, all files together
LARGEST_TEXT = 64_000_000  # bytes of a file that is not weights
CHUNK = 1 << 20  # bytes that are read at once, at most
LONGEST = 60  # characters of a folder's name

PLAIN = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.ASCII | re.IGNORECASE)  # on Windows
DRIVE = re.compile(r"[A-Za-z]:")
TEMPORARY = ".unpacking-"


def pack(folder: Path) -> bytes:
    """A checkpoint's folder as one zip: the same bytes for the same files.

    Only files that a checkpoint is made of go in; what a run left to go on with, logs and all else stay out.
    Raises ValueError, in one plain sentence, for a folder that `contents` refuses.
    """
    paths = contents(folder)
    packed = io.BytesIO()
    try:
        with zipfile.ZipFile(packed, "w") as archive:
            for path in paths:
                member = zipfile.ZipInfo(f"{safe_name(folder.name)}/{path.name}")  # of 1980, whenever it is
                member.external_attr = (stat.S_IFREG | 0o644) << 16
                member.create_system = 3  # Unix, wherever it is packed
                member.compress_type = zipfile.ZIP_DEFLATED
                with path.open("rb") as source, archive.open(member, "w") as target:
                    shutil.copyfileobj(source, target, CHUNK)
    except OSError as error:
        raise Refusal("The files of {name} cannot be read.", name=folder.name) from error
    return packed.getvalue()


def contents(folder: Path) -> list[Path]:
    """The files of a folder that are packed, by name.

    Raises ValueError, in one plain sentence, where they are no checkpoint or too much for one file.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if is_known(path.name) and path.is_file())
        sizes = [path.stat().st_size for path in paths]
    except OSError as error:
        raise Refusal("The files of {name} cannot be read.", name=folder.name) from error
    names = [path.name for path in paths]
    if CONFIG not in names or not has_weights(names):
        raise Refusal("{name} is no folder of a checkpoint with config.json and weights.", name=folder.name)
    check_sizes(dict(zip(names, sizes, strict=True)))
    return paths


def unpack(
    file: str | Path | BinaryIO,
    runs: Path,
    name: str = "",
    check: Callable[[Path], object] | None = None,
) -> Path:
    """The folder of a checkpoint that was packed, in a free place among the runs.

    file: the zip. name: the folder's, where the zip itself does not say one. check: called with the finished
    folder before it is put in place; what it raises is passed on. A folder appears whole or not at all, and
    nothing is left behind after a refusal.
    Raises ValueError, in one plain sentence, for whatever does not belong into a checkpoint, is damaged or
    too large, and where it cannot be written.
    """
    if isinstance(file, str | Path):
        try:
            opened = Path(file).open("rb")  # noqa: SIM115 - closed below
        except OSError as error:
            raise Refusal("{file} cannot be read.", file=make_printable(str(file))) from error
        with opened:
            return unpack(opened, runs, name or Path(file).stem, check)
    with opening(file) as archive:
        members, top = check_members(archive)
        with writing():
            runs.mkdir(parents=True, exist_ok=True)
            beside = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=runs))
        try:
            folder = beside / safe_name(top or name)
            with writing():
                folder.mkdir()
            left = LARGEST
            for plain, member in members.items():
                left -= extract(archive, member, folder / plain, left)
            if check is not None:
                check(folder)
            with writing():
                return move_into_runs(folder, runs)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


class Bounded:
    """A file of which only so much is read at once.

    zipfile reads the whole list of members, as long as it claims to be, before anyone can count them.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.seek, self.tell = file.seek, file.tell

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= CHUNK:
            size = CHUNK + 1
        found = self.file.read(size)
        if len(found) > CHUNK:
            raise too_many()
        return found


def too_many() -> Refusal:
    return Refusal("The file holds more than {most} files, too many for a checkpoint.", most=MOST_FILES)


@contextmanager
def opening(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """A zip whose list of members could be read."""
    with whole(Refusal("This is no zip file, or it is damaged or was cut short.")):
        archive = zipfile.ZipFile(Bounded(file))
    with archive:
        yield archive


@contextmanager
def whole(refusal: Refusal) -> Iterator[None]:
    """Says this one plain sentence for whatever a broken file makes zipfile raise."""
    try:
        yield
    except Refusal:
        raise
    except Exception as error:
        raise refusal from error


@contextmanager
def writing() -> Iterator[None]:
    """Says in one plain sentence why the disk did not take something."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Refusal("The disk is full; nothing was unpacked.") from error
        what = error.strerror or str(error)
        raise Refusal("The checkpoint cannot be written to the runs: {what}.", what=what) from error


def check_members(archive: zipfile.ZipFile) -> tuple[dict[str, zipfile.ZipInfo], str]:
    """The members by the names of their files, and the folder that they lie in, if any.

    Raises ValueError unless each one may be unpacked and together they can be a checkpoint.
    """
    infos = archive.infolist()
    if len(infos) > MOST_FILES:
        raise too_many()
    members: dict[str, zipfile.ZipInfo] = {}
    tops: set[str] = set()
    taken: dict[str, str] = {}
    for info in infos:
        told = info.orig_filename
        check_place(told, info)
        top, _, plain = told.rpartition("/")
        if told.endswith("/") or is_of_the_finder(told):
            continue
        check_kind(told, plain, info)
        tops.add(top)
        if len(tops) > 1 or "/" in top:
            raise Refusal(
                "{file} lies in a folder within; a checkpoint is one folder.", file=make_printable(told)
            )
        if plain.lower() in taken:
            raise Refusal(
                "{file} and {other} would be the same file; each may be there once.",
                file=make_printable(told),
                other=make_printable(taken[plain.lower()]),
            )
        taken[plain.lower()] = told
        members[plain] = info
    if CONFIG not in members:
        raise Refusal("There is no config.json in the file, so it holds no checkpoint.")
    if not has_weights(members):
        raise Refusal("There are no weights in the file, such as model.safetensors.")
    check_sizes({plain: info.file_size for plain, info in members.items()})
    return members, "".join(tops)


def check_place(told: str, info: zipfile.ZipInfo) -> None:
    """Raises ValueError where a member's name leads elsewhere, or it is neither a file nor a folder."""
    parts = told.replace("\\", "/").split("/")
    if ".." in parts or not parts[0] or DRIVE.match(told):
        raise Refusal("{file} leads out of the archive.", file=make_printable(told))
    if "\0" in told or "\\" in told or "" in parts[:-1] or "." in parts:
        raise Refusal("{file} is not a plain name of a file.", file=make_printable(told))
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refusal("{file} is a link or a device and not a file.", file=make_printable(told))


def is_of_the_finder(told: str) -> bool:
    """Whether macOS added a member when it packed the folder; it is passed over."""
    return told.startswith("__MACOSX/") or told.rpartition("/")[2] == ".DS_Store"


def check_kind(told: str, plain: str, info: zipfile.ZipInfo) -> None:
    """Raises ValueError unless a file is of a kind that is unpacked, and packed so that it can be."""
    if plain.lower().endswith(PICKLES):
        raise Refusal(
            "{file} can hold a pickle, which can run code when it is opened; only weights saved as "
            "safetensors are taken.",
            file=make_printable(told),
        )
    if not is_known(plain):
        raise Refusal(
            "{file} is no file of a checkpoint: only safetensors, JSON, the files of a tokenizer and "
            "{names} are taken.",
            file=make_printable(told),
            names=", ".join(NAMES),
        )
    if info.flag_bits & 0x41:
        raise Refusal("{file} is locked with a password; pack it without one.", file=make_printable(told))
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refusal(
            "{file} is packed in a way that is not read here; use plain zip.", file=make_printable(told)
        )


def check_sizes(sizes: dict[str, int]) -> None:
    """Raises ValueError where files, name and bytes, are more than one checkpoint may be."""
    if len(sizes) > MOST_FILES:
        raise too_many()
    for name, size in sizes.items():
        if size > LARGEST_TEXT and not name.endswith(WEIGHTS):
            raise too_large(name)
    if sum(sizes.values()) > LARGEST:
        raise Refusal("Unpacked, the files are larger than {most} MB together.", most=LARGEST // 1_000_000)


def too_large(name: str) -> Refusal:
    return Refusal(
        "{file} is larger than {most} MB, too large for what it is.",
        file=make_printable(name),
        most=(LARGEST if name.endswith(WEIGHTS) else LARGEST_TEXT) // 1_000_000,
    )


def extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, left: int) -> int:
    """Unpack one member; its bytes. left: how many there may be at most.

    Raises ValueError where it is damaged, longer than is allowed, or cannot be written.
    """
    most = min(left, LARGEST if path.name.endswith(WEIGHTS) else LARGEST_TEXT)
    damaged = Refusal("{file} is damaged: it cannot be unpacked whole.", file=make_printable(path.name))
    size = 0
    with whole(damaged):
        source: IO[bytes] = archive.open(member)
    with source, writing(), path.open("xb") as target:
        while True:
            with whole(damaged):  # its checksum is compared at its end
                chunk = source.read(CHUNK)
            size += len(chunk)
            if size > most:
                raise too_large(path.name)
            if not chunk:
                break
            target.write(chunk)
    if size != member.file_size:
        raise damaged
    return size


def move_into_runs(folder: Path, runs: Path) -> Path:
    """Move a finished folder among the runs, under its name or the next free one."""
    number, place = 1, runs / folder.name
    while True:
        if not os.path.lexists(place):
            try:
                os.replace(folder, place)
                return place
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                    raise  # else somebody was faster
        number += 1
        place = runs / f"{folder.name}-{number}"


def is_known(name: str) -> bool:
    """Whether a file of this name can belong to a checkpoint."""
    usual = PLAIN.fullmatch(name) is not None and RESERVED.fullmatch(name) is None
    return usual and (name in NAMES or name.endswith(KINDS))


def has_weights(names: Iterable[str]) -> bool:
    """Whether there are weights among the files; a film is none."""
    return any(name.endswith(WEIGHTS) and name != film.FILE for name in names)


def safe_name(name: str) -> str:
    """A name for a folder, close to the one given, that every file system takes and that hides nothing."""
    plain = re.sub(r"[^\w.-]+", "-", normalize("NFC", name))[:LONGEST].strip("-._")
    return "checkpoint" if not plain or RESERVED.fullmatch(plain) else plain


def make_printable(name: str) -> str:
    """A name from a received file, as it can stand in a sentence."""
    plain = "".join(character if character.isprintable() else "?" for character in name)
    return (plain if len(plain) <= 80 else f"{plain[:60]} … {plain[-15:]}") or '""'
