// Beams as small pictures that are drawn once: while the camera moves they are only laid where they belong.

import { layIn, shareOf } from "./paths.js";

const MOST = 260; // that are kept
const AT_REST = 2; // that are made within a frame while nothing moves
const AT_FIRST = 40; // and in the first frame, so that it is whole
const PAUSE = 4; // milliseconds of a pause that are used

const isAsked = (found, width, height) =>
  found && Math.abs(found.width - width) < 1 && Math.abs(found.height - height) < 1;

export class Sprites {
  // beams: of the record. changed(): something that was left out can be drawn now.
  constructor(beams, palette, changed) {
    Object.assign(this, { beams, palette, changed, kept: new Map(), urgent: new Map(), later: new Map() });
    Object.assign(this, { room: 0, isFirst: true, missing: false });
  }

  destroy() {
    cancelIdleCallback(this.waiting);
    this.kept.clear();
    this.urgent.clear();
    this.later.clear();
  }

  // A frame begins: while the camera moves, none is made in it.
  beginFrame(moving) {
    this.room = moving ? 0 : this.isFirst ? AT_FIRST : AT_REST;
    this.isFirst = false;
  }

  // The beams of a head, or with null of a layer, for a box of this size. Of another size while those are not
  // made yet; null while there are none.
  of(kind, layer, head, width, height) {
    const name = `${kind} ${layer} ${head}`;
    const found = this.kept.get(name);
    if (isAsked(found, width, height)) return found.picture;
    if (this.room > 0) {
      this.room -= 1;
      return this.make(name, kind, layer, head, width, height);
    }
    this.missing = true;
    this.urgent.set(name, [name, kind, layer, head, width, height]);
    this.wait();
    return found?.picture ?? null;
  }

  // To be made in a pause.
  want(kind, layer, head, width, height) {
    const name = `${kind} ${layer} ${head}`;
    if (isAsked(this.kept.get(name), width, height)) return;
    this.later.set(name, [name, kind, layer, head, width, height]);
    this.wait();
  }

  wait() {
    this.waiting ??= requestIdleCallback((pause) => this.catchUp(pause), { timeout: 300 });
  }

  catchUp(pause) {
    this.waiting = undefined;
    const until = performance.now() + Math.min(PAUSE, Math.max(pause.timeRemaining(), 1));
    while (performance.now() < until) {
      const queue = this.urgent.size ? this.urgent : this.later;
      const [first] = queue;
      if (!first) break;
      queue.delete(first[0]);
      this.make(...first[1]);
    }
    if (this.missing && !this.urgent.size) {
      this.missing = false;
      this.changed();
    }
    if (this.urgent.size || this.later.size) this.wait();
  }

  make(name, kind, layer, head, width, height) {
    const ratio = devicePixelRatio || 1;
    const canvas = new OffscreenCanvas(
      Math.max(1, Math.round(width * ratio)),
      Math.max(1, Math.round(height * ratio)),
    );
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    this.beams.of(kind, layer, head).forEach((path, level) => {
      if (!path) return;
      const share = shareOf(level);
      context.globalAlpha = 0.35 + 0.65 * share;
      context.strokeStyle = this.palette.fill(0.25 + 0.6 * share);
      context.lineWidth = 1.15 * (0.5 + share);
      context.stroke(layIn(path, { x: 0, y: 0, w: width, h: height }));
    });
    this.later.delete(name);
    this.kept.delete(name);
    const picture = canvas.transferToImageBitmap();
    this.kept.set(name, { picture, width, height });
    if (this.kept.size > MOST) this.kept.delete(this.kept.keys().next().value);
    return picture;
  }
}
