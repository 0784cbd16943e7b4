// The board: panels that light up together, one line that says what is pointed at, and what a person did.

import { paletteOf } from "../../linked/web/colour.js";
import { make } from "../../linked/web/dom.js";
import { fill, parts } from "../../linked/web/words.js";
import { saySpot } from "./say.js";
import { openBoard } from "./opened.js";
import { Figure } from "./figure.js";
import { level, share } from "./flow.js";
import { useHand } from "./hand.js";
import { useKeys } from "./keys.js";

export class Board {
  // host.act({sides, acts}): what a person did and was not heard yet.
  constructor(root, host) {
    this.root = root;
    this.host = host;
    this.figures = [];
    this.pointed = this.cursor = this.stroke = null; // {figure, row, column}; the stroke has cells besides
    this.focused = false;
    this.pending = [];
    this.number = 0;
    this.panels = make("div", { className: "panels", role: "group", tabIndex: 0 });
    this.readout = make("p", { className: "readout", role: "status", "aria-live": "polite" });
    this.readout.setAttribute("aria-atomic", "true");
    root.replaceChildren(this.panels, this.readout);
    this.resized = new ResizeObserver(() => this.restyle());
    this.resized.observe(root);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => this.restyle();
    this.scheme.addEventListener("change", this.onScheme);
    this.onFonts = () => this.restyle(true); // words are as wide as their letters
    document.fonts.addEventListener("loadingdone", this.onFonts);
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    useHand(this.panels, this);
    useKeys(this.panels, this);
    this.panels.addEventListener("focus", () => this.focus(true));
    this.panels.addEventListener("blur", () => this.focus(false));
  }

  destroy() {
    this.resized.disconnect();
    this.scheme.removeEventListener("change", this.onScheme);
    document.fonts.removeEventListener("loadingdone", this.onFonts);
    cancelAnimationFrame(this.frame);
    this.root.replaceChildren();
  }

  receive(bytes) {
    if (bytes === this.received) return;
    this.received = bytes;
    try {
      const data = openBoard(bytes);
      if (this.data?.sides !== data.sides) this.pending = [];
      this.pending = this.pending.filter((act) => act.number > data.heard);
      this.number = Math.max(this.number, data.heard);
      this.data = data;
      this.build();
      this.layout = null;
      this.restyle();
    } catch (error) {
      this.root.textContent = fill(this.data?.strings.broken ?? "{reason}", { reason: error.message });
    }
  }

  // One figure a panel; those of a name that was there before are kept.
  build() {
    const { strings, panels, language, acts } = this.data;
    const known = new Map(this.figures.map((figure) => [figure.panel.name, figure]));
    const glides = !this.still.matches && this.isInView();
    this.figures = panels.map((panel) => {
      const figure = known.get(panel.name) ?? new Figure(panel.name);
      figure.take(panel, strings, glides);
      figure.element.classList.toggle("acts", acts);
      figure.element.classList.toggle("paints", acts && panel.paint);
      return figure;
    });
    const elements = this.figures.map(({ element }) => element);
    if (elements.some((element, i) => this.panels.children[i] !== element)) this.panels.replaceChildren(...elements);
    while (this.panels.children.length > elements.length) this.panels.lastChild.remove();
    for (const name of ["pointed", "cursor"]) if (!this.isThere(this[name])) this[name] = null;
    if (this.stroke && !this.isThere(this.stroke)) this.stroke = null;
    for (const act of this.pending) this.apply(act);
    if (this.stroke) this.apply(this.stroke.act);
    this.root.lang = language;
    this.panels.setAttribute("aria-label", strings.board);
    this.panels.setAttribute("aria-description", acts ? strings.keys_choose : strings.keys);
    this.panels.tabIndex = panels.length ? 0 : -1;
  }

  // Where nobody looks, nothing moves: a page of many boards then answers sooner.
  isInView() {
    const { top, bottom } = this.root.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  }

  isThere(spot) {
    if (!spot || !this.figures.includes(spot.figure)) return false;
    const { rows, columns } = spot.figure.panel;
    return spot.row < rows.count && spot.column < columns.count;
  }

