// One multiplication: q and k feature by feature, their sum, the score, its share of the row, and what is fetched.

import { fill, visible } from "../../linked/web/words.js";

export const LINES = ["q", "k", "product", "score", "softmax", "value"];

const minus = (words) => words.replace(/-/g, "−");

// A number with so many digits after the point; large ones short.
export function numeral(value, digits = 2) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const words = Math.abs(value) >= 1e5 ? value.toExponential(1) : value.toFixed(digits);
  return Number(words) === 0 ? words.replace("-", "") : minus(words);
}

// A share as the page beside the picture tells it (viz/columns.py): 93 %, 4.2 %, 0.03 %, < 0.01 %.
export function shareWords(strings, share) {
  const least = share > 0 && share < 0.0001;
  const whole = share === 0 || share >= 0.9995 || (share >= 0.0995 && share < 0.99);
  const digits = whole ? 0 : share >= 0.00995 ? 1 : 2;
  return fill(strings.percent, { number: least ? "< 0.01" : (100 * share).toFixed(digits) });
}

// All that is told of a pair of tokens in a head that was taken apart.
export function calculate(detail, query, key) {
  const [q, k, v] = [detail.query(query), detail.key(key), detail.value(key)];
  const dot = detail.row("dots", query)[key];
  const score = detail.row("scores", query)[key];
  const weight = detail.row("weights", query)[key];
  const allowed = detail.allowed[query * detail.columns + key] !== 0;
  return {
    q,
    k,
    v,
    dot,
    score,
    weight,
    allowed,
    product: q.map((value, i) => value * k[i]),
    fetched: v.map((value) => value * weight),
    scaled: dot * detail.scaling,
    added: score - dot * detail.scaling,
    scaling: detail.scaling,
    row: detail.row("weights", query),
  };
}

export const isAdded = ({ added, score }) => Math.abs(added) > 1e-3 + 1e-3 * Math.abs(score);

// What a scale of these vectors ends at.
const reach = (...vectors) =>
  vectors.reduce((most, vector) => vector.reduce((a, b) => Math.max(a, Math.abs(b)), most), 1e-6);

export function linesOf(box) {
  const head = Math.min(box.h * 0.09, 40);
  const h = (box.h - head) / LINES.length;
  return LINES.map((name, i) => ({ name, x: box.x, y: box.y + head + i * h, w: box.w, h }));
}

const stripIn = (line) => ({
  x: line.x + line.w * 0.03,
  y: line.y + line.h * 0.5,
  w: line.w * 0.94,
  h: line.h * 0.36,
});

