// The two knobs and the buttons over the bars. A knob turns on a logarithmic scale.

import { make } from "../../linked/web/dom.js";

const STEPS = 400;

class Knob {
  constructor(name, turn, rest) {
    this.label = make("span", { className: "name" });
    this.value = make("output", { className: "number" });
    this.input = make("input", { type: "range", min: 0, max: STEPS, step: 1, className: name });
    this.element = make("label", { className: "knob" }, this.label, this.input, this.value);
    this.input.addEventListener("input", () => turn(this.read()));
    this.input.addEventListener("change", rest);
  }

  take(label, [low, high]) {
    [this.low, this.high] = [low, high];
    this.label.textContent = label;
  }

  read() {
    const value = this.low * (this.high / this.low) ** (Number(this.input.value) / STEPS);
    return Number(value.toFixed(2));
  }

  show(value, text) {
    const at = (STEPS * Math.log(value / this.low)) / Math.log(this.high / this.low);
    this.input.value = String(Math.round(at));
    this.input.setAttribute("aria-valuetext", text);
    this.value.textContent = text;
  }
}

// host: { divide(by), heat(to), play(), undo(), rest() }.
export class Knobs {
  constructor(host) {
    this.divisor = new Knob("divisor", (by) => host.divide(by), host.rest);
    this.temperature = new Knob("temperature", (to) => host.heat(to), host.rest);
    this.play = make("button", { type: "button", className: "play" });
    this.undo = make("button", { type: "button", className: "undo" });
    this.play.addEventListener("click", () => host.play());
    this.undo.addEventListener("click", () => host.undo());
    this.element = make("div", { className: "knobs" }, this.divisor.element, this.temperature.element, this.play, this.undo);
  }

  take({ strings, divisor }, reach) {
    this.divisor.element.hidden = divisor === null;
    if (divisor !== null) this.divisor.take(strings.divisor, [1, Math.max(divisor * 4, 4)]);
    this.temperature.take(strings.temperature, reach);
    this.undo.textContent = strings.reset;
  }
}
