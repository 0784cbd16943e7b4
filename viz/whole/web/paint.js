// The picture on a canvas. What is drawn of a part depends on how large it is on the screen.

import { cut } from "../../linked/web/dom.js";
import { fill, visible } from "../../linked/web/words.js";
import { numeral, paintPair } from "./calculation.js";
import { placeLabels, widthOf } from "./labels.js";
import { addBeam, layIn } from "./paths.js";

const LIGHT = 0.62; // of the scale: the colour of what is followed
const smooth = (value, low, high) => {
  const share = Math.min(Math.max((value - low) / (high - low), 0), 1);
  return share * share * (3 - 2 * share);
};

// How much of the heads of a layer can be seen, 0 to 1.
export function headsAlpha(camera, node) {
  const head = node.children[0];
  if (!head || camera.whole) return 0;
  const { w, h } = camera.box(head);
  return Math.min(smooth(w, 44, 70), smooth(h, 36, 60));
}

// Whether a head is large enough for its words.
export const isLarge = (camera, head) => head.w * camera.sx > 0.4 * camera.width;

// Whether a part can be told from its parent at this scale: what is pointed at.
export function canBeSeen(camera, node) {
  if (node.kind === "head") return headsAlpha(camera, node.parent) > 0.5;
  if (node.kind === "pair") return isLarge(camera, node.parent);
  if (["attention", "feeding", "mixer"].includes(node.kind))
    return node.parent.h * camera.sy > 0.35 * camera.height;
  return true;
}

const fontOf = (scene, size, weight = 400) => `${weight} ${size}px ${scene.family}`;

function line(context, points, color, width) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}

function frame(context, { x, y, w, h }, radius) {
  context.beginPath();
  context.roundRect(x, y, w, h, Math.max(0, Math.min(radius, h / 2, w / 2)));
}

function text(context, words, x, y, color, align = "left", baseline = "middle") {
  context.fillStyle = color;
  context.textAlign = align;
  context.textBaseline = baseline;
  context.fillText(words, x, y);
}

// The tokens of a stack that are followed: those of the path, the followed one first.
export const followedIn = (scene, kind) => scene.followed[kind];

export function paint(context, scene) {
  context.imageSmoothingEnabled = !scene.moving;
  const { world, camera } = scene;
  const sides = world.root.children.filter((node) => node.kind === "side");
  for (const side of sides) paintSide(context, scene, side);
  if (scene.record.two) paintAcross(context, scene);
  paintPath(context, scene);
  paintOutput(context, scene, world.byId.get("output"));
  context.globalAlpha = 1;
  paintSticky(context, scene);
  if (camera.whole) for (const side of sides) paintTitle(context, scene, side);
}

function paintTitle(context, scene, side) {
  if (!scene.record.two) return;
  const { camera, unit, palette } = scene;
  context.font = fontOf(scene, unit, 600);
  const name = scene.strings[side.side];
  const [x, y] = scene.world.narrow
    ? [side.columns.x, side.top - unit * 1.65]
    : [side.x, side.top - unit * 0.85];
  text(context, name, camera.px(x), camera.py(y), palette.quiet);
}

// The words of the columns, at the lower edge while a layer fills the picture.
function paintSticky(context, scene) {
  const { camera, record, unit, palette, at } = scene;
  if (!["layer", "attention", "feeding", "mixer", "embedding"].includes(at.kind) || scene.moving) return;
  const side = scene.world.byId.get(at.side);
  if (camera.sees(side.children.find((child) => child.kind === "tokens"))) return;
  const texts = record.sides[at.side].tokens.texts.map(visible);
  const followed = followedIn(scene, at.side);
  context.font = fontOf(scene, unit * 0.94);
  const xs = texts.map((_, i) => camera.px(side.at(i)));
  const y = camera.height - unit * 0.75;
  context.fillStyle = palette.paper;
  context.globalAlpha = 0.9;
  context.fillRect(0, y - unit * 0.75, camera.width, unit * 1.5);
  context.globalAlpha = 1;
  const labels = placeLabels(context, texts, xs, {
    rows: 1,
    most: unit * 7,
    room: unit * 0.25,
    wanted: followed,
    left: 0,
    right: camera.width,
    name: `sticky ${at.side} ${record.digest}`,
  });
  for (const { i, off, text: word } of labels) {
    text(
      context,
      word,
      xs[i] + off,
      y,
      i === followed[0] ? palette.accent : followed.includes(i) ? palette.ink : palette.quiet,
      "center",
    );
  }
}

