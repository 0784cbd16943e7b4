// What a part is, its shape and its numbers, in words: what is pointed at, what is heard, and the table.

import { fill, visible } from "../../linked/web/words.js";
import { calculate, numeral, shareWords } from "./calculation.js";
import { followedIn } from "./paint.js";

const whole = (number) => number.toLocaleString("en");

export function nameOfPart(scene, node) {
  const { strings, record } = scene;
  switch (node.kind) {
    case "whole":
      return strings.whole;
    case "side":
      return strings[node.side];
    case "layer":
      return fill(strings[`${node.side}_layer`], { layer: node.layer + 1 });
    case "attention":
      return strings[attentionName(node)];
    case "head":
      return fill(strings.head_name, { head: node.head + 1 });
    case "pair": {
      const { query, key } = scene.held(node.parent);
      return fill(strings.pair_name, {
        query: tokenOf(record.queries(node.attention), query),
        key: tokenOf(record.keys(node.attention), key),
      });
    }
    case "feeding":
      return strings.feed_forward;
    case "mixer":
      return record.sides[node.side].layers[node.layer].mixer || strings.other;
    case "norm":
      return strings.last_norm;
    case "output":
      return record.last === "encoder" ? strings.output_here : strings.output;
    default:
      return strings[node.kind];
  }
}

function attentionName(node) {
  if (node.attention === "cross") return "cross_attention";
  return node.attention === "decoder" ? "masked_attention" : "self_attention";
}

const tokenOf = (side, place) => visible(side.tokens.texts[place]);

// The part with those that it is in: "Encoder layer 2 · self-attention".
export function fullName(scene, node) {
  if (["attention", "feeding", "mixer"].includes(node.kind))
    return `${nameOfPart(scene, node.parent)} · ${nameOfPart(scene, node)}`;
  if (node.kind === "head") return `${fullName(scene, node.parent)} · ${nameOfPart(scene, node)}`;
  if (node.kind === "pair") return `${nameOfPart(scene, node.parent)} · ${nameOfPart(scene, node)}`;
  if (["tokens", "embedding", "norm"].includes(node.kind) && scene.record.two)
    return `${scene.strings[node.side]} · ${nameOfPart(scene, node)}`;
  return nameOfPart(scene, node);
}

export function shapeOf(scene, node) {
  const { strings, record } = scene;
  const side = record.sides[node.side];
  const count = side?.tokens.texts.length;
  const width = side?.width;
  switch (node.kind) {
    case "side":
    case "norm":
    case "embedding":
      return width ? fill(strings.shape_vectors, { count, width }) : fill(strings.shape_tokens, { count });
    case "tokens":
      return fill(strings.shape_tokens, { count });
    case "layer":
    case "mixer":
      return width ? fill(strings.shape_layer, { count, width }) : "";
    case "attention":
    case "head":
    case "pair": {
      const [queries, keys] = [record.queries(node.attention), record.keys(node.attention)].map(
        (one) => one.tokens.texts.length,
      );
      if (node.kind === "attention")
        return fill(strings.shape_attention, {
          heads: record.attention[node.attention].heads,
          queries,
          keys,
        });
      const detail = scene.detailOf(node);
      if (node.kind === "pair") return detail ? fill(strings.shape_pair, { dk: detail.dk }) : "";
      return detail
        ? fill(strings.shape_head_apart, { queries, keys, dk: detail.dk, dv: detail.dv })
        : fill(strings.shape_head, { queries, keys });
    }
    case "feeding": {
      const units = node.sublayer?.units;
      return units
        ? fill(strings.shape_feeding, { width, units: whole(units) })
        : fill(strings.shape_vectors, { count, width });
    }
    case "across": {
      const encoder = record.sides.encoder;
      return encoder.width
        ? fill(strings.shape_vectors, { count: encoder.tokens.texts.length, width: encoder.width })
        : "";
    }
    case "output": {
      const last = record.sides[record.last];
      return record.output
        ? fill(strings.shape_output, { width: last.width, vocabulary: whole(record.output.vocabulary) })
        : "";
    }
    default:
      return "";
  }
}

