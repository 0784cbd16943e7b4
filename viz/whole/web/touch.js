// A person's hand: pointing, clicking, dragging, the wheel, two fingers. And the keys.

const STILL = 6; // pixels that a click may wander
const WHEEL = 0.0016;

// act: { point(x, y) or point(null), press(x, y), zoom(factor, x, y), pan(dx, dy), rest(), isWhole() }.
export function listenToHand(canvas, act) {
  const fingers = new Map();
  let [began, moved, apart] = [null, false, 0];
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };
  const on = (type, heard, options) => canvas.addEventListener(type, heard, options);
  on("pointerdown", (event) => {
    fingers.set(event.pointerId, at(event));
    canvas.setPointerCapture(event.pointerId);
    if (fingers.size === 1) [began, moved] = [at(event), false];
    else [moved, apart] = [true, spread()];
  });
  on("pointermove", (event) => {
    const [x, y] = at(event);
    const last = fingers.get(event.pointerId);
    if (!last) {
      if (event.pointerType !== "touch") act.point(x, y);
      return;
    }
    fingers.set(event.pointerId, [x, y]);
    if (fingers.size === 2) {
      const now = spread();
      const [a, b] = [...fingers.values()];
      if (apart > 0) act.zoom(now / apart, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
      act.pan((x - last[0]) / 2, (y - last[1]) / 2);
      apart = now;
    } else if (moved || Math.hypot(x - began[0], y - began[1]) > STILL) {
      moved = true;
      if (!act.isWhole()) act.pan(x - last[0], y - last[1]);
    }
  });
  const up = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (fingers.size) return;
    if (event.type === "pointerup" && !moved) act.press(...at(event));
    else if (moved) act.rest();
  };
  on("pointerup", up);
  on("pointercancel", up);
  on("pointerleave", (event) => event.pointerType !== "touch" && !fingers.size && act.point(null));
  on(
    "wheel",
    (event) => {
      const closer = event.deltaY < 0;
      if (!closer && act.isWhole()) return; // the page scrolls on
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 33 : 1;
      act.zoom(
        Math.exp(-Math.min(Math.max(event.deltaY * lines, -240), 240) * WHEEL * (event.ctrlKey ? 4 : 1)),
        ...at(event),
      );
      act.rest();
    },
    { passive: false },
  );
}

// act: { by(steps), play(), into(), out(), home(), end(), closer(factor) }.
export function listenToKeys(root, act) {
  const heard = (event) => {
    const inner = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = inner.matches?.("button, summary, a");
    if (event.key === " ") {
      if (onButton) return;
      act.play();
    } else if (event.key === "Enter") {
      if (onButton) return;
      act.into();
    } else if (event.key === "ArrowRight") act.by(1);
    else if (event.key === "ArrowLeft") act.by(-1);
    else if (event.key === "Escape" || event.key === "Backspace") act.out();
    else if (event.key === "Home") act.home();
    else if (event.key === "End") act.end();
    else if (event.key === "+" || event.key === "=") act.closer(1.5);
    else if (event.key === "-") act.closer(1 / 1.5);
    else return;
    event.preventDefault();
  };
  root.addEventListener("keydown", heard);
  return () => root.removeEventListener("keydown", heard);
}