  // The theme, the width, or what is on the board may have changed.
  restyle(anew = false) {
    const room = this.root.clientWidth;
    if (!this.data || !room) return;
    this.palette = paletteOf(this.root);
    this.root.dataset.theme = this.palette.name;
    const { fontSize, fontFamily } = getComputedStyle(this.root);
    const zoom = (parseFloat(fontSize) / 16) * (room >= 1400 ? 1.2 : 1);
    const tall = room >= 1400 ? innerHeight * 0.42 : Infinity; // on a projector the sentence below is seen as well
    const look = JSON.stringify([room, zoom, tall, fontFamily, window.devicePixelRatio]);
    if (anew || look !== this.layout) {
      this.layout = look;
      this.look = { room, zoom, tall, family: fontFamily, together: this.data.together };
      this.arrange(room);
    }
    this.schedule();
  }

  arrange(room) {
    for (const figure of this.figures) figure.texts = null;
    const signs = this.figures.map(({ sign }) => (sign.hidden ? 0 : Math.ceil(sign.offsetWidth)));
    const gap = parseFloat(getComputedStyle(this.panels).columnGap);
    const sizes = share(this.figures, signs, this.look, room, gap);
    // One scale is explained once: under the last panel that wears it and does not write its numbers.
    const coloured = ({ values }) => values.some((value) => Number.isFinite(value) && value !== 0);
    const wears = ({ panel }, size) =>
      size.figures || !coloured(panel) ? null : `${panel.scale} ${panel.end} ${panel.digits}`;
    const worn = this.figures.map((figure, i) => wears(figure, sizes[i]));
    this.figures.forEach((figure, i) => {
      figure.fit(sizes[i], this.look, worn[i] !== null && worn.lastIndexOf(worn[i]) === i);
    });
    level(this.figures, signs);
  }

