"""What stands on a board: matrices and vectors, with what stands along them. Plain NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Scale = Literal["weights", "signed"]


@dataclass(frozen=True)
class Axis:
    """One side of a panel.

    name: what it is ("queries", "keys", "features"); sides of one name and length on a board light up
        together, place by place.
    texts: what stands at each place; a side whose texts are all "" has no names.
    said: what the side is called on the page; "" is not written.
    """

    name: str
    texts: tuple[str, ...]
    said: str = ""

    def __len__(self) -> int:
        return len(self.texts)


def numbered_axis(name: str, count: int, said: str = "", first: int = 1) -> Axis:
    """A side whose places have no name but their number."""
    return Axis(name, tuple(str(first + i) for i in range(count)), said)


@dataclass(frozen=True, eq=False)
class Panel:
    """A matrix on a board; a vector is a matrix of one row or one column.

    name: tells it from the others of its board; from one run to the next, the colours of a panel of the same
        name and shape glide from the old to the new. Its numbers are those of its title at once.
    title: what stands over it. before: the sign between it and the panel to its left ("·", "=", "softmax").
    note: a line under it.
    values: float32 (rows, columns). NaN is drawn as nothing, ±∞ as such.
    scale: "weights" from 0 up, "signed" around 0 in two hues.
    end: where the scale ends, "signed" at both sides; None = by the values. Panels that are to be compared
        are given the same.
    allowed: bool (rows, columns); where it is False the cell is crossed out. None = all allowed.
    digits: after the decimal point. paint: cells can be switched on and off by hand.
    Raises ValueError where the shapes do not fit.
    """

    name: str
    title: str
    values: NDArray[np.float32]
    rows: Axis
    columns: Axis
    scale: Scale = "weights"
    end: float | None = None
    allowed: NDArray[np.bool_] | None = None
    before: str = ""
    note: str = ""
    digits: int = 2
    paint: bool = False

    def __post_init__(self) -> None:
        expected = (len(self.rows), len(self.columns))
        for what, array in (("values", self.values), ("allowed", self.allowed)):
            if array is not None and array.shape != expected:
                raise ValueError(
                    f"The {what} of the panel {self.name} have shape {array.shape}, "
                    f"but its sides say {expected}."
                )


def panel(name: str, title: str, values: ArrayLike, rows: Axis, columns: Axis, **more: object) -> Panel:
    """A Panel of any array: (rows, columns), or (columns,) for a single row. more: fields of Panel."""
    array = np.atleast_2d(np.asarray(values, dtype=np.float32))
    return Panel(name, title, array, rows, columns, **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Act:
    """What a person did on a board.

    panel: the name of the panel. axis, place: which place of which side was chosen: a click on a cell or on
        what stands before its row chooses the row, one on what stands over a column the column.
    painted: the cells (row, column) that were switched, in a panel that can be painted; allowed: what they
        are now. Nothing is chosen then.
    """

    panel: str
    axis: str = ""
    place: int = 0
    painted: tuple[tuple[int, int], ...] = ()
    allowed: bool = True


def ends(panels: Sequence[Panel]) -> tuple[float, ...]:
    """Where each panel's scale ends: as it says, else at its largest finite value (in size). Never at 0."""
    found = []
    for one in panels:
        sizes = np.abs(one.values[np.isfinite(one.values)])
        size = float(one.end) if one.end is not None else float(sizes.max(initial=0))
        found.append(size if 0 < size < np.inf else 1.0)
    return tuple(found)
