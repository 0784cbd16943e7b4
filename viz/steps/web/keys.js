// Space plays and pauses, the arrow keys step, Home and End go to the ends.

// act: { play(), go(step), by(steps), last() }.
export function listen(target, act) {
  const onKey = (event) => {
    const inner = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.key === " ") {
      if (inner.matches?.("button")) return; // there it presses the button
      act.play();
    } else if (event.key === "ArrowRight") act.by(1);
    else if (event.key === "ArrowLeft") act.by(-1);
    else if (event.key === "Home") act.go(0);
    else if (event.key === "End") act.last();
    else return;
    event.preventDefault();
  };
  target.addEventListener("keydown", onKey);
  return () => target.removeEventListener("keydown", onKey);
}
