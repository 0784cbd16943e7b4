// The matrix: queries down, keys across. A long text is drawn block by block, each by its largest weight.

import { LETTERS, bracket, stretches } from "./pair.js";
import { cut, fresh, make, onHover } from "./dom.js";
import { fill, headNames, visible } from "./words.js";

const LARGEST = 26; // a cell, in pixels
const LEAN = Math.SQRT1_2;
const HIGHEST = 560;
const LARGE = 17; // pixels of type: a large screen, on which nothing may be small

export function createMatrix(state, strings) {
  const s = strings();
  const canvas = make("canvas", { role: "img" });
  const end = make("span", { className: "number" });
  const bar = make("i", {});
  const legend = make("span", { className: "legend" }, make("span", { className: "number" }, "0"), bar, end);
  const header = make("header", {}, make("span", {}, s.queries_keys), legend);
  const holder = make("div", { className: "holder" }, canvas);
  const element = make("section", { className: "panel matrix" }, header, holder);
  let all = null; // the cells of the whole matrix as pixels
  let frame = null;
  let size = { x: 0, y: 0, cell: 1, width: 0, height: 0, font: 11 };

  function selectionAt(event) {
    if (!frame) return null;
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left - size.x) / size.cell);
    const row = Math.floor((event.clientY - box.top - size.y) / size.cell);
    const { rows, columns } = frame.picture;
    if (row >= rows.length || column >= columns.length || (row < 0 && column < 0)) return null;
    if (row < 0) return { side: "key", positions: [columns[column]], other: null };
    return { side: "query", positions: [rows[row]], other: column < 0 ? null : columns[column] };
  }

  onHover(
    canvas,
    (event) => {
      const selection = selectionAt(event);
      canvas.style.cursor = selection ? "pointer" : "";
      state().point(selection);
    },
    () => state().point(null),
  );
  canvas.addEventListener("click", (event) => {
    const selection = selectionAt(event);
    if (selection) state().hold(selection.side, selection.positions[0]);
  });

  function measure({ picture, font, family }) {
    const width = holder.clientWidth;
    const small = Math.round(font * (font >= LARGE ? 1 : 0.86));
    const context = canvas.getContext("2d");
    context.font = `600 ${small}px ${family}`;
    const widths = (axis, list) =>
      list.map((i) => Math.min(context.measureText(visible(axis.texts[i])).width, width * 0.22));
    const left = Math.max(8, ...widths(picture.queries, picture.rows)) + 8;
    const over = widths(picture.keys, picture.columns);
    const top = Math.max(8, ...over);
    // Words over the columns lean by 45°: the last ones may not reach out of the panel.
    const free = width - left - 2;
    // The letters of two texts stand beside the rows and below the columns.
    const [beside, below] = [picture.queries, picture.keys].map((axis) => (axis.segments ? 1.6 * small : 0));
    const across = (free - beside) / picture.columns.length;
    let cell = Math.min(LARGEST * (font / 13), across, HIGHEST / picture.rows.length);
    over.forEach((reach, j) => (cell = Math.min(cell, (free - (reach + small) * LEAN) / (j + 0.5))));
    if (cell >= 3) cell = Math.floor(cell);
    const reach = Math.max(top * LEAN, beside);
    const x = left + Math.max(0, (free - reach - cell * picture.columns.length) / 2);
    const y = top * LEAN + small + 4;
    const height = y + cell * picture.rows.length + 4 + below;
    size = { x, y, cell, width, height, font: small, family, top, left };
  }

  // The cells as pixels, one each, or one a block where there are more cells than pixels.
  function points({ picture, view, palette }) {
    const { rows, columns, weights, keys } = picture;
    const ratio = window.devicePixelRatio || 1;
    const fit = (count) => Math.max(1, Math.min(count, Math.ceil(count * size.cell * ratio)));
    const [width, height] = [fit(columns.length), fit(rows.length)];
    const largest = new Float32Array(width * height);
    const columnOf = Uint32Array.from(columns, (_, j) => Math.floor((j * width) / columns.length));
    rows.forEach((q, i) => {
      const line = Math.floor((i * height) / rows.length) * width;
      const from = q * keys.texts.length;
      for (let j = 0; j < columns.length; j++) {
        const weight = weights[from + columns[j]];
        const at = line + columnOf[j];
        if (weight > largest[at]) largest[at] = weight;
      }
    });
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    // As palette.level has it, without a call for each of many cells.
    const { pixels: colours } = palette;
    const steps = (colours.length - 1) / picture.end;
    for (let i = 0; i < largest.length; i++) {
      const weight = largest[i];
      const level = weight > view.threshold ? (weight * steps + 0.5) | 0 : 0;
      pixels[i] = colours[level < colours.length ? level : colours.length - 1];
    }
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  }

  function cells(context, { picture, palette }) {
    const { rows, columns } = picture;
    const [width, height] = [columns.length * size.cell, rows.length * size.cell];
    context.imageSmoothingEnabled = false;
    context.drawImage(all, size.x, size.y, width, height);
    rows.forEach((q, i) => {
      if (!picture.isEmpty(q)) return;
      context.fillStyle = palette.rule;
      context.fillRect(size.x, size.y + i * size.cell, width, size.cell);
    });
    context.fillStyle = palette.panel;
    if (size.cell >= 8) {
      for (let i = 1; i < rows.length; i++) context.fillRect(size.x, size.y + i * size.cell - 0.5, width, 1);
      for (let j = 1; j < columns.length; j++) context.fillRect(size.x + j * size.cell - 0.5, size.y, 1, height);
    }
    context.strokeStyle = palette.rule;
    context.lineWidth = 1;
    context.strokeRect(size.x - 0.5, size.y - 0.5, width + 1, height + 1);
  }

  // Of a pair the lines between its two texts, and beside each text its letter.
  function texts(context, { picture, palette }) {
    const { queries, keys, rows, columns } = picture;
    const [width, height] = [columns.length * size.cell, rows.length * size.cell];
    const shared = { palette, font: size.font, family: size.family };
    for (const down of [true, false]) {
      const [axis, list, start] = down ? [queries, rows, size.y] : [keys, columns, size.x];
      const at = down ? size.x + width + 5 : size.y + height + 5;
      for (const { segment, from, to } of axis.segments ? stretches(axis, list) : []) {
        const place = { from: start + from * size.cell, to: start + to * size.cell, at, down };
        if (LETTERS[segment]) bracket(context, { ...place, letter: LETTERS[segment], ...shared });
        if (from === 0) continue;
        context.fillStyle = palette.quiet;
        if (down) context.fillRect(size.x, place.from - 0.75, width, 1.5);
        else context.fillRect(place.from - 0.75, size.y, 1.5, height);
      }
    }
  }

  function frameLit(context, { picture, selection, palette }) {
    const { rows, columns } = picture;
    const [width, height] = [columns.length * size.cell, rows.length * size.cell];
    const across = selection.side === "query";
    const [own, others] = across ? [rows, columns] : [columns, rows];
    // A row too thin to be seen is drawn taller than it is.
    const band = Math.max(size.cell, 7);
    context.strokeStyle = palette.accent;
    context.lineWidth = size.cell < 7 ? 1 : 2;
    for (const position of selection.positions) {
      const at = (own.indexOf(position) + 0.5) * size.cell - band / 2;
      const box = across ? [size.x, size.y + at, width, band] : [size.x + at, size.y, band, height];
      if (size.cell < 7) {
        const alone = across ? { rows: [position], columns } : { rows, columns: [position] };
        context.drawImage(points({ ...frame, picture: { ...picture, ...alone } }), ...box);
      }
      context.strokeRect(box[0] - 1, box[1] - 1, box[2] + 2, box[3] + 2);
    }
    if (selection.other !== null) {
      const at = others.indexOf(selection.other) * size.cell;
      const from = own.indexOf(selection.positions[0]) * size.cell;
      context.strokeStyle = palette.ink;
      context.strokeRect(size.x + at - 1, size.y + from - 1, size.cell + 2, size.cell + 2);
    }
  }

  // The numbers of what is lit, where a cell has room for them.
  function numbers(context, { picture, selection, palette, view }) {
    const { rows, columns, weights, keys } = picture;
    if (size.cell < size.font * 1.6) return;
    context.font = `500 ${Math.round(Math.min(size.font * 0.9, size.cell * 0.5))}px ${size.family}`;
    context.textAlign = "center";
    rows.forEach((q, i) => {
      columns.forEach((k, j) => {
        const chosen = selection.positions.includes(selection.side === "query" ? q : k);
        const weight = weights[q * keys.texts.length + k];
        if (!chosen || weight <= view.threshold || weight < 0.045) return;
        context.fillStyle = palette.inkOn(weight / picture.end);
        context.fillText(
          weight.toFixed(2).replace(/^0/, ""),
          size.x + (j + 0.5) * size.cell,
          size.y + (i + 0.5) * size.cell,
        );
      });
    });
  }

  function labels(context, { picture, selection, values, view, palette }) {
    const write = (side) => {
      const query = side === "query";
      const step = Math.max(1, Math.ceil((size.font * (query ? 1.15 : 1.2)) / size.cell));
      const [axis, list] = query ? [picture.queries, picture.rows] : [picture.keys, picture.columns];
      const tell = (i) => {
        if (!selection) return 0;
        if (selection.side === side) return selection.positions.includes(i) ? 2 : 0;
        if (selection.other !== null) return selection.other === i ? 2 : 0;
        return values[i] > view.threshold ? values[i] / picture.end : 0;
      };
      // Labels told by the selection come first; the others fill the room that is left.
      const order = list.map((i, index) => [index, tell(i)]).sort((a, b) => b[1] - a[1]);
      const taken = [];
      for (const [index, told] of order) {
        const active = told >= 0.08;
        if (!active && index % step) continue;
        if (taken.some((other) => Math.abs(other - index) < step)) continue;
        taken.push(index);
        const empty = query && picture.isEmpty(list[index]);
        context.font = `${told > 0.3 ? 600 : 400} ${size.font}px ${size.family}`;
        context.fillStyle = active ? palette.accent : palette.quiet;
        context.globalAlpha = empty ? 0.55 : 1;
        const text = visible(axis.texts[list[index]]);
        const at = (index + 0.5) * size.cell;
        context.save();
        if (query) {
          context.textAlign = "right";
          context.fillText(cut(context, text, size.left - 8), size.x - 6, size.y + at);
        } else {
          context.textAlign = "left";
          context.translate(size.x + at, size.y - 6);
          context.rotate(-Math.PI / 4);
          context.fillText(cut(context, text, size.top + 2), 0, 0);
        }
        context.restore();
      }
    };
    write("query");
    write("key");
    context.globalAlpha = 1;
  }

  function draw(next) {
    const { picture, view, palette, layout } = next;
    const anew = picture !== frame?.picture || layout !== frame?.layout;
    if (picture.shape !== frame?.picture.shape || layout !== frame?.layout) measure(next);
    if (anew || view.threshold !== frame.view.threshold) all = points(next);
    if (anew) {
      canvas.setAttribute("aria-label", fill(s.matrix_name, { heads: headNames(s, view.heads) }));
      bar.style.background = `linear-gradient(to right, ${palette.sequential.join(",")})`;
      end.textContent = String(Number(picture.end.toPrecision(1)));
    }
    frame = next;
    const context = fresh(canvas, size.width, size.height);
    context.textBaseline = "middle";
    cells(context, next);
    texts(context, next);
    if (next.selection) {
      frameLit(context, next);
      numbers(context, next);
    }
    labels(context, next);
  }

  return { element, draw };
}
