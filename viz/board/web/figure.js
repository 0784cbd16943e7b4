// One panel: its title, its canvas, its note, and the scale of its colours. Where values change, the colours
// glide from the old to the new.

import { fresh, make } from "../../linked/web/dom.js";
import { drawCells, shutRows } from "./cells.js";
import { drawLabels, drawMarks } from "./marks.js";
import { measure, measureTexts } from "./measure.js";
import { numeral, sayPanel } from "./say.js";

const GLIDE = 250; // milliseconds
const SOFT = (t) => 1 - (1 - t) ** 3;

export class Figure {
  constructor(name) {
    this.title = make("span", { className: "title" });
    this.note = make("p", { className: "note" });
    this.low = make("span", { className: "number" });
    this.high = make("span", { className: "number" });
    this.bar = make("i", {});
    this.legend = make("div", { className: "legend" }, this.low, this.bar, this.high);
    this.canvas = make("canvas", { role: "img" });
    this.sign = make("span", { className: "sign", "aria-hidden": "true" });
    this.figure = make("figure", {}, make("figcaption", {}, this.title), this.canvas, this.note, this.legend);
    this.figure.dataset.panel = name;
    this.least = 0;
    this.element = make("div", { className: "item new" }, this.sign, this.figure);
  }

  // Takes up a panel. glides: whether it may move from what it showed to what it shows now.
  take(panel, strings, glides) {
    const before = this.panel;
    const fits =
      before?.rows.count === panel.rows.count && before.columns.count === panel.columns.count && this.values;
    if (!fits || !glides) {
      this.moving = null;
      this.values = panel.values;
      this.end = panel.end;
    } else if (panel.end !== this.end || panel.values.some((value, i) => !Object.is(value, this.values[i]))) {
      this.moving = { values: this.values, end: this.end, since: null };
    }
    // While numbers change, the room for them only grows, so that nothing jumps.
    this.least = fits && before.digits === panel.digits ? Math.max(this.least, this.texts?.widest ?? 0) : 0;
    this.panel = panel;
    this.shut = shutRows(panel);
    this.texts = this.cells = null;
    this.title.textContent = panel.title;
    this.title.parentElement.hidden = !panel.title;
    this.note.textContent = panel.note;
    this.note.hidden = !panel.note;
    this.sign.textContent = panel.before;
    this.sign.hidden = !panel.before;
    this.sign.classList.toggle("word", panel.before.length > 2);
    this.canvas.setAttribute("aria-label", sayPanel(strings, panel));
  }

  // The size at a share of the room (see measure.js), and how wide title and note need it to be.
  sized(look, alike, share, room) {
    const context = this.canvas.getContext("2d");
    if (!this.texts) {
      this.texts = measureTexts(context, this.panel, look);
      if (this.texts.widest) this.texts.widest = Math.max(this.texts.widest, this.least);
      context.font = `600 ${15 * look.zoom}px ${look.family}`;
      this.texts.title = context.measureText(this.panel.title).width;
      context.font = `400 ${13 * look.zoom}px ${look.family}`;
      this.texts.note = context.measureText(this.panel.note).width;
    }
    const size = measure(this.panel, this.texts, look, alike, share, room);
    const words = Math.min(Math.max(this.texts.title, this.texts.note) + 2, 240 * look.zoom);
    return { ...size, across: Math.ceil(Math.min(Math.max(size.width, words), room)) };
  }

  fit(size, look, legend) {
    this.size = size;
    this.cells = null;
    this.figure.style.width = `${size.across}px`;
    this.canvas.dataset.cells = [size.x, size.y, size.wide, size.high].join(" ");
    this.legend.hidden = !legend;
    this.legend.style.marginInlineStart = `${size.x}px`;
    if (!legend) return;
    const { panel } = this;
    const digits = Number.isInteger(panel.end) ? 0 : panel.digits;
    this.low.textContent = panel.scale === "signed" ? numeral(-panel.end, digits) : "0";
    this.high.textContent = numeral(panel.end, digits);
  }

  // The values at this moment. Returns whether they still move.
  glide(now) {
    const { moving, panel } = this;
    if (!moving) return false;
    moving.since ??= now;
    const done = SOFT(Math.min((now - moving.since) / GLIDE, 1));
    this.cells = null;
    if (done === 1) {
      this.moving = null;
      this.values = panel.values;
      this.end = panel.end;
      return false;
    }
    this.end = moving.end + (panel.end - moving.end) * done;
    this.values = panel.values.map((to, i) => {
      const from = moving.values[i];
      return Number.isFinite(from) && Number.isFinite(to) ? from + (to - from) * done : to;
    });
    return true;
  }

  // What is allowed has changed.
  repaint() {
    this.shut = shutRows(this.panel);
    this.cells = null;
  }

  // frame: {palette, look, lights, spot}.
  draw(frame) {
    const { panel, size } = this;
    const name = JSON.stringify([frame.lights, frame.spot, frame.palette.name]); // what changes with the pointer
    if (this.cells && name === this.drawn) return;
    this.drawn = name;
    const ratio = window.devicePixelRatio || 1;
    const about = { ...frame, ...frame.look, panel, size, values: this.values, end: this.end, ratio };
    if (!this.cells || this.palette !== frame.palette) {
      this.palette = frame.palette;
      this.cells = drawCells(about);
      const steps = panel.scale === "signed" ? frame.palette.diverging : frame.palette.sequential;
      this.bar.style.background = `linear-gradient(to right, ${steps.join(",")})`;
    }
    const context = fresh(this.canvas, size.width, size.height);
    context.drawImage(this.cells, 0, 0, size.width, size.height);
    drawMarks(context, about);
    drawLabels(context, { ...about, shut: this.shut });
  }

  // The cell under a point of the window; −1 for the words along a side. null where there is none.
  spotAt(clientX, clientY) {
    const { panel, size } = this;
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [clientX - box.left - size.x, clientY - box.top - size.y];
    let column = Math.floor(x / size.wide);
    const row = Math.floor(y / size.high);
    if (row < 0 && size.leans) column = Math.floor((x + (y + 6) / Math.tan(size.lean)) / size.wide); // along the words that lean
    if (row >= panel.rows.count || column >= panel.columns.count || (row < 0 && column < 0)) return null;
    const spot = { row: Math.max(row, -1), column: Math.max(column, -1) };
    if (spot.row < 0 && !panel.columns.named) return null;
    if (spot.column < 0 && !panel.rows.named) return null;
    return spot;
  }
}
