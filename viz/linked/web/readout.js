// The row in words, for everyone: “it” looks 91 % at “animal”, 4 % at “it”.

import { make } from "./dom.js";
import { parts, sentences } from "./words.js";

export function createReadout(strings) {
  const element = make("p", { className: "readout", role: "status", "aria-live": "polite" });
  element.setAttribute("aria-atomic", "true");
  let said = null;

  function draw({ picture, selection }) {
    let lines = [[strings().hint, {}]];
    if (selection) lines = sentences(strings(), picture, selection);
    if (!picture.heads.length) lines = [[strings().fetching, { layer: picture.missing[0] + 1 }]];
    const text = JSON.stringify(lines);
    if (text === said) return;
    said = text;
    element.classList.toggle("hint", !selection || !picture.heads.length);
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