function paintSide(context, scene, node) {
  const { camera, record, palette } = scene;
  if (!camera.sees({ ...node, y: 0, h: scene.world.height })) return;
  const layers = node.children.filter((child) => child.kind === "layer" && camera.sees(child));
  for (const layer of layers) {
    context.globalAlpha = scene.lit(layer);
    const box = camera.box({
      x: node.columns.x - 4 / camera.sx,
      w: node.columns.w + 8 / camera.sx,
      y: layer.y,
      h: layer.h,
    });
    context.fillStyle = palette.panel;
    context.strokeStyle = palette.rule;
    context.lineWidth = 1;
    frame(context, box, 8);
    context.fill();
    context.stroke();
  }
  paintStreams(context, scene, node);
  for (const layer of layers) paintLayer(context, scene, node, layer);
  for (const child of node.children) {
    if (!camera.sees(child)) continue;
    context.globalAlpha = scene.lit(child);
    if (child.kind === "tokens") paintWords(context, scene, node, child);
    else if (child.kind === "embedding") paintEmbedding(context, scene, node, child);
    else if (child.kind === "norm") paintNorm(context, scene, node, child);
  }
}

// The columns of the tokens, from the embedding to the top.
function paintStreams(context, scene, node) {
  const { camera, palette, record } = scene;
  const count = record.sides[node.side].tokens.texts.length;
  const embedding = node.children.find((child) => child.kind === "embedding");
  const [low, high] = [camera.py(embedding.y), camera.py(node.top)];
  context.globalAlpha = 1;
  context.fillStyle = palette.rule;
  const [from, to] = [Math.max(high, 0), Math.min(low, camera.height)];
  for (let token = 0; token < count; token++) {
    const x = camera.px(node.at(token));
    if (x >= 0 && x <= camera.width && to > from) context.fillRect(Math.round(x), from, 1, to - from);
  }
}

function paintWords(context, scene, side, node) {
  const { camera, record, unit, palette } = scene;
  const about = record.sides[side.side];
  const box = camera.box(node);
  const followed = followedIn(scene, side.side);
  const reads = side.side === "decoder" && record.two ? scene.step : Infinity;
  context.font = fontOf(scene, unit);
  const xs = about.tokens.texts.map((_, i) => camera.px(side.at(i)));
  const rows = Math.max(1, Math.floor(box.h / (unit * 1.3)));
  const [left, right] = [box.x, box.x + box.w];
  const labels = placeLabels(context, about.tokens.texts.map(visible), xs, {
    rows: Math.min(rows, 4),
    most: unit * 9,
    room: unit * 0.3,
    wanted: followed,
    left,
    right,
    name: `words ${side.side} ${record.digest}`,
  });
  const alpha = context.globalAlpha;
  const seen = labels.filter(({ i }) => xs[i] > -99 && xs[i] < camera.width + 99);
  const down = (row) => box.y + unit * (0.8 + row * 1.3);
  if (scene.moving) seen.length = Math.min(seen.length, 12); // the others are back when it rests
  for (const { i, row } of seen)
    if (row > 0)
      line(
        context,
        [
          [xs[i], box.y],
          [xs[i], down(row) - unit * 0.55],
        ],
        palette.rule,
        1,
      );
  for (const { i, row, off, text: word } of seen) {
    const x = xs[i] + off;
    const y = down(row);
    const isFollowed = followed.includes(i);
    const half = widthOf(context, word) / 2;
    context.fillStyle = palette.paper; // the lines of the words below stop at those above
    context.fillRect(x - half, y - unit * 0.55, 2 * half, unit * 1.1);
    context.globalAlpha = i > reads ? alpha * 0.4 : alpha;
    if (i === followed[0]) {
      const w = 2 * half + unit * 0.6;
      context.strokeStyle = palette.accent;
      context.lineWidth = 1.5;
      context.fillStyle = palette.paper;
      frame(context, { x: x - w / 2, y: y - unit * 0.68, w, h: unit * 1.36 }, 5);
      context.fill();
      context.stroke();
    }
    text(context, word, x, y, isFollowed ? palette.ink : palette.quiet, "center");
    context.globalAlpha = alpha;
  }
}

