// Beams from keys to queries, made once and laid where they are drawn: in a box whose sides are 0 and 1.

const LEVELS = [0.12, 0.3, 0.5, 0.7, 0.9]; // from which weight on a beam is of a level
const FEW = 40; // tokens up to which beams are bent
const EACH = 3; // of a query, the largest

export const levelOf = (weight) => LEVELS.findLastIndex((least) => weight >= least);
export const shareOf = (level) => (LEVELS[level] + (LEVELS[level + 1] ?? 1)) / 2;

// Adds a beam from x below to x above.
export function addBeam(path, from, to, isBent) {
  path.moveTo(from, 1);
  if (isBent) path.bezierCurveTo(from, 0.5, to, 0.5, to, 0);
  else path.lineTo(to, 0);
}

// A path for each level; weightAt(query, key). most: of each query.
function makeBeams(queries, keys, weightAt, most) {
  const found = LEVELS.map(() => null);
  const isBent = Math.max(queries, keys) <= FEW;
  const row = [];
  for (let query = 0; query < queries; query++) {
    row.length = 0;
    for (let key = 0; key < keys; key++) {
      const weight = weightAt(query, key);
      if (weight >= LEVELS[0]) row.push([weight, key]);
    }
    row.sort((a, b) => b[0] - a[0]);
    for (const [weight, key] of row.slice(0, most)) {
      const level = levelOf(weight);
      addBeam((found[level] ??= new Path2D()), (key + 0.5) / keys, (query + 0.5) / queries, isBent);
    }
  }
  return found;
}

// The beams of a record, each made when it is first drawn.
export class Beams {
  constructor(record) {
    this.record = record;
    this.kept = new Map();
  }

  // Of one head; head null: the largest weight of any.
  of(kind, layer, head) {
    const name = `${kind} ${layer} ${head}`;
    let found = this.kept.get(name);
    if (!found) {
      const { record } = this;
      const [queries, keys] = [record.queries(kind), record.keys(kind)].map(
        (side) => side.tokens.texts.length,
      );
      const isMany = head === null && record.attention[kind].heads > 6; // together they would hide each other
      const weightAt =
        head === null
          ? (query, key) => record.strongest(kind, layer, query, key)[1]
          : (query, key) => record.weight(kind, layer, head, query, key);
      this.kept.set(name, (found = makeBeams(queries, keys, weightAt, isMany ? 1 : EACH)));
    }
    return found;
  }
}

// The same path in a box of the screen.
export function layIn(path, { x, y, w, h }) {
  const laid = new Path2D();
  laid.addPath(path, { a: w, b: 0, c: 0, d: h, e: x, f: y });
  return laid;
}
