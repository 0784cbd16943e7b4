"""Translators of several languages: tiny tokenizers trained on the spot, and tiny random models for them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, cast

import sentencepiece
import torch
import transformers
from transformers import (
    M2M100Tokenizer,
    MarianTokenizer,
    MBart50Tokenizer,
    MBartTokenizer,
    NllbTokenizer,
    PLBartTokenizer,
    PreTrainedModel,
    SeamlessM4TTokenizer,
)

from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.text.languages import code_ids
from tests.model.families import PAIR, TEXT
from tests.model.translators import enliven

# The model's class and its config's, the start token, and three languages: read, written, and another one.
KINDS: dict[str, tuple[str, str, int, tuple[str, str, str]]] = {
    "m2m100": ("M2M100ForConditionalGeneration", "M2M100Config", 2, ("en", "fr", "de")),
    "nllb": ("M2M100ForConditionalGeneration", "M2M100Config", 2, ("eng_Latn", "fra_Latn", "deu_Latn")),
    "mbart50": ("MBartForConditionalGeneration", "MBartConfig", 2, ("en_XX", "fr_XX", "de_DE")),
    "mbart": ("MBartForConditionalGeneration", "MBartConfig", 2, ("en_XX", "ro_RO", "de_DE")),
    "plbart": ("PLBartForConditionalGeneration", "PLBartConfig", 2, ("__python__", "__en_XX__", "__java__")),
    "seamless": ("SeamlessM4TForTextToText", "SeamlessM4TConfig", 2, ("eng", "fra", "deu")),
    "seamless_v2": ("SeamlessM4Tv2ForTextToText", "SeamlessM4Tv2Config", 2, ("eng", "fra", "deu")),
    "marian": ("MarianMTModel", "MarianConfig", 1, ("", "fra", "deu")),
}


@cache
def files() -> Path:
    """A folder with a SentencePiece model, sp.model, and its pieces with their ids, vocab.json."""
    folder = Path(mkdtemp())
    (folder / "text.txt").write_text("\n".join([TEXT, "Das Tier ging nicht.", "Elle dort."] * 20))
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text.txt"),
        model_prefix=str(folder / "sp"),
        vocab_size=70,
        hard_vocab_limit=False,
        model_type="bpe",
        minloglevel=2,
        num_threads=1,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sp.model"))
    words = {token: i for i, token in enumerate(["<s>", "<pad>", "</s>", "<unk>"])}
    for i in range(pieces.get_piece_size()):
        words.setdefault(pieces.id_to_piece(i), len(words))
    (folder / "vocab.json").write_text(json.dumps(words))
    return folder


def tokenizer(kind: str) -> Any:
    """A new one each time: tokenizers change when they are told a language."""
    words: dict[str, int] = json.loads((files() / "vocab.json").read_text())
    scored = [(piece, -float(i)) for piece, i in words.items()]
    sp = str(files() / "sp.model")
    match kind:
        case "m2m100":
            return M2M100Tokenizer(str(files() / "vocab.json"), sp, src_lang="en", tgt_lang="fr")
        case "nllb":
            return NllbTokenizer(vocab=words, merges=[], src_lang="eng_Latn", tgt_lang="fra_Latn")
        case "mbart":
            return MBartTokenizer(vocab=scored, src_lang="en_XX", tgt_lang="ro_RO")
        case "mbart50":
            return MBart50Tokenizer(vocab=[*scored[1:4], *scored[4:]], src_lang="en_XX", tgt_lang="fr_XX")
        case "plbart":
            return PLBartTokenizer(sp, language_codes="base", src_lang="python", tgt_lang="en_XX")
        case "marian":
            own = ["</s>", "<pad>", "<unk>", *list(words)[4:], ">>fra<<", ">>deu<<", ">>cmn_Hans<<"]
            vocabulary = files() / "marian.json"
            vocabulary.write_text(json.dumps({piece: i for i, piece in enumerate(own)}))
            return MarianTokenizer(sp, sp, str(vocabulary), source_lang="eng", target_lang="mul")
        case _:
            codes = ["__eng__", "__fra__", "__deu__", "__cmn_Hant__"]
            return SeamlessM4TTokenizer(
                vocab=words, merges=[], extra_special_tokens=codes, src_lang="eng", tgt_lang="fra"
            )


def model(kind: str, words: Any, seed: int = 0, **told: Any) -> PreTrainedModel:
    """A random model for a tokenizer whose texts vary. told: more of its config."""
    class_name, config_name, start, _ = KINDS[kind]
    sizes: dict[str, Any] = PAIR | {"decoder_layers": 2, "forced_bos_token_id": None}
    if kind.startswith("seamless"):
        sizes |= {
            "hidden_size": 32,
            "speech_encoder_layers": 1,
            "speech_encoder_attention_heads": 4,
            "t2u_encoder_layers": 1,
            "t2u_decoder_layers": 1,
        }
    ids = {"pad_token_id": words.pad_token_id, "eos_token_id": words.eos_token_id, "bos_token_id": 0}
    config = getattr(transformers, config_name)(
        vocab_size=max(len(words), *(1 + i for i in code_ids(words).values())),
        tie_word_embeddings=False,
        **sizes | ids | {"decoder_start_token_id": start} | told,
    )
    torch.manual_seed(seed)
    made: PreTrainedModel = getattr(transformers, class_name)(config).eval()
    enliven(made, seed)
    if kind.startswith("seamless"):
        codes = {code: words.convert_tokens_to_ids(f"__{code}__") for code in ("eng", "fra", "deu")}
        cast(Any, made).generation_config.text_decoder_lang_to_code_id = codes
    return made


@cache
def polyglot(kind: str, seed: int = 0, ends: tuple[int, ...] = ()) -> Checkpoint:
    """The same checkpoint each time. mBART-25 and PLBart have no start token but a language.

    ends: more ids that end a text, so that texts have many lengths.
    """
    words = tokenizer(kind)
    told: dict[str, Any] = {"decoder_start_token_id": None} if kind in ("mbart", "plbart") else {}
    made = model(kind, words, seed, **told)
    if ends:
        cast(Any, made).generation_config.eos_token_id = [words.eos_token_id, *ends]
    return prepare(made, words, kind)
