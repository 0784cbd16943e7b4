// What is said: the strings with their places filled, shares as a person reads them, rows in sentences.

import { LETTERS, nameOf } from "./pair.js";
import { combinedWeights, weightsOf } from "./picture.js";

// A sentence in parts: "{query} looks {share}" → [{name: "query", text: …}, " looks ", {name: "share", …}].
export function parts(template, values) {
  return template.split(/\{(\w+)\}/).map((part, i) => {
    return i % 2 ? { name: part.replace(/_\d$/, ""), text: String(values[part] ?? "") } : part;
  });
}

export function fill(template, values) {
  return parts(template, values).map((part) => part.text ?? part).join("");
}

export function percent(strings, share) {
  const number = Math.round(share * 100);
  return fill(strings.percent, { number: share > 0 && number === 0 ? "<1" : number });
}

// What is empty can still be seen; whatever else cannot has its sign already, from model/traces/signs.py.
export function visible(text) {
  return text || "∅";
}

export function headNames(strings, heads) {
  if (heads.length !== 1) return fill(strings.heads, { count: heads.length });
  return fill(strings.head, { layer: heads[0][0] + 1, head: heads[0][1] + 1 });
}

// The largest few, each worth telling: [[position, weight], …].
function largest(values, among) {
  return among
    .filter((i) => values[i] > 0)
    .sort((a, b) => values[b] - values[a])
    .slice(0, 3)
    .map((i) => [i, values[i]])
    .filter(([, weight], i) => i === 0 || weight >= 0.015);
}

// A token in quotes; one that both texts of a pair have with the letter of its own.
function quoteToken(strings, picture, axis, i) {
  const token = visible(axis.texts[i]);
  const { segments, texts } = axis;
  const part = segments && !picture.parts && LETTERS[segments[i]];
  const isTwice = part && texts.some((text, j) => text === texts[i] && segments[j] !== segments[i]);
  return isTwice ? fill(strings.quote_part, { token, part }) : fill(strings.quote, { token });
}

// What a key is called that is not shown: a special token by itself, any other by the text that it is in.
function nameHidden(strings, { keys, parts, specials }, i) {
  const isOut = parts && keys.segments[i] !== parts[1] && (specials || !keys.special[i]);
  return (isOut && nameOf(strings, keys.segments[i])) || visible(keys.texts[i]);
}

// What went to some keys together; where the largest of several heads is shown, the most that one of them gave.
function gatherWeight(picture, selection, positions) {
  const heads = picture.most ? picture.each.map(({ weights }) => weights) : [picture.weights];
  const gather = (values) => positions.reduce((sum, i) => sum + values[i], 0);
  return Math.max(...heads.map((weights) => gather(weightsOf(picture, weights, selection))));
}

// The form of the sentence that tells a row, or several together.
function rowForm(picture, several) {
  if (picture.writes) return picture.most ? "write_most" : several ? "writes" : "write";
  return picture.most ? (several ? "mosts" : "most") : several ? "rows" : "row";
}

// A selection in sentences: [[template, values], …].
export function sentences(strings, picture, selection) {
  const quote = (axis, i) => quoteToken(strings, picture, axis, i);
  const values = combinedWeights(picture, selection);
  const names = (axis) => selection.positions.map((i) => quote(axis, i)).join(" + ");
  if (selection.side === "key") {
    const top = largest(values, picture.rows);
    const filled = { key: names(picture.keys) };
    top.forEach(([i, weight], n) => {
      const suffix = n ? `_${n + 1}` : "";
      filled[`query${suffix}`] = quote(picture.queries, i);
      filled[`share${suffix}`] = percent(strings, weight);
    });
    const form = `${picture.writes && top.length ? "write_" : ""}${picture.most && top.length ? "most_" : ""}column`;
    if (!top.length && picture.parts) {
      return [[strings.column_0_part, { ...filled, part: nameOf(strings, picture.parts[0]) }]];
    }
    return [[strings[`${form}_${top.length}`], filled]];
  }
  const filled = { query: names(picture.queries) };
  if (selection.other !== null) {
    const share = percent(strings, values[selection.other]);
    const own = picture.most ? strings.most_1 : strings.cell;
    const written = picture.most ? strings.write_most_1 : strings.write_cell;
    return [[picture.writes ? written : own, { ...filled, share, key: quote(picture.keys, selection.other) }]];
  }
  const top = largest(values, picture.columns);
  const sums = picture.sums;
  const given = sums ? selection.positions.reduce((sum, q) => sum + sums[q], 0) / selection.positions.length : 0;
  if (given === 0) return [[picture.writes ? strings.write_0 : strings.row_0, filled]];
  top.forEach(([i, weight], n) => {
    const suffix = n ? `_${n + 1}` : "";
    filled[`key${suffix}`] = quote(picture.keys, i);
    filled[`share${suffix}`] = percent(strings, weight);
  });
  const listed = top.reduce((sum, [, weight]) => sum + weight, 0);
  const shown = picture.columns.reduce((sum, i) => sum + values[i], 0);
  filled.rest = percent(strings, Math.max(shown - listed, 0) < 0.005 ? 0 : shown - listed);
  const several = selection.positions.length > 1;
  const said = [];
  if (top.length) {
    said.push([strings[`${rowForm(picture, several)}_${top.length}`], filled]);
  }
  // What went to tokens that are not shown, and what the model's sink took.
  const hidden = new Map(); // name -> positions
  const columns = new Set(picture.columns);
  values.forEach((weight, i) => {
    if (weight === 0 || columns.has(i)) return;
    const name = nameHidden(strings, picture, i);
    hidden.set(name, [...(hidden.get(name) ?? []), i]);
  });
  const went = [...hidden].map(([name, positions]) => [name, gatherWeight(picture, selection, positions)]);
  for (const [name, weight] of went.sort((a, b) => b[1] - a[1])) {
    if (weight >= 0.005 || !top.length) {
      const form = picture.most ? strings.most_went : strings.went;
      said.push([form, { share: percent(strings, weight), key: name }]);
    }
  }
  if (1 - given > 0.004 && !picture.most) said.push([strings.went, { share: percent(strings, 1 - given), key: strings.sink }]);
  return said;
}
