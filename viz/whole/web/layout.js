// Where every part of the model stands in the world, whose unit is a pixel while the whole model is in sight.
// Text goes from the bottom to the top, as in figure 1 of Vaswani et al. 2017.

const WEIGHT = { "self-attention": 1, "cross-attention": 1, "feed-forward": 0.5, mixer: 0.8 };
const NORM = 0.09;

function part(kind, id, rect, parent, more = {}) {
  const node = { kind, id, ...rect, parent, children: [], ...more };
  parent?.children.push(node);
  return node;
}

// The nodes of the world as a tree, and by their ids. unit: pixels of the type. labels: rows of words below.
export function layOut(record, width, height, unit) {
  const root = part("whole", "", { x: 0, y: 0, w: width, h: height }, null);
  const kinds = ["encoder", "decoder"].filter((kind) => record.sides[kind]);
  const narrow = width < 620;
  const edge = narrow ? 4 : 10;
  const gutter = kinds.length > 1 ? (narrow ? 14 : Math.min(60, width * 0.05)) : 0;
  const each = (width - 2 * edge - gutter * (kinds.length - 1)) / kinds.length;
  const most = 2 * height; // a lone stack is not drawn out over a wide screen
  const sideWidth = kinds.length > 1 ? each : Math.min(each, most);
  const top = Math.max(unit * 5.4, height * 0.24) + (narrow && kinds.length > 1 ? unit * 1.4 : 0);
  kinds.forEach((kind, i) => {
    const x = kinds.length > 1 ? edge + i * (each + gutter) : (width - sideWidth) / 2;
    laySide(record, kind, root, { x, y: edge, w: sideWidth, h: height - 2 * edge }, top, unit, narrow);
  });
  if (record.two) {
    const [encoder, decoder] = root.children;
    const y = encoder.top - unit * 0.9;
    part(
      "across",
      "across",
      { x: encoder.columns.x, y: y - unit * 0.7, w: decoder.x - encoder.columns.x, h: unit * 1.4 },
      root,
      {
        rail: y,
        gutter: (encoder.x + encoder.w + decoder.x) / 2,
      },
    );
  }
  const last = root.children.find((node) => node.id === record.last);
  const below = unit * (narrow && kinds.length > 1 ? 2.4 : 0.9);
  part(
    "output",
    "output",
    { x: last.columns.x, y: edge, w: last.x + last.w - last.columns.x, h: last.top - edge - below },
    root,
    { side: last },
  );
  const byId = new Map();
  const order = (node) => {
    byId.set(node.id, node);
    node.children.forEach(order);
  };
  order(root);
  return { root, byId, unit, narrow, width, height };
}

function laySide(record, kind, root, box, top, unit, narrow) {
  const side = record.sides[kind];
  const count = side.tokens.texts.length;
  const margin = narrow ? unit * 1.1 : unit * 4.1; // for the names of the layers
  const rail = box.w * (narrow ? 0.1 : 0.12); // for the residual stream
  const node = part("side", kind, box, root, { side: kind });
  node.columns = { x: box.x + margin, w: box.w - margin - rail };
  node.at = (token) => node.columns.x + (node.columns.w * (token + 0.5)) / count;
  node.rail = box.x + box.w - rail / 2;
  const words = unit * 1.3 * (narrow ? 3 : 2) + 6;
  const embed = Math.max(unit * 1.5, box.h * 0.05);
  const bottom = box.y + box.h;
  const wide = { x: box.x, w: box.w };
  part("tokens", `${kind}.tokens`, { ...wide, y: bottom - words, h: words }, node, { side: kind });
  part("embedding", `${kind}.embedding`, { ...wide, y: bottom - words - embed, h: embed }, node, {
    side: kind,
  });
  const from = bottom - words - embed - unit * 0.6;
  node.top = box.y + top;
  if (side.last_norm) {
    const h = Math.min(unit * 0.9, (from - node.top) * 0.05);
    part("norm", `${kind}.norm`, { ...wide, y: node.top, h }, node, { side: kind });
    node.first = node.top + h + 3;
  } else node.first = node.top;
  const layers = side.layers.length;
  const gap = Math.min(unit * 0.5, ((from - node.first) / layers) * 0.1);
  const h = (from - node.first - gap * (layers - 1)) / layers;
  for (let layer = 0; layer < layers; layer++) {
    const y = from - h - layer * (h + gap);
    layLayer(record, kind, layer, node, { ...wide, y, h }, root.w / root.h);
  }
}

