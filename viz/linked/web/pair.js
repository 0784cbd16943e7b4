// Two texts that were read as a pair, A and B: which tokens belong to which, and whose are shown.

export const LETTERS = ["A", "B"];

// What a View calls its parts: the text of the queries and that of the keys.
export const PARTS = { aa: [0, 0], ab: [0, 1], ba: [1, 0], bb: [1, 1] };

export const isPair = ({ queries, keys }) => Boolean(queries.segments && (keys ?? queries).segments);

// Whose queries and whose keys are shown; null where all are.
export function partsOf(view, sides) {
  return isPair(sides) ? (PARTS[view.segments] ?? null) : null;
}

// Where the texts stand in a list of positions: [{ segment, from, to }], which count in the list.
export function stretches(axis, list) {
  const found = [];
  list.forEach((position, i) => {
    const segment = axis.segments ? axis.segments[position] : null;
    if (found.at(-1)?.segment === segment) found.at(-1).to = i + 1;
    else found.push({ segment, from: i, to: i + 1 });
  });
  return found;
}

export const nameOf = (strings, segment) => [strings.sentence_a, strings.sentence_b][segment];

// Beside a stretch of tokens a line and the letter of its text, across (columns) or down (rows).
export function bracket(context, { from, to, at, letter, down, palette, font, family, side = 1 }) {
  const place = (along, off) => (down ? [at + side * off, along] : [along, at + side * off]);
  context.strokeStyle = palette.rule;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(...place(from + 2, 0));
  context.lineTo(...place(to - 2, 0));
  context.stroke();
  context.font = `600 ${Math.round(font * 0.92)}px ${family}`;
  context.fillStyle = palette.quiet;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(letter, ...place((from + to) / 2, font * 0.75));
}
