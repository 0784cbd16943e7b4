// What is shown, what is held and what is pointed at. Knows no drawing: it changes, and tells.

import { axisOf, translate } from "./picture.js";

const same = (a, b) =>
  a === b ||
  (a && b && a.side === b.side && a.other === b.other && String(a.positions) === String(b.positions));

export class State {
  // changed(lasting): called after every change; lasting is false where only the pointer moved.
  constructor(kinds, view, changed) {
    this.kinds = kinds;
    this.view = view;
    this.changed = changed;
    this.pointed = null; // { side, positions, other }: other is a token of the other side, or null
    this.muted = null; // what was just let go stays dark until the pointer has left it
    this.heads = {}; // the heads chosen last, of each kind
  }

  change(part) {
    this.view = { ...this.view, ...part };
    this.changed(true);
  }

  point(selection) {
    if (same(selection, this.pointed)) return;
    if (!same(selection, this.muted)) this.muted = null;
    this.pointed = selection;
    this.changed(false);
  }

  // Click: hold a token, or let it go again. Tokens of the other side are let go.
  hold(side, position) {
    const held = this.view.side === side ? this.view.held : [];
    if (held.includes(position)) {
      this.muted = this.pointed;
      this.change({ held: held.filter((other) => other !== position) });
    } else {
      this.muted = null;
      this.change({ side, held: [...held, position].sort((a, b) => a - b) });
    }
  }

  letGo() {
    this.muted = this.pointed;
    this.change({ held: [] });
  }

  // What is lit: what is pointed at, else what is held; only tokens that are shown.
  selection(picture) {
    const { held, side } = this.view;
    const isShown = (of, position) => (of === "query" ? picture.rows : picture.columns).includes(position);
    const lit = { side, positions: held.filter((position) => isShown(side, position)), other: null };
    const pointed = this.muted ? null : this.pointed;
    if (pointed && isShown(pointed.side, pointed.positions[0])) {
      const isHeld =
        pointed.other === null && pointed.side === side && held.includes(pointed.positions[0]);
      if (!isHeld) return pointed;
    }
    return lit.positions.length ? lit : null;
  }

  chooseHead(layer, head, add = false) {
    const isHead = ([l, h]) => l === layer && h === head;
    const { heads } = this.view;
    if (!add) this.change({ heads: [[layer, head]] });
    else if (!heads.some(isHead)) this.change({ heads: [...heads, [layer, head]] });
    else if (heads.length > 1) this.change({ heads: heads.filter((other) => !isHead(other)) });
  }

  // Arrow keys: from the head chosen last to its neighbour. Returns whether there is one.
  walk(layers, heads) {
    const about = this.kinds[this.view.kind];
    const [layer, head] = this.view.heads.at(-1);
    const index = about.layers.indexOf(layer) + layers;
    const next = head + heads;
    if (index < 0 || index >= about.layers.length || next < 0 || next >= about.heads) return false;
    this.chooseHead(about.layers[index], next);
    return true;
  }

  setKind(kind) {
    if (kind === this.view.kind) return;
    this.heads[this.view.kind] = this.view.heads;
    const about = this.kinds[kind];
    const fitting = this.view.heads.filter(([l, h]) => about.layers.includes(l) && h < about.heads);
    const heads = this.heads[kind] ?? (fitting.length ? fitting : [[about.layers[0], 0]]);
    this.pointed = this.muted = null;
    this.change({ kind, heads, held: [], side: "query" });
  }

  setSegments(segments) {
    if (segments === this.view.segments) return;
    this.pointed = this.muted = null;
    this.change({ segments });
  }

  setWords(words) {
    if (words === this.view.words) return;
    const about = this.kinds[this.view.kind];
    const tokens = this.view.side === "query" ? about.queries : (about.keys ?? about.queries);
    const held = translate(this.view.held, axisOf(tokens, !words), axisOf(tokens, words));
    this.pointed = this.muted = null;
    this.change({ words, held });
  }
}
