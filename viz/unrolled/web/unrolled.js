// The steps of a recurrent network, chosen by a click, a touch or Enter; they are drawn by Python as they are.

const known = new WeakMap(); // root -> how a choice is told now

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".headlight.unrolled");
  const steps = root.querySelector(".steps");
  if (!known.has(root)) listen(root);
  known.set(root, (step) => setTriggerValue("step", step));
  if (!data) return;
  const held = root.getRootNode().activeElement?.closest?.("[data-step]")?.dataset.step;
  root.style.cssText = data.style;
  if (steps.innerHTML !== data.picture) steps.innerHTML = data.picture;
  if (held) steps.querySelector(`[data-step="${held}"]`)?.focus({ preventScroll: true });
  reveal(steps);
  root.dataset.drawn = "";
}

// Of what is wider than the page, what is at work is seen.
function reveal(steps) {
  const now = steps.querySelector("[aria-pressed=true]");
  if (!now) return;
  const [mine, all] = [now.getBoundingClientRect(), steps.getBoundingClientRect()];
  const room = mine.width; // of the steps beside it
  if (mine.left - room < all.left || mine.right + room > all.right)
    steps.scrollLeft += mine.left + mine.width / 2 - (all.left + all.width / 2);
}

function listen(root) {
  const choose = (event) => {
    const step = event.target.closest?.("[data-step]");
    if (!step) return false;
    known.get(root)?.(Number(step.dataset.step));
    return true;
  };
  root.addEventListener("click", choose);
  root.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      if (choose(event)) event.preventDefault();
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const steps = [...root.querySelectorAll("[data-step]")];
      const place = steps.indexOf(event.target.closest?.("[data-step]"));
      const next = steps[place + (event.key === "ArrowRight" ? 1 : -1)];
      if (place < 0 || !next) return;
      event.preventDefault();
      next.focus();
    }
  });
}
