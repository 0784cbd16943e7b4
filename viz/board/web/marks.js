// What stands around and over the cells: the words along the sides, and the lines that are lit or held.

import { cut } from "../../linked/web/dom.js";
import { isWritten, said } from "./measure.js";

const THIN = 5; // a line of cells thinner than this is outlined as if it were so high

// Lights: places of a side by what they are: {lit: number | null, chosen: number | null} for rows and columns.
export function drawLabels(context, { panel, size, palette, family, lights, shut }) {
  const write = (side) => {
    const axis = panel[side];
    if (!axis.named) return;
    const isRow = side === "rows";
    const cell = isRow ? size.high : size.wide;
    const { lit, chosen } = lights[side];
    const step = size.steps[side];
    const told = [lit, chosen].filter((place) => place !== null);
    for (let i = 0; i < axis.count; i++) {
      const isTold = told.includes(i);
      if (!isTold && !isWritten(axis, i, step)) continue;
      if (!isTold && told.some((place) => Math.abs(place - i) < step)) continue;
      if (i === chosen && lit !== null && lit !== chosen && Math.abs(lit - i) < step) continue;
      context.font = `${isTold ? 600 : 400} ${size.label}px ${family}`;
      context.fillStyle = i === chosen ? palette.accent : i === lit ? palette.ink : palette.quiet;
      context.globalAlpha = isRow && shut[i] && !isTold ? 0.6 : 1;
      const at = (i + 0.5) * cell;
      if (isRow) {
        context.textAlign = "right";
        context.fillText(cut(context, axis.labels[i], size.left - 9), size.x - 7, size.y + at);
      } else if (!size.leans) {
        context.textAlign = "center";
        context.fillText(axis.labels[i], size.x + at - 0.5, size.y - size.label * 0.72);
      } else {
        const text = cut(context, axis.labels[i], size.longest + 2); // measured while it does not lean
        context.save();
        context.textAlign = "left";
        context.translate(size.x + at, size.y - 6);
        context.rotate(-size.lean);
        context.fillText(text, 0, 0);
        context.restore();
      }
    }
    context.globalAlpha = 1;
  };
  context.textBaseline = "middle";
  write("rows");
  write("columns");
  // In the corner: above the rows what they are, above that, or beside the columns, what those are.
  context.font = `400 ${said(size.label)}px ${family}`;
  context.fillStyle = palette.quiet;
  context.textAlign = "right";
  let y = size.y - size.label * 0.72 - size.above;
  for (const axis of [panel.rows, panel.columns]) {
    if (!axis.said) continue;
    context.fillText(cut(context, axis.said, size.left - 9), size.x - 7, y);
    y -= size.label * 1.3;
  }
}

function outline(context, [x, y, width, height], colour, thick) {
  context.strokeStyle = colour;
  context.lineWidth = thick;
  const out = thick / 2;
  context.strokeRect(x - out, y - out, width + thick, height + thick);
}

// The box of some cells; a thin one is drawn thicker than it is.
function boxOf(panel, size, row, column) {
  const gap = Math.min(size.wide, size.high) >= 8 ? 1 : 0;
  const line = (place, cell, count, from) => {
    if (place === null) return [from, cell * count - gap];
    const thick = Math.max(cell - gap, THIN);
    return [from + place * cell + (cell - gap - thick) / 2, thick];
  };
  const [x, width] = line(column, size.wide, panel.columns.count, size.x);
  const [y, height] = line(row, size.high, panel.rows.count, size.y);
  return [x, y, width, height];
}

// spot: the cell that is pointed at in this very panel, or null.
export function drawMarks(context, { panel, size, palette, lights, spot }) {
  const { rows, columns } = lights;
  if (rows.lit !== null) outline(context, boxOf(panel, size, rows.lit, null), palette.quiet, 1);
  if (columns.lit !== null) outline(context, boxOf(panel, size, null, columns.lit), palette.quiet, 1);
  if (rows.chosen !== null) outline(context, boxOf(panel, size, rows.chosen, null), palette.accent, 2);
  if (columns.chosen !== null) outline(context, boxOf(panel, size, null, columns.chosen), palette.accent, 2);
  if (spot && spot.row >= 0 && spot.column >= 0) {
    outline(context, boxOf(panel, size, spot.row, spot.column), palette.ink, 2);
  }
}
