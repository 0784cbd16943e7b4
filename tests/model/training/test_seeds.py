"""What a card says of other seeds: written by the code that measures, and read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.training import seeds

CARD = """# Title

## Recipe

10 steps. Made by

    python -m model.training pronouns --output runs/pronouns --seed {seed} --set {setting}

## Measured

| measure | value |
| --- | --- |
| `head` | encoder layer 2, head 1, from "it" |
| `pairs` | 400 |
| `right` | 0.9{seed}0 |
| `cut_antecedent` | 0.250 |

Licence: Apache-2.0.
"""


def folder(at: Path, seed: int, setting: str = "num_heads=1") -> Path:
    at.mkdir()
    (at / "README.md").write_text(CARD.format(seed=seed, setting=setting), encoding="utf-8")
    return at


def test_the_scores_of_all_seeds_are_put_into_the_first_card(tmp_path: Path) -> None:
    folders = [folder(tmp_path / str(seed), seed) for seed in (2, 0, 1)]
    assert seeds.read(folders[0]) == {}
    seeds.record(folders)
    found = seeds.read(folders[0])
    assert found == {seed: {"right": 0.9 + seed / 100, "cut_antecedent": 0.25} for seed in (0, 1, 2)}
    text = (folders[0] / "README.md").read_text(encoding="utf-8")
    assert "| mean | 0.910 | 0.250 |" in text
    assert text.index("## Measured") < text.index("## Over seeds") < text.index("Licence: ")
    seeds.record(folders)  # once more is the same
    assert (folders[0] / "README.md").read_text(encoding="utf-8") == text
    assert seeds.read(folders[1]) == {}


def test_what_is_not_of_one_run_is_refused(tmp_path: Path) -> None:
    one, same = folder(tmp_path / "one", 0), folder(tmp_path / "same", 0)
    other = folder(tmp_path / "other", 1, "num_heads=8")
    with pytest.raises(ValueError, match="the same seed"):
        seeds.record([one, same])
    with pytest.raises(ValueError, match="different runs"):
        seeds.record([one, other])
    with pytest.raises(ValueError, match="no card"):
        seeds.record([one, tmp_path])


def test_the_shipped_cards_say_what_three_seeds_reached() -> None:
    shipped = Path(__file__).parents[3] / "checkpoints"
    for name in ("pronouns-1-head", "pronouns-8-heads"):
        found = seeds.read(shipped / name)
        assert len(found) == 3
        assert all(0 <= value <= 1 for row in found.values() for value in row.values())
        assert {"pronoun_accuracy", "exact_translation"} <= set(found[0])
