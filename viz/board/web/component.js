// Inside Streamlit: called again after every change of the data or the theme, so it must not start over.

import { Board } from "./board.js";

const mounted = new WeakMap();

export function component({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".headlight");
  let board = mounted.get(parentElement);
  if (board?.root !== root) {
    board?.destroy();
    board = new Board(root, { act() {} });
    mounted.set(parentElement, board);
  }
  board.host.act = (report) => setTriggerValue("act", report);
  board.restyle();
  if (data) board.receive(data);
  return () => {
    board.destroy();
    mounted.delete(parentElement);
  };
}