// Each token's vector: the row of the table, what is added for its place, and what enters, where there is room.
function paintEmbedding(context, scene, side, node) {
  const { camera, record, palette, unit } = scene;
  const about = record.sides[side.side];
  const box = camera.box(node);
  const count = about.tokens.texts.length;
  const pitch = (side.columns.w * camera.sx) / count;
  const { features } = about;
  const followed = followedIn(scene, side.side);
  if (!features) {
    context.fillStyle = palette.shade;
    const w = Math.max(2, Math.min(pitch * 0.5, 14));
    for (let i = 0; i < count; i++)
      context.fillRect(camera.px(side.at(i)) - w / 2, box.y + box.h * 0.12, w, box.h * 0.76);
    return;
  }
  const kept = scene.tiles[side.side];
  if (scene.moving && kept) {
    context.drawImage(kept, camera.px(side.columns.x), box.y, side.columns.w * camera.sx, box.h);
    return;
  }
  const strips =
    pitch > unit * 3.2 && box.h > unit * 6
      ? ["vectors", "positions", "states"].filter((name) => about[name])
      : ["states"];
  const cells = Math.max(4, Math.min(features, Math.floor(box.h / 4)));
  const w = Math.max(2, Math.min((pitch * 0.8) / strips.length, 20 + 6 * (strips.length > 1)));
  for (let i = 0; i < count; i++) {
    const middle = camera.px(side.at(i));
    if (middle < -pitch || middle > camera.width + pitch) continue;
    const wide = strips.length > 1 || i === followed[0] ? w : w * 0.8;
    strips.forEach((name, j) => {
      const x = middle + (j - strips.length / 2) * (wide + 2);
      const scale = name === "vectors" ? about.scale : 1;
      strip(
        context,
        scene,
        (f) => scale * about[name][i * features + f],
        cells,
        endOf(scene, side.side, true),
        {
          x,
          y: box.y + box.h * 0.1,
          w: wide,
          h: box.h * 0.8,
        },
      );
    });
  }
  if (!kept && camera.whole)
    scene.tiles[side.side] = copyOf(context, scene, camera.px(side.columns.x), box.y, side.columns.w, box.h);
  if (!scene.world.narrow) {
    context.font = fontOf(scene, unit * 0.86);
    text(context, scene.strings.embedding_short, box.x, box.y + box.h / 2, palette.quiet);
  }
}

// A part of what is drawn, to be laid elsewhere while the camera moves.
function copyOf(context, scene, x, y, w, h) {
  const ratio = devicePixelRatio || 1;
  const copy = new OffscreenCanvas(Math.round(w * ratio), Math.round(h * ratio));
  copy
    .getContext("2d")
    .drawImage(context.canvas, x * ratio, y * ratio, w * ratio, h * ratio, 0, 0, w * ratio, h * ratio);
  return copy.transferToImageBitmap();
}

// Where the scale of a stack's vectors ends: what few of the numbers exceed, of all layers or of what enters.
export function endOf(scene, kind, entering = false) {
  const about = scene.record.sides[kind];
  about.ends ??= {};
  if (about.ends[entering] === undefined) {
    const first = about.tokens.texts.length * about.features;
    const sizes = Float32Array.from(
      about.states?.subarray(0, entering ? first : undefined) ?? [],
      Math.abs,
    ).sort();
    about.ends[entering] = sizes.length ? sizes[Math.floor((sizes.length - 1) * 0.98)] || 1 : 1;
  }
  return about.ends[entering];
}

// A vector as cells, down or across. at(feature) is a number.
function strip(context, scene, at, cells, end, { x, y, w, h }, across = false) {
  for (let f = 0; f < cells; f++) {
    context.fillStyle = scene.palette.signed.fill(at(f) / end);
    if (across) context.fillRect(x + (w * f) / cells, y, w / cells + 0.3, h);
    else context.fillRect(x, y + h - (h * (f + 1)) / cells, w, h / cells + 0.3);
  }
  context.strokeStyle = scene.palette.rule;
  context.lineWidth = 0.6;
  context.strokeRect(x, y, w, h);
}

function paintNorm(context, scene, side, node) {
  const { camera, palette, unit } = scene;
  const box = camera.box({ ...node, x: side.columns.x, w: side.columns.w });
  bar(context, scene, box);
  if (box.h > unit) {
    context.font = fontOf(scene, unit * 0.86);
    text(context, scene.strings.norm, box.x + box.w / 2, box.y + box.h / 2, palette.quiet, "center");
  }
}

function bar(context, scene, { x, y, w, h }) {
  context.fillStyle = scene.palette.shade;
  context.strokeStyle = scene.palette.rule;
  context.lineWidth = 1;
  frame(context, { x, y: y + h * 0.12, w, h: h * 0.76 }, 4);
  context.fill();
  context.stroke();
}

function paintLayer(context, scene, side, node) {
  const { camera, palette, unit, strings } = scene;
  const alpha = (context.globalAlpha = scene.lit(node));
  const box = camera.box(node);
  context.font = fontOf(scene, unit * 0.9, scene.at === node ? 600 : 400);
  if (box.h > unit * 0.75 && box.x > -4) {
    const name = scene.world.narrow
      ? String(node.layer + 1)
      : fill(strings.layer_short, { layer: node.layer + 1 });
    const own = camera.box(node.children.find((child) => child.attention === node.side) ?? node); // clear of K and V
    const y = Math.min(Math.max(own.y + own.h / 2, unit), camera.height - unit);
    text(context, name, Math.max(box.x, 2), y, palette.quiet);
  }
  for (const norm of node.norms) {
    const at = camera.box(norm);
    if (at.h > 1.5) bar(context, scene, at);
    if (at.h > unit * 0.95) {
      context.font = fontOf(scene, unit * 0.82);
      text(context, strings.norm, at.x + unit * 0.6, at.y + at.h / 2, palette.quiet);
    }
  }
  for (const child of node.children) {
    if (!camera.sees(child)) continue;
    context.globalAlpha = alpha * (scene.lit(child) < 1 ? scene.lit(child) : 1);
    if (child.kind === "attention") paintAttention(context, scene, side, child);
    else if (child.kind === "feeding") paintFeeding(context, scene, side, child);
    else if (child.kind === "mixer") paintMixer(context, scene, child);
  }
  context.globalAlpha = alpha;
  paintResidual(context, scene, side, node);
}