// A layer: its sublayers from the bottom to the top, each with its norm behind or before it.
function layLayer(record, kind, layer, parent, rect, shape) {
  const node = part("layer", `${kind}.${layer}`, rect, parent, { side: kind, layer });
  const about = record.sides[kind].layers[layer];
  const seen = {
    "self-attention": record.has(kind, layer),
    "cross-attention": kind === "decoder" && record.has("cross", layer),
  };
  const told = about.sublayers.map((one) => one.part);
  const names = told.length ? told : ["self-attention", "cross-attention"].filter((name) => seen[name]);
  if (!told.length && !seen["self-attention"]) names.unshift("mixer");
  const bands = [];
  for (const [i, name] of names.entries()) {
    const about_norm = about.sublayers[i];
    if (about_norm?.order === "before") bands.push(["norm", NORM, about_norm]);
    bands.push([name, WEIGHT[name], about_norm]);
    if (about_norm?.order === "after") bands.push(["norm", NORM, about_norm]);
  }
  const inside = { x: parent.columns.x, w: parent.columns.w, y: rect.y + rect.h * 0.03, h: rect.h * 0.94 };
  const total = bands.reduce((sum, [, weight]) => sum + weight, 0) || 1;
  let bottom = inside.y + inside.h;
  node.norms = [];
  for (const [name, weight, sublayer] of bands) {
    const h = (inside.h * weight) / total;
    const box = { x: inside.x, w: inside.w, y: bottom - h, h };
    bottom -= h;
    if (name === "norm") node.norms.push(box);
    else if (name === "mixer") part("mixer", `${node.id}.mixer`, box, node, { side: kind, layer });
    else if (name === "feed-forward")
      part("feeding", `${node.id}.feeding`, box, node, { side: kind, layer, sublayer });
    else {
      const own = name === "cross-attention" ? "cross" : kind;
      const id = `${node.id}.${own === "cross" ? "cross" : "attention"}`;
      const attention = part("attention", id, box, node, { side: kind, layer, attention: own, sublayer });
      if (record.has(own, layer)) layHeads(record, attention, (0.9 * shape * total) / weight);
    }
  }
}

// Columns and rows of the heads when their layer fills the picture: none of them drawn out.
function gridOf(count, shape) {
  let best = null;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const off = Math.abs(Math.log((shape * rows) / columns / 1.5)) + 0.5 * (rows * columns - count);
    if (!best || off < best.off) best = { columns, rows, off };
  }
  return best;
}

function layHeads(record, node, shape) {
  const { attention, layer } = node;
  const count = record.attention[attention].heads;
  const best = gridOf(count, shape);
  const [w, h] = [node.w / best.columns, node.h / best.rows];
  for (let head = 0; head < count; head++) {
    const [column, row] = [head % best.columns, Math.floor(head / best.columns)];
    const rect = {
      x: node.x + column * w + w * 0.02,
      y: node.y + row * h + h * 0.03,
      w: w * 0.96,
      h: h * 0.94,
    };
    const id = `${attention}.${layer}.${head}`;
    const one = part("head", id, rect, node, { side: node.side, layer, head, attention });
    const lights = record.apart ? 0.54 : 0.96;
    one.lights = {
      x: rect.x + rect.w * 0.02,
      y: rect.y + rect.h * 0.13,
      w: rect.w * lights,
      h: rect.h * 0.76,
    };
    if (record.apart) {
      const pair = {
        x: rect.x + rect.w * 0.6,
        y: rect.y + rect.h * 0.06,
        w: rect.w * 0.385,
        h: rect.h * 0.9,
      };
      part("pair", `${id}.pair`, pair, one, { side: node.side, layer, head, attention });
    }
  }
}

// The innermost part at a point of the world, among those that can be seen at this scale.
export function partAt(node, x, y, visibleAt) {
  if (x < node.x || y < node.y || x > node.x + node.w || y > node.y + node.h) return null;
  for (const child of [...node.children].reverse()) {
    if (!visibleAt(child)) continue;
    const found = partAt(child, x, y, visibleAt);
    if (found) return found;
  }
  return node;
}
