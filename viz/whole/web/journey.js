// The way of a token as stations: every layer, and where the light takes its way, the head and the multiplication.

// Nodes in order. path: what is told to look where (see record.js).
export function makeJourney(world, path) {
  const stations = [];
  const add = (node) => node && stations.push(node);
  const sides = world.root.children.filter((node) => node.kind === "side");
  for (const side of sides) {
    add(world.byId.get(`${side.side}.tokens`));
    add(world.byId.get(`${side.side}.embedding`));
    for (const layer of side.children.filter((node) => node.kind === "layer")) {
      add(layer);
      for (const child of layer.children) {
        const taken = path.filter((one) => one.layer === layer.layer && one.kind === child.attention);
        for (const one of taken) {
          const head = world.byId.get(`${one.kind}.${one.layer}.${one.head}`);
          add(head);
          add(head?.children[0]);
        }
      }
    }
    add(world.byId.get(`${side.side}.norm`));
    if (side.side === "encoder") add(world.byId.get("across"));
  }
  add(world.byId.get("output"));
  return stations;
}

// How far along the way each part stands: that of its first station, or of what it is in.
export function ranksOf(world, stations) {
  const ranks = new Map();
  stations.forEach((node, i) => ranks.has(node) || ranks.set(node, i));
  const ranked = (node) => {
    if (!ranks.has(node)) ranks.set(node, node.parent ? (ranks.get(node.parent) ?? -1) : -1);
    node.children.forEach(ranked);
  };
  ranked(world.root);
  return ranks;
}