function paintMixer(context, scene, node) {
  const box = scene.camera.box(node);
  bar(context, scene, box);
  if (box.h < scene.unit * 1.1) return;
  context.font = fontOf(scene, scene.unit * 0.86);
  const name = scene.record.sides[node.side].layers[node.layer].mixer || scene.strings.other;
  text(
    context,
    cut(context, name, box.w - 8),
    box.x + box.w / 2,
    box.y + box.h / 2,
    scene.palette.quiet,
    "center",
  );
}

// Feed-forward: each token by itself; a bar for how much it adds.
function paintFeeding(context, scene, side, node) {
  const { camera, palette, unit, strings, record } = scene;
  const box = camera.box(node);
  bar(context, scene, box);
  const lengths = node.sublayer?.length;
  if (lengths && !camera.whole && box.h > unit * 1.8) {
    const most = (node.most ??= lengths.reduce((a, b) => Math.max(a, b), 1e-6));
    const count = lengths.length;
    const pitch = (side.columns.w * camera.sx) / count;
    const w = Math.max(1.5, Math.min(pitch * 0.45, 26));
    const followed = followedIn(scene, side.side);
    for (let i = 0; i < count; i++) {
      const h = (box.h * 0.7 * lengths[i]) / most;
      context.fillStyle = i === followed[0] ? palette.fill(LIGHT) : palette.fill(0.2);
      context.fillRect(camera.px(side.at(i)) - w / 2, box.y + box.h * 0.86 - h, w, h);
    }
  }
  if (box.h > unit * 1.05 && isNamedHere(scene, node)) {
    context.font = fontOf(scene, unit * 0.86);
    const { width } = record.sides[node.side];
    const units = node.sublayer?.units;
    const shape = units && box.h > unit * 2.4 ? `  ${width} → ${units.toLocaleString("en")} → ${width}` : "";
    plate(context, scene, side, strings.feed_forward + shape, box, box.y + Math.min(box.h / 2, unit * 1.1));
  }
}

// While the whole model is in sight, the parts of the first layer are named for all.
function isNamedHere(scene, node) {
  return !scene.camera.whole || node.layer === 0;
}

// Words that can be read on whatever lies below; beside the light, not on it. side null: at the left.
function plate(context, scene, side, words, box, y) {
  const w = widthOf(context, words);
  const lit = side ? followedIn(scene, side.side).map((token) => scene.camera.px(side.at(token))) : [];
  const left = Math.max(box.x, 0) + scene.unit * 0.5;
  const right = Math.min(box.x + box.w, scene.camera.width) - scene.unit * 0.5 - w;
  const x =
    [left, right, (left + right) / 2].find((at) => lit.every((line) => line < at - 5 || line > at + w + 5)) ??
    left;
  const alpha = context.globalAlpha;
  context.globalAlpha = alpha * 0.86;
  context.fillStyle = scene.palette.panel;
  context.fillRect(x - 3, y - scene.unit * 0.6, w + 6, scene.unit * 1.2);
  context.globalAlpha = alpha;
  text(context, words, x, y, scene.palette.quiet);
}

