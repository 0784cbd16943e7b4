// Where the words come from, said in one line where spaces do not tell it.

import { make } from "./dom.js";
import { fill } from "./words.js";

export function createOrigin(strings) {
  const element = make("p", { className: "origin" });

  function draw({ picture: { self, queries, keys } }) {
    const axes = (self ? [queries] : [queries, keys]).filter((axis) => axis.segmented);
    const count = axes.reduce((sum, axis) => sum + axis.across, 0);
    const across = count === 1 ? strings().across_1 : fill(strings().across, { count });
    element.hidden = !axes.length;
    element.textContent = axes.length ? [strings().segmented, count ? across : ""].join(" ").trim() : "";
  }

  return { element, draw };
}
