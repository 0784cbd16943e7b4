"""What is worked out behind a page: once, in order, and whatever fails."""

from __future__ import annotations

from pages.common.ahead import _begin


def test_jobs_are_done_once_for_what_they_are_of() -> None:
    done: list[str] = []

    def fail() -> None:
        raise ValueError("no text")

    def begin(of: str) -> None:
        _begin("test", (of,), [fail, lambda: done.append(of), lambda: done.append("last")]).join()

    begin("one text")
    begin("one text")
    assert done == ["one text", "last"]
    begin("another")
    assert done[2:] == ["another", "last"]
