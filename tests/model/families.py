"""Tiny random models of many families, made from their transformers configs, and tokenizers for them."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import tokenizers
import torch
import transformers
from tokenizers import decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from transformers.pytorch_utils import Conv1D

VOCABULARY = 320
SPECIAL = ["<pad>", "<unk>", "<s>", "</s>"]
TEXT = "The animal didn't cross the street because it was too tired."

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 40}
GROUPED = SMALL | {"num_key_value_heads": 2}
SLIDING = {"sliding_window": 4, "layer_types": ["sliding_attention", "full_attention"]}
GEMMA = GROUPED | SLIDING | {"head_dim": 8, "max_position_embeddings": 512}
PAIR = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 3,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 40,
    "decoder_ffn_dim": 40,
    "max_position_embeddings": 256,
    "forced_eos_token_id": None,
}

Recipe = tuple[str, str, dict[str, Any]]  # the model's class, its config's, and the sizes

# Through transformers' attention interface.
FAMILIES: dict[str, Recipe] = {
    "bert": ("BertForMaskedLM", "Bert", SMALL),
    "roberta": ("RobertaForMaskedLM", "Roberta", SMALL),
    "electra": ("ElectraForPreTraining", "Electra", SMALL | {"embedding_size": 16}),
    "albert": ("AlbertForMaskedLM", "Albert", SMALL | {"embedding_size": 16, "num_hidden_layers": 3}),
    "distilbert": (
        "DistilBertForMaskedLM",
        "DistilBert",
        {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 40},
    ),
    "modernbert": (
        "ModernBertForMaskedLM",
        "ModernBert",
        SMALL | {"num_hidden_layers": 4, "local_attention": 4, "cls_token_id": 2, "sep_token_id": 3},
    ),
    "gpt2": ("GPT2LMHeadModel", "GPT2", {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 256}),
    "gpt_neox": ("GPTNeoXForCausalLM", "GPTNeoX", SMALL),
    "opt": (
        "OPTForCausalLM",
        "OPT",
        {
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "ffn_dim": 40,
            "word_embed_proj_dim": 32,
        },
    ),
    "llama": ("LlamaForCausalLM", "Llama", GROUPED),
    "mistral": ("MistralForCausalLM", "Mistral", GROUPED | {"sliding_window": 4}),
    "qwen2": ("Qwen2ForCausalLM", "Qwen2", GROUPED),
    "qwen3": ("Qwen3ForCausalLM", "Qwen3", GROUPED | {"head_dim": 8}),
    "gemma2": ("Gemma2ForCausalLM", "Gemma2", GEMMA | {"attn_logit_softcapping": 2.0}),
    "gemma3": ("Gemma3ForCausalLM", "Gemma3Text", GEMMA),
    "phi3": ("Phi3ForCausalLM", "Phi3", GROUPED),
    "gpt_oss": ("GptOssForCausalLM", "GptOss", GEMMA | {"num_local_experts": 4, "num_experts_per_tok": 2}),
    "t5": (
        "T5ForConditionalGeneration",
        "T5",
        {
            "d_model": 32,
            "d_kv": 8,
            "d_ff": 40,
            "num_heads": 4,
            "num_layers": 2,
            "num_decoder_layers": 3,
            "decoder_start_token_id": 0,
        },
    ),
    "bart": ("BartForConditionalGeneration", "Bart", PAIR | {"decoder_start_token_id": 3}),
    "marian": ("MarianMTModel", "Marian", PAIR | {"decoder_start_token_id": 0}),
}

# Those that write softmax down themselves.
OTHERS: dict[str, Recipe] = {
    "xlnet": ("XLNetLMHeadModel", "XLNet", {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 40}),
    "deberta_v2": (
        "DebertaV2ForMaskedLM",
        "DebertaV2",
        SMALL | {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]},
    ),
    "bloom": ("BloomForCausalLM", "Bloom", {"hidden_size": 32, "n_layer": 2, "n_head": 4}),
    "gpt_neo": (
        "GPTNeoForCausalLM",
        "GPTNeo",
        {
            "hidden_size": 32,
            "num_layers": 2,
            "num_heads": 4,
            "window_size": 4,
            "attention_types": [[["global", "local"], 1]],
        },
    ),
}

# Those that never make a matrix over all tokens.
BANDS: dict[str, Recipe] = {
    "longformer": ("LongformerForMaskedLM", "Longformer", SMALL | {"attention_window": [4, 8]}),
}

# For the tests of pairs of texts.
PAIRED: dict[str, Recipe] = {"mpnet": ("MPNetForMaskedLM", "MPNet", SMALL)}


def build(name: str, **sizes: Any) -> PreTrainedModel:
    """The same random model each time, in eval mode, its attention far from even."""
    model_class, family, usual = (FAMILIES | OTHERS | BANDS | PAIRED)[name]
    common = {"vocab_size": VOCABULARY, "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
    config = getattr(transformers, f"{family}Config")(**common | usual | sizes)
    torch.manual_seed(0)
    model: PreTrainedModel = getattr(transformers, model_class)(config)
    with torch.no_grad():
        for module in model.modules():
            learns = isinstance(module, torch.nn.Linear | Conv1D | torch.nn.Embedding)
            if learns and module.weight.requires_grad:  # Marian's sinusoids stay
                cast(torch.nn.Linear, module).weight.normal_(std=0.3)
            if isinstance(sinks := getattr(module, "sinks", None), torch.nn.Parameter):
                sinks.normal_()
    return model.eval()


@cache
def tokenizer(template: str = "$A") -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer trained on the spot; any text can be written in its tokens.

    template: what stands around a text, such as "<s> $A </s>".
    """
    bpe = tokenizers.Tokenizer(models.BPE(unk_token="<unk>"))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator(
        [TEXT, "Das Tier ging nicht über die Straße.", "L'animal n'a pas traversé la rue."],
        trainers.BpeTrainer(
            vocab_size=VOCABULARY, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
        ),
    )
    bpe.post_processor = processors.TemplateProcessing(
        single=template, special_tokens=[(mark, SPECIAL.index(mark)) for mark in SPECIAL]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token="<pad>", unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )
