// The cells of a panel: filled by their values, with their numbers where there is room, crossed out where
// nothing is allowed. Small cells are drawn point by point, those of long sides block by block.

import { pixelOf } from "../../linked/web/colour.js";
import { numeral } from "./say.js";

const POINTS = 6; // cells under so many pixels are drawn as points
const GAPS = 8; // cells over so many pixels stand apart
const HATCH = 6; // pixels between the lines through small cells that are crossed out

const scaleFor = (panel, palette) => (panel.scale === "signed" ? palette.signed : palette);

// The values as points, one a cell, or one a block where there are more cells than pixels: its largest.
function asPoints({ panel, values, end, size, palette, ratio }) {
  const [rows, columns] = [panel.rows.count, panel.columns.count];
  const fit = (count, cell) => Math.max(1, Math.min(count, Math.ceil(count * cell * ratio)));
  const [width, height] = [fit(columns, size.wide), fit(rows, size.high)];
  const strongest = new Float32Array(width * height).fill(NaN);
  for (let i = 0, at = 0; i < rows; i++) {
    const line = Math.floor((i * height) / rows) * width;
    for (let j = 0; j < columns; j++, at++) {
      const value = values[at];
      if (value !== value || panel.allowed?.[at] === 0) continue;
      const point = line + Math.floor((j * width) / columns);
      if (!(Math.abs(strongest[point]) >= Math.abs(value))) strongest[point] = value;
    }
  }
  const scale = scaleFor(panel, palette);
  const beyond = pixelOf(palette.rule);
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) {
    const value = strongest[i];
    if (value !== value) continue;
    pixels[i] = Number.isFinite(value) ? scale.pixels[scale.level(value / end)] : beyond;
  }
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// Lines at 45° through the small cells that are crossed out.
function hatch(context, { panel, size, palette }) {
  const [rows, columns] = [panel.rows.count, panel.columns.count];
  const region = new Path2D();
  for (let i = 0; i < rows; i++) {
    for (let j = 0, from = -1; j <= columns; j++) {
      const crossed = j < columns && panel.allowed[i * columns + j] === 0;
      if (crossed && from < 0) from = j;
      if (!crossed && from >= 0) {
        region.rect(size.x + from * size.wide, size.y + i * size.high, (j - from) * size.wide, size.high);
        from = -1;
      }
    }
  }
  const [width, height] = [columns * size.wide, rows * size.high];
  context.save();
  context.clip(region);
  context.beginPath();
  for (let at = 0; at < width + height; at += HATCH) {
    context.moveTo(size.x + at, size.y);
    context.lineTo(size.x + at - height, size.y + height);
  }
  context.strokeStyle = palette.quiet;
  context.globalAlpha = 0.35;
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}

const isShut = (panel, i) => {
  const { count } = panel.columns;
  return panel.allowed !== null && !panel.allowed.subarray(i * count, (i + 1) * count).includes(1);
};

// Rows in which nothing is allowed.
export function shutRows(panel) {
  return Array.from({ length: panel.rows.count }, (_, i) => isShut(panel, i));
}

function fillCells(context, { panel, values, end, size, palette }, gap) {
  const scale = scaleFor(panel, palette);
  const { count } = panel.columns;
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (value !== value || panel.allowed?.[at] === 0) continue;
    const [x, y] = [size.x + (at % count) * size.wide, size.y + Math.floor(at / count) * size.high];
    context.fillStyle = Number.isFinite(value) ? scale.fill(value / end) : palette.rule;
    context.fillRect(x, y, size.wide - gap, size.high - gap);
  }
}

function crossCells(context, { panel, values, size, palette }, gap) {
  const isWritten = (value) => size.figures && Math.abs(value) === Infinity; // −∞ says it already
  const { count } = panel.columns;
  const inset = Math.min(size.wide, size.high) * 0.16;
  context.beginPath();
  for (let at = 0; at < panel.allowed.length; at++) {
    if (panel.allowed[at] || isWritten(values[at])) continue;
    const [x, y] = [size.x + (at % count) * size.wide, size.y + Math.floor(at / count) * size.high];
    context.moveTo(x + inset, y + size.high - gap - inset);
    context.lineTo(x + size.wide - gap - inset, y + inset);
  }
  context.strokeStyle = palette.quiet;
  context.globalAlpha = 0.55;
  context.lineWidth = 1;
  context.stroke();
  context.globalAlpha = 1;
}

// While colours glide, the numbers are already those of the title.
function writeNumbers(context, { panel, values: gliding, end, size, palette, family }) {
  const scale = scaleFor(panel, palette);
  const { count } = panel.columns;
  const { values } = panel;
  context.font = `500 ${size.figures}px ${family}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    const crossed = panel.allowed?.[at] === 0;
    const text = crossed && value === 0 ? "" : numeral(value, panel.digits);
    if (!text) continue;
    const row = Math.floor(at / count);
    const [x, y] = [size.x + ((at % count) + 0.5) * size.wide - 0.5, size.y + (row + 0.5) * size.high];
    const plain = crossed || !Number.isFinite(value);
    context.fillStyle = plain ? palette.quiet : scale.inkOn(gliding[at] / end);
    context.fillText(text, x, y + 0.5);
  }
}

// frame: {panel, values, end, size, palette, ratio, family}. Drawn on a canvas of its own, to be put under
// what changes with the pointer.
export function drawCells(frame) {
  const { panel, size, palette, ratio } = frame;
  const [rows, columns] = [panel.rows.count, panel.columns.count];
  const [width, height] = [columns * size.wide, rows * size.high];
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(size.width * ratio)),
    Math.max(1, Math.round(size.height * ratio)),
  );
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const small = Math.min(size.wide, size.high) < POINTS;
  const gap = Math.min(size.wide, size.high) >= GAPS ? 1 : 0;
  const shut = shutRows(panel);
  context.fillStyle = palette.shade;
  shut.forEach((is, i) => is && context.fillRect(size.x, size.y + i * size.high, width - gap, size.high - gap));
  if (small) {
    context.imageSmoothingEnabled = false;
    context.drawImage(asPoints(frame), size.x, size.y, width, height);
  } else {
    fillCells(context, frame, gap);
  }
  if (panel.allowed?.includes(0)) {
    if (gap) crossCells(context, frame, gap);
    else hatch(context, frame);
  }
  if (size.figures) writeNumbers(context, frame);
  context.strokeStyle = palette.rule;
  context.lineWidth = 1;
  context.strokeRect(size.x - 0.5, size.y - 0.5, width - gap + 1, height - gap + 1);
  return canvas;
}
