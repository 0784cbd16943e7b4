// The controls: to the start, back, play, on, to the end; a slider over the steps; the speed.

import { fill, visible } from "../../linked/web/words.js";
import { make, segments } from "../../linked/web/dom.js";
import { draw } from "./svg.js";

export const SPEEDS = [0.5, 1, 2];

const ICONS = {
  first: "M14.5 4.5 9 10l5.5 5.5M5.5 4.5v11",
  back: "M12.5 4.5 7 10l5.5 5.5",
  on: "M7.5 4.5 13 10l-5.5 5.5",
  last: "M5.5 4.5 11 10l-5.5 5.5M14.5 4.5v11",
  play: "M6 3.8v12.4L16.5 10z",
  pause: "M5.5 4h3v12h-3zM11.5 4h3v12h-3z",
};

const icon = (name) =>
  draw("svg", { viewBox: "0 0 20 20", class: name, "aria-hidden": "true" }, draw("path", { d: ICONS[name] }));

// act: { play(), go(step), hasten(speed) }. What is drawn has a count of steps, what is written at each, if anything,
// and placeOf(step) where a step is called otherwise than by its number.
export function createControls(strings, act) {
  const s = strings;
  let shown = { step: 0, count: 0 };
  const knob = (name, target) => {
    const button = make("button", { type: "button", className: `knob ${name}`, title: s[name] }, icon(name));
    button.setAttribute("aria-label", s[name]);
    button.addEventListener("click", () => act.go(target()));
    return button;
  };
  const first = knob("first", () => 0);
  const back = knob("back", () => shown.step - 1);
  const on = knob("on", () => shown.step + 1);
  const last = knob("last", () => shown.count);
  const [playing, paused] = [icon("pause"), icon("play")];
  // Both names lie on each other, so that the button is as wide as the wider one.
  const names = make("span", { className: "names" }, make("span", {}, s.play), make("span", {}, s.pause));
  const play = make("button", { type: "button", className: "knob main", title: s.keys }, playing, paused, names);
  play.addEventListener("click", () => act.play());
  const slider = make("input", { type: "range", min: 0, step: 1, className: "progress", "aria-label": s.step });
  slider.addEventListener("input", () => act.go(Number(slider.value)));
  const place = make("span", { className: "number", "aria-hidden": "true" });
  const speed = segments(
    s.speed,
    SPEEDS.map((value) => [value, fill(s.times, { number: value === 0.5 ? "½" : value })]),
    (value) => act.hasten(value),
  );
  const element = make(
    "div",
    { className: "controls" },
    make("div", { className: "knobs" }, first, back, play, on, last),
    make("div", { className: "place" }, slider, place),
    speed.element,
  );

  function show({ film, step, playing: runs, speed: chosen }) {
    shown = { step, count: film.count };
    for (const button of [first, back]) button.setAttribute("aria-disabled", String(step === 0));
    for (const button of [on, last]) button.setAttribute("aria-disabled", String(step === film.count));
    play.setAttribute("aria-label", runs ? s.pause : s.play);
    play.classList.toggle("runs", runs);
    [playing, paused].forEach((drawing, i) => drawing.toggleAttribute("hidden", runs === Boolean(i)));
    [...names.children].forEach((name, i) => name.classList.toggle("other", runs !== Boolean(i)));
    slider.max = film.count;
    slider.value = step;
    place.textContent = film.placeOf?.(step) ?? `${step} / ${film.count}`;
    const piece = step && film.written ? `: ${visible(film.written.texts[step - 1])}` : "";
    slider.setAttribute("aria-valuetext", place.textContent + piece);
    speed.press(chosen);
  }

  return { element, draw: show };
}
