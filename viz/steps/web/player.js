// The player: where the film stands, whether it runs, and all panels drawn from the same step.

import { openBlob } from "../../linked/web/decode.js";
import { make } from "../../linked/web/dom.js";
import { fill, parts } from "../../linked/web/words.js";
import { told } from "./say.js";
import { createStage } from "./stage.js";
import { createChoices } from "./choices.js";
import { Playback } from "./playback.js";

const PACE = 1800; // milliseconds for a step at the usual speed
const LISTS = [".controls :is(button, input)", ".source .token", ".written .token", ".choice"]; // that hold a focus

// The blob (see pack.py) as what is drawn: the header, and the weights as rows of numbers.
function openFilm(bytes) {
  const { header, sections } = openBlob(bytes);
  const weights = sections.map(({ kind, stored }) => [kind, new Float32Array(stored.buffer)]);
  const [sources, count] = [header.source.texts.length, header.steps.length];
  return { ...header, sources, count, ...Object.fromEntries(weights) };
}

function createReadout(strings) {
  const element = make("p", { className: "readout", role: "status", "aria-live": "polite" });
  element.setAttribute("aria-atomic", "true");
  let said = null;

  function draw({ film, step, lit }) {
    const lines = told(strings, film, step, lit);
    const text = JSON.stringify(lines);
    if (text === said) return;
    said = text;
    element.replaceChildren(
      ...lines.flatMap(([template, values, className = ""], i) => {
        const said = parts(template, values).map((part) =>
          typeof part === "string" ? part : make("bdi", { className: `said ${part.name}` }, part.text),
        );
        return [i ? " " : "", make("span", { className }, ...said)];
      }),
    );
  }

  return { element, draw };
}

export class Player extends Playback {
  // host: as of a Playback; host.choose({film, revision, step, id}).
  // host.recall(film): the step at which the person was last, or null.
  constructor(root, host) {
    super(root, host, PACE);
    this.held = this.pointed = null;
  }

  receive(bytes) {
    if (bytes === this.received) return;
    this.received = bytes;
    try {
      const film = openFilm(bytes);
      const last = this.film;
      const known = last?.film === film.film && last.name === film.name;
      const step = known && last.revision === film.revision ? this.step : (this.host.recall(film) ?? film.step);
      this.film = film;
      if (!known || JSON.stringify(last.strings) !== JSON.stringify(film.strings)) this.build();
      if (!known) {
        this.stop();
        clearTimeout(this.resting);
        this.held = this.pointed = null;
      }
      this.step = Math.min(step, film.count);
      this.restyle();
      this.draw(false);
    } catch (error) {
      this.root.textContent = fill(this.film?.strings.broken ?? "{reason}", { reason: error.message });
    }
  }

  build() {
    const { film } = this;
    const { strings } = film;
    const focus = this.focused(LISTS);
    const controls = this.createControls();
    const readout = createReadout(strings);
    const stage = createStage(strings, film, {
      go: (step) => this.go(step),
      point: (piece) => this.point(piece),
      hold: (piece) => this.hold(piece),
    });
    const choices = createChoices(strings, film, { choose: (step, id) => this.choose(step, id) });
    this.panels = [controls, readout, stage, choices];
    this.root.lang = film.language;
    const body = make("div", { className: "body" }, stage.element, choices.element);
    this.root.replaceChildren(controls.element, readout.element, body);
    this.focus(focus);
    this.resized.disconnect();
    for (const element of [this.root, ...stage.rows]) this.resized.observe(element);
  }

  restyle() {
    super.restyle();
    if (this.film) this.root.style.setProperty("--bar", this.palette.fill(this.palette.name === "dark" ? 0.65 : 0.5));
  }

  draw(moved) {
    if (!this.film || !this.palette || !this.root.clientWidth) return;
    const { fontSize, fontFamily } = getComputedStyle(this.root);
    const frame = {
      film: this.film,
      step: this.step,
      playing: this.playing,
      speed: this.speed,
      lit: this.step === 0 ? (this.pointed ?? this.held) : null,
      palette: this.palette,
      unit: parseFloat(fontSize),
      family: fontFamily,
      moved,
    };
    for (const panel of this.panels) panel.draw(frame);
    // Who had the focus on something that is gone goes on with the keys from here.
    const focus = this.focused(LISTS);
    if (focus && !focus.element.checkVisibility({ visibilityProperty: true })) this.root.focus({ preventScroll: true });
    this.mark();
  }

  leave() {
    this.pointed = null;
  }

  point(piece) {
    if (this.pointed === piece || this.step > 0) return;
    this.pointed = piece;
    this.draw(false);
  }

  hold(piece) {
    if (this.step > 0) return;
    if (this.held === piece) this.pointed = null;
    this.held = this.held === piece ? null : piece;
    this.draw(false);
  }

  choose(step, id) {
    this.stop();
    this.draw(false);
    this.rest(0);
    this.host.choose({ film: this.film.film, revision: this.film.revision, step, id });
  }
}