// The rail beside a layer: what enters goes past each sublayer, and what that says is added.
function paintResidual(context, scene, side, node) {
  const { camera, palette, unit, record } = scene;
  const box = camera.box(node);
  const x = camera.px(side.rail);
  const about = record.sides[side.side];
  const parts = node.children.filter((child) => child.kind !== "mixer" && child.kind !== "head");
  const right = camera.px(side.columns.x + side.columns.w) + 4;
  line(
    context,
    [
      [x, box.y + box.h],
      [x, box.y],
    ],
    palette.quiet,
    1.4,
  );
  const radius = Math.min(unit * 0.42, box.h / (3 * Math.max(parts.length, 1)), 8);
  const token = followedIn(scene, side.side)[0];
  const isOpen = !scene.moving && !camera.whole && box.h > 0.55 * camera.height && about.features;
  for (const child of parts) {
    const y = camera.py(child.y + child.h * 0.2);
    line(
      context,
      [
        [right, y],
        [x - radius, y],
      ],
      palette.quiet,
      1,
    );
    context.fillStyle = palette.panel;
    context.strokeStyle = palette.quiet;
    context.lineWidth = 1.2;
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.fill();
    context.stroke();
    if (radius > 2.2) {
      line(
        context,
        [
          [x - radius * 0.6, y],
          [x + radius * 0.6, y],
        ],
        palette.quiet,
        1.2,
      );
      line(
        context,
        [
          [x, y - radius * 0.6],
          [x, y + radius * 0.6],
        ],
        palette.quiet,
        1.2,
      );
    }
    if (isOpen && child.sublayer) {
      const w = (side.x + side.w - side.columns.x - side.columns.w) * camera.sx - 14;
      const at = { x: right + 4, y: y + radius + 4, w, h: unit * 0.8 };
      const { added, length } = child.sublayer;
      strip(
        context,
        scene,
        (f) => added[token * about.features + f],
        about.features,
        endOf(scene, side.side),
        at,
        true,
      );
      context.font = fontOf(scene, unit * 0.8);
      text(
        context,
        `+ ${numeral(length[token], 1)}`,
        at.x + w,
        at.y + at.h + unit * 0.6,
        palette.quiet,
        "right",
      );
    }
  }
  if (isOpen) {
    const w = (side.x + side.w - side.columns.x - side.columns.w) * camera.sx - 14;
    for (const [layer, y] of [
      [node.layer, box.y + box.h - unit],
      [node.layer + 1, box.y + unit * 0.3],
    ]) {
      const at = { x: right + 4, y, w, h: unit * 0.8 };
      strip(
        context,
        scene,
        (f) => about.states[(layer * about.tokens.texts.length + token) * about.features + f],
        about.features,
        endOf(scene, side.side),
        at,
        true,
      );
    }
  }
}

function paintAttention(context, scene, side, node) {
  const { camera, palette, unit, strings } = scene;
  const box = camera.box(node);
  const heads = headsAlpha(camera, node);
  const alpha = context.globalAlpha;
  if (heads < 1) {
    context.globalAlpha = alpha * (1 - heads);
    if (node.children.length && node.attention !== "cross") {
      layBeams(context, scene, node, null, camera.box(node), [node.w, node.h], 0.45);
    }
    paintCuts(context, scene, node, null, (token) => camera.px(side.at(token)), box);
    if (box.h > unit * 2.1 && isNamedHere(scene, node)) {
      context.font = fontOf(scene, unit * 0.86);
      plate(
        context,
        scene,
        side,
        strings[
          node.attention === "cross"
            ? "cross_attention"
            : node.side === "decoder"
              ? "masked_attention"
              : "self_attention"
        ],
        box,
        box.y + unit * 0.75,
      );
    }
  }
  if (heads > 0) {
    context.globalAlpha = alpha * heads;
    for (const head of node.children) if (camera.sees(head)) paintHead(context, scene, head);
  }
  context.globalAlpha = alpha;
}

// The beams of a head, or with null of a layer, as a picture of this size laid into a box.
function layBeams(context, scene, node, head, box, [width, height], strength) {
  const picture = scene.sprites.of(node.attention, node.layer, head, Math.round(width), Math.round(height));
  if (!picture) return;
  const alpha = context.globalAlpha;
  context.globalAlpha = alpha * strength;
  context.drawImage(picture, box.x, box.y, box.w, box.h);
  context.globalAlpha = alpha;
}

// How large the beams of a head are while its layer fills the picture, or while it does so itself.
export function sizeOf(scene, node, isOpen) {
  const { camera, unit } = scene;
  if (isOpen) {
    const box = camera.box(node.lights);
    return [box.w, box.h - unit * 3.2];
  }
  const layer = node.parent.parent;
  return [(0.92 * node.w * camera.width) / layer.w, (node.lights.h * camera.height) / layer.h];
}

function oneBeam(context, scene, fromX, toX, { y, h }, weight, width) {
  const path = new Path2D();
  addBeam(path, fromX, toX, true);
  context.strokeStyle = scene.palette.fill(0.3 + 0.5 * weight);
  context.lineWidth = width * (0.3 + 0.7 * weight);
  context.stroke(layIn(path, { x: 0, y, w: 1, h }));
}

// What is cut stays to be seen: a broken line and scissors.
function paintCuts(context, scene, node, head, xOf, box) {
  const { record, palette, unit } = scene;
  const kind = node.attention;
  const [queries, keys] = [record.queries(kind), record.keys(kind)];
  for (const one of record.changes) {
    if (one.what !== "cut" || one.kind !== kind || (one.layer !== null && one.layer !== node.layer)) continue;
    if (head !== null && one.head !== null && one.head !== head) continue;
    if (!one.queries || !one.keys) continue;
    const middle = (span, side) => (span[0] + span[1]) / 2 - side.first;
    const [query, key] = [middle(one.queries, queries), middle(one.keys, keys)];
    if (query < 0 || key < 0 || query >= queries.tokens.texts.length || key >= keys.tokens.texts.length)
      continue;
    const crossing = kind === "cross" && head === null; // its keys stand in the other stack
    const from = crossing ? box.x : xOf(key, true);
    const to = xOf(query, false);
    context.save();
    context.setLineDash([4, 4]);
    line(
      context,
      [
        [from, box.y + box.h * (crossing ? 0.5 : 1)],
        [to, box.y],
      ],
      palette.accent,
      1.4,
    );
    context.restore();
    context.font = fontOf(scene, unit * 1.1);
    text(context, "✂", (from + to) / 2, box.y + box.h * 0.5, palette.accent, "center");
  }
}

