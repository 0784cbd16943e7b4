// A layer whose parts are opened by a click, a touch or Enter; what is drawn comes from Python as it is.

const known = new WeakMap(); // root -> how an act is told now

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".headlight.block");
  const layer = root.querySelector(".layer");
  const told = root.querySelector("section");
  if (!known.has(root)) listen(root);
  known.set(root, (part) => setTriggerValue("part", part));
  if (!data) return;
  const held = root.getRootNode().activeElement?.closest?.("[data-part]")?.dataset.part;
  root.style.cssText = data.style;
  if (layer.innerHTML !== data.picture) layer.innerHTML = data.picture;
  told.innerHTML = data.opened;
  if (held) find(root, held)?.focus({ preventScroll: true });
  root.dataset.drawn = "";
}

function find(root, name) {
  return [...root.querySelectorAll("[data-part]")].find((part) => part.dataset.part === name);
}

function listen(root) {
  const open = (event) => {
    const part = event.target.closest?.("[data-part]");
    if (!part) return false;
    known.get(root)?.(part.dataset.part);
    return true;
  };
  root.addEventListener("click", open);
  root.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      if (open(event)) event.preventDefault();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      // From the bottom to the top, as the vector goes.
      const parts = [...root.querySelectorAll("[data-part]")];
      const place = parts.indexOf(event.target.closest?.("[data-part]"));
      const next = parts[place + (event.key === "ArrowUp" ? 1 : -1)];
      if (place < 0 || !next) return;
      event.preventDefault();
      next.focus();
    }
  });
}
