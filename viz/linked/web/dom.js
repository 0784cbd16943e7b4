// Small helpers for elements and canvases. Text is always set as text, never as markup.

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// A few buttons of which one is pressed: [[value, label], …], or with a third what is told of it when pointed at.
export function segments(label, choices, choose) {
  const buttons = choices.map(([value, text, told]) => {
    const button = make("button", { type: "button", className: "segment", title: told ?? "" }, text);
    button.addEventListener("click", () => choose(value));
    return [value, button];
  });
  const element = make("div", { className: "segments", role: "group", "aria-label": label });
  element.append(...buttons.map(([, button]) => button));
  const press = (chosen) => {
    for (const [value, button] of buttons) button.setAttribute("aria-pressed", String(value === chosen));
  };
  return { element, press };
}

// A canvas as large as asked, sharp on every screen. Returns its context, cleared.
export function fresh(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.direction = "ltr"; // positions run left to right, whatever the words
  return context;
}

const shortened = new Map();

// A text cut to a width, with an ellipsis.
export function cut(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  const name = `${context.font}\n${Math.round(width)}\n${text}`;
  if (!shortened.has(name)) {
    const letters = [...text];
    while (letters.length > 1 && context.measureText(`${letters.join("")}…`).width > width) letters.pop();
    if (shortened.size > 5000) shortened.clear();
    shortened.set(name, `${letters.join("")}…`);
  }
  return shortened.get(name);
}

// The pointer, where it hovers: mouse and pen do, a finger does not.
export function onHover(element, move, leave) {
  element.addEventListener("pointermove", (event) => event.pointerType !== "touch" && move(event));
  element.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && leave());
}