// One head: its light, and where it is large its words and its calculation.
function paintHead(context, scene, node) {
  const { camera, palette, unit, record, strings } = scene;
  const box = camera.box(node);
  const alpha = context.globalAlpha;
  const large = isLarge(camera, node);
  context.fillStyle = palette.panel;
  context.strokeStyle = scene.isNamed(node) ? palette.accent : palette.rule;
  context.lineWidth = scene.isNamed(node) ? 1.6 : 1;
  frame(context, box, 6);
  context.fill();
  context.stroke();
  const lights = camera.box(
    large || !record.apart
      ? node.lights
      : { ...node, x: node.x + node.w * 0.04, w: node.w * 0.92, y: node.lights.y, h: node.lights.h },
  );
  const { query, key } = scene.held(node);
  const changed = record.changed(node.attention, node.layer, node.head);
  const queries = record.queries(node.attention).tokens.texts;
  const keys = record.keys(node.attention).tokens.texts;
  const at = (token, isKey) => lights.x + (lights.w * (token + 0.5)) / (isKey ? keys : queries).length;
  if (large && !scene.moving) paintHeadWords(context, scene, node, lights, at, query, key);
  const beam = large ? { ...lights, y: lights.y + unit * 1.6, h: lights.h - unit * 3.2 } : lights;
  layBeams(
    context,
    scene,
    node,
    node.head,
    beam,
    sizeOf(scene, node, large && !scene.moving),
    large ? 0.4 : 0.5,
  );
  const row = scene.rowOf(node, query);
  context.globalAlpha = alpha;
  for (let i = 0; i < row.length; i++) {
    if (row[i] >= (large ? 0.01 : scene.moving ? 0.4 : 0.15))
      oneBeam(context, scene, at(i, true), at(query, false), beam, row[i], large ? 7 : 2.6);
  }
  paintCuts(context, scene, node, node.head, (token, isKey) => at(token, isKey), beam);
  context.font = fontOf(scene, unit * (large ? 1 : 0.82), 600);
  const name = box.w > unit * 5.5 ? fill(strings.head_name, { head: node.head + 1 }) : String(node.head + 1);
  const told = changed ? `${name} · ${strings[changed === "silence" ? "silenced" : "uniform"]}` : name;
  plate(context, scene, null, told, box, box.y + Math.min(unit * 0.8, box.h * 0.12 + 4));
  if (!large && !scene.moving && box.w > unit * 6 && box.h > unit * 6) {
    context.font = fontOf(scene, unit * 0.82);
    const name = (token, isKey, y) => {
      const word = cut(context, visible((isKey ? keys : queries)[token]), box.w * 0.6);
      const half = widthOf(context, word) / 2;
      const x = Math.min(Math.max(at(token, isKey), box.x + half + 4), box.x + box.w - half - 4);
      text(context, word, x, y, palette.ink, "center");
    };
    name(query, false, lights.y - unit * 0.55);
    name(key, true, lights.y + lights.h + unit * 0.6);
  }
  if (changed === "silence") {
    context.globalAlpha = alpha * 0.6;
    line(
      context,
      [
        [box.x, box.y + box.h],
        [box.x + box.w, box.y],
      ],
      palette.accent,
      1.5,
    );
    context.globalAlpha = alpha;
  }
  const pair = node.children[0];
  if (large && pair && !(scene.moving && box.w < 0.8 * camera.width))
    paintPair(context, scene, pair, camera.box(pair), query, key);
}

function paintHeadWords(context, scene, node, lights, at, query, key) {
  const { record, palette, unit } = scene;
  context.font = fontOf(scene, unit * 0.94);
  for (const isKey of [true, false]) {
    const side = isKey ? record.keys(node.attention) : record.queries(node.attention);
    const texts = side.tokens.texts.map(visible);
    const xs = texts.map((_, i) => at(i, isKey));
    const labels = placeLabels(context, texts, xs, {
      rows: 2,
      most: unit * 8,
      room: unit * 0.3,
      wanted: [isKey ? key : query],
      left: lights.x - unit,
      right: lights.x + lights.w + unit,
      name: `head ${isKey} ${node.attention} ${record.digest} ${isKey ? key : query}`,
    });
    for (const { i, row, off, text: word } of labels) {
      const held = i === (isKey ? key : query);
      const y = isKey ? lights.y + lights.h - unit * (1.0 - row * 1.2) : lights.y + unit * (0.9 - row * 1.2);
      const x = xs[i] + off;
      if (held) {
        const w = widthOf(context, word) + unit * 0.5;
        context.strokeStyle = palette.accent;
        context.lineWidth = 1.5;
        frame(context, { x: x - w / 2, y: y - unit * 0.6, w, h: unit * 1.2 }, 5);
        context.stroke();
      }
      text(context, word, x, y, held ? palette.ink : palette.quiet, "center");
    }
  }
}

