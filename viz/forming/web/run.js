// The film of a run: where it stands, whether it plays, and everything that is drawn of the same snapshot.

import { openBlob } from "../../linked/web/decode.js";
import { make, segments } from "../../linked/web/dom.js";
import { mountedBy } from "../../linked/web/mounted.js";
import { fill, parts, percent } from "../../linked/web/words.js";
import { Playback, rememberRests } from "../../steps/web/playback.js";
import { along, createChart, axisEnd } from "./chart.js";
import { createSheets, createWords, sayLook } from "./sheets.js";

const PACE = 220; // milliseconds a snapshot
const LISTS = [".controls :is(button, input)", ".queries .token", ".sheet", ".segment"]; // that hold a focus

async function unpack({ stored, deflated }) {
  if (!deflated) return stored;
  const stream = new Blob([stored]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// The blob (see pack.py) as what is drawn: the header, and each kind with its levels.
async function openRun(bytes) {
  const { header, sections } = openBlob(bytes);
  const kinds = {};
  for (const section of sections) {
    const told = header.kinds[section.kind];
    const levels = await unpack(section);
    kinds[section.kind] = { ...told, own: !told.keys, keys: told.keys ?? told.queries, levels };
  }
  const placeOf = (frame) => fill(header.strings.at_step, { step: header.steps[frame].toLocaleString("en-US") });
  return { ...header, kinds, count: header.steps.length - 1, placeOf };
}

const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// The last value that was reported up to a step; null before the first.
function valueAt(points, step) {
  const known = points.filter(([at]) => at <= step);
  return known.length ? known.at(-1)[1] : null;
}

export class Run extends Playback {
  // host: as of a Playback; host.recall(film): where the person was, or null.
  constructor(root, host) {
    super(root, host, PACE);
  }

  async receive(bytes) {
    if (bytes === this.received) return;
    this.received = bytes;
    try {
      const run = await openRun(bytes);
      if (bytes === this.received) this.take(run);
    } catch (error) {
      this.root.textContent = fill(this.film?.strings.broken ?? "{reason}", { reason: error.message });
    }
  }

  take(run) {
    const last = this.film;
    const known = last?.film === run.film && last.name === run.name;
    const recalled = this.host.recall(run);
    this.film = run;
    if (!known) {
      this.stop();
      clearTimeout(this.resting);
      this.view = { ...run.view };
    }
    if (!known || last.revision !== run.revision) this.step = recalled ?? run.step;
    this.step = Math.min(this.step, run.count);
    this.build();
    this.restyle();
    if (!known && recalled === null && run.plays && !isStill()) this.play(0);
    else this.draw();
  }

  build() {
    const { film: run, view } = this;
    const { strings } = run;
    const kind = run.kinds[view.kind];
    const focus = this.focused(LISTS);
    const controls = this.createControls();
    const readout = make("p", { className: "readout" });
    const names = ["encoder", "decoder", "cross"].filter((name) => run.kinds[name]);
    const switched = segments(
      strings.kind,
      names.map((name) => [name, strings[name]]),
      (name) => this.change({ ...this.firstOf(name), kind: name }),
    );
    switched.press(view.kind);
    const words = createWords(strings, kind, { hold: (query) => this.change({ query }) });
    const sheets = createSheets(strings, kind, { choose: (layer, head) => this.change({ layer, head }) });
    const scrub = { scrub: (share) => this.scrub(share) };
    const loss = createChart(strings.loss, scrub);
    const job = run.strengths && createChart(run.job, scrub);
    const charts = make("div", { className: "charts" }, ...(run.runs.length ? [loss.element] : []), ...(job ? [job.element] : []));
    const left = make("div", { className: "left" }, ...(names.length > 1 ? [switched.element] : []), sheets.element);
    const body = make("div", { className: "halves" }, left, charts);
    this.panels = { controls, words, sheets, loss, job };
    this.readout = readout;
    this.root.lang = run.language;
    this.root.replaceChildren(controls.element, words.element, readout, body);
    this.focus(focus);
  }

  firstOf(kind) {
    return kind === this.film.view.kind ? this.film.view : { layer: 0, head: 0, query: 0 };
  }

  draw() {
    const { film: run, view, palette, step } = this;
    if (!run || !palette || !this.root.clientWidth) return;
    const unit = parseFloat(getComputedStyle(this.root).fontSize);
    const shown = { ...view, frame: step, step: run.steps[step], palette };
    const { controls, words, sheets, loss, job } = this.panels;
    controls.draw({ film: run, step, playing: this.playing, speed: this.speed });
    words.draw(shown);
    sheets.draw(shown);
    this.say(sayLook(run.strings, run.kinds[view.kind], shown));
    if (run.runs.length) this.drawLoss(loss, unit);
    if (job) this.drawJob(job, unit);
    this.mark();
  }

  say([template, values]) {
    this.readout.replaceChildren(
      ...parts(template, values).map((part) =>
        typeof part === "string" ? part : make("bdi", { className: `said ${part.name}` }, part.text),
      ),
    );
  }

  drawLoss(chart, unit) {
    const { film: run, palette, step } = this;
    const { strings } = run;
    const lines = run.runs.flatMap(({ losses, checked }, i) => {
      const colour = i ? palette.categories[(i - 1) % palette.categories.length] : palette.accent;
      return [
        { points: losses, colour, width: 2.4 },
        { points: checked, colour, width: 1.4, dashed: true, dots: true },
      ];
    });
    const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
    const top = values.length ? axisEnd(Math.max(...values, 1e-9)) : null;
    const format = (value) => String(Number(value.toPrecision(3)));
    chart.draw({ lines, top, most: run.most, at: run.steps[step], palette, unit, format });
    const [trained, checked] = [run.runs[0].losses, run.runs[0].checked].map((points) => valueAt(points, run.steps[step]));
    const number = (value) => (value === null ? "–" : value.toFixed(2));
    chart.tell(fill(strings.losses, { training: number(trained), validation: number(checked) }));
  }

  drawJob(chart, unit) {
    const { film: run, view, palette, step } = this;
    const kind = run.kinds[run.job_kind];
    const of = (layer, head) => run.strengths.map((all, i) => [run.steps[i], all[layer * kind.heads + head]]);
    const every = kind.layers.flatMap((_, layer) => Array.from({ length: kind.heads }, (_, head) => [layer, head]));
    const held = view.kind === run.job_kind ? [view.layer, view.head] : [run.view.layer, run.view.head];
    const isHeld = ([layer, head]) => layer === held[0] && head === held[1];
    const lines = every
      .sort((a, b) => isHeld(a) - isHeld(b))
      .map((one) => {
        const mine = isHeld(one);
        return { points: of(...one), colour: mine ? palette.accent : palette.quiet, width: mine ? 2.8 : 1.2, faint: !mine };
      });
    const format = (value) => percent(run.strings, value);
    chart.draw({ lines, top: 1, most: run.most, at: run.steps[step], palette, unit, format });
    const now = run.strengths[step][held[0] * kind.heads + held[1]];
    const head = fill(run.strings.head, { layer: kind.layers[held[0]] + 1, head: held[1] + 1 });
    chart.tell(`${head}: ${percent(run.strings, now)}`);
  }

  // The snapshot next to where somebody points on the axis of a chart.
  scrub(share) {
    const { steps, most } = this.film;
    const far = (frame) => Math.abs(along(steps[frame], most) - share);
    this.go(steps.map((_, frame) => frame).reduce((best, frame) => (far(frame) < far(best) ? frame : best), 0));
  }

  change(view) {
    const kind = view.kind && view.kind !== this.view.kind;
    this.view = { ...this.view, ...view };
    if (kind) this.build();
    this.draw();
  }
}

const rests = rememberRests();

const mounted = mountedBy((root) => new Run(root, { recall: rests.recall }));

export function component({ data, parentElement, setStateValue }) {
  const [run, leave] = mounted(parentElement);
  run.host.rest = (name, report) => {
    rests.keep(name, report);
    setStateValue("rest", report);
  };
  run.restyle();
  if (data) run.receive(data);
  return leave;
}
