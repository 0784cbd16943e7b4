// What stands around the picture: where one is, the controls, what is told, the parts for the keyboard, the table.

import { make } from "../../linked/web/dom.js";
import { fill } from "../../linked/web/words.js";
import { fullName, nameOfPart, shapeOf, tellPart } from "./tell.js";

const icon = (name) => make("span", { className: `icon ${name}`, "aria-hidden": "true" });

function button(name, label, press, ...children) {
  const element = make(
    "button",
    { type: "button", className: `control ${name}`, title: label, "aria-label": label },
    ...children,
  );
  element.addEventListener("click", press);
  return element;
}

// act: { go(node), by(steps), play(), closer(factor), out(), point(node), redraw() }.
export function createFrame(strings, act) {
  const crumbs = make("nav", { className: "crumbs", "aria-label": strings.where });
  const station = make("span", { className: "station number" });
  const play = button(
    "play",
    strings.play,
    () => act.play(),
    icon("play"),
    make("span", { className: "word" }, strings.play),
  );
  const tabled = button("tabled", strings.table, () => show(!isTable), strings.table_short);
  const controls = make(
    "div",
    { className: "controls", role: "group" },
    station,
    button(
      "back",
      strings.back,
      () => act.by(-1),
      icon("back"),
      make("span", { className: "word" }, strings.back),
    ),
    play,
    button(
      "next",
      strings.next,
      () => act.by(1),
      make("span", { className: "word" }, strings.next),
      icon("next"),
    ),
    button("closer", strings.closer, () => act.closer(1.6), "+"),
    button("out", strings.out, () => act.out(), "−"),
    tabled,
  );
  const bar = make("div", { className: "bar" }, crumbs, controls);
  const canvas = make("canvas", { tabIndex: 0, role: "img", "aria-label": strings.picture });
  canvas.setAttribute("aria-describedby", "path-keys");
  const above = make("div", { className: "above", "aria-hidden": "true", hidden: true });
  const sheet = make("div", { className: "sheet" }, canvas, above);
  const keys = make("p", { className: "aside", id: "path-keys" }, strings.keys);
  const told = make("p", { className: "told", role: "status", "aria-live": "polite" });
  const inside = make("ul", { className: "inside" });
  const rows = make("tbody");
  const head = make(
    "tr",
    {},
    ...[strings.part, strings.shape, strings.what].map((word) => make("th", { scope: "col" }, word)),
  );
  const table = make(
    "table",
    { className: "stations", hidden: true },
    make("caption", {}, strings.table),
    make("thead", {}, head),
    rows,
  );
  let isTable = false;
  const show = (isOpen) => {
    isTable = isOpen;
    table.hidden = !isOpen;
    tabled.setAttribute("aria-expanded", String(isOpen));
    act.redraw();
  };
  tabled.setAttribute("aria-expanded", "false");
  let [crumbed, listed, said, pressed] = [null, null, null, null];

  function drawCrumbs(scene) {
    const chain = [];
    for (let node = scene.at; node; node = node.parent) if (node.kind !== "side") chain.unshift(node);
    const name = chain.map((node) => node.id + nameOfPart(scene, node)).join();
    if (name === crumbed) return;
    crumbed = name;
    const items = chain.map((node, i) => {
      const one = make("button", { type: "button", className: "crumb" }, nameOfPart(scene, node));
      one.dataset.at = node.id;
      if (i === chain.length - 1) one.setAttribute("aria-current", "true");
      one.addEventListener("click", () => act.go(node));
      return one;
    });
    crumbs.replaceChildren(
      ...items.flatMap((item, i) =>
        i ? [make("span", { className: "between", "aria-hidden": "true" }, "›"), item] : [item],
      ),
    );
  }

  function drawInside(scene) {
    if (listed === scene.at.id + scene.record.digest) return;
    listed = scene.at.id + scene.record.digest;
    const parts = scene.at.children.flatMap((node) => (node.kind === "side" ? node.children : [node]));
    inside.setAttribute("aria-label", fill(strings.inside, { part: nameOfPart(scene, scene.at) }));
    inside.replaceChildren(
      ...parts.map((node) => {
        const one = make("button", { type: "button" }, fullName(scene, node));
        one.dataset.at = node.id;
        one.addEventListener("focus", () => act.point(node));
        one.addEventListener("blur", () => act.point(null));
        one.addEventListener("click", () => act.go(node));
        return make("li", {}, one);
      }),
    );
  }

  function drawTable(scene) {
    if (!isTable) return;
    rows.replaceChildren(
      ...scene.stations.map((node) =>
        make(
          "tr",
          {},
          make("th", { scope: "row" }, fullName(scene, node)),
          make("td", {}, shapeOf(scene, node)),
          make("td", {}, tellPart(scene, node)),
        ),
      ),
    );
  }

  return {
    elements: [bar, sheet, told, keys, inside, table],
    canvas,
    // A box of the picture outlined, or with null none.
    outline(box, { width, height }) {
      if (above.hidden !== !box) above.hidden = !box;
      if (!box) return;
      const [left, top] = [Math.max(box.x - 2, 0), Math.max(box.y - 2, 0)];
      const [w, h] = [Math.min(box.x + box.w + 2, width) - left, Math.min(box.y + box.h + 2, height) - top];
      above.style.cssText = `width:${w}px;height:${h}px;transform:translate(${left}px,${top}px)`;
    },
    draw(scene) {
      drawCrumbs(scene);
      drawInside(scene);
      const place = scene.station;
      const state = `${place} ${scene.playing} ${scene.stations.length}`;
      if (state === pressed) return;
      pressed = state;
      play.className = `control play${scene.playing ? " playing" : ""}`;
      play.title = scene.playing ? strings.pause : strings.play;
      play.setAttribute("aria-label", play.title);
      play.firstChild.className = `icon ${scene.playing ? "pause" : "play"}`;
      play.lastChild.textContent = play.title;
      station.textContent =
        place === null ? "" : fill(strings.station, { number: place + 1, count: scene.stations.length });
    },
    drawTable,
    // What is pointed at, else where one is.
    say(scene, node, spot) {
      const parts = [fullName(scene, node), shapeOf(scene, node), tellPart(scene, node, spot)];
      const hint =
        node.kind === "whole"
          ? matchMedia("(pointer: coarse)").matches
            ? strings.hint_touch
            : strings.hint
          : "";
      const text = JSON.stringify([parts, hint]);
      if (text === said) return;
      said = text;
      const [name, shape, words] = parts.map((part) => part || "");
      told.replaceChildren(
        make("strong", { className: "name" }, name),
        shape ? make("span", { className: "shape" }, shape) : "",
        make("span", { className: "words" }, words),
        hint ? make("span", { className: "hint" }, hint) : "",
      );
    },
  };
}
