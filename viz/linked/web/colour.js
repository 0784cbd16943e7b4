// Colours of a theme, from scales.py: the scale as a table, the ink on a fill, the several heads.

import { SCALES } from "./scales.js";

export const COLOURED = SCALES.categories.length; // so many heads have a colour of their own

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const packed = ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;

// A colour as a pixel of a picture that is drawn point by point.
export const pixelOf = (hex) => packed(rgb(hex));

function luminance([r, g, b]) {
  const [x, y, z] = [r, g, b].map((value) => {
    const v = value / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}

// So many colours between the steps of a scale.
function table(scale, count) {
  const steps = scale.map(rgb);
  return Array.from({ length: count }, (_, i) => {
    const at = (i / (count - 1)) * (steps.length - 1);
    const low = Math.min(Math.floor(at), steps.length - 2);
    return steps[low].map((value, j) => Math.round(value + (steps[low + 1][j] - value) * (at - low)));
  });
}

// A scale as colours of a share, from `low` to 1: 0, or −1 where 0 stands in the middle.
function scaleOf(steps, low) {
  const last = low < 0 ? 256 : 255; // an even number, where the middle is a colour of its own
  const colours = table(steps, last + 1);
  const css = colours.map((colour) => `rgb(${colour.join(" ")})`);
  const inks = colours.map((colour) => {
    const light = luminance(colour);
    return light + 0.05 > Math.sqrt(1.05 * 0.05) ? SCALES.on_fill[0] : SCALES.on_fill[1];
  });
  const level = (share) => Math.round((last * (Math.min(Math.max(share, low), 1) - low)) / (1 - low));
  return {
    level,
    fill: (share) => css[level(share)],
    inkOn: (share) => inks[level(share)],
    pixels: Uint32Array.from(colours, packed),
  };
}

function makePalette(name) {
  return {
    name,
    ...SCALES[name],
    categories: SCALES.categories,
    ...scaleOf(SCALES[name].sequential, 0), // of weights
    signed: scaleOf(SCALES[name].diverging, -1), // of what is more or less than 0
  };
}

const palettes = {};

// The palette that goes with a page: Streamlit's background where there is one, else what the system asks.
export function paletteOf(element) {
  const background = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  let dark = matchMedia("(prefers-color-scheme: dark)").matches;
  if (background) {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    canvas.fillStyle = background;
    canvas.fillRect(0, 0, 1, 1);
    dark = luminance([...canvas.getImageData(0, 0, 1, 1).data]) < 0.18;
  }
  const name = dark ? "dark" : "light";
  return (palettes[name] ??= makePalette(name));
}
