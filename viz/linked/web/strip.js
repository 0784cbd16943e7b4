// The token strip: the text itself, one real button a token. Held tokens are outlined, looked-at ones filled.

import { fill, visible } from "./words.js";
import { make, onHover } from "./dom.js";

export function createStrip(state, strings) {
  const element = make("div", { className: "strip" });
  let rows = []; // [{ side, self, tokens: [button by position, or undefined where hidden] }]
  let drawn = null;
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

  function makeRow(side, label, axis, positions) {
    const tokens = [];
    const line = make("div", { className: "tokens", role: "group", "aria-label": label });
    for (const i of positions) {
      const text = visible(axis.texts[i]);
      const button = make("button", { type: "button", className: "token" }, make("bdi", {}, text));
      Object.assign(button.dataset, { side, position: i });
      if (axis.special[i]) button.classList.add("special");
      if (axis.unknown[i]) {
        button.classList.add("unknown");
        button.title = strings().unknown;
        button.setAttribute("aria-label", fill(strings().token_unknown, { token: text }));
      }
      tokens[i] = button;
      line.append(button);
    }
    return { line, side, tokens };
  }

  function build(picture) {
    const s = strings();
    if (picture.self) {
      rows = [makeRow("query", s.sentence, picture.queries, picture.rows)];
      element.replaceChildren(rows[0].line);
    } else {
      rows = [
        makeRow("query", s.written, picture.queries, picture.rows),
        makeRow("key", s.source, picture.keys, picture.columns),
      ];
      element.replaceChildren(
        ...rows.flatMap(({ line, side }) => [
          make("div", { className: "caption" }, side === "query" ? s.written : s.source),
          line,
        ]),
      );
    }
    const count = picture.rows.length + (picture.self ? 0 : picture.columns.length);
    element.classList.toggle("long", count > 80);
  }

  function draw({ picture, selection, values, view, palette }) {
    // The buttons stay while the tokens are the same; only their look follows the pointer.
    const shape = [picture.queries.texts, picture.keys.texts, picture.rows, picture.columns];
    if (!drawn || JSON.stringify(shape) !== drawn) {
      const focused = element.getRootNode().activeElement?.dataset?.position;
      drawn = JSON.stringify(shape);
      build(picture);
      if (focused !== undefined) rows[0].tokens[focused]?.focus({ preventScroll: true });
    }
    for (const { side, tokens } of rows) {
      tokens.forEach((button, i) => {
        const own = selection && (picture.self || side === selection.side);
        const lit = selection && (picture.self || side !== selection.side);
        const outlined =
          (own && selection.positions.includes(i)) || (lit && selection.other === i && selection.side !== side);
        const weight = lit ? values[i] : 0;
        const share = weight > view.threshold ? weight / picture.end : 0;
        look(button, {
          outlined,
          held: view.side === side && view.held.includes(i),
          empty: side === "query" && picture.isEmpty(i),
          fill: palette.level(share) > 2 ? palette.fill(share) : "",
          ink: palette.level(share) > 2 ? palette.inkOn(share) : "",
          weight: lit ? weight.toFixed(4) : "",
        });
      });
    }
    reveal(view);
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

  // Writes only what has changed: 512 buttons at frame rate.
  function look(button, next) {
    const last = (button.look ??= {});
    if (next.outlined !== last.outlined) button.classList.toggle("outlined", Boolean(next.outlined));
    if (next.held !== last.held) button.setAttribute("aria-pressed", String(next.held));
    if (next.empty !== last.empty) button.classList.toggle("empty", next.empty);
    if (next.fill !== last.fill) button.style.backgroundColor = next.fill;
    if (next.ink !== last.ink) button.style.color = next.ink;
    if (next.weight !== last.weight) button.dataset.weight = next.weight;
    button.look = next;
  }

  return { element, draw };
}
