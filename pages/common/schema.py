"""All that a link can say: every key once, what it means, and what its value looks like.

    /?text=The+dog+slept.&checkpoint=pronouns&kind=encoder&heads=2.3&held=2&v=4

A page that lives in one folder adds its own keys by `add`. `links` reads and writes them; whatever is not in
here, or has a value of another form, is told on the page and not read in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

COUNT = r"[1-9][0-9]{0,6}"  # a place or a number of things, counted from 1
NUMBER = r"[0-9]{1,7}"  # the same from 0
REAL = r"-?[0-9]+(\.[0-9]+)?(e-[0-9]+)?"
NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"  # of one of some choices
FLAG = r"true|false|0|1"
TEXT = r"(?s).*"  # whatever somebody wrote
COUNTS = rf"({COUNT}(,{COUNT})*)?"
SPAN = rf"{COUNT}|{REAL}(,{REAL})+"

CHECKPOINT = "checkpoint"  # the key of what every page asks


@dataclass(frozen=True)
class Key:
    """told: what it means, for whoever reads the schema. form: a regular expression of the whole value.

    numbered: it holds numbers of layers, heads or words, whose meaning a link's version tells.
    repeats: it can stand in a link several times.
    """

    told: str
    form: str = NAME
    numbered: bool = False
    repeats: bool = False

    def reads(self, value: str) -> bool:
        """Whether this is a value of the key's form."""
        return re.fullmatch(self.form, value, re.ASCII if self.form is not TEXT else 0) is not None


