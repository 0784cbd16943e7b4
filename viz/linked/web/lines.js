// Two columns and the lines between them. Only what is in sight is drawn, however long the text.
// Of a held word each strong line ends in scissors: they cut it, and where it was cut they bring it back.

import { LETTERS, bracket, stretches } from "./pair.js";
import { cut, fresh, make, onHover } from "./dom.js";
import { COLOURED } from "./colour.js";
import { asSnip, heldEdges } from "./edges.js";
import { icon } from "./icons.js";
import { weightsOf } from "./picture.js";
import { headNames, fill, visible } from "./words.js";

const IN_SIGHT = 26; // rows in sight at once; the rest is scrolled to
const FAINT = 400; // lines of the general picture, at most
const LIT = 80; // lines from a lit token, at most

// snip(what): has edges cut, or taken back; see edges.js.
export function createLines(state, strings, snip) {
  const s = strings();
  const canvas = make("canvas", { role: "img" });
  const snips = make("div", { className: "snips" });
  const tall = make("div", { className: "tall" }, canvas, snips);
  const scroller = make("div", { className: "scroller" }, tall);
  const from = make("span", {}, s.looks_from);
  const header = make("header", {}, from, make("span", {}, s.looks_at));
  const element = make("section", { className: "panel lines" }, header, scroller);
  let frame = null;
  let general = null; // the general picture, and what it was drawn of
  let size = { row: 24, font: 13, width: 0, height: 0, left: 0, right: 0, edge: 0, margin: 0 };
  let scrolled = 0;
  let edges = []; // of the held words: those that have scissors, and those that are cut
  let placed = null; // what the scissors were placed for
  const centre = (index) => (index + 0.5) * size.row - scrolled;

  function selectionAt(event) {
    if (!frame) return null;
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const index = Math.floor((y + scrolled) / size.row);
    const { rows, columns } = frame.picture;
    const near = 0.15 * (size.right - size.left);
    if (x <= size.left + near && index < rows.length) return { side: "query", positions: [rows[index]], other: null };
    if (x >= size.right - near && index < columns.length) {
      return { side: "key", positions: [columns[index]], other: null };
    }
    return null;
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
  scroller.addEventListener("scroll", () => {
    scrolled = scroller.scrollTop;
    if (frame) paint();
  });

  // Brings a token that was pointed at elsewhere into sight.
  function reveal({ picture, selection }) {
    if (!selection || scroller.matches(":hover")) return;
    const list = selection.side === "query" ? picture.rows : picture.columns;
    const places = selection.positions.map((position) => list.indexOf(position));
    const inSight = (i) => centre(i) >= size.row / 2 && centre(i) <= size.height - size.row / 2;
    if (places.some(inSight)) return;
    scroller.scrollTop = (places[0] + 0.5) * size.row - size.height / 2;
    scrolled = scroller.scrollTop;
  }

  function curve(context, from, to, width, colour) {
    const middle = (size.left + size.right) / 2;
    context.beginPath();
    context.moveTo(size.left, from);
    context.bezierCurveTo(middle, from, middle, to, size.right, to);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }

  // The general picture stays while the pointer moves, so it is drawn once for every place of the list.
  function faint(context) {
    const { picture, view, palette, selection, layout } = frame;
    const of = [picture, view.threshold, palette, layout, scrolled];
    if (!general || of.some((part, i) => part !== general.of[i])) {
      const canvas = document.createElement("canvas");
      drawFaint(fresh(canvas, size.width, size.height), frame);
      general = { of, canvas };
    }
    context.globalAlpha = selection ? 0.13 : 0.6;
    context.drawImage(general.canvas, 0, 0, size.width, size.height);
    context.globalAlpha = 1;
  }

  // Every weight from a row in sight, the strongest few thousand.
  function drawFaint(context, { picture, view, palette }) {
    const { rows, columns, weights, keys, end } = picture;
    const inSight = (i) => centre(i) > -size.row && centre(i) < size.height + size.row;
    const lines = [];
    const least = Math.max(view.threshold, 0.03 * end);
    rows.forEach((q, i) => {
      if (!inSight(i)) return;
      const line = q * keys.texts.length;
      for (let j = 0; j < columns.length; j++) {
        const weight = weights[line + columns[j]];
        if (weight >= least) lines.push([i, j, weight]);
      }
    });
    lines.sort((a, b) => a[2] - b[2]);
    for (const [i, j, weight] of lines.slice(-FAINT)) {
      curve(context, centre(i), centre(j), 0.5 + 2.5 * (weight / end), palette.fill(0.12 + 0.88 * (weight / end)));
    }
  }

  // The lines of what is lit: in the colour of the weight, or of the head where there are several.
  function lit(context, { picture, selection, view, palette }) {
    const several = picture.each.length > 1 && picture.each.length <= COLOURED;
    const sources = several ? picture.each : [picture];
    const [own, others] = selection.side === "query" ? [picture.rows, picture.columns] : [picture.columns, picture.rows];
    const lines = [];
    sources.forEach(({ weights }, n) => {
      const shift = (n - (sources.length - 1) / 2) * 3;
      for (const position of selection.positions) {
        const values = weightsOf(picture, weights, { ...selection, positions: [position] });
        others.forEach((other, j) => {
          const share = values[other] / picture.end;
          if (values[other] <= view.threshold || share < 0.02) return;
          if (selection.other !== null && selection.other !== other) return;
          const [a, b] = [centre(own.indexOf(position)) + shift, centre(j) + shift];
          const colour = several ? palette.categories[n] : palette.fill(0.2 + 0.8 * share);
          lines.push([share, ...(selection.side === "query" ? [a, b] : [b, a]), colour]);
        });
      }
    });
    lines.sort((a, b) => a[0] - b[0]); // the strongest on top
    for (const [share, from, to, colour] of lines.slice(-LIT * selection.positions.length)) {
      context.globalAlpha = several ? 0.25 + 0.75 * Math.min(share, 1) : 1;
      curve(context, from, to, 0.6 + 4.6 * Math.min(share, 1), colour);
    }
    context.globalAlpha = 1;
  }

  // Edges that are cut: a line of dashes, which tells where a beam was.
  function gone(context, { picture, view, palette }) {
    context.setLineDash([3, 5]);
    for (const { key, cuts } of edges) {
      if (!cuts.length) continue;
      for (const query of view.held) {
        const [row, column] = [picture.rows.indexOf(query), picture.columns.indexOf(key)];
        if (row >= 0 && column >= 0) curve(context, centre(row), centre(column), 1.5, palette.quiet);
      }
    }
    context.setLineDash([]);
  }

  // A button on each beam of a held word, where it arrives. They stay while the pointer moves.
  function place({ picture, view, cutting, layout }) {
    const of = [picture, view, cutting, layout];
    if (placed && of.every((part, i) => part === placed[i])) return;
    placed = of;
    edges = heldEdges(cutting, view, picture);
    const names = (axis, list) => list.map((i) => fill(s.quote, { token: visible(axis.texts[i]) })).join(" + ");
    const held = view.held.filter((query) => picture.rows.includes(query));
    const buttons = edges.map(({ key, cuts }) => {
      const [query, target] = [names(picture.queries, held), names(picture.keys, [key])];
      const form = cuts.length ? s.mend : picture.writes ? s.cut_written : s.cut;
      const told = fill(form, { query, key: target, where: cutting.where });
      const button = make("button", { type: "button", className: "snip", title: told }, icon(cuts.length ? "undo" : "scissors"));
      button.setAttribute("aria-label", told);
      button.setAttribute("aria-pressed", String(cuts.length > 0));
      button.dataset.focus = `snip ${key}`;
      button.style.top = `${(picture.columns.indexOf(key) + 0.5) * size.row}px`;
      button.style.left = `${size.right - 0.5 * size.row - 4}px`;
      button.style.setProperty("--size", `${Math.min(size.row - 1, 34)}px`);
      button.addEventListener("click", () => {
        snip(cuts.length ? { undo: cuts } : { cut: asSnip(view, picture, held, key) });
      });
      return button;
    });
    snips.replaceChildren(...buttons);
  }

  function label(context, text, x, y, align, colour) {
    context.textAlign = align;
    context.fillStyle = colour;
    context.fillText(text, x, y);
  }

  function column(context, side, { picture, selection, values, view, palette }) {
    const query = side === "query";
    const [axis, list] = query ? [picture.queries, picture.rows] : [picture.keys, picture.columns];
    const room = (query ? size.left : size.width - size.right) - 14 - size.margin;
    const first = Math.max(0, Math.floor(scrolled / size.row));
    const last = Math.min(list.length, Math.ceil((scrolled + size.height) / size.row));
    for (let index = first; index < last; index++) {
      const i = list[index];
      const chosen = selection && selection.side === side && selection.positions.includes(i);
      const weight = selection && selection.side !== side ? values[i] : 0;
      const looked = weight > view.threshold && weight / picture.end >= 0.08;
      const pale = (query && picture.isEmpty(i)) || axis.special[i];
      let colour = query && !pale ? palette.ink : palette.quiet;
      if (selection && !chosen && !looked) colour = palette.quiet;
      if (chosen || looked) colour = palette.accent;
      context.font = `${chosen || weight / picture.end > 0.3 ? 600 : 400} ${size.font}px ${size.family}`;
      const text = cut(context, visible(axis.texts[i]), room);
      label(context, text, query ? size.left - 10 : size.right + 10, centre(index), query ? "right" : "left", colour);
    }
  }

  // Of a pair the two texts of a side: a line between them, and beside each a line with its letter.
  function texts(context, side, { picture, palette }) {
    const query = side === "query";
    const [axis, list] = query ? [picture.queries, picture.rows] : [picture.keys, picture.columns];
    const found = axis.segments ? stretches(axis, list) : [];
    const at = query ? size.edge + size.margin : size.width - size.edge - size.margin;
    for (const { segment, from, to } of found) {
      const [top, bottom] = [from, to].map((i) => Math.min(Math.max(i * size.row - scrolled, 0), size.height));
      if (from > 0 && top > 0 && bottom > top) {
        context.fillStyle = palette.rule;
        context.fillRect(query ? at : size.right + 4, top - 0.5, query ? size.left - 4 - at : at - size.right - 4, 1);
      }
      if (LETTERS[segment] && bottom - top > size.row / 2) {
        const place = { from: top, to: bottom, at, down: true, side: query ? -1 : 1 };
        bracket(context, { ...place, letter: LETTERS[segment], palette, font: size.font, family: size.family });
      }
    }
  }

  // Where the strongest weights lie that are out of sight.
  function beyond(context, { picture, selection, values, view, palette }) {
    const list = selection.side === "query" ? picture.columns : picture.rows;
    const axis = selection.side === "query" ? picture.keys : picture.queries;
    for (const up of [true, false]) {
      const out = list
        .map((i, index) => [values[i], i, centre(index)])
        .filter(([, , y]) => (up ? y < 0 : y > size.height))
        .sort((a, b) => b[0] - a[0]);
      if (!out.length || out[0][0] <= Math.max(view.threshold, 0.08 * picture.end)) continue;
      context.font = `600 ${size.font}px ${size.family}`;
      const room = size.right - size.left - 24;
      const text = cut(context, `${up ? "↑" : "↓"} ${visible(axis.texts[out[0][1]])}`, room);
      const y = up ? size.font * 0.8 : size.height - size.font * 0.8;
      const [middle, width] = [(size.left + size.right) / 2, context.measureText(text).width + 16];
      context.fillStyle = palette.panel;
      context.fillRect(middle - width / 2, y - size.font * 0.8, width, size.font * 1.6);
      label(context, text, middle, y, "center", palette.accent);
    }
  }

  function paint() {
    const context = fresh(canvas, size.width, size.height);
    context.textBaseline = "middle";
    context.lineCap = "round";
    faint(context);
    gone(context, frame);
    if (frame.selection) lit(context, frame);
    for (const side of ["query", "key"]) {
      column(context, side, frame);
      texts(context, side, frame);
    }
    if (frame.selection) beyond(context, frame);
  }

  function measure({ picture, font, family }) {
    const count = Math.max(picture.rows.length, picture.columns.length);
    const row = Math.round(font * (count > 40 ? 1.5 : count > 16 ? 1.85 : 2.1));
    const width = scroller.clientWidth;
    const height = Math.min(count, IN_SIGHT) * row;
    tall.style.height = `${count * row}px`;
    scroller.style.height = `${height}px`;
    scrolled = scroller.scrollTop;
    const context = canvas.getContext("2d");
    context.font = `600 ${font}px ${family}`;
    const widest = (axis, list) => {
      const longest = list.map((i) => visible(axis.texts[i])).sort((a, b) => b.length - a.length);
      return Math.max(20, ...longest.slice(0, 40).map((text) => context.measureText(text).width)) + 14;
    };
    // The three parts: words, lines, words. The lines keep at least a third.
    const margin = picture.queries.segments || picture.keys.segments ? Math.round(1.5 * font) : 0;
    const left = Math.min(widest(picture.queries, picture.rows) + margin, width * 0.34);
    const right = Math.min(widest(picture.keys, picture.columns) + margin, width * 0.34);
    const spare = Math.max(0, width - left - right - Math.max(300, width * 0.5)) / 2;
    const [start, end] = [left + spare, width - right - spare];
    size = { row, font, family, width, height, left: start, right: end, edge: spare, margin };
  }

  function draw(next) {
    const anew = next.picture !== frame?.picture || next.layout !== frame?.layout;
    // Another head of the same tokens needs no other places.
    if (next.picture.shape !== frame?.picture.shape || next.layout !== frame?.layout) measure(next);
    frame = next;
    if (anew) {
      canvas.setAttribute("aria-label", fill(s.lines_name, { heads: headNames(s, next.view.heads) }));
      from.textContent = next.picture.writes ? s.to_write : s.looks_from;
    }
    place(next);
    reveal(next);
    paint();
  }

  return { element, draw };
}
