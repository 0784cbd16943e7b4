"""The tokenizer of a folder, and what to copy where there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from model.capture.load.config import refusing
from model.capture.load.quantised import package_in
from model.errors import Refusal

# What holds a vocabulary under any type, beside what a tokenizer says its own files are called.
VOCABULARIES = ("tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "tekken.json")
LONGEST = 60  # characters of a name that a config gave


def load_tokenizer(folder: Path, name: str) -> PreTrainedTokenizerBase:
    """The tokenizer of a folder. Without its files transformers would make one that knows no word.

    Raises ValueError where there is none, where it is damaged, or where a package is missing.
    """
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, trust_remote_code=False, local_files_only=True
        )
    except ImportError as error:
        raise explain_missing(name, error) from error
    except Exception as error:
        if not has_vocabulary(folder):
            raise explain_absence(folder, name) from error
        raise explain_damage(name) from error
    own = [str(file) for file in tokenizer.vocab_files_names.values()]
    if own and not any((folder / file).is_file() for file in (*own, *VOCABULARIES)):
        raise explain_absence(folder, name)
    with refusing(explain_damage(name)):
        tokenizer("A first text settles what some tokenizers only decide then.")
    return tokenizer


def has_vocabulary(folder: Path) -> bool:
    """Whether there is any file that a tokenizer could be made of."""
    return any(next(iter(folder.glob(kind)), None) for kind in vocabulary_files())


def vocabulary_files() -> Iterator[str]:
    yield from VOCABULARIES
    yield from ("vocab*.*", "*.spm", "merges.txt", "*.model", "source.*")


def explain_damage(name: str) -> Refusal:
    return Refusal("The tokenizer of {name} is damaged.", name=name)


def explain_absence(folder: Path, name: str) -> Refusal:
    """What to copy, and from where as far as the config says."""
    origin = ""
    try:
        config = json.loads((folder / "config.json").read_bytes())
        origin = str(config.get("_name_or_path") or "")
    except (OSError, ValueError, AttributeError):
        pass
    if origin and Path(origin).name != folder.name:
        return Refusal(
            "The tokenizer of {name} is missing: copy tokenizer.json and tokenizer_config.json "
            "from {origin}.",
            name=name,
            origin=origin[:LONGEST],
        )
    return Refusal(
        "The tokenizer of {name} is missing: copy tokenizer.json and tokenizer_config.json from the model "
        "that it was trained from.",
        name=name,
    )


def explain_missing(name: str, error: ImportError) -> Refusal:
    package = package_in(error)
    if package is None:
        return explain_damage(name)
    return Refusal(
        "The tokenizer of {name} needs a package that is not here: pip install {package}.",
        name=name,
        package=package,
    )
