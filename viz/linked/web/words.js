// What is said: the strings with their places filled, shares as a person reads them, rows in sentences.

import { combinedWeights } from "./picture.js";

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

// A token made only of white space can still be seen.
export function visible(text) {
  if (text.trim()) return text;
  return text ? text.replace(/\n/g, "⏎").replace(/\t/g, "⇥").replace(/\s/g, "␣") : "∅";
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

// A selection in sentences: [[template, values], …].
export function sentences(strings, picture, selection) {
  const quote = (axis, i) => fill(strings.quote, { token: visible(axis.texts[i]) });
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
    const form = picture.most && top.length ? "most_column" : "column";
    return [[strings[`${form}_${top.length}`], filled]];
  }
  const filled = { query: names(picture.queries) };
  if (selection.other !== null) {
    const share = percent(strings, values[selection.other]);
    return [[picture.most ? strings.most_1 : strings.cell, { ...filled, share, key: quote(picture.keys, selection.other) }]];
  }
  const top = largest(values, picture.columns);
  const sums = picture.sums;
  const given = sums ? selection.positions.reduce((sum, q) => sum + sums[q], 0) / selection.positions.length : 0;
  if (given === 0) return [[strings.row_0, filled]];
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
    const form = picture.most ? (several ? "mosts" : "most") : several ? "rows" : "row";
    said.push([strings[`${form}_${top.length}`], filled]);
  }
  // What went to tokens that are not shown, and what the model's sink took.
  const hidden = new Map();
  values.forEach((weight, i) => {
    if (weight > 0 && !picture.columns.includes(i)) {
      const before = hidden.get(picture.keys.texts[i]) ?? 0;
      hidden.set(picture.keys.texts[i], picture.most ? Math.max(before, weight) : before + weight);
    }
  });
  for (const [text, weight] of [...hidden].sort((a, b) => b[1] - a[1])) {
    if (weight >= 0.005 || !top.length) {
      const went = picture.most ? strings.most_went : strings.went;
      said.push([went, { share: percent(strings, weight), key: visible(text) }]);
    }
  }
  if (1 - given > 0.004 && !picture.most) said.push([strings.went, { share: percent(strings, 1 - given), key: strings.sink }]);
  return said;
}
