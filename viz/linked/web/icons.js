// Small signs, drawn as lines: no font has to have them.

const SVG = ["http", "//www.w3.org/2000/svg"].join(":"); // a name, which nobody fetches
const LINES_OF = {
  scissors: ["M8.2 8.6 20 17.8", "M8.2 15.4 20 6.2", "M6 4.4a2.6 2.6 0 1 0 .01 0", "M6 14.4a2.6 2.6 0 1 0 .01 0"],
  undo: ["M4.5 5.5v5h5", "M5 10.2A7.6 7.6 0 1 1 5.6 15.6"],
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const d of LINES_OF[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}
