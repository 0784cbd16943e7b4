// Inside Streamlit: called again after every change of the data or the theme, so it must not start over.

import { LinkedView } from "./app.js";
import { mountedBy } from "./mounted.js";

const seen = new Map(); // what each view showed last, for when Streamlit mounts it anew

const mounted = mountedBy(
  (root) =>
    new LinkedView(root, {
      part: async () => null,
      report() {},
      snip() {},
      keys: root,
      recall: ({ name, trace, revision }) => {
        const last = seen.get(name);
        return last?.trace === trace && last.revision === revision ? last.view : null;
      },
    }),
);

export function component({ data, parentElement, setStateValue, setTriggerValue }) {
  const [view, leave] = mounted(parentElement);
  view.host.report = (name, report) => {
    seen.set(name, report);
    setStateValue("view", report);
  };
  view.host.snip = (name, what) => setTriggerValue("snip", what);
  view.restyle();
  if (data) view.receive(data);
  return leave;
}
