// The switches: which attention, words or pieces; and the options, folded away until wanted.

import { LETTERS, PARTS, isPair, nameOf } from "./pair.js";
import { hasPieces } from "./picture.js";
import { make, segments } from "./dom.js";
import { fill, percent } from "./words.js";

export function createToolbar(state, strings, kinds) {
  const s = strings();
  const names = Object.keys(kinds);
  const kind = segments(
    s.kind,
    names.map((name) => [name, s[name]]),
    (chosen) => state().setKind(chosen),
  );
  const units = segments(
    s.units,
    [
      [true, s.words],
      [false, s.pieces],
    ],
    (chosen) => state().setWords(chosen),
  );
  const told = ([query, key]) =>
    fill(query === key ? s.within : s.between, { query: nameOf(s, query), key: nameOf(s, key) });
  const pair = segments(
    s.pair,
    [
      ["all", s.everything],
      ...Object.entries(PARTS).map(([name, part]) => [name, part.map((i) => LETTERS[i]).join(" → "), told(part)]),
    ],
    (chosen) => state().setSegments(chosen),
  );
  const element = make("div", { className: "toolbar" }, kind.element, units.element, pair.element);
  kind.element.hidden = names.length < 2;

  function draw({ view }) {
    const { queries, keys } = kinds[view.kind];
    kind.press(view.kind);
    units.press(view.words);
    units.element.hidden = !hasPieces(queries) && !(keys && hasPieces(keys));
    pair.press(view.segments);
    pair.element.hidden = !isPair({ queries, keys });
    element.hidden = kind.element.hidden && units.element.hidden && pair.element.hidden;
  }

  return { element, draw };
}

export function createOptions(state, strings, kinds) {
  const s = strings();
  const slider = make("input", { type: "range", min: 0, max: 100, step: 1, className: "slider" });
  slider.addEventListener("input", () => state().change({ threshold: slider.value / 100 }));
  const value = make("span", { className: "number", "aria-hidden": "true" });
  const box = make("input", { type: "checkbox" });
  box.addEventListener("change", () => state().change({ specials: box.checked }));
  const specials = make("label", { className: "option" }, box, s.specials);
  const element = make(
    "details",
    { className: "options" },
    make("summary", {}, s.options),
    make("div", {}, make("label", { className: "option" }, s.threshold, slider, value), specials),
  );

  function draw({ view }) {
    const { queries, keys } = kinds[view.kind];
    slider.value = Math.round(view.threshold * 100);
    value.textContent = percent(s, view.threshold);
    slider.setAttribute("aria-valuetext", value.textContent);
    box.checked = view.specials;
    specials.hidden = !queries.special.length && !keys?.special.length;
  }

  return { element, draw };
}
