// What every film that plays shares: where it stands, whether it runs, its keys, and what is told when it rests.

import { paletteOf } from "../../linked/web/colour.js";
import { createControls } from "./controls.js";
import { listen } from "./keys.js";

const RESTED = 250; // milliseconds without a change before it is reported

// Whoever plays sets this.film = {name, film, revision, count, …} and has draw(moved), which draws what stands there.
export class Playback {
  // host.rest(name, {film, revision, step}): where the person is. pace: milliseconds for a step at the usual speed.
  constructor(root, host, pace) {
    this.root = root;
    this.host = host;
    this.pace = pace;
    this.speed = 1;
    this.playing = false;
    this.step = 0;
    root.tabIndex = -1;
    this.resized = new ResizeObserver(() => this.schedule());
    this.resized.observe(root);
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

  createControls() {
    return createControls(this.film.strings, {
      play: () => this.toggle(),
      go: (step) => this.go(step),
      hasten: (speed) => this.hasten(speed),
    });
  }

  // Where the focus is: the how manieth of which of these lists. Null where it is not here.
  focused(lists) {
    const element = this.root.getRootNode().activeElement;
    if (!element || !this.root.contains(element)) return null;
    const among = lists.find((list) => element.matches(list)) ?? ".headlight";
    return { element, among, place: [...this.root.querySelectorAll(among)].indexOf(element) };
  }

  // Put the focus where it was, on what stands there now.
  focus(last) {
    if (last) (this.root.querySelectorAll(last.among)[last.place] ?? this.root).focus({ preventScroll: true });
  }

  // The theme may have changed.
  restyle() {
    if (!this.film) return;
    this.palette = paletteOf(this.root);
    this.root.dataset.theme = this.palette.name;
    this.schedule();
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw(false);
    });
  }

  // What a test and a stylesheet can see of where it stands.
  mark() {
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
    if (moved) this.leave();
    this.step = next;
    this.draw(moved);
  }

  // Called before another step is drawn.
  leave() {}

  // Plays on from where it stands, and from the beginning where that is the end.
  toggle() {
    if (!this.film) return;
    if (this.playing) {
      this.stop();
      this.draw(false);
      this.rest();
    } else this.play(this.step >= this.film.count ? 0 : this.step);
  }

  play(from) {
    clearTimeout(this.resting);
    this.playing = this.film.count > 0;
    this.move(from);
    this.tick();
  }

  stop() {
    this.playing = false;
    clearTimeout(this.ticking);
  }

  tick() {
    clearTimeout(this.ticking);
    if (!this.playing) return;
    this.ticking = setTimeout(() => {
      if (this.step + 1 >= this.film.count) {
        this.stop();
        this.rest();
      } else this.tick();
      this.move(this.step + 1);
    }, this.pace / this.speed);
  }

  hasten(speed) {
    this.speed = speed;
    this.tick();
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
}

// Where each film stood last, for when Streamlit mounts it anew.
export function rememberRests() {
  const seen = new Map();
  return {
    recall: ({ name, film, revision }) => {
      const last = seen.get(name);
      return last?.film === film && last.revision === revision ? last.step : null;
    },
    keep: (name, report) => seen.set(name, report),
  };
}
