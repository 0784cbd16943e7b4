// Where one looks from: a corner of the world, and a scale for each axis, so that whatever is opened fills the
// picture, be it as flat as one of twelve layers. Screen = (world − corner) · scale.

const LARGEST = 20_000; // times as large as the whole

const hold = (value, least, most) => Math.min(Math.max(value, least), most);

export class Camera {
  constructor() {
    Object.assign(this, { x: 0, y: 0, sx: 1, sy: 1, width: 1, height: 1 });
  }

  // The camera for a part: all of it in sight, with some room around it.
  static fit({ x, y, w, h, parent }, width, height) {
    if (!parent) return { x: 0, y: 0, sx: 1, sy: 1 };
    const [sx, sy] = [(0.97 * width) / w, (0.95 * height) / h];
    return { x: x + w / 2 - width / sx / 2, y: y + h / 2 - height / sy / 2, sx, sy };
  }

  set({ x, y, sx, sy }) {
    Object.assign(this, { x, y, sx, sy });
  }

  get still() {
    return { x: this.x, y: this.y, sx: this.sx, sy: this.sy };
  }

  toWorld(x, y) {
    return [this.x + x / this.sx, this.y + y / this.sy];
  }

  px(x) {
    return (x - this.x) * this.sx;
  }

  py(y) {
    return (y - this.y) * this.sy;
  }

  box({ x, y, w, h }) {
    return { x: this.px(x), y: this.py(y), w: w * this.sx, h: h * this.sy };
  }

  sees({ x, y, w, h }) {
    const [right, bottom] = [this.x + this.width / this.sx, this.y + this.height / this.sy];
    return x < right && x + w > this.x && y < bottom && y + h > this.y;
  }

  get whole() {
    return this.sx < 1.01 && this.sy < 1.01;
  }

  // So much closer around a point of the screen; never further away than the whole.
  zoom(factor, x, y) {
    const [wx, wy] = this.toWorld(x, y);
    const [sx, sy] = [hold(this.sx * factor, 1, LARGEST), hold(this.sy * factor, 1, LARGEST)];
    this.set({ x: wx - x / sx, y: wy - y / sy, sx, sy });
    this.bound();
  }

  pan(dx, dy) {
    this.x -= dx / this.sx;
    this.y -= dy / this.sy;
    this.bound();
  }

  // No further than the edge of the world.
  bound() {
    this.x = hold(this.x, 0, this.width - this.width / this.sx);
    this.y = hold(this.y, 0, this.height - this.height / this.sy);
  }
}

// One axis between two cameras: the scale goes evenly, and what one zooms towards keeps still on the screen.
function axis([at, scale], [aim, closer], share, size) {
  const s = scale * (closer / scale) ** share;
  const [a, b] = [at + size / scale / 2, aim + size / closer / 2];
  const far = Math.abs(closer / scale - 1) < 1e-6 ? share : (1 / scale - 1 / s) / (1 / scale - 1 / closer);
  return [a + (b - a) * far - size / s / 2, s];
}

export function between(from, to, share, width, height) {
  const [x, sx] = axis([from.x, from.sx], [to.x, to.sx], share, width);
  const [y, sy] = axis([from.y, from.sy], [to.y, to.sy], share, height);
  return { x, y, sx, sy };
}
