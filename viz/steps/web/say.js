// What happens at a step, in words: [[template, values, class], …]; "visually-hidden" is for those who hear the page.

import { percent, visible, fill } from "../../linked/web/words.js";

const SECOND = 0.1; // a second look is told from here on
const LENGTH = 45; // letters of a text that are said, at most
export const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

// A piece in quotes, cut where it is long. What runs from right to left is isolated (U+2068, U+2069), so that
// the quotes stay on their sides.
export function quoted(strings, text, isEnd = false) {
  const letters = [...visible(text)];
  let token = letters.join("");
  if (letters.length > LENGTH) {
    const [first, last] = [letters.slice(0, LENGTH).join(""), letters.slice(-LENGTH).join("")];
    token = isEnd ? `… ${last.replace(/^\S*\s+/, "")}` : `${first}…`;
  }
  return fill(strings.quote, { token: RIGHT_TO_LEFT.test(token) ? `\u2068${token}\u2069` : token });
}

// Of a kind of attention that the model does not have.
const NOTHING = new Float32Array(0);

// The weights with which step `step` looked at the source.
export const sourceRow = (film, step) =>
  film.cross?.subarray((step - 1) * film.sources, step * film.sources) ?? NOTHING;

// The same for what was written: the start token, then each piece before this one.
export const writtenRow = (film, step) =>
  film.decoder?.subarray((step - 1) * film.count, (step - 1) * film.count + step) ?? NOTHING;

// The weights with which the encoder looks from one piece of the source.
export const encoderRow = (film, piece) =>
  film.encoder?.subarray(piece * film.sources, (piece + 1) * film.sources) ?? NOTHING;

// The places of the largest weights, the largest first; after the first only those worth telling.
export function strongest(values, most, least) {
  return [...values.keys()]
    .filter((i) => values[i] > 0)
    .sort((a, b) => values[b] - values[a])
    .slice(0, most)
    .filter((i, n) => n === 0 || values[i] >= least);
}

export function chosenOf({ chosen, best }) {
  return best.find((choice) => choice.id === chosen);
}

function looks(strings, form, values, name, filled = {}) {
  const found = strongest(values, strings[`${form}_2`] ? 2 : 1, SECOND);
  found.forEach((i, n) => {
    filled[n ? "key_2" : "key"] = name(i);
    filled[n ? "share_2" : "share"] = percent(strings, values[i]);
  });
  return found.length ? [[strings[found.length > 1 ? `${form}_2` : form], filled]] : [];
}

export function told(strings, film, step, lit) {
  const source = (i) => quoted(strings, film.source.texts[i]);
  if (step === 0) {
    if (!film.encoder) return [[strings.reads_unseen, { count: film.sources }]];
    if (lit !== null) return looks(strings, "cell", encoderRow(film, lit), source, { query: source(lit) });
    return [
      [strings.reads, { count: film.sources }],
      [strings.hint, {}],
    ];
  }
  const { given } = film.steps[step - 1];
  const choice = chosenOf(film.steps[step - 1]);
  const before = film.so_far[step - 1];
  const place = { step, steps: film.count, text: quoted(strings, before, true) };
  const own = (i) => (i ? quoted(strings, film.written.texts[i - 1]) : strings.start_token);
  const ends = film.written.special.includes(step - 1);
  const piece = film.written.texts[step - 1];
  const written = { piece: quoted(strings, piece), chance: percent(strings, choice.chance) };
  const form = given ? "was_given" : ends ? "ends" : "writes";
  return [
    [before ? strings.goes_on : strings.begins, place, "visually-hidden"],
    ...(film.cross ? looks(strings, form, sourceRow(film, step), source, written) : [[strings[`${form}_alone`], written]]),
    ...looks(strings, "looks_back", writtenRow(film, step), own),
    ...hop(strings, film, film.passed[step - 1], source),
  ];
}

function hop(strings, film, from, source) {
  if (from === null) return [];
  const row = encoderRow(film, from);
  const [to] = strongest(row, 1, 0);
  if (to === undefined) return [];
  const filled = { query: source(from), key: source(to), share: percent(strings, row[to]) };
  return [[to === from ? strings.hop_self : strings.hop, filled, "visually-hidden"]];
}
