// The keys: arrows walk the cells, Page Up and Page Down the panels, Enter and Space choose or switch.

const WALKS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const PANELS = { PageUp: -1, PageDown: 1 };
const WITH_CONTROL = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

// board: { cursor, walk(rows, columns), edge(last), jump(panels), press(), leave() }.
export function useKeys(element, board) {
  element.addEventListener("keydown", (event) => {
    if (event.metaKey || event.altKey) return;
    const jump = PANELS[event.key] ?? (event.ctrlKey ? WITH_CONTROL[event.key] : undefined);
    if (jump) board.jump(jump);
    else if (event.ctrlKey) return;
    else if (event.key in WALKS) board.walk(...WALKS[event.key]);
    else if (!board.cursor) return;
    else if (event.key === "Home" || event.key === "End") board.edge(event.key === "End");
    else if (event.key === "Enter" || event.key === " ") board.press();
    else if (event.key === "Escape") board.leave();
    else return;
    event.preventDefault();
  });
}