// What happens at a part, for the tokens that are followed. spot: what of it is pointed at.
export function tellPart(scene, node, spot = null) {
  const { strings, record } = scene;
  const side = record.sides[node.side];
  const token = side ? (spot?.column ?? followedIn(scene, node.side)[0]) : 0;
  const word = side ? tokenOf(side, token) : "";
  switch (node.kind) {
    case "whole": {
      const kinds = Object.keys(record.sides);
      const count = kinds.map((kind) => record.sides[kind].layers.length).join(" + ");
      const followed = kinds.map((kind) => tokenOf(record.sides[kind], followedIn(scene, kind)[0]));
      if (record.output)
        followed.splice(
          1,
          1,
          visible(record.output.best[record.last === "encoder" ? scene.read : scene.step][0][0]),
        );
      const tokens = followed.map((token) => fill(strings.quote, { token })).join(" → ");
      return fill(strings.said_whole, { count, tokens });
    }
    case "side":
      return fill(strings.said_side, { count: side.layers.length, tokens: whole(side.total) });
    case "tokens":
      return tellTokens(scene, node, side, token, word);
    case "embedding":
      return tellEmbedding(scene, side, token, word);
    case "layer":
      return tellLayer(scene, node, side, token, word);
    case "mixer":
      return fill(strings.said_mixer, { mixer: nameOfPart(scene, node) });
    case "norm":
      return strings.said_norm;
    case "attention":
      return tellAttention(scene, node);
    case "head":
      return tellHead(scene, node, spot);
    case "pair":
      return tellPair(scene, node, spot);
    case "feeding": {
      const { sublayer } = node;
      if (!sublayer) return "";
      const length = numeral(sublayer.length[token], 1);
      if (sublayer.experts)
        return fill(strings.said_experts, {
          numbers: sublayer.experts[token].map((i) => i + 1).join(", "),
          token: word,
        });
      if (!sublayer.fired) return fill(strings.said_feeding_plain, { token: word, length });
      return fill(strings.said_feeding, {
        count: whole(sublayer.fired[token]),
        units: whole(sublayer.units),
        token: word,
        length,
      });
    }
    case "across":
      return fill(strings.said_across, { count: record.sides.encoder.total });
    case "output":
      return tellOutput(scene);
    default:
      return "";
  }
}

function tellTokens(scene, node, side, token, word) {
  const { strings, record } = scene;
  const [place, count] = [side.first + token + 1, whole(side.total)];
  const id = side.ids[token];
  const said = [
    id === undefined
      ? fill(strings.said_tokens_plain, { token: word, place, count })
      : fill(strings.said_tokens, { token: word, place, count, id: whole(id) }),
  ];
  if (node.side === "decoder" && record.two && token === scene.step)
    said.push(fill(strings.said_written, { count: place, token: word }));
  const drawn = side.tokens.texts.length;
  if (drawn < side.total)
    said.push(fill(strings.said_window, { first: side.first + 1, last: side.first + drawn, total: count }));
  return said.join(" ");
}

function tellEmbedding(scene, side, token, word) {
  const { strings } = scene;
  if (!side.width) return strings.said_no_vectors;
  const values = { id: whole(side.ids[token]), place: side.first + token, scale: `√${side.width}` };
  let said = strings.said_other_embedding;
  if (side.plain && side.positions) said = side.scale === 1 ? strings.said_plain_one : strings.said_plain;
  else if (side.plain) said = strings.said_row;
  return `${fill(said, values)} ${fill(strings.said_length, { token: word, length: numeral(side.lengths[token], 1) })}`;
}

function tellLayer(scene, node, side, token, word) {
  const { strings } = scene;
  if (!side.lengths)
    return node.children
      .filter((child) => child.kind === "attention")
      .map((child) => tellAttention(scene, child))
      .join(" ");
  const count = side.tokens.texts.length;
  const [before, after] = [node.layer, node.layer + 1].map((layer) =>
    numeral(side.lengths[layer * count + token], 1),
  );
  const added = node.children
    .filter((child) => child.sublayer)
    .map((child) =>
      fill(strings.said_adds, {
        part: nameOfPart(scene, child),
        length: numeral(child.sublayer.length[token], 1),
      }),
    );
  if (!added.length) return fill(strings.said_layer_plain, { token: word, before, after });
  return fill(strings.said_layer, { token: word, before, after, parts: added.join(", ") });
}

