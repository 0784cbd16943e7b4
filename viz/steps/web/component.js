// Inside Streamlit: called again after every change of the data or the theme, so it must not start over.

import { mountedBy } from "../../linked/web/mounted.js";
import { rememberRests } from "./playback.js";
import { Player } from "./player.js";

const rests = rememberRests();

const mounted = mountedBy((root) => new Player(root, { recall: rests.recall }));

export function component({ data, parentElement, setStateValue, setTriggerValue }) {
  const [player, leave] = mounted(parentElement);
  player.host.rest = (name, report) => {
    rests.keep(name, report);
    setStateValue("rest", report);
  };
  player.host.choose = (report) => setTriggerValue("choice", report);
  player.restyle();
  if (data) player.receive(data);
  return leave;
}
