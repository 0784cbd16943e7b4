// The two rows and the light between them. Arcs under a row are self-attention, lines from row to row are
// cross-attention, arcs over the source lead on from the piece that is looked at most. What is not written yet
// keeps its place but is not there to be seen; the piece that is being written is a question mark.

import { percent, visible, fill } from "../../linked/web/words.js";
import { make } from "../../linked/web/dom.js";
import { draw } from "./svg.js";
import { encoderRow, quoted, RIGHT_TO_LEFT, sourceRow, strongest, writtenRow } from "./say.js";

// How large the letters are, in letters of the page: the largest with which each row is one line, if need be
// with the words closer together; else two lines, else three; and what needs many lines is small.
const WAYS = [
  { lines: 1, tight: false, sizes: [2.1, 1.9, 1.7, 1.5, 1.35, 1.25] },
  { lines: 1, tight: true, sizes: [1.25, 1.15, 1.05] },
  { lines: 2, tight: false, sizes: [1.5, 1.35, 1.2] },
  { lines: 3, tight: false, sizes: [1.35, 1.2] },
];
const LONG = { lines: Infinity, tight: false, sizes: [1.1] };
const LINE = 2.4; // a row of one line is about 1.9 em high, one of two lines 4.9
const FAINT = 160; // arcs of the encoder, at most
const LEAST = 0.01; // of the scale's end: what is weaker is not drawn
const TOLD = 0.1; // what is stronger has its number beside it
const OVER = 0.05; // arcs over the source that are drawn

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// A row of pieces; those of one word stand close and share a thin rule.
function makeRow(className, label, tokens, first) {
  const row = make("div", { className: `row ${className}`, role: "group", "aria-label": label });
  const buttons = [];
  const rtl = tokens.texts.filter((text) => RIGHT_TO_LEFT.test(text)).length;
  row.dir = 2 * rtl > tokens.texts.length ? "rtl" : "ltr";
  if (first) row.append(make("span", { className: "word" }, first));
  let word = null;
  tokens.texts.forEach((text, i) => {
    const joins = i > 0 && tokens.words[i] === tokens.words[i - 1];
    if (!joins) row.append((word = make("span", { className: "word" })));
    word.classList.toggle("several", joins);
    const button = make("button", { type: "button", className: "token" }, make("bdi", {}, visible(text)));
    button.dataset.position = i;
    button.classList.toggle("special", tokens.special.includes(i));
    button.classList.toggle("unknown", tokens.unknown.includes(i));
    word.append(button);
    buttons.push(button);
  });
  return { row, buttons };
}

function legend(className, glyph, text) {
  const drawing = draw("svg", { viewBox: "0 0 28 14", "aria-hidden": "true" }, draw("path", { d: glyph }));
  return make("span", { className: `key ${className}` }, drawing, text);
}

