// Inside Streamlit: called again after every change of the data or the theme, so it must not start over.

import { LinkedView } from "./app.js";

const mounted = new WeakMap();
const seen = new Map(); // what each view showed last, for when Streamlit mounts it anew

export function component({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".headlight");
  let view = mounted.get(parentElement);
  if (view?.root !== root) {
    view?.destroy();
    view = new LinkedView(root, {
      part: async () => null,
      report() {},
      keys: root,
      recall: ({ name, trace, revision }) => {
        const last = seen.get(name);
        return last?.trace === trace && last.revision === revision ? last.view : null;
      },
    });
    mounted.set(parentElement, view);
  }
  view.host.report = (name, report) => {
    seen.set(name, report);
    setStateValue("view", report);
  };
  view.restyle();
  if (data) view.receive(data);
  return () => {
    view.destroy();
    mounted.delete(parentElement);
  };
}
