// A chart over the steps of a run: lines, a cursor at the step on show, and a finger or pointer that moves it.

import { make } from "../../linked/web/dom.js";
import { draw } from "../../steps/web/svg.js";

const HEIGHT = 5.6; // of the lines, in letters of the page
const APART = 3.2; // the least distance of two numbers under the axis, in letters
const LEFT = 3.6; // letters of room for the numbers beside it: as much in every chart, so that cursors stand in line

// Much happens early: the axis runs with the root of the step.
export const along = (step, most) => Math.sqrt(step / Math.max(most, 1));

// Round numbers from 0 to the last step, as many as have room.
export function ticksOf(most, room) {
  const found = [0, most];
  const far = (step) => found.every((other) => Math.abs(along(step, most) - along(other, most)) >= room);
  for (let power = 10 ** Math.floor(Math.log10(Math.max(most, 1))); power >= 1; power /= 10) {
    for (const digit of [5, 2, 1]) if (digit * power < most && far(digit * power)) found.push(digit * power);
  }
  return found.sort((a, b) => a - b);
}

// The end of an axis that starts at 0: a round number that has a round half.
export function axisEnd(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10].map((digit) => digit * power).find((end) => end >= value * 0.999);
}

// title, number: a text, and how a value of the axis is written. act: { scrub(step) }, called with a share of the
// axis. Returns { element, tell(text), draw({ lines, top, most, at, palette, unit, format }) }; a line is
// { points: [[step, value], …], colour, width, dashed, dots, faint }. top is null where no line has a point: what the
// axis upwards measures is not known yet, and it has no numbers.
export function createChart(title, act) {
  const told = make("span", { className: "told number" });
  const header = make("header", {}, make("span", { className: "name" }, title), told);
  const picture = draw("svg", { "aria-hidden": "true" });
  const element = make("figure", { className: "chart" }, header, picture);
  let inner = { left: 0, width: 1 };
  let down = false;

  const share = (event) => {
    const box = picture.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left - inner.left) / inner.width, 0), 1);
  };
  picture.addEventListener("pointerdown", (event) => {
    down = true;
    picture.setPointerCapture(event.pointerId);
    act.scrub(share(event));
  });
  picture.addEventListener("pointermove", (event) => down && act.scrub(share(event)));
  for (const end of ["pointerup", "pointercancel"]) picture.addEventListener(end, () => (down = false));

  function lineOf({ points, colour, width, dashed, dots, faint }, x, y) {
    const group = draw("g", { class: faint ? "faint" : "" });
    const d = points.map(([step, value], i) => `${i ? "L" : "M"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`);
    const line = draw("path", { d: d.join(""), stroke: colour, "stroke-width": width });
    if (dashed) line.setAttribute("stroke-dasharray", "3 4");
    group.append(line);
    if (dots) {
      for (const [step, value] of points) {
        group.append(draw("circle", { cx: x(step), cy: y(value), r: 2.2, stroke: colour }));
      }
    }
    return group;
  }

  function show({ lines, top, most, at, palette, unit, format }) {
    const width = picture.clientWidth || element.clientWidth;
    const [height, small] = [HEIGHT * unit, 0.86 * unit];
    const marks = [0, 0.5, 1].map((share) => [share, top === null ? "" : format(share * top)]);
    const left = LEFT * small;
    inner = { left, width: width - left - 1.4 * small };
    const [over, under] = [0.6 * small, 1.5 * small];
    picture.setAttribute("height", height + over + under);
    const x = (step) => left + inner.width * along(step, most);
    const y = (value) => over + height * (1 - Math.min(value / top, 1));
    const parts = marks.map(([share, mark]) => {
      const level = over + height * (1 - share);
      const text = draw("text", { x: left - 6, y: level + 0.35 * small, "text-anchor": "end" }, mark);
      return draw("g", {}, draw("path", { class: "rule", d: `M${left} ${level}H${left + inner.width}` }), text);
    });
    for (const step of ticksOf(most, (APART * small) / inner.width)) {
      const text = draw("text", { x: x(step), y: over + height + 1.25 * small, "text-anchor": "middle" });
      text.textContent = step.toLocaleString("en-US");
      parts.push(text);
    }
    parts.push(...lines.filter(({ points }) => points.length).map((line) => lineOf(line, x, y)));
    parts.push(draw("path", { class: "cursor", d: `M${x(at)} ${over}V${over + height}`, stroke: palette.accent }));
    picture.style.fontSize = `${small}px`;
    picture.replaceChildren(...parts);
  }

  return { element, draw: show, tell: (text) => (told.textContent = text) };
}
