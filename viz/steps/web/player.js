// The player: where the film stands, whether it runs, and all panels drawn from the same step.

import { openBlob } from "../../linked/web/decode.js";
import { paletteOf } from "../../linked/web/colour.js";
import { make } from "../../linked/web/dom.js";
import { fill, parts } from "../../linked/web/words.js";
import { told } from "./say.js";
import { createControls } from "./controls.js";
import { createStage } from "./stage.js";
import { createChoices } from "./choices.js";
import { listen } from "./keys.js";

const PACE = 1800; // milliseconds for a step at the usual speed
const RESTED = 250; // milliseconds without a change before it is reported

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

export class Player {
  // host.rest({film, revision, step}): where the person is. host.choose({film, revision, step, id}).
  // host.recall(film): the step at which the person was last, or null.
  constructor(root, host) {
    this.root = root;
    this.host = host;
    this.speed = 1;
    this.playing = false;
    this.held = this.pointed = null;
    root.tabIndex = -1;
    this.resized = new ResizeObserver(() => this.schedule());
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => this.restyle();
    this.scheme.addEventListener("change", this.onScheme);
    this.onDown = (event) => {
      if (!event.target.closest("button, input")) root.focus({ preventScroll: true });
    };
    root.addEventListener("pointerdown", this.onDown);
    this.deaf = listen(root, {
      play: () => this.toggle(),
      go: (step) => this.go(step),
      by: (steps) => this.go(this.step + steps),
      last: () => this.go(this.film.count),
    });
  }

  destroy() {
    this.resized.disconnect();
    this.scheme.removeEventListener("change", this.onScheme);
    this.root.removeEventListener("pointerdown", this.onDown);
    this.deaf();
    clearTimeout(this.ticking);
    clearTimeout(this.resting);
    cancelAnimationFrame(this.frame);
    this.root.replaceChildren();
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
    const focus = this.focused();
    const controls = createControls(strings, {
      play: () => this.toggle(),
      go: (step) => this.go(step),
      hasten: (speed) => this.hasten(speed),
    });
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
    if (focus) (this.root.querySelectorAll(focus.among)[focus.place] ?? this.root).focus({ preventScroll: true });
    this.resized.disconnect();
    for (const element of [this.root, ...stage.rows]) this.resized.observe(element);
  }

  // Where the focus is: the how manieth of which list. Null where it is not here.
  focused() {
    const element = this.root.getRootNode().activeElement;
    if (!element || !this.root.contains(element)) return null;
    const lists = [".controls :is(button, input)", ".source .token", ".written .token", ".choice"];
    const among = lists.find((list) => element.matches(list)) ?? ".headlight";
    return { element, among, place: [...this.root.querySelectorAll(among)].indexOf(element) };
  }

  // The theme may have changed.
  restyle() {
    if (!this.film) return;
    this.palette = paletteOf(this.root);
    this.root.dataset.theme = this.palette.name;
    this.root.style.setProperty("--bar", this.palette.fill(this.palette.name === "dark" ? 0.65 : 0.5));
    this.schedule();
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw(false);
    });
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
    const focus = this.focused();
    if (focus && !focus.element.checkVisibility({ visibilityProperty: true })) this.root.focus({ preventScroll: true });
    this.root.dataset.step = this.step;
    this.root.dataset.playing = this.playing;
    this.root.dataset.drawn = `${this.film.film} ${this.step}`;
  }

  // Where a person goes, the film stops.
  go(step) {
    if (!this.film) return;
    this.stop();
    this.move(step);
    this.rest();
  }

  move(step) {
    const next = Math.min(Math.max(step, 0), this.film.count);
    const moved = next !== this.step;
    this.step = next;
    if (moved) this.pointed = null;
    this.draw(moved);
  }

  toggle() {
    if (!this.film) return;
    if (this.playing) {
      this.stop();
      this.draw(false);
      this.rest();
      return;
    }
    clearTimeout(this.resting);
    this.playing = this.film.count > 0;
    if (this.step === this.film.count) this.move(0);
    else this.draw(false);
    this.tick();
  }

  stop() {
    this.playing = false;
    clearTimeout(this.ticking);
  }

  tick() {
    clearTimeout(this.ticking);
    this.ticking = setTimeout(() => {
      if (this.step + 1 >= this.film.count) {
        this.stop();
        this.rest();
      } else this.tick();
      this.move(this.step + 1);
    }, PACE / this.speed);
  }

  hasten(speed) {
    this.speed = speed;
    if (this.playing) this.tick();
    this.draw(false);
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

  // Reported when it rests, so that the page is not run for each step that passes.
  rest(wait = RESTED) {
    clearTimeout(this.resting);
    const tell = () => {
      const { name, film, revision } = this.film;
      this.host.rest(name, { film, revision, step: this.step });
    };
    if (wait) this.resting = setTimeout(tell, wait);
    else tell();
  }

  choose(step, id) {
    this.stop();
    this.draw(false);
    this.rest(0);
    this.host.choose({ film: this.film.film, revision: this.film.revision, step, id });
  }
}
