// Inside Streamlit: called again after every change of the data or the theme, so it must not start over.

import { Player } from "./player.js";

const mounted = new WeakMap();
const seen = new Map(); // where each player stood last, for when Streamlit mounts it anew

export function component({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".headlight");
  let player = mounted.get(parentElement);
  if (player?.root !== root) {
    player?.destroy();
    player = new Player(root, {
      recall: ({ name, film, revision }) => {
        const last = seen.get(name);
        return last?.film === film && last.revision === revision ? last.step : null;
      },
    });
    mounted.set(parentElement, player);
  }
  player.host.rest = (name, report) => {
    seen.set(name, report);
    setStateValue("rest", report);
  };
  player.host.choose = (report) => setTriggerValue("choice", report);
  player.restyle();
  if (data) player.receive(data);
  return () => {
    player.destroy();
    mounted.delete(parentElement);
  };
}
