// Inside a file of its own: the blobs stand in the page, one for each part, in base64.

import { LinkedView } from "./app.js";
import { fromBase64 } from "./decode.js";

export function showFile() {
  const part = (name) => {
    const element = document.querySelector(`script[data-part="${name}"]`);
    return element ? fromBase64(element.textContent.trim()) : null;
  };
  const root = document.querySelector(".headlight");
  const host = {
    part: async (kind, layer) => part(`${kind} ${layer}`),
    report() {},
    recall: () => null,
    keys: document,
  };
  new LinkedView(root, host).receive(part("main"));
}
