// Inside Streamlit: called again after every change of the data or the theme, so it must not start over.

import { mountedBy } from "../../linked/web/mounted.js";
import { Softmax } from "./softmax.js";

const mounted = mountedBy((root) => new Softmax(root, { tried() {} }));

export function component({ data, parentElement, setStateValue }) {
  const [bars, leave] = mounted(parentElement);
  bars.host.tried = (tried) => setStateValue("tried", tried);
  if (data) bars.receive(data);
  return leave;
}
