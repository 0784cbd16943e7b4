// The blob (see pack.py) as what is drawn: panels with their sides and numbers.

import { openBlob } from "../../linked/web/decode.js";
import { short } from "./say.js";

const LABEL = 32; // letters of a text along a side

function openAxis({ name, said, texts }) {
  const named = texts.some((text) => text !== "");
  return {
    name,
    said,
    texts,
    count: texts.length,
    named,
    numeric: texts.length > 0 && texts.every((text) => /^-?\d{1,7}$/.test(text)),
    labels: named ? texts.map((text) => short(text, LABEL)) : texts,
  };
}

export function openBoard(bytes) {
  const { header, sections } = openBlob(bytes);
  const axes = header.axes.map(openAxis);
  const panels = header.panels.map((panel) => ({
    ...panel,
    rows: axes[panel.rows],
    columns: axes[panel.columns],
    allowed: null,
  }));
  for (const { panel, what, stored } of sections) {
    panels[panel][what] = what === "values" ? new Float32Array(stored.buffer) : stored;
  }
  for (const panel of panels) {
    if (panel.paint) panel.allowed ??= new Uint8Array(panel.values.length).fill(1);
  }
  return { ...header, panels };
}
