// One line a key: its text, its score as a bar that can be dragged, e to that power, its weight.

import { make } from "../../linked/web/dom.js";
import { fill } from "../../linked/web/words.js";
import { raisedText, scoreText, weightText } from "./numbers.js";

const NUDGE = 0.1; // of a score, by an arrow key; with Page Up and Page Down ten times as much

const bar = (name) => {
  const filled = make("i", { className: "filled" });
  const own = make("i", { className: "own" });
  return { filled, own, element: make("span", { className: `track ${name}` }, filled, own) };
};

export class Line {
  // host: { set(i, score), undo(i), rest(), ends() }.
  constructor(i, host) {
    this.i = i;
    this.host = host;
    this.key = make("bdi", { className: "key" });
    [this.score, this.raised, this.weight] = [bar("score"), bar("raised"), bar("weight")];
    this.numbers = ["score", "raised", "weight"].map((name) => make("span", { className: `number ${name}` }));
    this.undo = make("button", { type: "button", className: "undo one" }, "↺");
    this.undo.addEventListener("click", () => host.undo(i));
    this.handle = make("i", { className: "handle" });
    this.score.element.append(this.handle);
    this.score.element.setAttribute("role", "slider");
    const [score, raised, weight] = this.numbers;
    this.element = make("div", { className: "line" });
    this.element.append(this.key, this.score.element, score, this.raised.element, raised, this.weight.element, weight, this.undo);
    this.useHand();
    this.useKeys();
  }

  take({ keys, allowed, chosen, strings }) {
    const [key, open] = [keys[this.i], allowed[this.i]];
    this.strings = strings;
    this.key.textContent = key;
    this.key.title = key;
    this.element.classList.toggle("chosen", chosen === this.i);
    this.element.classList.toggle("masked", !open);
    this.open = open;
    this.score.element.tabIndex = open ? 0 : -1;
    this.score.element.setAttribute("aria-label", fill(strings.score_of, { key }));
    this.score.element.setAttribute("aria-disabled", String(!open));
    this.undo.title = strings.undo_short;
    this.undo.setAttribute("aria-label", fill(strings.undo, { key }));
  }

  // now, own: {scores, logs, weights}; ends: of the axis of the scores; top: the largest of the logarithms.
  show(now, own, ends, top, { isSet, isChanged, palette }) {
    const { i } = this;
    const [low, high] = ends;
    const at = (score) => (100 * (Math.min(Math.max(score, low), high) - low)) / (high - low);
    const score = now.scores[i];
    this.value = score;
    const zero = at(0);
    const here = Number.isFinite(score) ? at(score) : zero;
    const place = (filled, from, to, colour) => {
      filled.style.insetInlineStart = `${Math.min(from, to)}%`;
      filled.style.width = `${Math.abs(to - from)}%`;
      filled.style.background = colour;
    };
    place(this.score.filled, zero, here, palette.signed.fill(score < 0 ? -0.75 : 0.75));
    place(this.raised.filled, 0, now.logs[i] === -Infinity ? 0 : 100 * Math.exp(now.logs[i] - top), palette.fill(0.42));
    place(this.weight.filled, 0, 100 * now.weights[i], palette.fill(0.58));
    this.score.element.style.setProperty("--zero", `${zero}%`);
    this.handle.style.insetInlineStart = `${here}%`;
    this.handle.hidden = !this.open;
    this.score.own.hidden = !isSet;
    this.score.own.style.insetInlineStart = `${at(own.scores[i])}%`;
    this.weight.own.hidden = !isChanged;
    this.weight.own.style.insetInlineStart = `${100 * own.weights[i]}%`;
    this.raised.own.hidden = true;
    const texts = [scoreText(score), raisedText(now.logs[i]), weightText(now.weights[i])];
    this.numbers.forEach((number, n) => (number.textContent = texts[n]));
    this.undo.style.visibility = isSet ? "visible" : "hidden";
    const { element } = this.score;
    element.setAttribute("aria-valuemin", String(low));
    element.setAttribute("aria-valuemax", String(high));
    element.setAttribute("aria-valuenow", String(Number.isFinite(score) ? Number(score.toFixed(2)) : low));
    const said = this.open ? fill(this.strings.told, { score: texts[0], weight: texts[2] }) : this.strings.masked;
    element.setAttribute("aria-valuetext", said);
  }

  // Across it drags; a finger that goes up or down scrolls the page.
  useHand() {
    const { element } = this.score;
    let ends = null; // of the axis while it is dragged, so that it does not run away
    const drag = (event) => {
      const box = element.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
      this.host.set(this.i, Number((ends[0] + share * (ends[1] - ends[0])).toFixed(2)), ends);
    };
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.open) return;
      element.setPointerCapture(event.pointerId);
      element.focus({ preventScroll: true });
      event.preventDefault();
      ends = this.host.ends();
      if (event.pointerType !== "touch") drag(event);
    });
    element.addEventListener("pointermove", (event) => ends && drag(event));
    const end = () => {
      if (!ends) return;
      ends = null;
      this.host.rest();
    };
    element.addEventListener("pointerup", end);
    element.addEventListener("pointercancel", end);
  }

  useKeys() {
    const steps = { ArrowRight: NUDGE, ArrowUp: NUDGE, ArrowLeft: -NUDGE, ArrowDown: -NUDGE };
    const leaps = { PageUp: 10 * NUDGE, PageDown: -10 * NUDGE };
    const { element } = this.score;
    element.addEventListener("keydown", (event) => {
      if (!this.open || event.ctrlKey || event.metaKey || event.altKey) return;
      const by = steps[event.key] ?? leaps[event.key];
      if (by) this.host.set(this.i, Number((this.value + by).toFixed(2)));
      else if (["Home", "Delete", "Backspace"].includes(event.key)) this.host.undo(this.i);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    element.addEventListener("keyup", (event) => (event.key in steps || event.key in leaps) && this.host.rest());
  }
}