  schedule() {
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = undefined;
      this.draw(now);
    });
  }

  // What is lit: what is pointed at, else the cursor.
  spot() {
    return this.pointed ?? (this.focused ? this.cursor : null);
  }

  // The places that are lit and held on the sides of a panel.
  lights(panel, spot) {
    const lit = [];
    if (spot) {
      const { rows, columns } = spot.figure.panel;
      if (spot.row >= 0) lit.push({ side: "rows", axis: rows, place: spot.row });
      if (spot.column >= 0) lit.push({ side: "columns", axis: columns, place: spot.column });
    }
    const of = (side) => {
      const axis = panel[side];
      const called = lit.filter((one) => one.axis.name === axis.name && one.axis.count === axis.count);
      const held = this.data.chosen[axis.name] ?? null;
      return {
        lit: (called.find((one) => one.side === side) ?? called[0])?.place ?? null,
        chosen: held !== null && held >= 0 && held < axis.count ? held : null,
      };
    };
    return { rows: of("rows"), columns: of("columns") };
  }

  draw(now) {
    if (!this.data || !this.look) return;
    const spot = this.spot();
    let moves = false;
    for (const figure of this.figures) {
      moves = figure.glide(now) || moves;
      figure.draw({
        palette: this.palette,
        look: this.look,
        lights: this.lights(figure.panel, spot),
        spot: spot?.figure === figure ? { row: spot.row, column: spot.column } : null,
      });
    }
    this.say(spot);
    if (moves) this.schedule();
    else this.root.dataset.drawn = this.data.digest;
  }

  say(spot) {
    const { strings, acts } = this.data;
    const paints = acts && this.figures.some(({ panel }) => panel.paint);
    const hint = paints ? strings.hint_paint : acts ? strings.hint_choose : strings.hint;
    const letters = Math.min(Math.max(Math.floor(this.look.room / 40), 8), 24); // so that it stays one line
    const line = spot
      ? saySpot(strings, spot.figure.panel, spot, letters)
      : [this.figures.length ? hint : "", {}];
    const text = JSON.stringify(line);
    if (text === this.said) return;
    this.said = text;
    this.readout.classList.toggle("hint", !spot);
    this.readout.replaceChildren(
      ...parts(...line).map((part) =>
        typeof part === "string" ? part : make("bdi", { className: `said ${part.name}` }, part.text),
      ),
    );
  }

  // What the pointer does.

  spotAt(event) {
    const canvas = event.target.closest?.("canvas");
    const figure = canvas && this.figures.find((one) => one.canvas === canvas);
    const spot = figure?.spotAt(event.clientX, event.clientY);
    return spot ? { figure, ...spot } : null;
  }

  point(spot) {
    this.pointed = spot;
    const inks = spot && this.data.acts;
    this.panels.style.cursor = !inks ? "" : this.canPaint(spot) ? "cell" : "pointer";
    this.schedule();
  }

  canPaint(spot) {
    return this.data.acts && spot.figure.panel.paint && spot.row >= 0 && spot.column >= 0;
  }

  // A cell or what stands before its row chooses the row, what stands over a column the column; where only
  // columns can be held, a cell chooses its column.
  choose({ figure, row, column }) {
    if (!this.data.acts) return;
    const { panel } = figure;
    const { chosen } = this.data;
    const across = column >= 0 && panel.columns.name in chosen && !(panel.rows.name in chosen);
    const [axis, place] = row < 0 || across ? [panel.columns, column] : [panel.rows, row];
    const act = { panel: panel.name, axis: axis.name, place };
    this.apply(act);
    this.tell(act);
  }

  begin(spot) {
    const { panel } = spot.figure;
    const allowed = !panel.allowed[spot.row * panel.columns.count + spot.column];
    this.stroke = { ...spot, act: { panel: panel.name, painted: [], allowed } };
    this.paintOn([spot]);
  }

  paintOn(spots) {
    if (!this.stroke) return;
    const { panel } = this.stroke.figure;
    const { painted, allowed } = this.stroke.act;
    for (const { row, column } of spots) {
      if (Boolean(panel.allowed[row * panel.columns.count + column]) === allowed) continue;
      painted.push([row, column]);
    }
    this.apply(this.stroke.act);
  }

  finish() {
    const act = this.stroke?.act;
    this.stroke = null;
    if (act?.painted.length) this.tell(act);
  }

  // Draws what was chosen or painted before the page has answered.
  apply({ panel: name, axis, place, painted, allowed }) {
    const figure = this.figures.find(({ panel }) => panel.name === name);
    if (!figure) return;
    this.schedule();
    if (!painted) {
      if (axis in this.data.chosen) this.data.chosen[axis] = place;
      return;
    }
    const { panel } = figure;
    for (const [row, column] of painted) panel.allowed[row * panel.columns.count + column] = allowed ? 1 : 0;
    figure.repaint();
  }

  tell(act) {
    this.pending.push({ number: ++this.number, ...act });
    this.host.act({ sides: this.data.sides, acts: this.pending });
  }

  // What the keys do.

  focus(focused) {
    this.focused = focused;
    this.schedule();
  }

  start() {
    const figure = this.figures.find(({ panel }) => panel.values.length);
    if (!figure) return;
    const { rows, columns } = this.lights(figure.panel, null);
    this.go(this.pointed ?? { figure, row: rows.chosen ?? 0, column: columns.chosen ?? 0 });
  }

  go(spot) {
    this.pointed = null;
    this.cursor = spot;
    this.schedule();
  }

  walk(rows, columns) {
    if (!this.cursor) {
      this.start();
      return;
    }
    const { figure, row, column } = this.cursor;
    const { panel } = figure;
    const first = (axis, other) => (axis.named && other >= 0 ? -1 : 0);
    const bound = (value, low, high) => Math.min(Math.max(value, low), high);
    this.go({
      figure,
      row: bound(row + rows, Math.min(row, first(panel.columns, column)), panel.rows.count - 1),
      column: bound(column + columns, Math.min(column, first(panel.rows, row)), panel.columns.count - 1),
    });
  }

  edge(last) {
    const { figure, row } = this.cursor;
    this.go({ figure, row, column: last ? figure.panel.columns.count - 1 : 0 });
  }

  // To another panel, and there to the same places where its sides have the same names.
  jump(by) {
    if (!this.cursor) {
      this.start();
      return;
    }
    const figures = this.figures.filter(({ panel }) => panel.values.length);
    const at = figures.indexOf(this.cursor.figure) + by;
    const figure = figures[Math.min(Math.max(at, 0), figures.length - 1)];
    const { rows, columns } = this.lights(figure.panel, this.cursor);
    const { row, column } = this.cursor;
    const place = (axis, lit, old) => Math.min(lit ?? Math.max(old, 0), axis.count - 1);
    this.go({ figure, row: place(figure.panel.rows, rows.lit, row), column: place(figure.panel.columns, columns.lit, column) });
    figure.element.scrollIntoView({ block: "nearest" });
  }

  press() {
    if (!this.data.acts || !this.cursor) return;
    if (!this.canPaint(this.cursor)) {
      this.choose(this.cursor);
      return;
    }
    this.begin(this.cursor);
    this.finish();
  }

  leave() {
    this.cursor = null;
    this.schedule();
  }
}