// K and V: from the top of the encoder along a rail into every decoder layer's cross-attention.
function paintAcross(context, scene) {
  const { camera, world, palette, unit, strings } = scene;
  const node = world.byId.get("across");
  const [encoder, decoder] = world.root.children;
  const crossings = decoder.children.flatMap((child) =>
    child.children.filter((one) => one.attention === "cross"),
  );
  if (!crossings.length) return;
  context.globalAlpha = scene.lit(node);
  const y = camera.py(node.rail);
  const gutter = camera.px(node.gutter);
  const middle = camera.px(encoder.columns.x + encoder.columns.w / 2);
  const lowest = Math.max(...crossings.map((one) => camera.py(one.y + one.h / 2)));
  line(
    context,
    [
      [middle, camera.py(encoder.top)],
      [middle, y],
      [gutter, y],
      [gutter, lowest],
    ],
    palette.quiet,
    1.4,
  );
  for (const one of crossings) {
    const at = camera.py(one.y + one.h / 2);
    const x = camera.px(one.x) - 5;
    line(
      context,
      [
        [gutter, at],
        [x, at],
      ],
      palette.quiet,
      1.4,
    );
    arrow(context, x, at, 1, 0, palette.quiet);
  }
  if (camera.whole && !world.narrow) {
    context.font = fontOf(scene, unit * 0.86);
    text(context, strings.handed, gutter - unit * 0.6, y - unit * 0.8, palette.quiet, "right");
  }
}

function arrow(context, x, y, dx, dy, color) {
  context.fillStyle = color;
  context.beginPath();
  context.moveTo(x + 4 * dx, y + 4 * dy);
  context.lineTo(x - 4 * dx - 3.5 * dy, y - 4 * dy - 3.5 * dx);
  context.lineTo(x - 4 * dx + 3.5 * dy, y - 4 * dy + 3.5 * dx);
  context.fill();
}

// The light on its way: up the followed columns, along what is looked at, across, and out at the top.
function paintPath(context, scene) {
  const { camera, record, world, palette, unit } = scene;
  const color = palette.fill(LIGHT);
  const width = Math.max(2.5, unit * 0.2);
  const sideOf = (kind) => world.byId.get(kind === "cross" ? "decoder" : kind);
  const columns = (side, token, from, to, node) => {
    context.globalAlpha = scene.lit(node);
    const x = camera.px(side.at(token));
    for (const [low, high] of outsideHeads(scene, side, from, to))
      line(
        context,
        [
          [x, camera.py(low)],
          [x, camera.py(high)],
        ],
        color,
        width,
      );
  };
  context.save();
  context.lineCap = "round";
  for (const one of scene.path) {
    const side = sideOf(one.kind);
    const layer = side.children.find((child) => child.kind === "layer" && child.layer === one.layer);
    const node = layer?.children.find((child) => child.kind === "attention" && child.attention === one.kind);
    if (!node) continue;
    const bottom = side.children.find((child) => child.kind === "embedding").y;
    const heads = headsAlpha(camera, node);
    if (one.kind === "cross") {
      lightAcross(context, scene, one, node, color, width);
      columns(side, one.query, node.y, side.top, node);
    } else {
      columns(side, one.key, bottom, node.y + node.h, node);
      columns(side, one.query, bottom, record.two && one.kind === "decoder" ? node.y : side.top, node);
      if (heads < 1) {
        context.globalAlpha = (1 - heads) * scene.lit(node);
        const weight = record.weight(one.kind, one.layer, one.head, one.query, one.key);
        oneBeam(
          context,
          scene,
          camera.px(side.at(one.key)),
          camera.px(side.at(one.query)),
          camera.box(node),
          Math.max(weight, 0.35),
          width * 2.2,
        );
      }
    }
  }
  context.restore();
  context.globalAlpha = 1;
}

// The stretches of a column from below to above that do not lie behind the heads of an open layer.
function outsideHeads(scene, side, from, to) {
  const { camera } = scene;
  const found = [];
  let low = from;
  for (const layer of side.children) {
    if (layer.kind !== "layer" || !camera.sees(layer)) continue;
    for (const node of layer.children) {
      if (node.kind !== "attention" || headsAlpha(camera, node) < 0.5) continue;
      const [bottom, top] = [Math.min(node.y + node.h, low), Math.max(node.y, to)];
      if (bottom <= top) continue;
      found.push([low, bottom]);
      low = top;
    }
  }
  return [...found, [low, to]];
}

