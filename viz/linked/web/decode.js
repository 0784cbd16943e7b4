// Reads the blob (see pack.py): the header, the sections, the weights of a head.

// What the codes stand for: see viz/linked/codes.py. A table for each number of times that cells are divided by 3.
const FINE = 121;
const NINTHS = 9;
const CELLS = Array.from({ length: 6 }, (_, scale) => {
  const unit = 3 ** -scale;
  const above = Math.floor((FINE + 0.5) * unit) - FINE;
  const number = (code) => code - 1;
  const middle = (n) => (n <= FINE ? n * unit : n + above);
  return {
    middles: Float64Array.from({ length: 256 }, (_, code) => (code < 2 ? 0 : middle(number(code)) / 100)),
    widths: Float64Array.from({ length: 256 }, (_, code) => (code < 2 ? 0 : number(code) <= FINE ? unit : 1) / 100),
    smallest: unit / 200, // where the cell of what is next to nothing ends
  };
});
const SMALL = 32; // the side of a small picture, at most

export function openBlob(bytes) {
  const numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || new TextDecoder().decode(bytes.subarray(0, 4)) !== "HLV1") {
    throw new Error("the data is not a linked view");
  }
  const start = 8 + numbers.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const sections = header.sections.map((section) => ({
    ...section,
    // A copy: the blob itself need not be kept, and the rows of numbers start at a whole address.
    stored: bytes.slice(start + section.offset, start + section.offset + section.bytes),
  }));
  return { header, sections };
}

export function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

// The rest of the header, where it is a section of its own.
export async function readAbout({ header, sections }) {
  const about = sections.find((section) => section.about);
  return about ? { ...header, ...JSON.parse(new TextDecoder().decode(await inflate(about))) } : header;
}

