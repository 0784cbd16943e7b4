// Arrow keys walk the heads: up and down the layers, left and right the heads. Escape lets go. X cuts.
// Where there is no further head the key is left to the page, which scrolls.

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// snip(): cuts what is pointed at; tells whether there was something to cut.
// hears(event): whether a key that reached the target is meant for this view.
export function listen(target, state, snip, hears = () => true) {
  const onKey = (event) => {
    if (!hears(event)) return;
    const inner = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || inner.matches?.("input, select, textarea")) return;
    if (event.key in STEPS) {
      if (!state().walk(...STEPS[event.key])) return;
    } else if (event.key === "Escape" && state().view.held.length) state().letGo();
    else if (event.code === "KeyX" && !event.shiftKey && !event.repeat) {
      if (!snip()) return; // by its place: on a Korean keyboard it writes another letter
    } else return;
    event.preventDefault();
  };
  target.addEventListener("keydown", onKey);
  return () => target.removeEventListener("keydown", onKey);
}
