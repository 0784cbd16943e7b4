// The linked view: one state, one frame loop, all panels drawn from the same frame.

import { openBlob, readAbout, Weights } from "./decode.js";
import { combinedWeights, makePicture } from "./picture.js";
import { State } from "./state.js";
import { paletteOf } from "./colour.js";
import { make } from "./dom.js";
import { fill } from "./words.js";
import { createStrip } from "./strip.js";
import { createOrigin } from "./origin.js";
import { createReadout } from "./readout.js";
import { createToolbar, createOptions } from "./toolbar.js";
import { createOutcome } from "./outcome.js";
import { createGrid } from "./grid.js";
import { createLines } from "./lines.js";
import { createMatrix } from "./matrix.js";
import { asSnip, canCut, findCut, heldEdges } from "./edges.js";
import { listen } from "./keyboard.js";

const SETTLED = 200; // milliseconds without a change before it is reported

export class LinkedView {
  // host.part(kind, layer): a blob with that layer, or null where only a report brings it.
  // host.report(name, {trace, revision, view, wanted}): the person's view, and layers wanted next.
  // host.snip(name, {trace, revision, cut, undo}): edges that the person cuts, or numbers of changes taken back.
  // host.recall(header): the view that the person had of this trace, or null.
  // host.keys: the element whose keys are listened to; host.hears(event): which of them, all where it is left out.
  constructor(root, host) {
    this.root = root;
    this.host = host;
    this.panels = [];
    this.turn = 0;
    this.palette = paletteOf(root);
    root.tabIndex = -1;
    this.resized = new ResizeObserver(() => this.restyle());
    this.resized.observe(root);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => this.restyle();
    this.scheme.addEventListener("change", this.onScheme);
    this.onDown = (event) => {
      if (!event.target.closest("button, input, label, summary")) root.focus({ preventScroll: true });
    };
    root.addEventListener("pointerdown", this.onDown);
    const state = () => this.state ?? { view: { held: [] }, walk: () => false };
    this.deaf = listen(host.keys, state, () => this.snipPointed(), host.hears);
  }

  destroy() {
    this.resized.disconnect();
    this.scheme.removeEventListener("change", this.onScheme);
    this.root.removeEventListener("pointerdown", this.onDown);
    this.deaf();
    clearTimeout(this.reporting);
    clearTimeout(this.preparing);
    cancelAnimationFrame(this.frame);
    this.turn++;
    this.root.replaceChildren();
  }

  // Takes up a blob. What is on the screen stays until the new picture can be drawn.
  async receive(bytes) {
    if (bytes === this.received) return;
    this.received = bytes;
    const turn = ++this.turn;
    try {
      const opened = openBlob(bytes);
      const header = await readAbout(opened);
      if (turn !== this.turn) return;
      const sections = opened.sections.filter(({ about }) => !about);
      const known = this.header?.trace === header.trace;
      const store = known ? this.store : new Weights(header.kinds);
      store.add(sections);
      const fresh = !known || this.header.name !== header.name || this.header.revision !== header.revision;
      // What a person did while the same tokens were read anew (by the model, after a record) is not told yet.
      const unsaid = this.unsaid && JSON.stringify(this.header.kinds) === JSON.stringify(header.kinds);
      const view = fresh && !unsaid ? (this.host.recall(header) ?? header.view) : this.state.view;
      // All at once and not when they are walked to: a switch of layers then takes a single frame.
      await Promise.all(sections.map(({ kind, layer }) => store.ready(kind, layer)));
      if (turn !== this.turn) return;
      const rebuild = !known || JSON.stringify(this.header.strings) !== JSON.stringify(header.strings);
      this.header = header;
      this.store = store;
      if (!known) this.state = new State(header.kinds, view, (lasting) => this.changed(lasting));
      else this.state.view = view;
      if (rebuild) this.build();
      this.asked = "";
      this.restyle();
      this.schedule();
    } catch (error) {
      this.root.textContent = fill(this.header?.strings.broken ?? "{reason}", { reason: error.message });
    }
  }

  build() {
    const open = this.root.querySelector(".options")?.open;
    const state = () => this.state;
    const strings = () => this.header.strings;
    const toolbar = createToolbar(state, strings, this.header.kinds);
    const strip = createStrip(state, strings);
    const origin = createOrigin(strings);
    const readout = createReadout(strings);
    const grid = createGrid(state, strings);
    const snip = (what) => this.snip(what);
    const outcome = createOutcome(strings, snip);
    const lines = createLines(state, strings, snip);
    const matrix = createMatrix(state, strings);
    const options = createOptions(state, strings, this.header.kinds);
    if (open) options.element.open = true;
    const focused = this.root.getRootNode().activeElement;
    this.refocus = this.root.contains(focused) ? focused.dataset.focus : undefined;
    // The grid is drawn first: its width decides what is left for the others.
    this.panels = [outcome, toolbar, strip, origin, readout, grid, lines, matrix, options];
    this.root.lang = this.header.language;
    this.root.replaceChildren(
      make("div", { className: "bar" }, toolbar.element, options.element),
      strip.element,
      origin.element,
      readout.element,
      make("div", { className: "panels" }, outcome.element, grid.element, lines.element, matrix.element),
    );
  }