// act: { go(step), point(piece or null), hold(piece) }.
export function createStage(strings, film, act) {
  const lines = draw("svg", { class: "light", "aria-hidden": "true" });
  const start = make("button", { type: "button", className: "token special" }, make("bdi", {}, visible(film.start)));
  const source = makeRow("source", strings.source, film.source);
  const written = makeRow("written", strings.written, film.written, start);
  const end = make("span", { className: "number" });
  const scale = make("span", { className: "key scale" }, make("span", { className: "number" }, "0"), make("i"), end);
  const ARC = "M2 2C7 14 21 14 26 2";
  const lineKinds = [
    ["encoder", film.encoder, ARC, strings.encoder_lines],
    ["hop", film.encoder && film.cross, "M2 12C7 0 21 0 26 12", strings.hop_lines],
    ["cross", film.cross, "M24 1C24 8 4 6 4 13", strings.cross_lines],
    ["decoder", film.decoder, ARC, strings.decoder_lines],
  ].filter(([, weights]) => weights);
  const keys = make(
    "div",
    { className: "legend" },
    make("div", { className: "keys" }, ...lineKinds.map(([name, , glyph, text]) => legend(name, glyph, text))),
    ...(lineKinds.length ? [scale] : []),
  );
  const rows = make("div", { className: "rows" }, lines, source.row, written.row);
  const element = make("section", { className: "stage" }, rows, keys);

  start.addEventListener("click", () => act.go(0));
  start.setAttribute("aria-label", fill(strings.go_to, { step: 0, piece: strings.start_token }));
  written.buttons.forEach((button, i) => {
    const piece = quoted(strings, film.written.texts[i]);
    button.setAttribute("aria-label", fill(strings.go_to, { step: i + 1, piece }));
    button.classList.toggle("given", film.steps[i].given);
    button.addEventListener("click", () => act.go(i + 1));
  });
  source.buttons.forEach((button, i) => {
    button.addEventListener("pointerenter", (event) => event.pointerType !== "touch" && act.point(i));
    button.addEventListener("pointerleave", () => act.point(null));
    button.addEventListener("focus", () => button.matches(":focus-visible") && act.point(i));
    button.addEventListener("blur", () => act.point(null));
    button.addEventListener("click", () => act.hold(i));
  });

  const linesOf = (row) => Math.round(row.offsetHeight / (LINE * parseFloat(rows.style.fontSize)));

  function fit(unit, width) {
    const fits = ({ lines, tight, sizes }) => {
      rows.classList.toggle("tight", tight);
      return sizes.some((size) => {
        rows.style.fontSize = `${size * unit}px`;
        return Math.max(linesOf(source.row), linesOf(written.row)) <= lines;
      });
    };
    const { lines } = [...WAYS, LONG].find(fits);
    rows.classList.toggle("wrapped", lines > 1);
    rows.classList.toggle("deep", linesOf(written.row) === 1);
    rows.classList.toggle("wide", width > 900);
  }

  const boxOf = (token) => {
    const [x, top] = [token.offsetLeft + token.offsetWidth / 2, token.offsetTop];
    return { x, top, bottom: top + token.offsetHeight };
  };

  function path(kind, query, key, weight, share, d, palette, width) {
    const line = draw("path", { d, pathLength: 1, stroke: palette.fill(0.2 + 0.8 * share) });
    line.setAttribute("stroke-width", ((0.6 + 4.8 * Math.min(share, 1)) * width).toFixed(3));
    Object.assign(line.dataset, { kind, query, key, weight: weight.toFixed(4) });
    return line;
  }

  // An arc that hangs under a row; between lines of a long text it leaves and arrives from below.
  function arc(from, to, room, shift = 0) {
    const [a, b] = [from.x + shift, to.x - shift];
    const depth = Math.min(room, 10 + 0.22 * Math.abs(a - b)) * (4 / 3);
    const [y, z] = [from.bottom + 1, to.bottom + 1];
    return `M${a} ${y}C${a} ${y + depth} ${b} ${z + depth} ${b} ${z}`;
  }

  // An arc over a row, and where its top is.
  function over(from, to, room) {
    const depth = Math.min(room, 12 + 0.2 * Math.abs(from.x - to.x)) * (4 / 3);
    const [y, z] = [from.top - 1, to.top - 1];
    const shift = from === to ? 6 : 0;
    const d = `M${from.x + shift} ${y}C${from.x + shift} ${y - depth} ${to.x - shift} ${z - depth} ${to.x - shift} ${z}`;
    return { d, x: (from.x + to.x) / 2, y: (y + z) / 2 - 0.75 * depth };
  }

  function between(from, to) {
    const [y, z] = [from.top - 2, to.bottom + 2];
    const bend = Math.max(24, 0.5 * Math.abs(y - z));
    return `M${from.x} ${y}C${from.x} ${y - bend} ${to.x} ${z + bend} ${to.x} ${z}`;
  }

  // [[query, key, weight], …], the strongest last, so that they lie on top.
  function encoderLines(lit) {
    const found = [];
    const least = (lit === null ? 3 : 1) * LEAST * film.ends.encoder;
    for (let q = 0; q < film.sources; q++) {
      if (lit !== null && lit !== q) continue;
      encoderRow(film, q).forEach((weight, k) => weight >= least && found.push([q, k, weight]));
    }
    return found.sort((a, b) => a[2] - b[2]).slice(-FAINT);
  }

  // The lowest line on which a number can be written at x, so that it stands over those of the pieces there.
  function overShares(boxes, x) {
    const letter = Math.max(0.6 * parseFloat(rows.style.fontSize), 12);
    const there = boxes.filter((box, i) => source.buttons[i].classList.contains("told") && Math.abs(box.x - x) < 3 * letter);
    return Math.min(...there.map(({ top }) => top - 1.7 * letter));
  }

  // What the piece that the decoder looks at most had looked at in the encoder; the strongest with its number.
  function hops(group, step, boxes, palette, width) {
    const from = film.passed[step - 1];
    if (from === null) return;
    const row = encoderRow(film, from);
    const found = strongest(row, Infinity, OVER).reverse();
    for (const k of found) {
      const [a, b] = [boxes[from], boxes[k]];
      const isOne = linesOf(source.row) === 1;
      const { d, x, y } = over(a, b, isOne ? a.top - 26 : 0.6 * parseFloat(rows.style.fontSize));
      // From line to line it goes straight.
      const way = a.top > b.bottom ? between(a, b) : b.top > a.bottom ? between(b, a) : d;
      group.append(path("hop", from, k, row[k], row[k] / film.ends.encoder, way, palette, width));
      if (k !== found.at(-1) || row[k] < TOLD || !isOne) continue;
      const place = { x, y: Math.max(Math.min(y - 8, overShares(boxes, x)), 14), "text-anchor": "middle" };
      const number = draw("text", place, percent(strings, row[k]));
      group.append(number);
    }
  }

  function paint(step, lit, palette) {
    const group = draw("g");
    const boxes = { source: source.buttons.map(boxOf), written: [start, ...written.buttons].map(boxOf) };
    const letter = parseFloat(rows.style.fontSize);
    const width = letter / 22;
    if (step === 0) {
      const room = linesOf(source.row) === 1 ? boxes.written[0].top - boxes.source[0].bottom - 12 : 1.2 * letter;
      for (const [q, k, weight] of encoderLines(lit)) {
        const d = arc(boxes.source[q], boxes.source[k], room, q === k ? 5 : 2);
        group.append(path("encoder", q, k, weight, weight / film.ends.encoder, d, palette, width));
      }
      group.classList.toggle("faint", lit === null);
    } else {
      const from = boxes.written[step];
      const add = (kind, values, d) => {
        for (const k of strongest(values, Infinity, LEAST * film.ends.written).reverse()) {
          if (values[k] < LEAST * film.ends.written) continue;
          group.append(path(kind, step - 1, k, values[k], values[k] / film.ends.written, d(k), palette, width));
        }
      };
      add("cross", sourceRow(film, step), (k) => between(from, boxes.source[k]));
      hops(group, step, boxes.source, palette, width);
      // Nothing stands under the line that is being written, so there the arcs have room.
      const below = Math.min(3.6 * letter, rows.offsetHeight - from.bottom - 6);
      const room = (to) => (Math.abs(to.bottom - from.bottom) < letter ? below : 1.1 * letter);
      add("decoder", writtenRow(film, step), (k) => arc(from, boxes.written[k], room(boxes.written[k])));
    }
    return group;
  }

  // Writes only what has changed: a look is compared with the last one.
  function look(button, next, palette) {
    const name = JSON.stringify([next, palette.name]);
    if (button.look === name) return;
    button.look = name;
    const filled = next.share > 0 && palette.level(next.share) > 2;
    button.style.backgroundColor = filled ? palette.fill(next.share) : "";
    button.style.color = filled ? palette.inkOn(next.share) : "";
    button.dataset.weight = next.weight === null ? "" : next.weight.toFixed(4);
    if (next.weight >= 0.005) button.dataset.share = percent(strings, next.weight);
    else delete button.dataset.share;
    button.classList.toggle("told", next.told);
    button.classList.toggle("outlined", next.outlined);
  }

  function light(buttons, values, end, palette, outlined = null) {
    const told = values ? strongest(values, 3, TOLD).filter((i) => values[i] >= TOLD) : [];
    buttons.forEach((button, i) => {
      const weight = values && i < values.length ? values[i] : null;
      const share = weight === null ? 0 : weight / end;
      look(button, { weight, share, told: told.includes(i), outlined: i === outlined }, palette);
    });
  }

  // While the encoder reads, a piece of the source can be asked what it looks at.
  function askable(button, i, can, pressed) {
    button.tabIndex = can ? 0 : -1;
    button.setAttribute("aria-disabled", String(!can));
    if (can) {
      button.setAttribute("aria-pressed", String(pressed));
      button.setAttribute("aria-label", fill(strings.look_from, { piece: quoted(strings, film.source.texts[i]) }));
    } else {
      button.removeAttribute("aria-pressed");
      button.removeAttribute("aria-label");
    }
  }

  let fitted = null;
  let painted = null;

  // moved: another step, not only another light on the same one.
  function show({ step, lit, palette, unit, family, moved }) {
    const measure = [rows.clientWidth, unit, family].join(" ");
    if (measure !== fitted) fit(unit, rows.clientWidth);
    fitted = measure;
    mark(step, moved);
    shine(step, lit, palette);
    const place = [source.row, written.row].flatMap((row) => [row.offsetTop, row.offsetHeight, row.lastChild.offsetLeft]);
    const drawn = JSON.stringify([step, lit, palette.name, measure, place]);
    if (drawn === painted) return;
    painted = drawn;
    const group = paint(step, lit, palette);
    for (const old of [...lines.children]) {
      if (!moved || still() || old.classList.contains("leaving")) {
        old.remove();
        continue;
      }
      old.classList.add("leaving");
      old.animate({ opacity: [1, 0] }, 160).finished.then(() => old.remove());
    }
    group.classList.toggle("grows", moved);
    lines.append(group);
    if (moved && step) reveal(written.buttons[step - 1]);
  }

  // What is there at a step, and what is still to come.
  function mark(step, moved) {
    const passes = step ? film.passed[step - 1] : null;
    source.buttons.forEach((button, i) => button.classList.toggle("passed", i === passes));
    start.classList.toggle("to-come", step === 0);
    written.buttons.forEach((button, i) => {
      button.classList.toggle("to-come", i >= step);
      button.classList.toggle("open", i === step - 1 && step < film.count && !film.steps[i].given);
      button.classList.toggle("new", moved && i === step - 2);
      if (i === step - 1) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    });
    for (const word of written.row.children) {
      const [first, second] = [...word.children].map((button) => Number(button.dataset.position ?? 0));
      word.classList.toggle("to-come", first >= step);
      word.classList.toggle("begun", second < step); // its rule begins with its second piece
    }
  }

  // The light on the pieces, and the scale that it is read by.
  function shine(step, lit, palette) {
    source.buttons.forEach((button, i) => askable(button, i, step === 0 && Boolean(film.encoder), lit === i));
    if (step === 0) {
      light(source.buttons, lit === null ? null : encoderRow(film, lit), film.ends.encoder, palette, lit);
      light([start, ...written.buttons], null, 1, palette);
    } else {
      light(source.buttons, sourceRow(film, step), film.ends.written, palette);
      light([start, ...written.buttons], writtenRow(film, step), film.ends.written, palette, step);
    }
    const colours = [0, 0.25, 0.5, 0.75, 1].map((share) => palette.fill(share));
    scale.querySelector("i").style.background = `linear-gradient(90deg, ${colours.join(", ")})`;
    end.textContent = step ? film.ends.written : film.ends.encoder;
    scale.hidden = !step && !film.encoder;
    keys.dataset.stage = step ? "writes" : "reads";
  }

  // In a long text the piece at hand is brought into sight, the page moved as little as possible.
  function reveal(button) {
    if (rows.offsetHeight > window.innerHeight * 0.8) button.scrollIntoView({ block: "nearest" });
  }

  return { element, rows: [source.row, written.row], draw: show };
}
