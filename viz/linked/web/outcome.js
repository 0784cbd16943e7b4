// What became of it, beside the picture: what was written before and after, and what is changed, to be taken back.
//
// outcome: { title, before: [[text, differs], …], after: the same or null, names: [before, after],
// notes: what is told under each, moved: [[word, told], …], measure: what is told of them } or null.

import { make } from "./dom.js";
import { icon } from "./icons.js";

export function createOutcome(strings, snip) {
  const element = make("section", { className: "panel outcome", "aria-live": "polite" });
  let shown = null;

  const text = (parts, name) =>
    make(
      "p",
      { className: `written ${name}` },
      ...parts.map(([part, differs]) => (differs ? make("mark", {}, make("bdi", {}, part)) : part)),
    );

  function changes({ changes: labels }) {
    const list = make("ul", { className: "changes" });
    labels.forEach((label, number) => {
      const button = make("button", { type: "button", title: strings().undo }, make("bdi", {}, label), icon("undo"));
      button.setAttribute("aria-label", `${strings().undo}: ${label}`);
      button.dataset.focus = `undo ${number}`;
      button.addEventListener("click", () => snip({ undo: [number] }));
      list.append(make("li", {}, button));
    });
    if (labels.length > 1) {
      const all = make("button", { type: "button", className: "all" }, strings().undo_all, icon("undo"));
      all.addEventListener("click", () => snip({ undo: labels.map((_, number) => number) }));
      list.append(make("li", {}, all));
    }
    return list;
  }

  function build(outcome, cutting) {
    const parts = [make("header", {}, make("span", {}, outcome.title))];
    const [before, after] = outcome.names;
    const note = (told) => told && parts.push(make("p", { className: "note" }, told));
    if (outcome.after) {
      parts.push(make("div", { className: "name" }, before), text(outcome.before, "before"));
      note(outcome.notes[0]);
      parts.push(make("div", { className: "name" }, after), text(outcome.after, "after"));
      note(outcome.notes[1]);
    } else if (outcome.before.length) {
      if (before) parts.push(make("div", { className: "name" }, before));
      parts.push(text(outcome.before, "only"));
      note(outcome.notes[0]);
    }
    if (outcome.moved.length) {
      const rows = outcome.moved.map(([word, told]) =>
        make("tr", {}, make("th", { scope: "row" }, make("bdi", {}, word)), make("td", {}, told)),
      );
      const caption = make("caption", {}, outcome.measure);
      parts.push(make("table", {}, caption, make("tbody", {}, ...rows)));
    }
    if (cutting?.changes.length) parts.push(changes(cutting));
    element.replaceChildren(...parts);
  }

  function draw({ outcome, cutting }) {
    const name = JSON.stringify([outcome, cutting?.changes]);
    if (name === shown) return;
    shown = name;
    element.hidden = !outcome;
    element.parentElement.classList.toggle("told", Boolean(outcome));
    if (outcome) build(outcome, cutting);
  }

  return { element, draw };
}