async function inflate({ stored, deflated }) {
  if (!deflated) return stored;
  const stream = new Blob([stored]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// The weights that have arrived so far, by kind and layer.
export class Weights {
  constructor(kinds) {
    this.kinds = kinds;
    this.sections = new Map();
    this.inflated = new Map();
  }

  static name(kind, layer) {
    return `${kind} ${layer ?? "small"}`;
  }

  add(sections) {
    for (const section of sections.filter(({ about }) => !about)) {
      const name = Weights.name(section.kind, section.layer);
      if (!this.sections.has(name)) this.sections.set(name, section);
    }
  }

  has(kind, layer) {
    return this.sections.has(Weights.name(kind, layer));
  }

  // Makes a layer, or with null the small pictures, readable.
  async ready(kind, layer) {
    const name = Weights.name(kind, layer);
    if (this.inflated.has(name)) return;
    const section = this.sections.get(name);
    const bytes = await inflate(section);
    this.inflated.set(name, layer === null ? bytes : this.open(kind, section, bytes));
    section.stored = null;
  }

  open(kind, section, bytes) {
    const { heads, queries, keys } = this.kinds[kind];
    const [height, width] = [queries.texts.length, (keys ?? queries).texts.length];
    const [rows, cells] = [heads * height, heads * height * width];
    const start = section.sums ? 4 * rows : 0;
    const codes = bytes.subarray(start, start + cells);
    const parts = bytes.subarray(start + cells + rows);
    return {
      sums: section.sums ? new Float32Array(bytes.buffer, bytes.byteOffset, rows) : null,
      codes,
      scales: bytes.subarray(start + cells, start + cells + rows),
      parts,
      found: parts.length ? this.findParts(kind, codes) : null,
    };
  }

  // Of pairs of words in pieces weights are told more finely: where each head's parts begin.
  findParts(kind, codes) {
    const { heads, queries, keys } = this.kinds[kind];
    const [height, width] = [queries.texts.length, (keys ?? queries).texts.length];
    const blocks = joinedBlocks(queries, keys ?? queries);
    const starts = new Uint32Array(heads);
    let count = 0;
    for (let head = 0; head < heads; head++) {
      starts[head] = count;
      for (const block of blocks) if (isTold(codes, head * height * width, width, block)) count++;
    }
    return { starts, blocks };
  }

  isReady(kind, layer) {
    return this.inflated.has(Weights.name(kind, layer));
  }

  // All small pictures of a kind. Where every layer is here they need not be sent: they are made here.
  small(kind) {
    const name = Weights.name(kind, null);
    if (!this.inflated.has(name)) this.inflated.set(name, this.makeSmall(kind));
    return this.inflated.get(name);
  }

  makeSmall(kind) {
    const { layers, heads, queries, keys } = this.kinds[kind];
    const [rows, columns] = [queries.texts.length, (keys ?? queries).texts.length];
    const [height, width] = [Math.min(rows, SMALL), Math.min(columns, SMALL)];
    const rowOf = placesOf(rows, height);
    const columnOf = placesOf(columns, width);
    const pictures = new Uint8Array(layers.length * heads * height * width);
    const largest = new Float32Array(height * width);
    let at = 0;
    for (const layer of layers) {
      for (let head = 0; head < heads; head++) {
        const { weights } = this.head(kind, layer, head);
        largest.fill(0);
        for (let q = 0, i = 0; q < rows; q++) {
          const line = rowOf[q] * width;
          for (let k = 0; k < columns; k++, i++) {
            const place = line + columnOf[k];
            if (weights[i] > largest[place]) largest[place] = weights[i];
          }
        }
        for (let i = 0; i < largest.length; i++) pictures[at++] = Math.round(255 * Math.sqrt(Math.min(largest[i], 1)));
      }
    }
    return pictures;
  }

  // One head: weights (queries × keys) and sums (queries). The layer must be ready.
  head(kind, layer, head) {
    const { sums, codes, scales, parts, found } = this.inflated.get(Weights.name(kind, layer));
    const about = this.kinds[kind];
    const queries = about.queries.texts.length;
    const keys = (about.keys ?? about.queries).texts.length;
    const weights = new Float32Array(queries * keys);
    const total = new Float32Array(queries);
    const start = head * queries * keys;
    for (let q = 0, at = 0; q < queries; q++) {
      const { middles } = CELLS[scales[head * queries + q]];
      for (let k = 0; k < keys; k++, at++) weights[at] = middles[codes[start + at]];
    }
    let part = found ? found.starts[head] : 0;
    for (const block of found?.blocks ?? []) {
      if (!isTold(codes, start, keys, block)) continue;
      const shift = (parts[part++] + 0.5) / NINTHS - 0.5;
      for (let q = block[0]; q < block[1]; q++) {
        const { widths } = CELLS[scales[head * queries + q]];
        for (let k = block[2], at = q * keys + k; k < block[3]; k++, at++) {
          weights[at] += shift * widths[codes[start + at]];
        }
      }
    }
    for (let q = 0; q < queries; q++) {
      const row = head * queries + q;
      const [from, to] = [q * keys, (q + 1) * keys];
      let [told, small] = [0, 0];
      for (let at = from; at < to; at++) {
        told += weights[at];
        if (codes[start + at] === 1) small++;
      }
      if (!told && !small) continue;
      total[q] = sums ? sums[row] : 1;
      if (!small) continue;
      const { smallest } = CELLS[scales[row]];
      const share = Math.min(Math.max((total[q] - told) / small, smallest / 64), smallest);
      for (let at = from; at < to; at++) if (codes[start + at] === 1) weights[at] = share;
    }
    return { weights, sums: total };
  }
}

// The pairs of words of which one is in pieces, as their pieces: [[first query, end, first key, end], …].
function joinedBlocks(queries, keys) {
  const [rows, columns] = [spansOf(queries.words), spansOf(keys.words)];
  return rows.flatMap(([q, r]) =>
    columns.flatMap(([k, l]) => ((r - q) * (l - k) > 1 ? [[q, r, k, l]] : [])),
  );
}

function spansOf(words) {
  const spans = [];
  words.forEach((word, i) => {
    if (i > 0 && word === words[i - 1]) spans.at(-1)[1] = i + 1;
    else spans.push([i, i + 1]);
  });
  return spans;
}

// Whether something between two words is more than next to nothing.
function isTold(codes, start, width, [first, end, from, to]) {
  for (let q = first; q < end; q++) {
    for (let i = start + q * width + from; i < start + q * width + to; i++) if (codes[i] > 1) return true;
  }
  return false;
}

// Of each of `count` places the block it is in, of `blocks`.
function placesOf(count, blocks) {
  const starts = Array.from({ length: blocks }, (_, i) => Math.floor(i * (count / blocks)));
  const places = new Uint16Array(count);
  for (let i = 0, block = 0; i < count; i++) {
    while (block + 1 < blocks && starts[block + 1] <= i) block++;
    places[i] = block;
  }
  return places;
}
