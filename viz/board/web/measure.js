// How large a panel is drawn: cells as large as there is room for, words and numbers where they fit.

import { numeral } from "./say.js";

const LEAN = Math.PI / 4; // words over narrow columns lean by 45°
const FULL = /[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff]/; // letters as high as the type: Hangul, Han, kana
const HIGHEST = 420; // of the cells of a panel, in pixels; look.tall: no more than this
const LARGEST = 44; // a cell
const WRITTEN = 150; // cells of a matrix; a larger one shows its pattern, and a number where it is pointed at
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];

// How long a side should be where there is room for no more, and where there is plenty; alike: how many panels
// of this shape there are.
function lengths(alike, count) {
  if (alike <= 1) return [count <= 20 || count > 150 ? 400 : 300, 960];
  if (alike <= 3) return [count > 150 ? 400 : 300, 960];
  if (alike <= 4) return [300, 480];
  return [150, 320];
}

// What the sides are called stands in the corner, smaller than the words.
export const said = (label) => Math.round(label * 0.92);

const between = (value, low, high) => Math.min(Math.max(value, low), high);

// A round number of places that need so much room together.
function every(axis, cell, need) {
  return STEPS.find((step) => step * cell >= need) ?? axis.count;
}

// What does not depend on the room: the widths of the words and of the widest number.
export function measureTexts(context, panel, look) {
  const { zoom, family } = look;
  const label = Math.round(13 * zoom);
  context.font = `600 ${label}px ${family}`;
  const [rows, columns] = [panel.rows, panel.columns].map((axis) =>
    axis.labels.map((text) => (text ? context.measureText(text).width : 0)),
  );
  const { values, digits } = panel;
  let widest = 0;
  const isLine = Math.min(panel.rows.count, panel.columns.count) <= 1;
  if (panel.columns.count <= 64 && values.length <= (isLine ? 4096 : WRITTEN)) {
    context.font = `500 10px ${family}`;
    const texts = new Map(); // the longest of each length would do; figures are all as wide
    for (const value of values) {
      const text = numeral(value, digits);
      texts.set(text.length, text);
    }
    widest = Math.max(0, ...[...texts.values()].map((text) => context.measureText(text).width)) / 10;
  }
  context.font = `400 ${said(label)}px ${family}`;
  const corner = Math.max(...[panel.rows, panel.columns].map((axis) => context.measureText(axis.said).width));
  return { label, rows, columns, corner, widest };
}

// share: from 0, as small as is comfortable, to 1, as large as is useful. room: the width there is, in pixels.
export function measure(panel, texts, look, alike, share, room) {
  const { zoom, tall } = look;
  const { label } = texts;
  const [rows, columns] = [Math.max(panel.rows.count, 1), Math.max(panel.columns.count, 1)];
  const side = (count, small) => {
    const [least, most] = lengths(alike, count);
    const low = between((least * zoom) / count, count > 150 ? 0 : 3, small * zoom);
    const high = between((most * zoom) / count, low, LARGEST * zoom);
    return low + share * (high - low);
  };
  let high = Math.min(side(rows, 30), Math.min(HIGHEST * zoom, tall) / rows);
  let wide = side(columns, 30);
  // Numbers may need cells that are wider than high; narrow cells may be higher than wide, but not much.
  const number = texts.widest * 11 * zoom + 6;
  if (texts.widest && wide >= 18 * zoom && number <= 2 * wide) wide = Math.max(wide, number);
  // Two long sides keep the shape of what they say.
  wide = Math.min(wide, Math.min(rows, columns) > 20 ? high : Math.max(high * 2, 16 * zoom));

  const named = { rows: panel.rows.named, columns: panel.columns.named };
  const words = Math.max(texts.corner, named.rows ? Math.max(...texts.rows) : 0);
  const left = words ? Math.min(words, 150 * zoom, room * 0.3) + 9 : 1;
  const free = room - left - 2;
  wide = Math.min(wide, free / columns);
  const over = named.columns ? Math.max(...texts.columns) : 0;
  const leans = !panel.columns.numeric && over > wide - 4;
  const longest = leans ? Math.min(over, 130 * zoom) : 0;
  const reach = (j, lean = LEAN) => (Math.min(texts.columns[j], longest) + label) * Math.cos(lean);
  if (leans) for (let j = 0; j < columns; j++) wide = Math.min(wide, Math.max((free - reach(j)) / (j + 0.5), 0.5));
  high = Math.min(high, Math.max(wide, 26 * zoom));
  if (wide >= 3) wide = Math.floor(wide);
  if (high >= 3) high = Math.floor(high);

  // So far apart lines of words have to be; where letters fill theirs, words stand up before they are left out.
  const apart = label * (FULL.test(panel.columns.labels.join("")) ? 1.1 : 0.85);
  const steep = leans && apart > label ? Math.asin(Math.min(apart / wide, 1)) : LEAN;
  const lean = Math.max(steep, LEAN);

  let right = left + wide * columns;
  if (leans) for (let j = 0; j < columns; j++) right = Math.max(right, left + (j + 0.5) * wide + reach(j, lean));
  const lines = Math.max([panel.rows, panel.columns].filter((axis) => axis.said).length, named.columns ? 1 : 0);
  const above = named.rows ? Math.max(label - high, 0) / 2 : 0; // the first word of thin rows reaches over them
  const top = Math.max(leans ? longest * Math.sin(lean) + label + 3 : 0, lines * label * 1.35 + (lines ? 3 : 1) + above);
  const figures = texts.widest ? Math.min((wide - 5) / texts.widest, high * 0.62, 14 * zoom) : 0;
  return {
    x: Math.round(left),
    y: Math.round(top),
    wide,
    high,
    width: Math.ceil(right + 2),
    height: Math.ceil(top + high * rows + 2),
    left,
    longest,
    leans,
    lean,
    label,
    above,
    // So many places apart words are written, where there is no room for all.
    steps: {
      rows: every(panel.rows, high, label * 1.08),
      columns: every(panel.columns, wide, leans ? apart / Math.sin(lean) : panel.columns.numeric ? over + label * 0.7 : over + 4),
    },
    figures: figures >= 10 * zoom ? Math.floor(figures * 2) / 2 : 0,
  };
}

// Whether place i is written where only some are. Numbers at round ones, and the first.
export function isWritten(axis, i, step) {
  if (step <= 1) return true;
  if (!axis.numeric) return i % step === 0;
  const number = Number(axis.texts[i]);
  return number % step === 0 || (i === 0 && step - (((number % step) + step) % step) > step / 2);
}
