"""What several tests of the pages begin with."""

from __future__ import annotations

import pytest

from pages.common import checkpoints


@pytest.fixture
def pronouns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages open with the checkpoint of the pronoun grammar alone, whose figures the tests know."""
    monkeypatch.setattr(checkpoints, "DEFAULT", "pronouns")
