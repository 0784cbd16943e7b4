// The record as the browser reads it (see pack.py): sides, attention, output; and a head taken apart.

import { openBlob } from "../../linked/web/decode.js";

const SHARE = Float32Array.from({ length: 256 }, (_, level) => (level / 255) ** 2);

const floats = (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);

export function openWhole(bytes) {
  const { header, sections } = openBlob(bytes);
  return {
    header,
    record: header.whole ? new ModelRecord(header, sections) : null,
    detail: header.detail ? makeDetail(header.detail, sections) : null,
  };
}

export class ModelRecord {
  constructor({ record, whole }, sections) {
    Object.assign(this, whole);
    this.digest = record;
    this.weights = new Map();
    for (const section of sections) {
      const { what, kind, layer, side, part, stored } = section;
      if (what === "weights") this.addWeights(kind, layer, stored);
      else if (what === "across")
        this.across = new Int32Array(stored.buffer, stored.byteOffset, stored.byteLength >> 2);
      else if (what === "added" || what === "length") {
        this.sides[side].layers[layer].sublayers.find((one) => one.part === part)[what] = floats(stored);
      } else if (side) this.sides[side][what] = floats(stored);
    }
    for (const side of Object.values(this.sides)) side.special = new Set(side.tokens.special);
  }

  addWeights(kind, layer, stored) {
    const rows = this.attention[kind].heads * this.queries(kind).tokens.texts.length;
    this.weights.set(`${kind} ${layer}`, {
      largest: floats(stored.subarray(0, 4 * rows)),
      levels: stored.subarray(4 * rows),
    });
  }

  // The side whose tokens look, and the one that is looked at.
  queries(kind) {
    return this.sides[kind === "encoder" ? "encoder" : "decoder"] ?? this.sides.encoder;
  }

  keys(kind) {
    return this.sides[kind === "cross" ? "encoder" : kind] ?? this.queries(kind);
  }

  get two() {
    return Boolean(this.sides.encoder && this.sides.decoder && this.attention.cross);
  }

  // The stack that the output comes from.
  get last() {
    return this.sides.decoder ? "decoder" : "encoder";
  }

  has(kind, layer) {
    return this.weights.has(`${kind} ${layer}`);
  }

  weight(kind, layer, head, query, key) {
    const [rows, columns] = [this.queries(kind).tokens.texts.length, this.keys(kind).tokens.texts.length];
    const { largest, levels } = this.weights.get(`${kind} ${layer}`);
    const row = head * rows + query;
    return SHARE[levels[row * columns + key]] * largest[row];
  }

  // All weights of one query in one head.
  row(kind, layer, head, query) {
    return Float32Array.from(this.keys(kind).tokens.texts, (_, key) =>
      this.weight(kind, layer, head, query, key),
    );
  }

  // The head in which a query gives a key the most, among the heads of a layer: [head, weight].
  strongest(kind, layer, query, key) {
    let best = [0, -1];
    for (let head = 0; head < this.attention[kind].heads; head++) {
      const weight = this.weight(kind, layer, head, query, key);
      if (weight > best[1]) best = [head, weight];
    }
    return best;
  }

  // What is told to look where, for the tokens that are followed: {kind, layer, head, query, key} of each stack.
  path(read, step) {
    const found = [];
    const own = (kind, query) => {
      const look = this.looks[kind]?.[query];
      if (look) found.push({ kind, layer: look[0], head: look[1], query, key: look[2] });
    };
    if (this.two) {
      own("encoder", read);
      const at = this.across[step * this.sides.encoder.tokens.texts.length + read];
      const { heads, layers } = this.attention.cross;
      found.push({
        kind: "cross",
        layer: layers[Math.floor(at / heads)],
        head: at % heads,
        query: step,
        key: read,
      });
    } else own(this.last, this.last === "decoder" ? step : read);
    return found;
  }

  isCut(kind, layer, head, query, key) {
    return this.changes.some(
      (one) =>
        one.what === "cut" &&
        one.kind === kind &&
        within(one.layer, layer) &&
        within(one.head, head) &&
        inSpan(one.queries, query + this.queries(kind).first) &&
        inSpan(one.keys, key + this.keys(kind).first),
    );
  }

  // What else is done to a head: "silence", "uniform" or nothing.
  changed(kind, layer, head) {
    return this.changes.find(
      (one) => one.what !== "cut" && one.kind === kind && within(one.layer, layer) && within(one.head, head),
    )?.what;
  }
}

const within = (named, place) => named === null || named === place;
const inSpan = (span, place) => span === null || (span[0] <= place && place <= span[1]);

function makeDetail({ kind, layer, head, scaling, shape }, sections) {
  const [rows, columns, dk, dv] = shape;
  const found = { kind, layer, head, scaling, rows, columns, dk, dv };
  for (const { what, stored } of sections) {
    const part = what.startsWith("detail ") && what.slice(7);
    if (part) found[part] = part === "allowed" ? stored : floats(stored);
  }
  const line = (name, at, width) => found[name].subarray(at * width, (at + 1) * width);
  found.query = (at) => line("q", at, dk);
  found.key = (at) => line("k", at, dk);
  found.value = (at) => line("v", at, dv);
  found.row = (name, at) => line(name, at, columns);
  return found;
}