export function paintPair(context, scene, node, box, query, key) {
  const { palette, unit, strings, record } = scene;
  context.fillStyle = palette.paper;
  context.strokeStyle = palette.rule;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(box.x, box.y, box.w, box.h, 6);
  context.fill();
  context.stroke();
  const detail = scene.detailOf(node);
  const size = Math.min(unit * 1.25, (box.h / 7) * 0.34);
  if (size < 5) return;
  const words = (text, x, y, color, align = "left", weight = 400) => {
    context.font = `${weight} ${size}px ${scene.family}`;
    context.fillStyle = color;
    context.textAlign = align;
    context.textBaseline = "middle";
    context.fillText(text, x, y);
  };
  const [from, to] = [
    record.queries(node.attention).tokens.texts[query],
    record.keys(node.attention).tokens.texts[key],
  ].map(visible);
  if (!detail) {
    words(
      record.apart ? strings.fetching : strings.not_apart,
      box.x + box.w / 2,
      box.y + box.h / 2,
      palette.quiet,
      "center",
    );
    return;
  }
  const all = calculate(detail, query, key);
  const ends = { q: reach(all.q, all.k), product: reach(all.product), value: reach(all.v) };
  const short = (text) => (text.length > 14 ? `${text.slice(0, 13)}…` : text);
  words(
    `“${short(from)}” → “${short(to)}”`,
    box.x + box.w * 0.03,
    box.y + Math.min(box.h * 0.05, 22),
    palette.ink,
    "left",
    600,
  );
  for (const line of linesOf(box)) {
    const at = stripIn(line);
    const y = line.y + line.h * 0.28;
    const left = line.x + line.w * 0.03;
    const right = line.x + line.w * 0.97;
    if (line.name === "q") {
      words(fill(strings.line_q, { token: short(from) }), left, y, palette.ink);
      cells(context, scene, all.q, ends.q, at);
    } else if (line.name === "k") {
      words(fill(strings.line_k, { token: short(to) }), left, y, palette.ink);
      cells(context, scene, all.k, ends.q, at);
    } else if (line.name === "product") {
      words(strings.line_product, left, y, palette.ink);
      words(`Σ = q·k = ${numeral(all.dot)}`, right, y, palette.ink, "right", 600);
      cells(context, scene, all.product, ends.product, at);
    } else if (line.name === "score") {
      const root = 1 / all.scaling ** 2;
      const isRoot = Math.abs(root - Math.round(root)) < 0.01 && Math.abs(root - detail.dk) < 0.5;
      words(strings.line_score, left, y, palette.ink);
      const scaled = isRoot
        ? `${numeral(all.dot)} ÷ √${detail.dk}`
        : `${numeral(all.dot)} × ${numeral(all.scaling, 3)}`;
      const more = isAdded(all) ? ` ${all.added < 0 ? "−" : "+"} ${numeral(Math.abs(all.added))}` : "";
      words(`${scaled}${more} = ${numeral(all.score)}`, right, y, palette.ink, "right", 600);
      scoreBars(context, scene, detail, query, key, at);
      if (!all.allowed) words(strings.masked, left, at.y + at.h / 2, palette.accent);
    } else if (line.name === "softmax") {
      words(strings.line_softmax, left, y, palette.ink);
      words(numeral(all.weight, 3), right, y, palette.ink, "right", 600);
      const w = at.w / all.row.length;
      all.row.forEach((weight, i) => {
        context.fillStyle = i === key ? palette.fill(0.62) : palette.fill(0.28);
        context.fillRect(
          at.x + i * w + w * 0.12,
          at.y + at.h * (1 - weight),
          w * 0.76,
          Math.max(at.h * weight, 1),
        );
      });
      context.fillStyle = palette.rule;
      context.fillRect(at.x, at.y + at.h, at.w, 1);
      if (w > size * 2.6) {
        record.keys(node.attention).tokens.texts.forEach((word, i) => {
          words(
            short(visible(word)).slice(0, Math.floor(w / (size * 0.5))),
            at.x + (i + 0.5) * w,
            at.y + at.h + size * 0.62,
            i === key ? palette.ink : palette.quiet,
            "center",
          );
        });
      }
    } else {
      words(
        fill(strings.line_value, { weight: numeral(all.weight, 3), token: short(to) }),
        left,
        y,
        palette.ink,
      );
      cells(context, scene, all.fetched, ends.value, at);
    }
  }
}

// The scores of the whole row; those that are masked are left out.
function scoreBars(context, scene, detail, query, key, { x, y, w, h }) {
  const { palette } = scene;
  const scores = detail.row("scores", query);
  const isOpen = (i) => detail.allowed[query * detail.columns + i] !== 0;
  let [low, high] = [0, 0];
  scores.forEach((score, i) => {
    if (isOpen(i)) [low, high] = [Math.min(low, score), Math.max(high, score)];
  });
  const zero = y + (h * high) / (high - low || 1);
  const wide = w / scores.length;
  scores.forEach((score, i) => {
    if (!isOpen(i)) return;
    const tall = (h * score) / (high - low || 1);
    context.fillStyle = i === key ? palette.fill(0.62) : palette.fill(0.28);
    context.fillRect(
      x + i * wide + wide * 0.12,
      Math.min(zero, zero - tall),
      wide * 0.76,
      Math.max(Math.abs(tall), 0.8),
    );
  });
  context.fillStyle = palette.rule;
  context.fillRect(x, zero, w, 1);
}

// A vector across; its numbers where there is room for them.
function cells(context, scene, vector, end, { x, y, w, h }) {
  const wide = w / vector.length;
  const { palette } = scene;
  for (let i = 0; i < vector.length; i++) {
    context.fillStyle = palette.signed.fill(vector[i] / end);
    context.fillRect(x + i * wide, y, wide + 0.3, h);
  }
  context.strokeStyle = palette.rule;
  context.lineWidth = 0.7;
  context.strokeRect(x, y, w, h);
  const size = Math.min(scene.unit, wide / 2.9, h * 0.7);
  if (size < 8) return;
  context.font = `400 ${size}px ${scene.family}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let i = 0; i < vector.length; i++) {
    context.fillStyle = palette.signed.inkOn(vector[i] / end);
    context.fillText(numeral(vector[i]), x + (i + 0.5) * wide, y + h / 2);
  }
}

// What a pointer at a point of the calculation is at: a line of it, and a feature or a key.
export function lineAt(box, x, y, count) {
  const line = linesOf(box).find((one) => y >= one.y && y < one.y + one.h);
  if (!line) return null;
  const at = stripIn(line);
  const place = Math.floor(((x - at.x) / at.w) * count(line.name));
  return { name: line.name, place: place >= 0 && place < count(line.name) ? place : null };
}
