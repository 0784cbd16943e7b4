// Reads the blob (see pack.py): the header, the sections, the weights of a head.

const SQUARES = Float32Array.from({ length: 256 }, (_, level) => (level / 255) ** 2);

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
    for (const section of sections) {
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
    if (layer === null) {
      this.inflated.set(name, bytes);
    } else {
      const rows = this.kinds[kind].heads * this.kinds[kind].queries.texts.length;
      const levels = rows * 4 * (section.sums ? 2 : 1);
      this.inflated.set(name, {
        largest: new Float32Array(bytes.buffer, bytes.byteOffset, rows),
        sums: section.sums ? new Float32Array(bytes.buffer, bytes.byteOffset + rows * 4, rows) : null,
        levels: bytes.subarray(levels),
      });
    }
    section.stored = null;
  }

  isReady(kind, layer) {
    return this.inflated.has(Weights.name(kind, layer));
  }

  small(kind) {
    return this.inflated.get(Weights.name(kind, null));
  }

  // One head: weights (queries × keys) and sums (queries). The layer must be ready.
  head(kind, layer, head) {
    const { largest, sums, levels } = this.inflated.get(Weights.name(kind, layer));
    const queries = this.kinds[kind].queries.texts.length;
    const keys = (this.kinds[kind].keys ?? this.kinds[kind].queries).texts.length;
    const weights = new Float32Array(queries * keys);
    const total = new Float32Array(queries);
    for (let q = 0; q < queries; q++) {
      const row = head * queries + q;
      const most = largest[row];
      total[q] = sums ? sums[row] : most > 0 ? 1 : 0;
      if (most === 0) continue;
      for (let k = 0; k < keys; k++) weights[q * keys + k] = SQUARES[levels[row * keys + k]] * most;
    }
    return { weights, sums: total };
  }
}
