"""Zip files for the tests of archives, good ones and others."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

SHIPPED = Path("checkpoints/pronouns")
Member = tuple[str | zipfile.ZipInfo, bytes]
GOOD: list[Member] = [("config.json", b"{}"), ("model.safetensors", b"weights"), ("vocab.txt", b"a\nb\n")]


def zipped(*members: Member, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members, whatever they are."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", how) as file:
        for name, content in members:
            file.writestr(name, content, how)
    return packed.getvalue()


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
