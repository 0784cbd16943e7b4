// The picture of one pass: what is shown, where one is in it, and what a person does.

import { paletteOf } from "../../linked/web/colour.js";
import { fresh } from "../../linked/web/dom.js";
import { fill } from "../../linked/web/words.js";
import { lineAt, shareWords } from "./calculation.js";
import { between, Camera } from "./camera.js";
import { createFrame } from "./frame.js";
import { makeJourney, ranksOf } from "./journey.js";
import { layOut, partAt } from "./layout.js";
import { canBeSeen, isLarge, paint, sizeOf, tokenAt } from "./paint.js";
import { Beams } from "./paths.js";
import { openWhole } from "./record.js";
import { Sprites } from "./sprites.js";
import { listenToHand, listenToKeys } from "./touch.js";

const GLIDE = 280; // milliseconds from one part to another
const PACE = 2200; // milliseconds at a station while it plays
const SETTLED = 120; // milliseconds after the last turn of the wheel
const RESTED = 180; // milliseconds without a change before it is reported
const DIM = 0.2; // what the light has not reached yet
const APART = 12; // heads that were taken apart
const SEEN_FROM_AFAR = new Set(["tokens", "across", "norm"]); // stations at which the whole stays in sight

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class WholeModel {
  // host.report({record, revision, view}): where the person is. host.known: Map of name → what was shown last.
  constructor(root, host) {
    this.root = root;
    this.host = host;
    this.camera = new Camera();
    this.details = new Map();
    Object.assign(this, {
      playing: false,
      station: null,
      dragged: false,
      pointed: null,
      spot: null,
      query: null,
      key: null,
    });
    this.resized = new ResizeObserver(() => this.layAgain());
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => this.restyle();
    this.scheme.addEventListener("change", this.onScheme);
    this.onWindow = () => this.layAgain();
    addEventListener("resize", this.onWindow);
    this.deaf = listenToKeys(root, {
      by: (steps) => this.walk(steps),
      play: () => this.toggle(),
      into: () => this.into(),
      out: () => this.out(),
      home: () => this.record && this.go(this.world.root),
      end: () => this.visit(this.stations.length - 1),
      closer: (factor) => this.closer(factor),
    });
  }

  destroy() {
    this.resized.disconnect();
    this.scheme.removeEventListener("change", this.onScheme);
    removeEventListener("resize", this.onWindow);
    this.deaf();
    clearTimeout(this.ticking);
    clearTimeout(this.resting);
    clearTimeout(this.dropping);
    cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.gliding);
    this.sprites?.destroy();
    this.root.replaceChildren();
  }

  receive(bytes) {
    if (bytes === this.received) return;
    this.received = bytes;
    try {
      this.takeUp(openWhole(bytes));
    } catch (error) {
      this.root.textContent = fill(this.strings?.broken ?? "{reason}", { reason: error.message });
      throw error;
    }
  }

  takeUp({ header, record, detail }) {
    const last = this.host.known.get(header.name);
    const mine =
      this.record?.digest === header.record
        ? this.record
        : last?.record.digest === header.record
          ? last.record
          : null;
    const shown = mine ?? record;
    if (!shown) {
      this.host.report({ record: header.record, revision: header.revision, lost: true });
      return;
    }
    const isNew = this.record !== shown;
    const said = JSON.stringify(header.strings);
    if (detail) this.keepDetail(shown, detail);
    if (isNew) {
      this.record = shown;
      this.beams = new Beams(shown);
      this.stop();
    }
    this.language = header.language;
    const rebuild = said !== this.said;
    this.strings = header.strings;
    this.said = said;
    if (rebuild) this.build();
    const stays = this.name === header.name && this.revision === header.revision && !isNew;
    Object.assign(this, { name: header.name, revision: header.revision });
    const again = last && last.revision === header.revision && last.record === shown ? last.view : null;
    this.restyle();
    if (!stays) this.adopt(again ?? header.view);
    this.remember();
    this.schedule();
  }

  keepDetail(record, detail) {
    let kept = this.details.get(record.digest);
    if (!kept) this.details = new Map([[record.digest, (kept = new Map())]]);
    const name = `${detail.kind}.${detail.layer}.${detail.head}`;
    kept.delete(name);
    kept.set(name, detail);
    if (kept.size > APART) kept.delete(kept.keys().next().value);
  }

  build() {
    this.root.lang = this.language;
    const frame = createFrame(this.strings, {
      go: (node) => this.go(node),
      by: (steps) => this.walk(steps),
      play: () => this.toggle(),
      closer: (factor) => this.closer(factor),
      out: () => this.out(),
      point: (node) => this.point(node),
      redraw: () => this.schedule(),
    });
    this.around = frame;
    this.root.replaceChildren(...frame.elements);
    listenToHand(frame.canvas, {
      point: (x, y) => (x === null ? this.point(null) : this.pointAt(x, y)),
      press: (x, y) => this.press(x, y),
      zoom: (factor, x, y) => this.move(() => this.camera.zoom(factor, x, y)),
      pan: (dx, dy) => this.move(() => this.camera.pan(dx, dy)),
      rest: () => this.report(),
      isWhole: () => this.camera.whole,
    });
    this.resized.disconnect();
    this.resized.observe(this.root);
    this.world = null;
  }

  // The view that a page or an earlier life of this picture tells.
  adopt({ at, read, step, query, key }) {
    const { record } = this;
    const place = (kind, told, usual) => {
      const side = record.sides[kind];
      if (!side) return 0;
      const local = told === null || told === undefined ? usual : told - side.first;
      return Math.min(Math.max(local, 0), side.tokens.texts.length - 1);
    };
    const ends = record.two ? 0 : record.sides[record.last].tokens.texts.length - 1;
    this.read = place("encoder", read, 0);
    this.step = place("decoder", step, ends);
    if (record.two && step === null) this.step = record.writes[this.read];
    if (record.two && read === null) this.read = record.reads[this.step];
    this.query = this.key = null;
    this.follow();
    this.layAgain(true);
    const node = this.world?.byId.get(at) ?? this.world?.root;
    if (!node) {
      this.wanted = at;
      return;
    }
    const head = node.kind === "pair" ? node.parent : node;
    if (head.kind === "head") {
      const [queries, keys] = [record.queries(head.attention), record.keys(head.attention)];
      const fit = (side, told) => {
        const local = told === null ? null : told - side.first;
        return local === null || local < 0 || local >= side.tokens.texts.length ? null : local;
      };
      Object.assign(this, { query: fit(queries, query), key: fit(keys, key) });
    }
    this.at = node;
    this.camera.set(Camera.fit(node, this.camera.width, this.camera.height));
  }

  follow() {
    const { record } = this;
    this.path = record.path(this.read, this.step);
    this.followed = {};
    for (const kind of Object.keys(record.sides)) {
      const keys = this.path.filter((one) => one.kind === kind).map((one) => one.key);
      this.followed[kind] = [...new Set([kind === "encoder" ? this.read : this.step, ...keys])];
    }
    if (this.world) this.prepare();
  }

  prepare() {
    this.stations = makeJourney(this.world, this.path);
    this.ranks = ranksOf(this.world, this.stations);
    if (this.station !== null) this.station = Math.min(this.station, this.stations.length - 1);
  }

  // The beams as pictures, made anew for another record, size or theme. Those that are likely to be asked for
  // first are made while nothing else is done.
  prepareSprites() {
    if (!this.world || !this.palette) return;
    this.sprites?.destroy();
    this.tiles = {};
    this.sprites = new Sprites(this.beams, this.palette, () => this.schedule());
    const nodes = [...this.world.byId.values()].filter(
      (node) => node.kind === "attention" && node.children.length,
    );
    const named = (node) => this.path.some((one) => one.kind === node.attention && one.layer === node.layer);
    const order = [...nodes.filter(named), ...nodes.filter((node) => !named(node))];
    for (const head of order.flatMap((node) => node.children).slice(0, 200)) {
      this.sprites.want(head.attention, head.layer, head.head, ...sizeOf(this, head, false).map(Math.round));
    }
  }

  // The theme may have changed.
  restyle() {
    const before = this.palette;
    this.palette = paletteOf(this.root);
    if (before !== this.palette) this.prepareSprites();
    this.root.dataset.theme = this.palette.name;
    this.family = getComputedStyle(this.root).fontFamily;
    this.schedule();
  }

  // The size may have changed. isNew: or what is laid out.
  layAgain(isNew = false) {
    if (!this.record || !this.around) return;
    const width = Math.floor(this.root.clientWidth);
    if (!width) return;
    const narrow = width < 620;
    const room = innerHeight;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const others = 24.4 * rem; // what stands above and below it on the first screen
    const height = Math.round(
      narrow ? Math.min(Math.max(room * 0.29, 240), 460) : Math.min(Math.max(room - others, 330), 0.62 * width),
    );
    const unit = Math.min(Math.max(width / 76, 13), 20);
    if (!isNew && this.world?.width === width && this.world.height === height) return;
    const at = this.at?.id ?? this.wanted ?? "";
    this.world = layOut(this.record, width, height, unit);
    this.unit = unit;
    Object.assign(this.camera, { width, height });
    this.at = this.world.byId.get(at) ?? this.world.root;
    this.prepare();
    this.prepareSprites();
    this.pointed = this.spot = null;
    this.target = null;
    this.camera.set(Camera.fit(this.at, width, height));
    this.schedule();
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  draw() {
    if (!this.record || !this.world || !this.palette) return;
    const { width, height } = this.camera;
    this.sprites.beginFrame(this.moving);
    paint(fresh(this.around.canvas, width, height), this);
    this.around.draw(this);
    this.drawPointed();
    if (!this.moving) {
      this.around.drawTable(this);
      this.tellPlaces();
    }
    const told = { at: this.at.id, still: String(!this.moving), drawn: this.record.digest };
    for (const [name, value] of Object.entries(told))
      if (this.root.dataset[name] !== value) this.root.dataset[name] = value;
    const touch = this.camera.whole ? "pan-y" : "none";
    if (this.touch !== touch) this.around.canvas.style.touchAction = this.touch = touch;
  }

  // What is pointed at, which leaves the picture as it is.
  drawPointed() {
    if (!this.record || !this.world) return;
    const node =
      this.moving || !this.pointed || ["side", "whole"].includes(this.pointed.kind) ? null : this.pointed;
    this.around.outline(node && this.camera.box(node), this.camera);
    if (this.moving) return;
    this.around.say(this, this.pointed ?? this.at, this.spot);
  }

  // Where the parts stand that can be pressed now, for whoever looks from outside.
  tellPlaces() {
    const places = {};
    const tell = (node) => {
      for (const child of node.children) {
        if (!this.camera.sees(child) || !canBeSeen(this.camera, child)) continue;
        const { x, y, w, h } = this.camera.box(child);
        places[child.id] = [x, y, w, h].map(Math.round);
        tell(child);
      }
    };
    tell(this.world.root);
    this.around.canvas.dataset.parts = JSON.stringify(places);
  }

  // How bright a part is: the light may not have come so far yet.
  lit(node) {
    if (this.station === null) return 1;
    return (this.ranks.get(node) ?? -1) <= this.station ? 1 : DIM;
  }

  percent(share) {
    return shareWords(this.strings, share);
  }

  isNamed(node) {
    return this.path.some(
      (one) => one.kind === node.attention && one.layer === node.layer && one.head === node.head,
    );
  }

  // The query and the key that are held in a head.
  held(node) {
    const usual = node.attention === "encoder" ? this.read : this.step;
    const isOpen = this.at === node || this.at.parent === node;
    const query = isOpen && this.query !== null ? this.query : usual;
    if (isOpen && this.key !== null) return { query, key: this.key };
    const told = this.path.find(
      (one) =>
        one.kind === node.attention &&
        one.layer === node.layer &&
        one.head === node.head &&
        one.query === query,
    );
    if (told) return { query, key: told.key };
    const row = this.rowOf(node, query);
    return { query, key: row.indexOf(row.reduce((a, b) => Math.max(a, b), 0)) };
  }

  rowOf(node, query) {
    const detail = this.detailOf(node);
    if (node.row?.query === query && node.row.detail === detail) return node.row.weights;
    const weights = detail
      ? detail.row("weights", query)
      : this.record.row(node.attention, node.layer, node.head, query);
    node.row = { query, detail, weights };
    return weights;
  }

  detailOf(node) {
    return this.details.get(this.record.digest)?.get(node.kind === "pair" ? node.parent.id : node.id);
  }

  // What a person does.

  partAt(x, y) {
    const [wx, wy] = this.camera.toWorld(x, y);
    return partAt(this.world.root, wx, wy, (node) => canBeSeen(this.camera, node));
  }

  pointAt(x, y) {
    if (!this.world || this.target) return;
    const node = this.partAt(x, y);
    this.point(node && node.kind !== "side" ? node : null, node ? this.spotIn(node, x, y) : null);
  }

  spotIn(node, x, y) {
    if (node.kind === "head" && isLarge(this.camera, node)) return tokenAt(this, node, x, y);
    if (node.kind === "pair") {
      const detail = this.detailOf(node);
      if (!detail) return null;
      const count = {
        q: detail.dk,
        k: detail.dk,
        product: detail.dk,
        value: detail.dv,
        softmax: detail.columns,
      };
      return lineAt(this.camera.box(node), x, y, (name) => count[name] ?? 1);
    }
    if (!["tokens", "embedding", "feeding"].includes(node.kind)) return null;
    return { column: this.columnAt(node, x) };
  }

  columnAt(node, x) {
    const side = this.world.byId.get(node.side);
    const count = this.record.sides[node.side].tokens.texts.length;
    const [wx] = this.camera.toWorld(x, 0);
    return Math.min(Math.max(Math.floor(((wx - side.columns.x) / side.columns.w) * count), 0), count - 1);
  }

  point(node, spot = null) {
    if (node === this.pointed && JSON.stringify(spot) === JSON.stringify(this.spot)) return;
    this.pointed = node;
    this.spot = spot;
    this.around.canvas.style.cursor = node ? "pointer" : "default";
    this.above ??= requestAnimationFrame(() => {
      this.above = undefined;
      this.drawPointed();
    });
  }

  press(x, y) {
    if (!this.world) return;
    this.around.canvas.focus({ preventScroll: true });
    this.stop();
    const node = this.partAt(x, y);
    if (!node || node.kind === "side" || node === this.world.root) return;
    if (node.kind === "tokens") this.choose(node.side, this.columnAt(node, x));
    else if (node.kind === "head" && isLarge(this.camera, node)) this.hold(node, tokenAt(this, node, x, y));
    else if (node === this.at) this.say();
    else this.go(node);
  }

  // Follow another token: the one that is read, or the place where one is written.
  choose(kind, place) {
    if (!this.record.two) this.read = this.step = place;
    else if (kind === "encoder") [this.read, this.step] = [place, this.record.writes[place]];
    else [this.step, this.read] = [place, this.record.reads[place]];
    this.query = this.key = null;
    this.station = null;
    this.follow();
    this.schedule();
    this.report();
  }

  // Hold another query or key of the head that is open.
  hold(node, spot) {
    if (!spot) return;
    const held = this.held(node);
    if (this.at !== node && this.at.parent !== node) this.go(node);
    if (spot.isKey) Object.assign(this, { query: held.query, key: spot.token });
    else Object.assign(this, { query: spot.token, key: null });
    this.schedule();
    this.report();
  }

  say() {
    this.schedule();
  }

  // Zoom to a part. The way ends with it, unless it is a station of the way.
  go(node, station = null) {
    if (!this.world) return;
    if (station === null) this.stop();
    this.station = station;
    if (
      !(node.kind === "pair" && node.parent === this.at) &&
      !(this.at?.kind === "pair" && this.at.parent === node)
    )
      this.query = this.key = null;
    this.at = node;
    this.pointed = this.spot = null;
    this.glide(Camera.fit(node, this.camera.width, this.camera.height));
    this.report();
  }

  glide(target) {
    cancelAnimationFrame(this.gliding);
    clearTimeout(this.dropping);
    this.dragged = false;
    const from = this.camera.still;
    const { width, height } = this.camera;
    if (calm()) {
      this.target = null;
      this.camera.set(target);
      this.schedule();
      return;
    }
    this.target = target;
    let begun = null;
    const step = (now) => {
      begun ??= now;
      const share = Math.min((now - begun) / GLIDE, 1);
      const eased = share < 0.5 ? 2 * share * share : 1 - (2 - 2 * share) ** 2 / 2;
      this.camera.set(share === 1 ? target : between(from, target, eased, width, height));
      if (share === 1) this.target = null;
      else this.gliding = requestAnimationFrame(step);
      this.draw();
    };
    this.gliding = requestAnimationFrame(step);
  }

  // By hand: what one is in then is what fills most of the picture.
  move(change) {
    if (!this.world) return;
    this.stop();
    cancelAnimationFrame(this.gliding);
    this.target = null;
    this.station = null;
    change();
    this.dragged = true;
    clearTimeout(this.dropping);
    this.dropping = setTimeout(() => {
      this.dragged = false;
      this.schedule();
    }, SETTLED);
    this.pointed = this.spot = null;
    const here = this.camera.whole ? this.world.root : this.filling(this.world.root);
    if (here !== this.at && !(this.at.parent === here && here.kind === "head")) this.query = this.key = null;
    this.at = here;
    this.schedule();
  }

  filling(node) {
    const { width, height } = this.camera;
    for (const child of node.children) {
      const { x, y, w, h } = this.camera.box(child);
      const [across, down] = [
        Math.min(x + w, width) - Math.max(x, 0),
        Math.min(y + h, height) - Math.max(y, 0),
      ];
      if (across > 0.6 * width && down > 0.55 * height) return this.filling(child);
    }
    return node.kind === "side" ? this.world.root : node;
  }

  closer(factor) {
    if (!this.world) return;
    this.move(() => this.camera.zoom(factor, this.camera.width / 2, this.camera.height / 2));
    this.report();
  }

  into() {
    if (!this.world) return;
    const node = this.pointed ?? this.usual();
    if (node && node !== this.at) this.go(node);
  }

  // Where Enter leads from here: along what is followed.
  usual() {
    const { at, path, world } = this;
    if (at.kind === "head") return at.children[0];
    const one = path.find(
      (found) =>
        at.kind === "whole" ||
        (found.layer === at.layer && (found.kind === "cross" ? "decoder" : found.kind) === at.side),
    );
    if (!one) return at.children.find((child) => child.children.length)?.children[0] ?? null;
    if (at.kind === "whole")
      return world.byId.get(`${one.kind === "cross" ? "decoder" : one.kind}.${one.layer}`);
    return world.byId.get(`${one.kind}.${one.layer}.${one.head}`);
  }

  out() {
    if (!this.world) return;
    let node = this.at.parent;
    while (node && ["side", "attention"].includes(node.kind)) node = node.parent;
    this.go(node ?? this.world.root);
  }

  walk(steps) {
    if (!this.world) return;
    this.stop();
    this.visit(this.station === null ? (steps > 0 ? 0 : this.stations.length - 1) : this.station + steps);
  }

  visit(place) {
    const station = Math.min(Math.max(place, 0), this.stations.length - 1);
    const node = this.stations[station];
    this.go(SEEN_FROM_AFAR.has(node.kind) ? this.world.root : node, station);
    if (SEEN_FROM_AFAR.has(node.kind)) this.pointed = node;
  }

  toggle() {
    if (!this.world) return;
    if (this.playing) {
      this.stop();
      this.schedule();
      return;
    }
    this.playing = true;
    this.visit(this.station === null || this.station + 1 >= this.stations.length ? 0 : this.station + 1);
    this.tick();
  }

  tick() {
    clearTimeout(this.ticking);
    this.ticking = setTimeout(() => {
      if (this.station + 1 >= this.stations.length) {
        this.stop();
        this.schedule();
        return;
      }
      this.visit(this.station + 1);
      this.tick();
    }, PACE);
  }

  stop() {
    this.playing = false;
    clearTimeout(this.ticking);
  }

  // Whether the camera moves: what costs much and is not missed is left out then.
  get moving() {
    return Boolean(this.target) || this.dragged;
  }

  get view() {
    const { record } = this;
    const at = this.at?.id ?? "";
    const told = (kind, place) => (record.sides[kind] ? place + record.sides[kind].first : null);
    const head = this.at?.kind === "pair" ? this.at.parent : this.at?.kind === "head" ? this.at : null;
    const held = (side, place) => (head && place !== null ? place + side.first : null);
    return {
      at,
      read: told("encoder", this.read),
      step: told("decoder", this.step),
      query: head ? held(record.queries(head.attention), this.query) : null,
      key: head ? held(record.keys(head.attention), this.key) : null,
    };
  }

  remember() {
    if (this.world)
      this.host.known.set(this.name, { record: this.record, revision: this.revision, view: this.view });
  }

  // Told when it rests, so that the page is not run for each step that passes.
  report() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.remember();
      this.host.report({ record: this.record.digest, revision: this.revision, view: this.view });
    }, RESTED);
  }
}
