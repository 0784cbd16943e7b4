// The token strip: the text itself, one real button a token. Held tokens are outlined, looked-at ones filled.

import { heldEdges } from "./edges.js";
import { LETTERS, nameOf, stretches } from "./pair.js";
import { fill, visible } from "./words.js";
import { make, onHover } from "./dom.js";

const MANY = 200; // tokens, from which on those that are scrolled out of sight follow after the frame
const REST = 60; // milliseconds without another frame, after which they do

export function createStrip(state, strings) {
  const element = make("div", { className: "strip" });
  let rows = []; // [{ side, lines, tokens: [button by position, or undefined where hidden] }]
  let drawn = null;
  let laidOut = null; // the layout for which `places` was measured
  let places = null; // of a long strip: [row, position, top, bottom] of each button
  let frame = null;
  let following = null; // the timer of those out of sight
  let revealed = null;

  const at = (event) => event.target.closest?.(".token");
  const selectionOf = (button) => ({
    side: button.dataset.side,
    positions: [Number(button.dataset.position)],
    other: null,
  });
  onHover(
    element,
    (event) => state().point(at(event) ? selectionOf(at(event)) : null),
    () => state().point(null),
  );
  element.addEventListener("click", (event) => {
    const button = at(event);
    if (button) state().hold(button.dataset.side, Number(button.dataset.position));
  });
  // Who walks by keyboard sees the row of the token in focus.
  element.addEventListener("focusin", (event) => {
    const button = at(event);
    if (button?.matches(":focus-visible")) state().point(selectionOf(button));
  });
  element.addEventListener("focusout", () => state().point(null));
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Home" && event.key !== "End") return;
    const buttons = [...at(event).parentElement.querySelectorAll(".token")];
    buttons.at(event.key === "Home" ? 0 : -1).focus();
    event.preventDefault();
  });
  element.addEventListener("scroll", () => frame && dressInSight());

  // The tokens of one side: a line of them, and of a pair one for each text with its letter before it.
  function makeRow(side, label, axis, positions) {
    const tokens = [];
    const lines = stretches(axis, positions).map(({ segment, from, to }) => {
      const name = segment === null ? label : (nameOf(strings(), segment) ?? label);
      const line = make("div", { className: "tokens", role: "group", "aria-label": name });
      if (segment !== null) {
        const letter = make("span", { className: "letter", "aria-hidden": "true" }, LETTERS[segment] ?? "");
        line.append(letter);
      }
      addTokens(line, tokens, side, axis, positions.slice(from, to));
      return line;
    });
    return { lines, side, tokens };
  }

  function addTokens(line, tokens, side, axis, positions) {
    for (const i of positions) {
      const text = visible(axis.texts[i]);
      const button = make("button", { type: "button", className: "token" }, make("bdi", {}, text));
      Object.assign(button.dataset, { side, position: i, focus: `${side} ${i}` });
      if (axis.special[i]) button.classList.add("special");
      if (axis.unknown[i]) {
        button.classList.add("unknown");
        button.title = strings().unknown;
        button.setAttribute("aria-label", fill(strings().token_unknown, { token: text }));
      }
      tokens[i] = button;
      line.append(button);
    }
  }

  function build(picture) {
    const s = strings();
    if (picture.self) {
      rows = [makeRow("query", s.sentence, picture.queries, picture.rows)];
      element.replaceChildren(...rows[0].lines);
    } else if (picture.parts) {
      // As they were read, whichever of them looks.
      const [query, key] = [
        makeRow("query", s.sentence, picture.queries, picture.rows),
        makeRow("key", s.sentence, picture.keys, picture.columns),
      ];
      rows = picture.parts[0] < picture.parts[1] ? [query, key] : [key, query];
      element.replaceChildren(...rows.flatMap(({ lines }) => lines));
    } else {
      rows = [
        makeRow("query", s.written, picture.queries, picture.rows),
        makeRow("key", s.source, picture.keys, picture.columns),
      ];
      element.replaceChildren(
        ...rows.flatMap(({ lines, side }) => [
          make("div", { className: "caption" }, side === "query" ? s.written : s.source),
          ...lines,
        ]),
      );
    }
    const count = picture.rows.length + (picture.self ? 0 : picture.columns.length);
    element.classList.toggle("long", count > 80);
  }

  function draw(next) {
    const { picture, view, layout, cutting } = next;
    // The buttons stay while the tokens are the same; only their look follows the pointer.
    if (picture.shape !== drawn) {
      const focused = element.getRootNode().activeElement?.dataset?.position;
      drawn = picture.shape;
      places = null;
      build(picture);
      if (focused !== undefined) rows[0].tokens[focused]?.focus({ preventScroll: true });
    }
    if (layout !== laidOut) [laidOut, places] = [layout, null];
    const severed = heldEdges(cutting, view, picture).flatMap(({ key, cuts }) => (cuts.length ? [key] : []));
    frame = { ...next, severed: new Set(severed) };
    reveal(view);
    clearTimeout(following);
    if (rows.reduce((count, { tokens }) => count + tokens.length, 0) < MANY) {
      dressAll();
    } else {
      dressInSight();
      element.dataset.behind = "true";
      following = setTimeout(dressAll, REST);
    }
  }

  function dressAll() {
    rows.forEach((row) => row.tokens.forEach((_, i) => dress(row, i)));
    delete element.dataset.behind;
  }

  function dressInSight() {
    const start = element.getBoundingClientRect().top - element.scrollTop;
    places ??= rows.flatMap((row) =>
      [...row.tokens.keys()].flatMap((i) => {
        const box = row.tokens[i]?.getBoundingClientRect();
        return box ? [{ row, i, top: box.top - start, bottom: box.bottom - start }] : [];
      }),
    );
    const [above, below] = [element.scrollTop, element.scrollTop + element.clientHeight];
    for (const { row, i, top, bottom } of places) if (bottom > above && top < below) dress(row, i);
  }

  // Gives a token the look that the frame has for it.
  function dress({ side, tokens }, i) {
    const { picture, selection, values, view, palette, severed } = frame;
    const isOwn = selection && (picture.self || side === selection.side);
    const isLit = selection && (picture.self || side !== selection.side);
    const isOther = isLit && selection.side !== side && selection.other === i;
    const weight = isLit ? values[i] : 0;
    const share = weight > view.threshold ? weight / picture.end : 0;
    const filled = palette.level(share) > 2;
    look(tokens[i], {
      outlined: isOther || (isOwn && selection.positions.includes(i)),
      held: view.side === side && view.held.includes(i),
      empty: side === "query" && picture.isEmpty(i),
      severed: (picture.self || side === "key") && severed.has(i),
      fill: filled ? palette.fill(share) : "",
      ink: filled ? palette.inkOn(share) : "",
      weight: isLit ? weight.toFixed(4) : "",
    });
  }

  // Brings a token that was held elsewhere into sight.
  function reveal({ side, held }) {
    const name = JSON.stringify([side, held]);
    const button = rows.find((row) => row.side === side)?.tokens[held.at(-1)];
    if (name !== revealed && button && !element.matches(":hover")) {
      const [box, frame] = [button.getBoundingClientRect(), element.getBoundingClientRect()];
      if (box.top < frame.top || box.bottom > frame.bottom) element.scrollTop += box.top - frame.top - frame.height / 3;
    }
    revealed = name;
  }

  // Writes only what has changed.
  function look(button, next) {
    const last = (button.look ??= {});
    if (next.outlined !== last.outlined) button.classList.toggle("outlined", Boolean(next.outlined));
    if (next.held !== last.held) button.setAttribute("aria-pressed", String(next.held));
    if (next.empty !== last.empty) button.classList.toggle("empty", next.empty);
    if (next.severed !== last.severed) button.classList.toggle("severed", next.severed);
    if (next.fill !== last.fill) button.style.backgroundColor = next.fill;
    if (next.ink !== last.ink) button.style.color = next.ink;
    if (next.weight !== last.weight) button.dataset.weight = next.weight;
    button.look = next;
  }

  return { element, draw };
}
