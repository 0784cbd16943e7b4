// The pointer: it points, chooses, and paints.

// The cells on the way from one to another, so that a fast hand leaves no holes.
function cellsBetween(from, to) {
  const steps = Math.max(Math.abs(to.row - from.row), Math.abs(to.column - from.column), 1);
  return Array.from({ length: steps + 1 }, (_, i) => ({
    row: Math.round(from.row + ((to.row - from.row) * i) / steps),
    column: Math.round(from.column + ((to.column - from.column) * i) / steps),
  }));
}

// board: { spotAt(event), point(spot, figure), choose(figure, spot), canPaint(figure, spot),
//          begin(figure, spot), paintOn(spots), finish() }.
export function useHand(element, board) {
  let stroke = null; // {figure, last}
  let pressed = null; // where the pointer went down, to choose what it is let go on

  const same = (a, b) => a && b && a.figure === b.figure && a.row === b.row && a.column === b.column;

  element.addEventListener("pointermove", (event) => {
    if (stroke) {
      const spot = stroke.figure.spotAt(event.clientX, event.clientY);
      if (!spot || spot.row < 0 || spot.column < 0) return;
      board.paintOn(cellsBetween(stroke.last, spot));
      stroke.last = spot;
      board.point({ ...spot, figure: stroke.figure });
      return;
    }
    if (event.pointerType !== "touch") board.point(board.spotAt(event));
  });
  element.addEventListener("pointerleave", (event) => {
    if (!stroke && event.pointerType !== "touch") board.point(null);
  });
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const spot = board.spotAt(event);
    pressed = spot;
    board.point(spot);
    if (!spot || !board.canPaint(spot)) return;
    event.preventDefault(); // no text is marked meanwhile
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    stroke = { figure: spot.figure, last: spot };
    board.begin(spot);
  });
  const end = (event) => {
    if (stroke) {
      stroke = null;
      board.finish();
    } else if (event.type === "pointerup" && event.button === 0) {
      const spot = board.spotAt(event);
      if (same(spot, pressed)) board.choose(spot);
    }
    pressed = null;
  };
  element.addEventListener("pointerup", end);
  element.addEventListener("pointercancel", end);
}
