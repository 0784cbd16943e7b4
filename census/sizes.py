"""What a small model's config is set to, by the name of the attribute, and what single types need beside."""

from __future__ import annotations

from typing import Any

HEADS, WIDTH, LAYERS = 4, 64, 2

# Each line: the value, then the attributes that have it.
TABLE = """
80 vocab_size n_vocab text_vocab_size
64 hidden_size d_model n_embd dim emb_dim embed_dim embedding_size word_embed_proj_dim decoder_hidden_size
64 encoder_hidden_size projection_dim text_embed_dim d_embed rnn_hidden_size attention_hidden_size lru_width
2 num_hidden_layers n_layer n_layers num_layers encoder_layers decoder_layers num_encoder_layers depth
2 num_decoder_layers num_block_layers num_conv_layers
4 num_attention_heads n_head n_heads num_heads encoder_attention_heads decoder_attention_heads index_n_heads
4 num_decoder_attention_heads num_encoder_attention_heads linear_num_value_heads num_self_attention_heads
4 num_cross_attention_heads
2 num_key_value_heads num_kv_heads multi_query_group_num linear_num_key_heads
48 intermediate_size ffn_dim d_ff d_inner inner_dim encoder_ffn_dim decoder_ffn_dim n_inner ffn_hidden_size
48 feed_forward_proj_dim moe_intermediate_size shared_expert_intermediate_size feedforward_size hidden_dim
48 moe_shared_expert_intermediate_size expert_ffn_hidden_size shared_intermediate_size decoder_inner_size
16 head_dim d_kv kv_channels v_head_dim qk_nope_head_dim q_lora_rank kv_lora_rank index_head_dim
16 linear_key_head_dim linear_value_head_dim attention_key_size attention_value_size
8 qk_rope_head_dim rope_head_dim
4 n_routed_experts num_experts num_local_experts moe_num_experts n_experts num_routed_experts
2 num_experts_per_tok num_experts_per_token moe_k moe_top_k top_k experts_per_token n_activated_experts
2 moe_topk num_selected_experts
1 n_group topk_group n_shared_experts num_shared_experts first_k_dense_replace
8 sliding_window window_size attention_chunk_size index_topk local_attention index_block_size
8 attention_window local_attn_chunk_length lsh_attn_chunk_length local_window_size
256 max_position_embeddings n_positions max_seq_len max_sequence_length n_ctx
8 mamba_d_state ssm_state_size state_size d_state
0 pad_token_id
2 bos_token_id cls_token_id decoder_start_token_id
3 eos_token_id sep_token_id forced_eos_token_id
4 mask_token_id
"""

SIZES: dict[str, int] = {
    name: int(value) for value, *names in map(str.split, TABLE.strip().splitlines()) for name in names
}

# Set where the default is None, which is no size that a model could be made with.
FILLED = frozenset(
    {
        "head_dim",
        "num_key_value_heads",
        "moe_intermediate_size",
        "n_routed_experts",
        "n_shared_experts",
        "num_experts_per_tok",
        "n_group",
        "topk_group",
        "first_k_dense_replace",
    }
)

# Listed among models of text, but they read pictures or are this project's own.
NOT_TEXT = frozenset({"headlight", "hiera", "videomae", "unispeech", "unispeech-sat"})

# Of which no small model can be made here, and why.
NOT_SMALL: dict[str, str] = {
    "gemma3n": "its vision half needs the package timm",
    "inkling_mm_model": "it needs the package scipy",
    "layoutlmv2": "it needs the package detectron2",
}

OWN: dict[str, dict[str, Any]] = {
    "zamba": {
        "attention_hidden_size": 128,
        "attention_head_dim": 32,
        "num_hidden_layers": 4,
        "layers_block_type": ["mamba", "hybrid", "mamba", "hybrid"],
        "mamba_dt_rank": 4,
        "n_mamba_heads": 2,
    },
    "zamba2": {
        "num_hidden_layers": 4,
        "hybrid_layer_ids": [1, 3],
        "mamba_ngroups": 1,
        "n_mamba_heads": 8,
        "layers_block_type": ["mamba", "hybrid", "mamba", "hybrid"],
        "attention_hidden_size": 128,
        "attention_head_dim": 32,
    },
    "granitemoehybrid": {
        "num_hidden_layers": 4,
        "layer_types": ["mamba", "attention", "mamba", "attention"],
        "mamba_n_heads": 8,
        "mamba_d_head": 16,
    },
    "deepseek_v2": {"topk_method": "greedy", "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1},
    "bailing_hybrid": {"num_key_value_heads": 4},
    "encoder-decoder": {"decoder": {"is_decoder": True, "add_cross_attention": True}},
    "dbrx": {"attn_config": {"rope_theta": 10000.0, "kv_n_heads": 2, "clip_qkv": 8.0}},
    "lfm2_moe": {"layer_types": ["conv", "full_attention", "conv", "full_attention"], "num_hidden_layers": 4},
    "mamba2": {"num_heads": 8, "head_dim": 16},
    "mistral4": {"qk_rope_head_dim": 8},
    "jamba": {"num_hidden_layers": 4, "attn_layer_period": 2, "attn_layer_offset": 1},
    "bamba": {"num_hidden_layers": 4, "attn_layer_indices": [2], "mamba_n_heads": 8, "mamba_d_head": 16},
    "falcon_h1": {"mamba_d_ssm": 64, "mamba_n_heads": 4, "mamba_d_head": 16},
    "recurrent_gemma": {"num_hidden_layers": 6, "attention_window_size": 8},
    "esm": {"vocab_size": 80, "mask_token_id": 4, "pad_token_id": 0},
    "gemma3n_text": {"num_kv_shared_layers": 0, "vocab_size_per_layer_input": 80, "laurel_rank": 8},
    "gemma4_text": {"vocab_size_per_layer_input": 80, "hidden_size_per_layer_input": 8},
    "gemma4": {"text_config": {"vocab_size_per_layer_input": 80, "hidden_size_per_layer_input": 8}},
    "cohere_compass_text": {
        "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 1e4}}
    },
    "qwen4_exp_text": {
        "indexer_n_heads": 4,
        "indexer_kv_heads": 1,
        "indexer_head_dim": 16,
        "indexer_budget": 8,
        "indexer_compress_ratio": 2,
        "ple_embed_dim": 16,
        "ngram_vocab_size_base": 100,
        "hc_lowrank": 8,
    },
    "esmc": {"num_key_value_heads": HEADS},
    "zaya": {"num_experts_per_tok": 1},
    "gptj": {"rotary_dim": 8},
    "codegen": {"rotary_dim": 8},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "num_layers": 2},
    "reformer": {
        "is_decoder": True,
        "attn_layers": ["lsh", "local"],
        "num_buckets": 4,
        "axial_pos_shape": [16, 16],
        "axial_pos_embds_dim": [32, 32],
        "attention_head_size": 16,
        "feed_forward_size": 48,
        "hash_seed": 0,
    },
}