  // The theme or the width may have changed.
  restyle() {
    if (!this.header) return;
    this.palette = paletteOf(this.root);
    this.root.dataset.theme = this.palette.name;
    const { fontSize, fontFamily } = getComputedStyle(this.root);
    const look = [this.palette.name, this.root.clientWidth, fontSize, fontFamily, window.devicePixelRatio];
    if (String(look) === String(this.look) && this.layout) return;
    this.look = look;
    this.layout = { font: parseFloat(fontSize) * 0.86, family: fontFamily };
    this.pictureName = null;
    this.schedule();
  }

  changed(lasting) {
    this.schedule();
    if (lasting) this.report();
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  picture() {
    const { kind, heads, combine, words, specials, segments } = this.state.view;
    const ready = heads.map(([layer]) => this.store.isReady(kind, layer));
    const shape = JSON.stringify([this.header.trace, kind, words, specials, segments]);
    const name = JSON.stringify([shape, heads, combine, ready]);
    if (name !== this.pictureName) {
      this.pictureName = name;
      this.drawnPicture = { ...makePicture(this.store, this.state.view), shape };
    }
    return this.drawnPicture;
  }

  draw() {
    if (!this.state || !this.layout || !this.root.clientWidth) return;
    const picture = this.picture();
    const selection = this.state.selection(picture);
    const frame = {
      picture,
      selection,
      values: selection && combinedWeights(picture, selection),
      view: this.state.view,
      store: this.store,
      cutting: this.header.cutting ?? null,
      outcome: this.header.outcome ?? null,
      palette: this.palette,
      layout: this.layout,
      font: this.layout.font,
      family: this.layout.family,
    };
    for (const panel of this.panels) panel.draw(frame);
    if (this.refocus) {
      this.root.querySelector(`[data-focus="${this.refocus}"]`)?.focus({ preventScroll: true });
      this.refocus = undefined;
    }
    if (picture.missing.length) {
      this.fetch(frame.view.kind, picture.missing);
      return;
    }
    this.root.dataset.drawn = [frame.view.kind, ...frame.view.heads.map((head) => head.join("."))].join(" ");
    clearTimeout(this.preparing);
    this.preparing = setTimeout(() => this.prepare(), 50);
  }

  // Makes a layer readable, if its section is here or the host has it. Returns whether it is.
  async bring(store, kind, layer) {
    if (!store.has(kind, layer)) {
      const part = await this.host.part(kind, layer);
      if (part) store.add(openBlob(part).sections);
    }
    if (store.has(kind, layer)) await store.ready(kind, layer);
    return store.isReady(kind, layer);
  }

  async fetch(kind, layers) {
    const asked = JSON.stringify([kind, layers]);
    if (asked === this.asked) return;
    this.asked = asked;
    const { store } = this;
    const brought = await Promise.all(layers.map((layer) => this.bring(store, kind, layer)));
    if (store !== this.store) return;
    if (brought.every(Boolean)) {
      this.asked = "";
      this.schedule();
    } else {
      this.report(0);
    }
  }

  // The layers beside the one on show, made readable before they are walked to.
  async prepare() {
    const { store } = this;
    const { kind, heads } = this.state.view;
    for (const layer of this.near(kind, heads)) {
      if (!store.isReady(kind, layer)) await this.bring(store, kind, layer);
    }
  }

  near(kind, heads) {
    const { layers } = this.header.kinds[kind];
    const index = layers.indexOf(heads.at(-1)[0]);
    return [layers[index + 1], layers[index - 1]].filter((layer) => layer !== undefined);
  }

  // Layers that are wanted: those on show, else their neighbours, so that walking finds them there.
  wanted() {
    const { kind, heads } = this.state.view;
    const lacking = (list) => list.filter((layer) => !this.store.has(kind, layer));
    const shown = lacking(heads.map(([layer]) => layer));
    return [...new Set(shown.length ? shown : lacking(this.near(kind, heads)))].map((layer) => [kind, layer]);
  }

  snip(what) {
    const { name, trace, revision } = this.header;
    this.host.snip?.(name, { trace, revision, ...what });
  }

  // The key: cuts what is pointed at from the words that are held, else their strongest line. Whether it did.
  snipPointed() {
    const { cutting } = this.header ?? {};
    if (!cutting || !this.state) return false;
    const { view, pointed } = this.state;
    const picture = this.picture();
    if (pointed?.side === "query" && pointed.other !== null && cutting.kinds.includes(view.kind)) {
      return this.toggle(picture, pointed.positions, pointed.other);
    }
    if (!canCut(cutting, view)) return false;
    const held = view.held.filter((query) => picture.rows.includes(query));
    const key = pointed && (pointed.side === "key" || picture.self) ? pointed.positions[0] : null;
    if (key !== null && !(picture.self && held.includes(key))) return this.toggle(picture, held, key);
    const strongest = heldEdges(cutting, view, picture).find(({ cuts }) => !cuts.length);
    return strongest ? this.toggle(picture, held, strongest.key) : false;
  }

  toggle(picture, queries, key) {
    const { view } = this.state;
    const cuts = queries.map((query) => findCut(this.header.cutting, view, picture, query, key));
    const undo = cuts.filter((number) => number >= 0);
    this.snip(undo.length ? { undo } : { cut: asSnip(view, picture, queries, key) });
    return true;
  }

  report(wait = SETTLED) {
    clearTimeout(this.reporting);
    this.unsaid = true;
    this.reporting = setTimeout(() => {
      this.unsaid = false;
      const { name, trace, revision } = this.header;
      this.host.report(name, { trace, revision, view: this.state.view, wanted: this.wanted() });
    }, wait);
  }
}
