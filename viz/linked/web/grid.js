// All heads as small pictures, layers down and heads across; each is a real button.

import { COLOURED } from "./colour.js";
import { axisOf } from "./picture.js";
import { fresh, make, segments } from "./dom.js";
import { fill, headNames } from "./words.js";

const GAP = 4;

export function createGrid(state, strings) {
  const s = strings();
  const canvas = make("canvas", { "aria-hidden": "true" });
  const buttons = make("div", { className: "heads", role: "group", "aria-label": s.all_heads });
  const holder = make("div", { className: "holder" }, canvas, buttons);
  const keys = make("span", { className: "keys", title: s.choose_heads, "aria-hidden": "true" }, "← → ↑ ↓");
  const name = make("span", { className: "chosen", "aria-live": "polite" });
  const combine = segments(
    s.combine,
    [
      ["mean", s.mean],
      ["max", s.max],
    ],
    (chosen) => state().change({ combine: chosen }),
  );
  // A finger has no Shift: this button stands for it.
  const several = make("button", { type: "button", className: "several", title: s.several_told }, s.several);
  several.setAttribute("aria-pressed", "false");
  several.addEventListener("click", () => {
    several.setAttribute("aria-pressed", String(several.getAttribute("aria-pressed") !== "true"));
  });
  const element = make(
    "section",
    { className: "panel grid" },
    make("header", {}, make("span", {}, s.all_heads), keys),
    holder,
    make("footer", {}, name, make("span", { className: "choices" }, several, combine.element)),
  );
  let frame = null;
  let pictures = null; // all small pictures of a kind, side by side
  let painted = null; // the same in their places
  let size = { cell: 20, left: 0, top: 0 };
  let spans = null; // of the pieces of each word on the lit side, and what they were made for

  buttons.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const more = several.getAttribute("aria-pressed") === "true";
    const add = more || event.shiftKey || event.ctrlKey || event.metaKey;
    state().chooseHead(Number(button.dataset.layer), Number(button.dataset.head), add);
  });

  function paintPictures({ store, view, palette }) {
    const { layers, heads, small } = store.kinds[view.kind];
    const [height, width] = small;
    const levels = store.small(view.kind);
    const image = new ImageData(Math.max(1, width * heads), Math.max(1, height * layers.length));
    const pixels = new Uint32Array(image.data.buffer);
    for (let l = 0, at = 0; l < layers.length; l++) {
      for (let h = 0; h < heads; h++) {
        for (let q = 0; q < height; q++) {
          const line = (l * height + q) * image.width + h * width;
          for (let k = 0; k < width; k++) pixels[line + k] = palette.pixels[levels[at++]];
        }
      }
    }
    pictures = new OffscreenCanvas(image.width, image.height);
    pictures.getContext("2d").putImageData(image, 0, 0);
  }

  function build({ store, view, font }) {
    const { layers, heads } = store.kinds[view.kind];
    const left = Math.round(font * 1.3);
    const top = Math.round(font * 1.2);
    const panels = element.parentElement;
    const least = panels.classList.contains("told") ? 0.29 * panels.clientWidth : left + heads * 2.9 * font + 2.4 * font;
    const wish = Math.max(200, Math.min(420, 0.29 * panels.clientWidth, least));
    panels.style.setProperty("--wish", `${wish}px`);
    const room = holder.clientWidth - left;
    const cell = Math.max(10, Math.min(Math.round(2.9 * font), Math.floor(room / heads)));
    size = { cell, left, top, font, width: left + heads * cell, height: top + layers.length * cell };
    const wanted = layers.flatMap((layer, l) =>
      Array.from({ length: heads }, (_, head) => {
        const button = make("button", { type: "button", className: "head", tabIndex: -1 });
        button.setAttribute("aria-label", fill(s.head_name, { layer: layer + 1, head: head + 1 }));
        button.title = button.getAttribute("aria-label");
        Object.assign(button.dataset, { layer, head });
        Object.assign(button.style, {
          left: `${left + head * cell}px`,
          top: `${top + l * cell}px`,
          width: `${cell - GAP}px`,
          height: `${cell - GAP}px`,
        });
        return button;
      }),
    );
    const focused = buttons.contains(element.getRootNode().activeElement);
    buttons.replaceChildren(...wanted);
    if (focused) queueMicrotask(() => chosenButton()?.focus({ preventScroll: true }));
  }

  const chosenButton = () => buttons.querySelector('[tabindex="0"]');

  function mark({ view }) {
    const last = view.heads.at(-1);
    const focused = element.getRootNode().activeElement;
    for (const button of buttons.children) {
      const [layer, head] = [Number(button.dataset.layer), Number(button.dataset.head)];
      const chosen = view.heads.some(([l, h]) => l === layer && h === head);
      const current = last[0] === layer && last[1] === head;
      button.setAttribute("aria-pressed", String(chosen));
      button.tabIndex = current ? 0 : -1;
      // Walking by arrow keys takes the focus along.
      if (current && focused !== button && buttons.contains(focused)) button.focus({ preventScroll: true });
    }
    name.textContent = headNames(s, view.heads);
    combine.element.hidden = view.heads.length < 2;
    combine.press(view.combine);
  }

  // Rows (or columns) of the small pictures that stand for the lit tokens: [[first, end], …] from 0 to 1.
  function litParts({ selection, view, store }) {
    if (!selection) return [];
    const about = store.kinds[view.kind];
    const tokens = selection.side === "query" ? about.queries : (about.keys ?? about.queries);
    const count = about.small[selection.side === "query" ? 0 : 1];
    if (spans?.tokens !== tokens || spans.words !== view.words) {
      spans = { tokens, words: view.words, list: axisOf(tokens, view.words).spans };
    }
    return selection.positions.map((position) => {
      const scale = count / tokens.texts.length;
      const first = Math.floor(spans.list[position][0] * scale);
      return [first, Math.max(first + 1, Math.ceil(spans.list[position][1] * scale))].map((at) => at / count);
    });
  }

  // Of a pair the block of a small picture that shows the chosen part: [left, top, right, bottom] from 0 to 1.
  function partOfPicture({ picture, view, store }) {
    if (!picture.parts) return null;
    const { queries, keys, small } = store.kinds[view.kind];
    const [rows, columns] = [queries, keys ?? queries].map(({ segments }, i) => {
      const scale = small[i] / segments.length;
      const [first, last] = [segments.indexOf(picture.parts[i]), segments.lastIndexOf(picture.parts[i])];
      return [Math.floor(first * scale), Math.ceil((last + 1) * scale)].map((at) => at / small[i]);
    });
    return [columns[0], rows[0], columns[1], rows[1]];
  }

  // From here on only the chosen part of each picture is drawn upon; the rest of it is left pale.
  function clipTo([left, top, right, bottom], context, { layers, heads }, edge) {
    context.globalAlpha = 0.12;
    context.drawImage(painted.below, 0, 0, size.width, size.height);
    context.beginPath();
    layers.forEach((_, l) => {
      for (let h = 0; h < heads; h++) {
        const [x, y] = [size.left + (h * size.cell + left * edge), size.top + (l * size.cell + top * edge)];
        context.rect(x, y, (right - left) * edge, (bottom - top) * edge);
      }
    });
    context.clip();
    context.clearRect(0, 0, size.width, size.height);
  }

  // All small pictures in their places, and the frames and numbers around them: drawn once.
  function paintLayers({ store, view, palette, family }) {
    const { layers, heads, small } = store.kinds[view.kind];
    const [height, width] = small;
    const edge = size.cell - GAP;
    const [below, above] = [0, 1].map(() => fresh(document.createElement("canvas"), size.width, size.height));
    below.imageSmoothingEnabled = edge * (window.devicePixelRatio || 1) < Math.max(width, height);
    above.font = `${Math.round(size.font * (size.font >= 17 ? 1 : 0.76))}px ${family}`;
    above.fillStyle = palette.quiet;
    above.strokeStyle = palette.rule;
    above.textBaseline = "middle";
    const every = (count) => Math.max(1, Math.ceil((size.font * 1.1) / size.cell / (count > 9 ? 0.8 : 1)));
    layers.forEach((layer, l) => {
      const y = size.top + l * size.cell;
      above.textAlign = "right";
      if (l % every(1) === 0) above.fillText(layer + 1, size.left - 6, y + edge / 2);
      for (let h = 0; h < heads; h++) {
        const x = size.left + h * size.cell;
        above.textAlign = "center";
        if (l === 0 && h % every(heads) === 0) above.fillText(h + 1, x + edge / 2, size.top / 2 - 1);
        below.drawImage(pictures, h * width, l * height, width, height, x, y, edge, edge);
        above.strokeRect(x - 0.5, y - 0.5, edge + 1, edge + 1);
      }
    });
    painted = { below: below.canvas, above: above.canvas };
  }

  function paint(next) {
    const { store, view, palette, selection } = next;
    const { layers, heads } = store.kinds[view.kind];
    const context = fresh(canvas, size.width, size.height);
    const edge = size.cell - GAP;
    const lit = litParts(next);
    const ratio = canvas.width / size.width;
    // The same stretch of all pictures of a layer, or of all of a head, at once.
    const part = (...box) => {
      const [x, y, w, h] = box.map((length) => Math.round(length * ratio));
      context.drawImage(painted.below, x, y, w, h, x / ratio, y / ratio, w / ratio, h / ratio);
    };
    const chosen = partOfPicture(next);
    context.save();
    if (chosen) clipTo(chosen, context, store.kinds[view.kind], edge);
    context.globalAlpha = lit.length ? 0.28 : 1;
    context.drawImage(painted.below, 0, 0, size.width, size.height);
    context.globalAlpha = 1;
    for (const [from, to] of lit) {
      const thick = Math.max((to - from) * edge, 1);
      if (selection.side === "query") {
        layers.forEach((_, l) => part(0, size.top + l * size.cell + from * edge, size.width, thick));
      } else {
        for (let h = 0; h < heads; h++) part(size.left + h * size.cell + from * edge, 0, thick, size.height);
      }
    }
    context.restore();
    context.drawImage(painted.above, 0, 0, size.width, size.height);
    context.lineWidth = 2;
    view.heads.forEach(([layer, head], n) => {
      const l = layers.indexOf(layer);
      const coloured = view.heads.length > 1 && view.heads.length <= COLOURED;
      context.strokeStyle = coloured ? palette.categories[n] : palette.accent;
      context.strokeRect(size.left + head * size.cell - 1.5, size.top + l * size.cell - 1.5, edge + 3, edge + 3);
    });
  }

  function draw(next) {
    const { view, palette, layout, store } = next;
    const anew = !frame || store !== frame.store || view.kind !== frame.view.kind || layout !== frame.layout;
    if (anew || palette !== frame.palette) paintPictures(next);
    if (anew) build(next);
    if (anew || palette !== frame.palette) paintLayers(next);
    if (anew || view !== frame.view) mark(next);
    frame = next;
    paint(next);
  }

  return { element, draw };
}
