// The bars: every number that stands there at a moment is that of the scores, √d_k and temperature of that moment.

import { paletteOf } from "../../linked/web/colour.js";
import { make } from "../../linked/web/dom.js";
import { fill } from "../../linked/web/words.js";
import { Knobs } from "./knobs.js";
import { Line } from "./lines.js";
import { raisedText, scoreText } from "./numbers.js";
import { Scores } from "./scores.js";

const HOT = 20; // where a cooling begins
const SWEEP = 2600; // milliseconds

export class Softmax {
  // host.tried({digest, scores, divisor, temperature}): what a person set, once the hand rests.
  constructor(root, host) {
    this.root = root;
    this.host = host;
    this.lines = [];
    this.knobs = new Knobs({
      divide: (by) => this.change(() => (this.scores.divisor = this.isOwn(by) ? null : by)),
      heat: (to) => this.change(() => (this.scores.temperature = Math.abs(Math.log(to)) < 0.02 ? 1 : to)),
      play: () => this.play(),
      undo: () => this.change(() => this.scores.undo(), true),
      rest: () => this.rest(),
    });
    const column = (name) => make("span", { className: `column ${name}` });
    this.columns = Object.fromEntries(["key", "score", "raised", "weight"].map((name) => [name, column(name)]));
    this.low = make("span", { className: "low" });
    this.high = make("span", { className: "high" });
    this.heading = make("div", { className: "line heading" }, ...Object.values(this.columns));
    this.total = make("span", { className: "number raised" });
    this.whole = make("span", { className: "number weight" }, "100 %");
    this.said = make("span", { className: "key" });
    this.axis = make("span", { className: "axis" }, this.low, this.high);
    this.bottom = make("div", { className: "line sum" }, this.said, this.axis, this.total, this.whole);
    this.list = make("div", { className: "lines", role: "group" });
    this.hint = make("p", { className: "hint" });
    root.replaceChildren(this.knobs.element, this.heading, this.list, this.bottom, this.hint);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.restyle = this.restyle.bind(this);
    this.scheme.addEventListener("change", this.restyle);
  }

  destroy() {
    this.scheme.removeEventListener("change", this.restyle);
    cancelAnimationFrame(this.sweep);
    this.root.replaceChildren();
  }

  receive(data) {
    const isNew = this.data?.digest !== data.digest;
    this.data = data;
    if (isNew) {
      this.stop();
      this.scores = new Scores(data);
      this.own = this.scores.compute(true);
      this.ends = null;
    }
    this.scores.data = data;
    this.build();
    this.restyle();
  }

  build() {
    const { keys, strings, language, query } = this.data;
    this.root.lang = language;
    this.list.setAttribute("aria-label", `${strings.bars}: ${query}`);
    if (this.lines.length !== keys.length) {
      const host = {
        set: (i, score, ends) => this.change(() => this.scores.set.set(i, score), false, ends),
        undo: (i) => this.change(() => this.scores.set.delete(i), true),
        rest: () => this.rest(),
        ends: () => this.shownEnds,
      };
      this.lines = keys.map((_, i) => new Line(i, host));
      this.list.replaceChildren(...this.lines.map(({ element }) => element));
    }
    this.root.classList.toggle("many", keys.length > 20);
    for (const line of this.lines) line.take(this.data);
    this.knobs.take(this.data, [0.1, HOT]);
    this.knobs.play.hidden = this.still.matches;
    this.columns.key.textContent = strings.key;
    this.columns.score.textContent = strings.score;
    this.columns.weight.textContent = strings.weight;
    this.said.textContent = strings.sum;
    this.hint.textContent = strings.hint;
  }

  restyle() {
    if (!this.data) return;
    this.palette = paletteOf(this.root);
    this.root.dataset.theme = this.palette.name;
    this.draw();
  }

  isOwn(divisor) {
    return Math.abs(Math.log(divisor / this.data.divisor)) < 0.015;
  }

  // ends: of the axis of the scores while one of them is dragged.
  change(what, rests = false, ends = null) {
    this.stop();
    what();
    this.ends = ends;
    this.draw();
    if (rests) this.rest();
  }

  rest() {
    this.ends = null;
    this.draw();
    const { set, divisor, temperature } = this.scores;
    this.host.tried({ digest: this.data.digest, scores: [...set], divisor, temperature });
  }

  draw() {
    const { strings } = this.data;
    const { scores, palette } = this;
    const now = scores.compute();
    const shown = this.ends ?? scores.ends([...now.scores, ...(scores.set.size ? this.own.scores : [])]);
    this.shownEnds = shown;
    const top = Math.max(...now.logs);
    const { isChanged } = scores;
    this.lines.forEach((line, i) => line.show(now, this.own, shown, top, { isSet: scores.set.has(i), isChanged, palette }));
    this.columns.raised.textContent = scores.temperature === 1 ? strings.raised : strings.raised_tempered;
    this.low.textContent = scoreText(shown[0]).replace(/\.?0+$/, "");
    this.high.textContent = scoreText(shown[1]).replace(/\.?0+$/, "");
    this.total.textContent = raisedText(now.total);
    this.whole.textContent = now.total === -Infinity ? "0 %" : "100 %";
    if (this.data.divisor !== null) {
      const own = this.data.divisor.toFixed(2);
      const by = scores.divisor ?? this.data.divisor;
      const text = scores.divisor === null ? fill(strings.divisor_own, { number: own }) : fill(strings.divisor_set, { number: by.toFixed(2), own });
      this.knobs.divisor.show(by, text);
    }
    this.knobs.temperature.show(scores.temperature, scores.temperature.toFixed(2));
    this.knobs.undo.disabled = !isChanged;
    this.knobs.play.textContent = this.sweep ? strings.stop : strings.sharpen;
    this.root.dataset.drawn = this.data.digest;
  }

  // From hot, where all weights are nearly alike, down to where the temperature was.
  play() {
    if (this.sweep) {
      this.stop();
      this.draw();
      return;
    }
    const end = this.scores.temperature;
    const begun = performance.now();
    this.stop = () => {
      cancelAnimationFrame(this.sweep);
      this.sweep = undefined;
      this.scores.temperature = end;
      delete this.stop;
    };
    const step = (time) => {
      const share = Math.min(Math.max((time - begun) / SWEEP, 0), 1);
      if (share === 1) this.stop();
      else {
        this.scores.temperature = Number((HOT * (end / HOT) ** share).toFixed(2));
        this.sweep = requestAnimationFrame(step);
      }
      this.draw();
    };
    this.sweep = requestAnimationFrame(step);
    this.draw();
  }

  stop() {}
}
