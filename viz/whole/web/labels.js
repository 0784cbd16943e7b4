// Words that stand beside each other without touching: in rows, the most wanted first, cut where they are long.

import { cut } from "../../linked/web/dom.js";

const widths = new Map(); // of texts, by font

// How wide a text is: each is measured once.
export function widthOf(context, text) {
  let known = widths.get(context.font);
  if (!known) widths.set(context.font, (known = new Map()));
  let width = known.get(text);
  if (width === undefined) {
    if (known.size > 4000) known.clear();
    known.set(text, (width = context.measureText(text).width));
  }
  return width;
}

const kept = new Map(); // what was placed, by what it was placed for

// texts at xs (pixels), in up to `rows` rows, no wider than `most`. wanted: places that come first.
// Returns [{ i, row, x, text }]; what finds no room is left out.
export function placeLabels(context, texts, xs, { rows, most, room, wanted, left, right, name }) {
  const spread = xs.length > 1 ? Math.round((xs.at(-1) - xs[0]) / 2) : 0;
  const key = `${name}|${context.font}|${spread}|${rows}|${wanted.join()}|${Math.round(left - (xs[0] ?? 0))}|${Math.round(right - (xs[0] ?? 0))}`;
  let placed = kept.get(key);
  if (!placed) {
    placed = arrange(context, texts, xs, { rows, most, room, wanted, left, right });
    if (kept.size > 400) kept.clear();
    kept.set(key, placed);
  }
  return placed;
}

function arrange(context, texts, xs, { rows, most, room, wanted, left, right }) {
  const taken = Array.from({ length: rows }, () => []);
  const placed = [];
  const order = [...new Set([...wanted, ...texts.keys()])];
  for (const i of order) {
    const text = widthOf(context, texts[i]) <= most ? texts[i] : cut(context, texts[i], most);
    const width = widthOf(context, text);
    const x = Math.min(Math.max(xs[i], left + width / 2), right - width / 2);
    for (let row = 0; row < rows; row++) {
      const free = taken[row].every(([from, to]) => x + width / 2 + room < from || x - width / 2 - room > to);
      if (!free) continue;
      taken[row].push([x - width / 2, x + width / 2]);
      placed.push({ i, row, off: x - xs[i], text });
      break;
    }
  }
  return placed;
}
