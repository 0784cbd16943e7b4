// The row in words, for everyone: “it” looks 91 % at “animal”, 4 % at “it”.

import { make } from "./dom.js";
import { parts, sentences } from "./words.js";

export function createReadout(strings) {
  const element = make("p", { className: "readout", role: "status", "aria-live": "polite" });
  element.setAttribute("aria-atomic", "true");
  let said = null;

  function draw({ picture, selection, view }) {
    const lines = selection
      ? sentences(strings(), picture, view, selection)
      : [[picture.missing.length ? "" : strings().hint, {}]];
    const text = JSON.stringify(lines);
    if (text === said) return;
    said = text;
    element.classList.toggle("hint", !selection);
    element.replaceChildren(
      ...lines.flatMap(([template, values], i) => [
        i ? " " : "",
        ...parts(template, values).map((part) =>
          typeof part === "string" ? part : make("bdi", { className: `said ${part.name}` }, part.text),
        ),
      ]),
    );
  }

  return { element, draw };
}