SCHEMA: dict[str, Key] = {
    # What is asked of a model.
    "text": Key("the sentence", TEXT),
    "pair": Key("a second sentence that is read together with the first", TEXT),
    "checkpoint": Key("the name of a checkpoint, a path, or a name on the Hub", TEXT),
    "from": Key("the language that is translated from", TEXT),
    "to": Key("the language that is translated to", TEXT),
    "how": Key("how the next token is chosen: greedy, beam, sampling"),
    "beams": Key("how many beginnings beam search follows", COUNT),
    "temperature": Key("the temperature of sampling", REAL),
    "top_k": Key("of sampling: among how many; 0 is all", NUMBER),
    "top_p": Key("of sampling: up to which probability", REAL),
    "seed": Key("the seed of sampling", NUMBER),
    "prefix": Key(
        "the ids that the translation begins with; ! behind those that somebody chose", r"([0-9.!]*)"
    ),
    "edits": Key(
        "what is changed in the model; see `pages.common.edits`", r"[a-z0-9~@.,\- ]*", numbered=True
    ),
    # A string through recurrent networks.
    "letters": Key("the string that is written backwards", TEXT),
    "length": Key("how many of its letters are read", COUNT),
    "network": Key("which network writes it"),
    "contexts": Key("unfolded: the context vectors", FLAG),
    # What of it is looked at.
    "kind": Key("which attention or which stack: encoder, decoder, cross"),
    "layer": Key("one layer", COUNT, numbered=True),
    "head": Key("one head of the layer, or all", rf"{COUNT}|all"),
    "heads": Key("the linked view's heads, layer.head each", r"[0-9.,]*", numbered=True),
    "held": Key("the held words, each by its first token", COUNTS, numbered=True),
    "token": Key("the token that is followed", COUNT),
    "looked": Key("the key that is spoken of", COUNT),
    "step": Key("how much of the translation is written", NUMBER),
    "cross_head": Key(
        "the decoder's head, layer.head, or layer.all", rf"{COUNT}\.({COUNT}|all)", numbered=True
    ),
    "encoder_head": Key("the encoder's head that follows", rf"{COUNT}\.({COUNT}|all)", numbered=True),
    "combine": Key("several heads as one: mean, max"),
    "threshold": Key("weights below it are not drawn", REAL),
    "specials": Key("whether special tokens are shown", FLAG),
    "words": Key("whether tokens are merged into words", FLAG),
    "side": Key("who holds: query, key"),
    "segments": Key("of a pair, whose queries and keys: all, aa, ab, ba, bb"),
    "sublayer": Key("a sublayer of the block"),
    "feature": Key("a feature of a vector", COUNT),
    "units": Key("which units are drawn: all, strongest"),
    "unit": Key("a unit of a feed-forward layer", COUNT),
    "beside": Key("a sentence to compare with", TEXT),
    "scope": Key("where a change is made: every, layer, head"),
    # Which part of a page is shown, and what is unfolded.
    "lang": Key("the language of the page"),
    "part": Key("the part of the page"),
    "at": Key("the part of the model's picture that is open; see `pages.parts.path.places`", r"[a-z0-9.-]*"),
    "formula": Key("unfolded: the formula, and what to notice", FLAG),
    "cut": Key("unfolded: cut and see", FLAG),
    "compare": Key("whether attention is compared with its effect", FLAG),
    "compared": Key("unfolded: beside another sentence", FLAG),
    "measured": Key("unfolded: a number for each head", FLAG),
    "measure": Key("which number that is"),
    "film": Key("unfolded: how the heads formed", FLAG),
    "figure": Key("unfolded: one head as a figure", FLAG),
    "image": Key("the kind of file that a figure is saved as"),
    "pieces": Key("unfolded: words and their tokens", FLAG),
    "align": Key("unfolded: word alignment", FLAG),
    "align_layer": Key("the layer that words are aligned by", COUNT, numbered=True),
    "align_heads": Key("the heads that words are aligned by", COUNT, repeats=True),
    "align_method": Key("how links are chosen"),
    "tree": Key("unfolded: the beam as a tree", FLAG),
    "written": Key("unfolded: the whole translation", FLAG),
    "options": Key("unfolded: the model and how it learns", FLAG),
    "learning": Key("unfolded: other runs, and how a run learns", FLAG),
    "lesson": Key("unfolded: what happens in a step of training", FLAG),
    "elsewhere": Key("unfolded: runs from elsewhere, and removed ones", FLAG),
    "more": Key("unfolded: more sentences", FLAG),
    "another": Key("unfolded: another head", FLAG),
    # The film of a run.
    "frame": Key("the snapshot", COUNT),
    "scene": Key("the sentence of the film", COUNT),
    "snapshot": Key("whether the snapshot is shown in the linked view", FLAG),
    # Attention, step by step.
    "calculation": Key("the step of the formula", r"[1-7]"),
    "for": Key("one query or all of them"),
    "tried": Key("scores, divisor and temperature that are set in the softmax", r"[0-9dt:.,\-]*"),
    "experiments": Key("unfolded: the experiments", FLAG),
    "experiment": Key("which experiment"),
    "d_k": Key("the width of queries and keys", COUNT),
    "draw": Key("the number of a random draw", NUMBER),
    "key_width": Key("of the experiment on shapes: of queries and keys", COUNT),
    "value_width": Key("of the experiment on shapes: of values", COUNT),
    "stage": Key("which weighted sum"),
    "angle": Key("the direction of x, in degrees", NUMBER),
    # Several heads.
    "others": Key("unfolded: the other heads of the layer", FLAG),
    "sum_of_heads": Key("unfolded: the heads' contributions, feature by feature", FLAG),
    "d_model": Key("the width of embeddings", COUNT),
    "count": Key("how many heads share it", COUNT),
    "n": Key("how many tokens attention costs are told for", COUNT),
    "cost_width": Key("the width that attention costs are told for", COUNT),
    "cost_heads": Key("how many heads attention costs are told for", COUNT),
    # Sequence models.
    "series": Key("which series of numbers"),
    "numbers": Key("a person's own series", TEXT),
    "t": Key("the number of the series that is predicted", COUNT),
    "order": Key("how many numbers back the autoregressive model sees", COUNT),
    "ahead": Key("how many numbers ahead is predicted", COUNT),
    "horizon": Key("unfolded: the error for each number of steps ahead", FLAG),
    # Word vectors.
    "corpus": Key("the text that word vectors are learned from"),
    "word": Key("the word whose vector is looked at", TEXT),
    "window": Key("how many words to either side are a word's context", COUNT),
    "sentence": Key("the sentence whose words are looked at", TEXT),
    "loss": Key("unfolded: how the loss falls", FLAG),
    # Recurrent networks.
    "moment": Key(
        "the step of a recurrent network that is at work, the decoder's behind the encoder's", COUNT
    ),
    "computed": Key("unfolded: the numbers of a step", FLAG),
    "gate": Key("the gate that is held by hand"),
    "held_at": Key("the value that it is held at: 0 closes it, 1 opens it", r"[01]"),
    "answered": Key("where the answer stands that is looked at", COUNT),
    "shown_units": Key("whether gates are shown unit by unit, or their mean: mean, units"),
    "grus": Key("unfolded: the GRU beside the LSTM", FLAG),
    # Positions.
    "scheme": Key("how positions are told: sinusoidal, learned, rotary, alibi"),
    "positions": Key("how many of them", COUNT),
    "alibi_heads": Key("for how many heads ALiBi is drawn", COUNT),
    "whole": Key("unfolded: more positions than the sentence has", FLAG),
    "along": Key("what each curve is of: columns, places"),
    "of_columns": Key("which columns", SPAN, repeats=True),
    "of_places": Key("which places", SPAN, repeats=True),
    "query": Key("of rotated positions: the query's", NUMBER),
    "key": Key("of rotated positions: the key's", NUMBER),
    "further": Key("of rotated positions: how far both are moved", NUMBER),
    "shuffle": Key("the seed that words are shuffled by", NUMBER),
    # Masks.
    "masks": Key("the masks that are on", r"[a-z,]*"),
    "second": Key("the other sentence of the batch", TEXT),
    "of": Key("which sentence of the batch is looked at"),
    "width": Key("how far the window reaches", NUMBER),
    "prefix_length": Key("how long the prefix is", NUMBER),
    "painted": Key("a mask that was painted: its size and its bits", r"[0-9]+x[0-9]+-[A-Za-z0-9_-]*"),
    "changed": Key("the token that the leak is looked for with", COUNT),
    "becomes": Key("what it is changed into, by its id", NUMBER),
    # The block.
    "inside": Key(
        "the part of the layer that is open: in, out, 1.sublayer, 1.add, 1.norm", r"in|out|[1-9][.][a-z]+"
    ),
    "whose": Key("whose growth is measured"),
    "layers": Key("how deep", COUNT),
    # Tokens.
    "passage": Key("the text", TEXT),
    "learn": Key("what tokenizers learn from"),
    "size": Key("how many pieces a vocabulary has", COUNT),
    "merge": Key("how many merges are done", NUMBER),
    "kind_of_tokenizer": Key("which kind is trained"),
    "vocabulary": Key("how many pieces are trained", COUNT),
    "fallback": Key("whether bytes are pieces", FLAG),
    "piece": Key("the piece whose vector is shown", COUNT),
    "strips": Key("unfolded: the vectors feature by feature", FLAG),
    # How far a network reaches.
    "gain": Key("what the recurrent matrix W is multiplied by", REAL),
    "theory": Key("unfolded: the slope that theory expects", FLAG),
    "forgetting": Key("unfolded: an LSTM's forget bias", FLAG),
    "ways": Key("unfolded: how many steps lie between two words", FLAG),
    "clipping": Key("unfolded: what gradient clipping does to an update", FLAG),
    "limit": Key("the norm that a gradient is clipped to", REAL),
    "left_out": Key("unfolded: a word is left out", FLAG),
    # Scores.
    "reference": Key("the text that a translation is measured against", TEXT),
    "translation": Key("the translation that is measured", TEXT),
    "grams": Key("of how many tokens the groups are that are marked", r"[1-4]"),
    "cut_by": Key("sacreBLEU's tokenizer"),
    "chrf": Key("unfolded: groups of letters", FLAG),
    # Train.
    "task": Key("what is learned"),
    "start": Key("the checkpoint that a run begins with", TEXT),
    "run": Key("the run that is shown", TEXT),
    "beside_runs": Key("the runs that it is compared with", TEXT, repeats=True),
    "table": Key("the folder of a person's own table", TEXT),
    "table_how": Key("unfolded: how the table is read", FLAG),
    "table_sheet": Key("the sheet of a person's table", TEXT),
    "table_encoding": Key("the table's encoding", TEXT),
    "table_delimiter": Key("what stands between its columns", TEXT),
    "table_header": Key("whether its first row is a header"),
    "table_entities": Key("what becomes of signs such as &amp;"),
    "column_source": Key("the column that is read", TEXT),
    "column_target": Key("the column that is to be written", TEXT),
    "column_filter": Key("the column by whose values rows are chosen", TEXT),
    "column_keep": Key("those values", TEXT, repeats=True),
    # The link itself.
    "v": Key("the version of what its numbers mean; see `pages.common.old_links`", NUMBER),
}
PREFIXES = {"set_": Key("a switch of a run that is to begin; see `pages.parts.train.switches`", TEXT)}
# A key that had two meanings: by page, what it was called there -> what it is called now.
RENAMED: dict[str, dict[str, str]] = {
    "attention": {"step": "calculation"},
    "masks": {"prefix": "prefix_length"},
    "positions": {"seed": "shuffle", "heads": "alibi_heads"},
}


def add(name: str, key: Key) -> str:
    """A key of a page that brings its own. Returns its name.

    Raises ValueError where the name has another meaning.
    """
    if SCHEMA.setdefault(name, key) != key:
        raise ValueError(f"A link's key {name} has another meaning: {SCHEMA[name].told}.")
    return name


def find(name: str) -> Key | None:
    """What a name means; None = nothing."""
    return SCHEMA.get(name) or next((key for start, key in PREFIXES.items() if name.startswith(start)), None)


def numbered() -> tuple[str, ...]:
    """The keys whose numbers a link's version is of."""
    return tuple(name for name, key in SCHEMA.items() if key.numbered)