function lightAcross(context, scene, one, node, color, width) {
  const { camera, world } = scene;
  const across = world.byId.get("across");
  const [encoder, decoder] = world.root.children;
  const heads = headsAlpha(camera, node);
  const [x, y, gutter] = [camera.px(encoder.at(one.key)), camera.py(across.rail), camera.px(across.gutter)];
  const enters = camera.py(node.y + node.h / 2);
  context.globalAlpha = scene.lit(across);
  context.lineJoin = "round";
  line(
    context,
    [
      [x, camera.py(encoder.top)],
      [x, y],
      [gutter, y],
      [gutter, enters],
      [camera.px(node.x) - 3, enters],
    ],
    color,
    width,
  );
  if (heads >= 1) return;
  context.globalAlpha = (1 - heads) * scene.lit(node);
  const [from, to, top] = [camera.px(node.x) - 3, camera.px(decoder.at(one.query)), camera.py(node.y)];
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(from, enters);
  context.bezierCurveTo(from + (to - from) * 0.7, enters, to, enters, to, top);
  context.stroke();
}

// The distribution over the vocabulary for the followed token.
function paintOutput(context, scene, node) {
  const { camera, record, palette, unit, strings } = scene;
  if (!camera.sees(node)) return;
  context.globalAlpha = scene.lit(node);
  const box = camera.box(node);
  const side = node.side;
  const token = record.last === "encoder" ? scene.read : scene.step;
  const x = Math.min(Math.max(camera.px(side.at(token)), box.x + 6), box.x + box.w - 6);
  line(
    context,
    [
      [camera.px(side.at(token)), camera.py(side.top)],
      [x, box.y + box.h],
    ],
    palette.fill(LIGHT),
    Math.max(2.5, unit * 0.2),
  );
  arrow(context, x, box.y + box.h + 3, 0, -1, palette.fill(LIGHT));
  context.fillStyle = palette.panel;
  context.strokeStyle = palette.rule;
  context.lineWidth = 1;
  frame(context, box, 8);
  context.fill();
  context.stroke();
  const { output } = record;
  if (!output) {
    context.font = fontOf(scene, unit * 0.94);
    text(
      context,
      cut(context, strings.no_output, box.w - 2 * unit),
      box.x + box.w / 2,
      box.y + box.h / 2,
      palette.quiet,
      "center",
    );
    return;
  }
  const best = output.best[token];
  const fits = Math.floor((box.h - unit * 2.4) / (unit * 1.32)) + 1;
  const rows = Math.max(1, Math.min(best.length, fits));
  const height = (box.h - unit * 0.6) / (rows + 0.7); // the first one stands out
  const size = Math.min(unit * 1.9, height * 1.3);
  const shares = box.x + box.w - unit * 4.4;
  // In a narrow box the answer takes the room of its bar: it is read first.
  context.font = fontOf(scene, Math.max(size, unit), 700);
  const wanted = Math.min(widthOf(context, visible(best[0][0])) + unit * 1.1, box.w - unit * 5.9);
  const names = box.x + Math.min(Math.max(box.w * 0.36, wanted), unit * 11);
  for (let i = 0; i < rows; i++) {
    const [word, , probability] = best[i];
    const y = box.y + unit * 0.3 + (i ? height * (i + 1.2) : height * 0.85);
    context.font = fontOf(scene, i ? unit : Math.max(size, unit), i ? 400 : 700);
    text(
      context,
      cut(context, visible(word), names - box.x - unit),
      names - unit * 0.5,
      y,
      i ? palette.quiet : palette.ink,
      "right",
    );
    context.fillStyle = i ? palette.fill(0.3) : palette.fill(LIGHT);
    context.fillRect(
      names,
      y - height * (i ? 0.28 : 0.5),
      Math.max((shares - names) * probability, 1),
      height * (i ? 0.56 : 1),
    );
    context.font = fontOf(scene, i ? unit : Math.min(size, unit * 1.3), i ? 400 : 600);
    text(
      context,
      scene.percent(probability),
      box.x + box.w - unit * 0.5,
      y,
      i ? palette.quiet : palette.ink,
      "right",
    );
  }
}

// What stands at a point of a head: its query or key token.
export function tokenAt(scene, node, x, y) {
  const { camera, record, unit } = scene;
  const lights = camera.box(node.lights);
  if (x < lights.x - unit || x > lights.x + lights.w + unit) return null;
  const isKey = y > lights.y + lights.h / 2;
  const side = isKey ? record.keys(node.attention) : record.queries(node.attention);
  const count = side.tokens.texts.length;
  const token = Math.min(Math.max(Math.floor(((x - lights.x) / lights.w) * count), 0), count - 1);
  return { isKey, token };
}