function tellAttention(scene, node) {
  const { strings, record } = scene;
  const kind = node.attention;
  const query = kind === "encoder" ? scene.read : scene.step;
  const [queries, keys] = [record.queries(kind), record.keys(kind)];
  let best = [0, 0, -1];
  for (let key = 0; key < keys.tokens.texts.length; key++) {
    const [head, weight] = record.strongest(kind, node.layer, query, key);
    if (weight > best[2]) best = [key, head, weight];
  }
  const said = record.two && kind !== "encoder" ? strings.said_write : strings.said_attention;
  return fill(said, {
    query: tokenOf(queries, query),
    key: tokenOf(keys, best[0]),
    head: best[1] + 1,
    share: shareWords(strings, best[2]),
  });
}

function tellHead(scene, node, spot) {
  const { strings, record } = scene;
  const held = scene.held(node);
  const query = spot && !spot.isKey ? spot.token : held.query;
  const [queries, keys] = [record.queries(node.attention), record.keys(node.attention)];
  const row = scene.rowOf(node, query);
  const from = tokenOf(queries, query);
  const changed = record.changed(node.attention, node.layer, node.head);
  const before = changed ? `${strings[changed === "silence" ? "said_silenced" : "said_uniform"]} ` : "";
  if (spot?.isKey) {
    const key = tokenOf(keys, spot.token);
    if (record.isCut(node.attention, node.layer, node.head, query, spot.token))
      return before + fill(strings.said_cut, { query: from, key });
    return (
      before + fill(strings.said_weight, { query: from, key, share: shareWords(strings, row[spot.token]) })
    );
  }
  const top = [...row.keys()]
    .sort((a, b) => row[b] - row[a])
    .slice(0, 3)
    .filter((i, n) => row[i] >= (n ? 0.015 : 1e-9));
  if (!top.length) return before + fill(strings.said_nothing, { query: from });
  const listed = top
    .map((i) => fill(strings.said_key, { key: tokenOf(keys, i), share: shareWords(strings, row[i]) }))
    .join(", ");
  return before + fill(strings.said_head, { query: from, keys: listed });
}

function tellPair(scene, node, spot) {
  const { strings, record } = scene;
  const { query, key } = scene.held(node.parent);
  const detail = scene.detailOf(node);
  if (!detail) return record.apart ? strings.fetching : strings.not_apart;
  const all = calculate(detail, query, key);
  if (spot?.place !== undefined && spot.place !== null) {
    const i = spot.place;
    if (["q", "k", "product"].includes(spot.name)) {
      return fill(strings.said_feature, {
        place: i + 1,
        q: numeral(all.q[i]),
        k: numeral(all.k[i]),
        product: numeral(all.product[i], 3),
      });
    }
    if (spot.name === "value")
      return fill(strings.said_value, {
        place: i + 1,
        weight: numeral(all.weight),
        v: numeral(all.v[i]),
        product: numeral(all.fetched[i], 3),
      });
    if (spot.name === "softmax") {
      return fill(strings.said_share, {
        key: tokenOf(record.keys(node.attention), i),
        score: numeral(detail.row("scores", query)[i]),
        weight: numeral(all.row[i], 3),
      });
    }
  }
  const values = { dot: numeral(all.dot), score: numeral(all.score), weight: numeral(all.weight, 3) };
  return fill(all.allowed ? strings.said_pair : strings.said_masked, values);
}

function tellOutput(scene) {
  const { strings, record } = scene;
  if (!record.output) return strings.no_output;
  const [first, second] = record.output.best[record.last === "encoder" ? scene.read : scene.step];
  const values = { first: visible(first[0]), share: shareWords(strings, first[2]), logit: numeral(first[1]) };
  if (!second) return fill(strings.said_output_one, values);
  return fill(strings.said_output, {
    ...values,
    second: visible(second[0]),
    share_2: shareWords(strings, second[2]),
  });
}
