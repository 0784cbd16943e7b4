// From weights to what is shown: heads combined, pieces merged into words, specials left out, rows summed.

import { partsOf } from "./pair.js";

// One side of the matrix, in words or in pieces. spans[i] = [first piece, piece after the last].
export function axisOf(tokens, words) {
  const spans = [];
  tokens.texts.forEach((_, i) => {
    const joins = words && i > 0 && tokens.words[i] === tokens.words[i - 1];
    if (joins) spans[spans.length - 1][1] = i + 1;
    else spans.push([i, i + 1]);
  });
  const special = new Set(tokens.special);
  const unknown = new Set(tokens.unknown);
  const pieces = ([from, to]) => Array.from({ length: to - from }, (_, i) => from + i);
  return {
    spans,
    texts: words ? tokens.named : tokens.texts,
    special: spans.map((span) => pieces(span).every((i) => special.has(i))),
    unknown: spans.map((span) => pieces(span).some((i) => unknown.has(i))),
    segments: tokens.segments && spans.map(([first]) => tokens.segments[first]),
    segmented: words && tokens.segmented, // a dictionary told where some of the words end
    across: tokens.across, // so many pieces reach from one such word into the next
  };
}

export function hasPieces(tokens) {
  return tokens.words.some((word, i) => i > 0 && word === tokens.words[i - 1]);
}

// Keys of a word summed, its queries averaged: as Stack.by_words in model/trace.py.
export function byWords({ weights, sums }, width, queries, keys) {
  const [height, across] = [queries.spans.length, keys.spans.length];
  if (across === width && height === sums.length) return { weights, sums }; // each piece is a word
  const merged = new Float32Array(height * across);
  const totals = new Float32Array(height);
  const columnOf = new Uint32Array(width);
  keys.spans.forEach(([from, to], k) => columnOf.fill(k, from, to));
  queries.spans.forEach(([first, end], q) => {
    const [line, pieces] = [q * across, end - first];
    for (let i = first; i < end; i++) {
      for (let j = 0, at = i * width; j < width; j++, at++) merged[line + columnOf[j]] += weights[at];
      totals[q] += sums[i] / pieces;
    }
    if (pieces > 1) for (let k = line; k < line + across; k++) merged[k] /= pieces;
  });
  return { weights: merged, sums: totals };
}

function combine(heads, how) {
  if (heads.length === 1) return heads[0];
  const join = (name) => {
    const joined = new Float32Array(heads[0][name].length);
    for (const head of heads) {
      const values = head[name];
      for (let i = 0; i < joined.length; i++) {
        joined[i] = how === "max" ? Math.max(joined[i], values[i]) : joined[i] + values[i] / heads.length;
      }
    }
    return joined;
  };
  return { weights: join("weights"), sums: join("sums") };
}

// The end of the colour scale: 1, or a round number near the largest weight where all are small.
function roundUp(largest) {
  if (largest > 0.5) return 1;
  const power = 10 ** Math.floor(Math.log10(Math.max(largest, 1e-4)));
  return [1, 2, 5, 10].map((step) => step * power).find((end) => end >= largest * 0.999);
}

// Everything the panels draw, of the heads whose layers have arrived.
export function makePicture(store, view) {
  const about = store.kinds[view.kind];
  const [queryTokens, keyTokens] = [about.queries, about.keys ?? about.queries];
  const queries = axisOf(queryTokens, view.words);
  const keys = axisOf(keyTokens, view.words);
  const arrived = view.heads.filter(([layer]) => store.isReady(view.kind, layer));
  const each = arrived.map(([layer, head]) => {
    const pieces = store.head(view.kind, layer, head);
    return view.words ? byWords(pieces, keyTokens.texts.length, queries, keys) : pieces;
  });
  const empty = { weights: new Float32Array(queries.spans.length * keys.spans.length), sums: null };
  const { weights, sums } = each.length ? combine(each, view.combine) : empty;
  const parts = partsOf(view, { queries, keys });
  const shown = (axis, part) => {
    const all = axis.texts.map((_, i) => i).filter((i) => !parts || axis.segments[i] === part);
    const plain = all.filter((i) => view.specials || !axis.special[i]);
    return plain.length ? plain : all;
  };
  const [rows, columns] = [shown(queries, parts?.[0]), shown(keys, parts?.[1])];
  let largest = 0;
  for (const q of rows) {
    const line = q * keys.texts.length;
    for (let j = 0; j < columns.length; j++) {
      const weight = weights[line + columns[j]];
      if (weight > largest) largest = weight;
    }
  }
  return {
    self: about.keys === null && (!parts || parts[0] === parts[1]), // the same tokens look and are looked at
    writes: Boolean(about.writes), // rows are named by what they write
    parts, // of a pair: whose queries and whose keys
    specials: view.specials,
    queries,
    keys,
    rows,
    columns,
    weights,
    sums,
    each,
    most: view.combine === "max" && each.length > 1, // the largest of several heads, not their mean
    heads: arrived,
    end: roundUp(largest),
    missing: [...new Set(view.heads.map(([layer]) => layer))].filter((l) => !store.isReady(view.kind, l)),
    isEmpty: (q) => sums !== null && sums[q] === 0,
  };
}

// The weight of each token on the other side of a selection. Rows of several queries are summed and told
// as a share of their sum; columns of several keys are summed as they are.
export function weightsOf({ queries, keys }, weights, selection) {
  const [height, width] = [queries.texts.length, keys.texts.length];
  const values = new Float32Array(selection.side === "query" ? width : height);
  for (const position of selection.positions) {
    if (selection.side === "query") {
      for (let k = 0; k < width; k++) {
        values[k] += weights[position * width + k] / selection.positions.length;
      }
    } else {
      for (let q = 0; q < height; q++) values[q] += weights[q * width + position];
    }
  }
  return values;
}

// The same with the heads combined. The largest of several is that of what each head gives to the whole
// selection: maxima of different heads, added, would be nobody's weight.
export function combinedWeights(picture, selection) {
  if (!picture.most) return weightsOf(picture, picture.weights, selection);
  const [first, ...others] = picture.each.map(({ weights }) => weightsOf(picture, weights, selection));
  return first.map((weight, i) => Math.max(weight, ...others.map((values) => values[i])));
}

// Where positions go when words become pieces or the other way round.
export function translate(positions, from, to) {
  const found = new Set();
  for (const position of positions) {
    const [first, end] = from.spans[position];
    to.spans.forEach(([start, stop], i) => {
      if (start < end && stop > first) found.add(i);
    });
  }
  return [...found].sort((a, b) => a - b);
}
