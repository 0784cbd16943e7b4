// All heads at a snapshot as small pictures, and what one of them looks at from one word.

import { percent, visible, fill } from "../../linked/web/words.js";
import { make } from "../../linked/web/dom.js";
import { quoted, strongest } from "../../steps/web/say.js";

const LEAST = 0.005; // from here on a weight has a number
const TOLD = 0.1; // and from here on it stands there, and is told beside another

// The row of weights of one query in a snapshot: kinds[kind].levels holds (frames, layers, heads, queries, keys).
export function rowOf({ levels, layers, heads, queries, keys }, frame, layer, head, query) {
  const from = (((frame * layers.length + layer) * heads + head) * queries.texts.length + query) * keys.texts.length;
  return Float32Array.from(levels.subarray(from, from + keys.texts.length), (level) => (level / 255) ** 2);
}

// act: { choose(layer, head) }; layer and head by their places.
export function createSheets(strings, kind, act) {
  const element = make("div", { className: "sheets" });
  const [across, down] = [kind.keys.texts.length, kind.queries.texts.length];
  const sheets = kind.layers.map((number, layer) => {
    const name = make("span", { className: "layer number" }, fill(strings.layer, { layer: number + 1 }));
    const row = Array.from({ length: kind.heads }, (_, head) => {
      const canvas = make("canvas", { width: across, height: down });
      const button = make("button", { type: "button", className: "sheet" }, canvas);
      button.setAttribute("aria-label", fill(strings.head, { layer: number + 1, head: head + 1 }));
      button.addEventListener("click", () => act.choose(layer, head));
      return { button, canvas };
    });
    element.append(name, ...row.map(({ button }) => button));
    return row;
  });
  element.style.setProperty("--heads", kind.heads);
  element.style.setProperty("--layers", kind.layers.length);
  element.style.setProperty("--shape", `${across} / ${down}`);

  function show({ frame, layer, head, palette }) {
    const size = across * down;
    sheets.forEach((row, l) =>
      row.forEach(({ button, canvas }, h) => {
        button.setAttribute("aria-pressed", String(l === layer && h === head));
        const context = canvas.getContext("2d");
        const image = context.createImageData(across, down);
        const points = new Uint32Array(image.data.buffer);
        const from = ((frame * sheets.length + l) * row.length + h) * size;
        for (let i = 0; i < size; i++) points[i] = palette.pixels[palette.level((kind.levels[from + i] / 255) ** 2)];
        context.putImageData(image, 0, 0);
      }),
    );
  }

  return { element, draw: show };
}

// act: { hold(query) }.
export function createWords(strings, kind, act) {
  const alone = kind.own; // queries and keys are the same words
  const makeWords = (tokens, className, label) => {
    const buttons = tokens.texts.map((text, i) => {
      const button = make("button", { type: "button", className: "token" }, make("bdi", {}, visible(text)));
      button.classList.toggle("special", tokens.special.includes(i));
      return button;
    });
    return { buttons, row: make("div", { className: `tokens ${className}`, role: "group", "aria-label": label }, ...buttons) };
  };
  const queries = makeWords(kind.queries, "queries", strings.queries);
  const keys = alone ? queries : makeWords(kind.keys, "keys", strings.keys_row);
  queries.buttons.forEach((button, i) => {
    button.addEventListener("click", () => act.hold(i));
    button.setAttribute("aria-label", fill(strings.look_from, { piece: quoted(strings, kind.queries.texts[i]) }));
  });
  const element = make("div", { className: "light-on" }, queries.row, ...(alone ? [] : [keys.row]));

  function show({ frame, layer, head, query, palette }) {
    const row = rowOf(kind, frame, layer, head, query);
    const told = strongest(row, 3, TOLD).filter((i) => row[i] >= TOLD);
    queries.buttons.forEach((button, i) => {
      button.classList.toggle("outlined", i === query);
      button.setAttribute("aria-pressed", String(i === query));
    });
    keys.buttons.forEach((button, i) => {
      const filled = palette.level(row[i]) > 2;
      button.style.backgroundColor = filled ? palette.fill(row[i]) : "";
      button.style.color = filled ? palette.inkOn(row[i]) : "";
      button.dataset.weight = row[i].toFixed(4);
      if (row[i] >= LEAST) button.dataset.share = percent(strings, row[i]);
      else delete button.dataset.share;
      button.classList.toggle("told", told.includes(i));
    });
  }

  return { element, draw: show };
}

// The row in words: [template, values].
export function sayLook(strings, kind, { frame, step, layer, head, query }) {
  const row = rowOf(kind, frame, layer, head, query);
  const found = strongest(row, 2, TOLD);
  const filled = { step: step.toLocaleString("en-US"), query: quoted(strings, kind.queries.texts[query]) };
  found.forEach((i, n) => {
    filled[n ? "key_2" : "key"] = quoted(strings, kind.keys.texts[i]);
    filled[n ? "share_2" : "share"] = percent(strings, row[i]);
  });
  return [found.length > 1 ? strings.looks_2 : found.length ? strings.looks : strings.looks_0, filled];
}
