// What is written and said: numbers as a person reads them, texts cut where they are long, a cell in words.

import { fill, visible } from "../../linked/web/words.js";

const byLetter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

// A text with at most so many letters as a person counts them: an emoji is one.
export function short(text, most) {
  if (text.length <= most) return visible(text);
  const letters = [];
  for (const { segment } of byLetter.segment(text.slice(0, 40 * most))) {
    letters.push(segment);
    if (letters.length > most) return visible(`${letters.slice(0, most - 1).join("")}…`);
  }
  return visible(letters.join(""));
}

function plain(text) {
  return Number(text) === 0 ? text.replace("-", "") : text.replace(/-/g, "−").replace("+", "");
}

// A number with so many digits after the point. Nothing where there is none.
export function numeral(value, digits) {
  if (Number.isNaN(value)) return "";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return plain(Math.abs(value) >= 1e6 ? value.toExponential(1) : value.toFixed(digits));
}

// The same with more digits, for one number that is asked for. Whole numbers are told as they are.
function precise(value, digits) {
  if (!Number.isFinite(value)) return numeral(value, 0);
  if (Number.isInteger(value)) return plain(String(value));
  const text = value.toFixed(digits + 2);
  return Number(text) === 0 ? plain(value.toExponential(1)) : numeral(value, digits + 2);
}

// What a place of a side is called. Words stand in quotes, numbers do not.
function called(strings, axis, place, letters) {
  if (axis.numeric) return axis.texts[place];
  return fill(strings.quote, { token: short(axis.texts[place], letters) });
}

function worth(strings, panel, row, column) {
  const at = row * panel.columns.count + column;
  const number = precise(panel.values[at], panel.digits);
  if (panel.allowed?.[at] === 0) {
    return panel.values[at] ? fill(strings.crossed_value, { number: number || strings.nothing }) : strings.crossed;
  }
  return number || strings.nothing;
}

// The smallest and the largest finite value of a line; null where there is none.
function range(panel, row, column) {
  const { count } = panel.columns;
  let [least, most] = [Infinity, -Infinity];
  const [from, step] = row < 0 ? [column, count] : [row * count, 1];
  const cells = row < 0 ? panel.rows.count : count;
  for (let i = 0; i < cells; i++) {
    const value = panel.values[from + i * step];
    if (!Number.isFinite(value) || panel.allowed?.[from + i * step] === 0) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return least <= most ? [least, most] : null;
}

// The spot {row, column} of a panel in words: [template, values]. A row or column of −1 is the whole line.
// letters: so many of a word are said; of the title more.
export function saySpot(strings, panel, { row, column }, letters) {
  const title = short(panel.title || panel.name, Math.round(letters * 1.7));
  const across = row < 0 ? null : panel.rows.named && called(strings, panel.rows, row, letters);
  const down = column < 0 ? null : panel.columns.named && called(strings, panel.columns, column, letters);
  if (row < 0 || column < 0) {
    const ends = range(panel, row, column);
    const place = across || down || "";
    if (!ends) return [strings.entry, { title, place, value: strings.nothing }];
    const [least, most] = ends.map((value) => precise(value, panel.digits));
    return [strings.line, { title, place, least, most }];
  }
  const value = worth(strings, panel, row, column);
  if (across && down) return [strings.cell, { title, row: across, column: down, value }];
  if (across || down) return [strings.entry, { title, place: across || down, value }];
  return [strings.number, { title, value }];
}

// What a panel is, for those who hear it.
export function sayPanel(strings, panel) {
  const [rows, columns] = [panel.rows.count, panel.columns.count];
  const title = short(panel.title || panel.name, 80);
  if (rows * columns === 1) return fill(strings.number_name, { title });
  if (rows === 1 || columns === 1) return fill(strings.vector_name, { title, count: rows * columns });
  return fill(strings.matrix_name, { title, rows, columns });
}
