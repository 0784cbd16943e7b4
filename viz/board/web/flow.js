// How the panels share the width: as many beside each other as fit comfortably, then as large as they can be.

const PHONE = 480; // pixels: on a narrower screen panels are as small as can be read
const SHARES = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]; // of the way from comfortable to large

const alikeTo = (figure, figures) =>
  figures.filter(
    ({ panel }) =>
      panel.rows.count === figure.panel.rows.count && panel.columns.count === figure.panel.columns.count,
  ).length;

// How many rows the panels take, and how many signs stand at the start of one, away from what is before them.
function wrapped(sizes, signs, room, gap) {
  let [rows, torn, used] = [1, 0, 0];
  sizes.forEach(({ across }, i) => {
    const need = across + signs[i];
    if (used && used + gap + need > room) {
      rows++;
      torn += signs[i] > 0;
      used = need;
    } else used += need + (used ? gap : 0);
  });
  return { rows, torn };
}

// The size of each figure. signs: the widths of the signs before them; gap: between two panels. Where the look
// says together, cells are as small as can be told apart, so that more panels stand beside each other.
export function share(figures, signs, look, room, gap) {
  const alike = figures.map((figure) => (look.together || room < PHONE ? Infinity : alikeTo(figure, figures)));
  const at = (part) => figures.map((figure, i) => figure.sized(look, alike[i], part, room - signs[i]));
  const small = at(0);
  const fewest = wrapped(small, signs, room, gap);
  for (const part of SHARES) {
    const sizes = at(part);
    const { rows, torn } = wrapped(sizes, signs, room, gap);
    if (rows <= fewest.rows && torn <= fewest.torn) return sizes;
  }
  return small;
}

// Panels with a sign between them stand so that the middles of their cells are level.
export function level(figures, signs) {
  for (const { element } of figures) element.style.marginTop = "";
  const about = figures.map(({ element, canvas, size, panel }) => ({
    element,
    top: element.offsetTop,
    middle: canvas.offsetTop - element.offsetTop + size.y + (panel.rows.count * size.high) / 2,
  }));
  const chains = [];
  about.forEach((one, i) => {
    if (i && signs[i] && one.top === about[i - 1].top) chains.at(-1).push(one);
    else chains.push([one]);
  });
  for (const chain of chains) {
    const lowest = Math.max(...chain.map(({ middle }) => middle));
    for (const { element, middle } of chain) element.style.marginTop = `${lowest - middle}px`;
  }
  figures.forEach(({ sign }, i) => {
    if (signs[i]) sign.style.marginTop = `${about[i].middle - sign.offsetHeight / 2}px`;
  });
}
