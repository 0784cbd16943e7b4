// Edges that are cut or could be: who looks (a row) and at what (a column), told in pieces, as Python tells them.
//
// cutting: { kinds, where, edges: [{ kind, query: [first, last], key: [first, last], heads: [[layer, head], …] }],
// changes: [label, …] }, the heads with null for "every", or null where nothing can be cut.

import { combinedWeights } from "./picture.js";

const MOST = 7; // beams that have scissors
const LEAST = 0.03; // of the row, so much at least

export const canCut = (cutting, view) =>
  Boolean(cutting) && cutting.kinds.includes(view.kind) && view.side === "query" && view.held.length > 0;

const within = ([first, end], [from, last]) => first >= from && end - 1 <= last;
const touches = (edge, heads) =>
  edge.heads.some(([l, h]) => heads.some(([layer, head]) => (l ?? layer) === layer && (h ?? head) === head));

// The number of the cut that lies between a row and a column in the heads on show; -1 where there is none.
export function findCut(cutting, view, picture, query, key) {
  return cutting.edges.findIndex(
    (edge) =>
      edge.kind === view.kind &&
      within(picture.queries.spans[query], edge.query) &&
      within(picture.keys.spans[key], edge.key) &&
      touches(edge, view.heads),
  );
}

let askedLast = { of: [], edges: [] }; // several panels ask for the same

// The columns that a held row looks at most, and those that are cut from it: [{ key, weight, cuts: [number, …] }].
export function heldEdges(cutting, view, picture) {
  const of = [cutting, view, picture];
  if (of.some((part, i) => part !== askedLast.of[i])) askedLast = { of, edges: findEdges(cutting, view, picture) };
  return askedLast.edges;
}

function findEdges(cutting, view, picture) {
  if (!canCut(cutting, view) || !picture.heads.length) return [];
  const held = view.held.filter((query) => picture.rows.includes(query));
  if (!held.length) return [];
  const values = combinedWeights(picture, { side: "query", positions: held, other: null });
  const found = picture.columns.map((key) => ({
    key,
    weight: values[key],
    cuts: held.map((query) => findCut(cutting, view, picture, query, key)).filter((number) => number >= 0),
  }));
  const strongest = found
    .filter(({ weight, cuts }) => weight >= LEAST && !cuts.length)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MOST);
  return [...found.filter(({ cuts }) => cuts.length), ...strongest];
}

// What is asked of the page: to cut these rows from a column, or to take cuts back.
export function asSnip(view, picture, queries, key) {
  const pieces = ([first, end]) => [first, end - 1];
  return {
    kind: view.kind,
    heads: view.heads,
    queries: queries.map((query) => pieces(picture.queries.spans[query])),
    key: pieces(picture.keys.spans[key]),
  };
}
