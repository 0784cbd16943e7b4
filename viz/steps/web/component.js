// Inside Streamlit: called again after every change of the data or the theme, so it must not start over.

import { mountedBy } from "../../linked/web/mounted.js";
import { Player } from "./player.js";

const seen = new Map(); // where each player stood last, for when Streamlit mounts it anew

const mounted = mountedBy(
  (root) =>
    new Player(root, {
      recall: ({ name, film, revision }) => {
        const last = seen.get(name);
        return last?.film === film && last.revision === revision ? last.step : null;
      },
    }),
);

export function component({ data, parentElement, setStateValue, setTriggerValue }) {
  const [player, leave] = mounted(parentElement);
  player.host.rest = (name, report) => {
    seen.set(name, report);
    setStateValue("rest", report);
  };
  player.host.choose = (report) => setTriggerValue("choice", report);
  player.restyle();
  if (data) player.receive(data);
  return leave;
}
