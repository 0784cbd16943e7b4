// Inside a file of its own: the blobs stand in the page, one for each part, in base64.
// One document may hold several files, one after the other, as the cells of a notebook put them. A module cannot
// tell where in the page it stands, so each script shows whatever nobody shows yet, with the parts beside it.

import { LinkedView } from "./app.js";
import { fromBase64 } from "./decode.js";

export function showFile() {
  for (const file of document.querySelectorAll(".headlight-file")) {
    // A property and not an attribute: a page that is saved and opened again begins anew.
    file.shown ??= viewOf(file);
  }
}

function viewOf(file) {
  const part = (name) => {
    const element = file.querySelector(`script[data-part="${name}"]`);
    return element ? fromBase64(element.textContent.trim()) : null;
  };
  const root = file.querySelector(".headlight");
  const host = {
    part: async (kind, layer) => part(`${kind} ${layer}`),
    report() {},
    recall: () => null,
    keys: document,
    // Keys pressed in this view, and for the first of a document those pressed nowhere in particular.
    hears: ({ target }) =>
      root.contains(target) || (target === document.body && root === document.querySelector(".headlight")),
  };
  const view = new LinkedView(root, host);
  view.receive(part("main"));
  return view;
}
