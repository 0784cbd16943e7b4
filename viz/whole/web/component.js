// Inside Streamlit: called again after every change of the data or the theme, so it must not start over.

import { mountedBy } from "../../linked/web/mounted.js";
import { WholeModel } from "./whole.js";

const known = new Map(); // name → the record and where it stood, for when Streamlit mounts it anew

const mounted = mountedBy((root) => new WholeModel(root, { report() {}, known }));

export function component({ data, parentElement, setStateValue }) {
  const [picture, leave] = mounted(parentElement);
  picture.host.report = (report) => setStateValue("view", report);
  picture.restyle();
  if (data) picture.receive(data);
  return leave;
}
