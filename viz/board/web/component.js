// Inside Streamlit: called again after every change of the data or the theme, so it must not start over.

import { mountedBy } from "../../linked/web/mounted.js";
import { Board } from "./board.js";

const mounted = mountedBy((root) => new Board(root, { act() {} }));

export function component({ data, parentElement, setTriggerValue }) {
  const [board, leave] = mounted(parentElement);
  board.host.act = (report) => setTriggerValue("act", report);
  board.restyle();
  if (data) board.receive(data);
  return leave;
}
