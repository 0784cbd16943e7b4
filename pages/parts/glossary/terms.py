"""The field's terms: what each means, and where in this app it can be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from model.errors import N_


@dataclass(frozen=True)
class Term:
    """name, meaning: marked to be translated. page: where it is seen; query: of the link that shows it."""

    name: str
    meaning: str
    page: str
    query: Mapping[str, str] = field(default_factory=dict)


BEFORE = (
    Term(
        N_("Markov assumption"),
        N_("The next value depends on the last one alone, and on nothing before it."),
        "sequence",
    ),
    Term(
        N_("Autoregressive model"),
        N_("Predicts the next value from those before it: from a window of them, or from all."),
        "sequence",
    ),
    Term(
        N_("Hidden state"),
        N_("Numbers that are carried along and sum up all that came before."),
        "sequence",
    ),
    Term(
        N_("Skip-gram"),
        N_("Learns word vectors by telling which words stand near a word."),
        "vectors",
    ),
    Term(
        N_("Negative sampling"),
        N_("Each real pair of words is learned against some that are drawn at random."),
        "vectors",
        {"part": "pairs"},
    ),
    Term(
        N_("Pointwise mutual information (PMI)"),
        N_("How much more often two words stand together than by chance; PPMI keeps what is above 0."),
        "vectors",
    ),
    Term(
        N_("Recurrent neural network (RNN)"),
        N_("Reads one token after another; the same matrices meet each token and the state before it."),
        "unrolled",
    ),
    Term(
        N_("Many-to-one, many-to-many"),
        N_("One answer from the last state, or an answer at each token."),
        "unrolled",
    ),
    Term(
        N_("Gate"),
        N_("A number from 0 to 1 for each unit, learned, that says how much is let through."),
        "gates",
    ),
    Term(
        N_("LSTM"),
        N_("A recurrent network whose cell state is kept, added to and shown through three gates."),
        "gates",
    ),
    Term(
        N_("GRU"),
        N_("A recurrent network with two gates and no cell state of its own: fewer parameters than an LSTM."),
        "gates",
    ),
    Term(
        N_("Vanishing and exploding gradients"),
        N_(
            "Multiplied again at each step on its way back, a gradient shrinks to nothing or grows too large."
        ),
        "reach",
    ),
    Term(
        N_("Gradient clipping"),
        N_("A gradient that is longer than a limit is shortened to it; its direction stays."),
        "reach",
        {"clipping": "true"},
    ),
    Term(
        N_("Sequence to sequence (seq2seq)"),
        N_("An encoder reads a text, a decoder writes another from what the encoder hands over."),
        "seq2seq",
    ),
    Term(
        N_("Context vector"),
        N_("What a decoder knows of the source: one vector for all steps, or with attention one for each."),
        "seq2seq",
    ),
)
TEXT = (
    Term(
        N_("Token"),
        N_("What a model reads: a word, a piece of a word, or a sign. Each has a number, its id."),
        "tokens",
    ),
    Term(
        N_("Tokenizer"),
        N_("Cuts a text into tokens and puts them together again."),
        "tokens",
    ),
    Term(
        N_("Byte-pair encoding (BPE)"),
        N_("Begins with characters and merges the commonest pair again and again."),
        "tokens",
        {"part": "merges"},
    ),
    Term(
        N_("Special token"),
        N_("A token that stands for no text: beginning, end, padding, separator, mask."),
        "explore",
        {"specials": "1", "words": "0"},
    ),
    Term(
        N_("Vocabulary"),
        N_("All tokens that a model knows; its output is a probability for each of them."),
        "tokens",
        {"part": "train"},
    ),
    Term(
        N_("Embedding"),
        N_("The vector that stands for a token: one row of a learned table."),
        "tokens",
        {"part": "vectors"},
    ),
    Term(
        N_("Position encoding"),
        N_("What tells a model the order of the tokens; attention by itself does not see it."),
        "positions",
    ),
)
ATTENTION = (
    Term(
        N_("Attention"),
        N_(
            "Each token takes a weighted sum of the values of the tokens it looks at; each weight "
            "depends on both tokens."
        ),
        "explore",
    ),
    Term(
        N_("Query (q)"),
        N_("The vector with which a token looks: it is compared with the keys."),
        "attention",
        {"calculation": "1"},
    ),
    Term(
        N_("Key (k)"),
        N_("The vector by which a token is found: queries are compared with it."),
        "attention",
        {"calculation": "1"},
    ),
    Term(
        N_("Value (v)"),
        N_("The vector that a token hands over to those that look at it."),
        "attention",
        {"calculation": "6"},
    ),
    Term(
        N_("Score"),
        N_("The dot product q·k divided by √dₖ, before the softmax."),
        "attention",
        {"calculation": "3"},
    ),
    Term(
        N_("Softmax"),
        N_("Turns scores into weights: e to the score, divided by the sum of these over the row."),
        "attention",
        {"calculation": "5"},
    ),
    Term(
        N_("Attention weight"),
        N_("The share of a query's attention that a key gets; the weights of one query sum to 1."),
        "explore",
    ),
    Term(
        N_("Head"),
        N_("One set of queries, keys and values with its own weights; a layer has several side by side."),
        "heads",
    ),
    Term(
        N_("Self-attention"),
        N_("Queries, keys and values come from the same text."),
        "explore",
        {"kind": "encoder"},
    ),
    Term(
        N_("Cross-attention"),
        N_("Queries come from what is being written, keys and values from the source."),
        "explore",
        {"kind": "cross"},
    ),
    Term(
        N_("Causal mask"),
        N_("Keeps each token from looking at later ones: a triangle of −∞ before the softmax."),
        "masks",
        {"masks": "causal"},
    ),
    Term(
        N_("Padding mask"),
        N_("Keeps tokens from looking at the padding after the shorter texts of a batch."),
        "masks",
        {"masks": "padding"},
    ),
)
MODEL = (
    Term(
        N_("Transformer"),
        N_("A network of blocks of attention and feed-forward layers (Vaswani et al. 2017)."),
        "path",
    ),
    Term(
        N_("Encoder"),
        N_("The stack that reads the whole text; every token may look at every other."),
        "explore",
        {"kind": "encoder"},
    ),
    Term(
        N_("Decoder"),
        N_("The stack that writes, one token after another, and sees only what is written."),
        "explore",
        {"kind": "decoder"},
    ),
    Term(
        N_("Block, layer"),
        N_("Attention and a feed-forward network, each added to the residual stream; models stack them."),
        "block",
    ),
    Term(
        N_("Residual stream"),
        N_("The vector of a token on its way through the layers; every sublayer only adds to it."),
        "block",
        {"part": "residual"},
    ),
    Term(
        N_("Layer normalization"),
        N_("Brings a vector to a common scale, before or after each sublayer."),
        "block",
        {"part": "residual"},
    ),
    Term(
        N_("Feed-forward network"),
        N_("Two linear maps with a nonlinearity in between, for each token by itself."),
        "block",
        {"part": "feed-forward"},
    ),
    Term(
        N_("Mixture of experts"),
        N_("Several feed-forward networks, of which a router picks a few for each token."),
        "block",
        {"part": "experts", "checkpoint": "pronouns-experts"},
    ),
    Term(
        N_("Logit"),
        N_("The score of a token of the vocabulary, before the softmax at the output."),
        "path",
    ),
    Term(
        N_("Parameter"),
        N_("A number that is learned. A checkpoint is the file that holds them all."),
        "heads",
        {"part": "costs"},
    ),
)
WRITING = (
    Term(
        N_("Greedy decoding"),
        N_("Always writes the likeliest token."),
        "translate",
    ),
    Term(
        N_("Beam search"),
        N_("Follows several beginnings at once and keeps the likeliest."),
        "translate",
        {"how": "beam"},
    ),
    Term(
        N_("Sampling, temperature"),
        N_(
            "Samples the next token by its probability; the temperature sharpens or flattens the "
            "distribution first."
        ),
        "translate",
        {"how": "sampling"},
    ),
    Term(
        N_("Word alignment"),
        N_("Which word of a translation belongs to which word of the source."),
        "translate",
        {"align": "true"},
    ),
)
LEARNING = (
    Term(
        N_("Loss (cross-entropy)"),
        N_("−log of the probability that the model gives to the right token."),
        "train",
    ),
    Term(
        N_("Teacher forcing"),
        N_("While it learns, the decoder reads the right text and not what it wrote itself."),
        "train",
    ),
    Term(
        N_("Learning rate, warm-up"),
        N_("How far one step moves the parameters; it rises at first and falls later."),
        "train",
    ),
    Term(
        N_("Batch"),
        N_("The examples that are learned from in one step; their number is the batch size."),
        "train",
    ),
    Term(
        N_("BLEU, chrF"),
        N_("How near translations are to references, by their words or by their characters."),
        "train",
    ),
)
TESTING = (
    Term(
        N_("Ablation"),
        N_("Taking something away, an edge, a head, and seeing what changes."),
        "explore",
        {"cut": "true"},
    ),
    Term(
        N_("Attention vs. effect"),
        N_("What is looked at beside what changes the result when it is cut; the two need not agree."),
        "explore",
        {"cut": "true", "compare": "true"},
    ),
    Term(
        N_("Contribution"),
        N_("The part of a layer's result that one head adds."),
        "heads",
        {"part": "shares"},
    ),
    Term(
        N_("Entropy"),
        N_("How spread out a head's weights are: 0 where it looks at one token alone."),
        "explore",
        {"measured": "true"},
    ),
)
GROUPS: tuple[tuple[str, tuple[Term, ...]], ...] = (
    (N_("Before the Transformer"), BEFORE),
    (N_("Text"), TEXT),
    (N_("Attention"), ATTENTION),
    (N_("The model"), MODEL),
    (N_("Writing"), WRITING),
    (N_("Learning"), LEARNING),
    (N_("Analysis"), TESTING),
)
