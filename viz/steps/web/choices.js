// What could be written at a step: the likeliest pieces with their chances, each a button that chooses it.

import { fill, percent, visible } from "../../linked/web/words.js";
import { make } from "../../linked/web/dom.js";
import { quoted } from "./say.js";

const number = (value) => (value === null ? "−∞" : value.toFixed(2).replace("-", "−"));

// act: { choose(step, id) }.
export function createChoices(strings, film, act) {
  const most = Math.max(0, ...film.steps.map((step) => step.best.length));
  const count = make("span", {});
  const header = make("header", {}, make("span", {}, strings.next), count);
  const list = make("div", { className: "list", role: "group", "aria-label": strings.next });
  const rest = make("span", { className: "number" });
  const others = make("p", { className: "others" }, make("span", {}, strings.others), rest);
  const waits = make("p", { className: "waits" }, strings.waits);
  const element = make("section", { className: "choices" }, header, list, others, waits);
  let shown = 0;

  const rows = Array.from({ length: most }, (_, i) => {
    const text = make("bdi", { className: "text" });
    const bar = make("i");
    const share = make("span", { className: "number" });
    const given = make("span", { className: "mark", hidden: true }, strings.given);
    const line = make("span", { className: "bar" }, bar);
    const button = make("button", { type: "button", className: "choice" }, text, line, share, given);
    button.addEventListener("click", () => {
      const { best, chosen } = film.steps[shown - 1];
      if (best[i] && best[i].id !== chosen) act.choose(shown - 1, best[i].id);
    });
    list.append(button);
    return { button, text, bar, share, given };
  });

  function draw({ step }) {
    shown = step;
    const { best = [], chosen, given, likeliest = 0 } = film.steps[step - 1] ?? {};
    element.classList.toggle("idle", step === 0);
    count.textContent = fill(strings.likeliest, { count: likeliest });
    const special = step > 0 && film.written.special.includes(step - 1);
    rows.forEach((row, i) => {
      const choice = best[i];
      row.button.classList.toggle("none", !choice);
      if (!choice) return;
      const isChosen = choice.id === chosen;
      const isGiven = isChosen && given;
      const never = choice.chance === 0;
      // Where it cannot be drawn, the outline is as long as the model's own probability.
      const length = never ? Math.exp(choice.logprob ?? -Infinity) : choice.chance;
      const text = isChosen && special ? film.written.texts[step - 1] : choice.text;
      const share = percent(strings, choice.chance);
      row.text.textContent = visible(text);
      row.share.textContent = share;
      row.bar.style.width = `${(100 * length).toFixed(2)}%`;
      row.given.hidden = !isGiven;
      row.button.classList.toggle("never", never);
      row.button.setAttribute("aria-pressed", String(isChosen));
      const name = { piece: quoted(strings, text), share };
      row.button.setAttribute("aria-label", fill(isGiven ? strings.choice_given : strings.choice, name));
      row.button.title = fill(never ? strings.never : strings.logprob, { number: number(choice.logprob) });
      Object.assign(row.button.dataset, { id: choice.id, chance: choice.chance.toFixed(4) });
    });
    const left = Math.max(0, 1 - best.reduce((sum, choice) => sum + choice.chance, 0));
    rest.textContent = percent(strings, left < 0.0005 ? 0 : left);
  }

  return { element, draw };
}
