"""What a small model's config is set to, by the name of the attribute, and what single types need beside."""

from __future__ import annotations

from typing import Any

VOCABULARY, WIDTH, HEADS, GROUPS, HEAD_WIDTH, INNER, LAYERS, WINDOW = 256, 64, 4, 2, 16, 48, 2, 8


def _each(value: Any, names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), value)


# Set wherever a config has a number of that name; what is None or a list stays as it is.
SIZES: dict[str, Any] = {
    **_each(
        VOCABULARY,
        "vocab_size src_vocab_size tgt_vocab_size decoder_vocab_size text_vocab_size entity_vocab_size "
        "vocab_size_per_layer_input unpadded_vocab_size encoder_hash_byte_group_vocab char_vocab_size "
        "t2u_vocab_size unit_hifi_gan_vocab_size pronunciation_vocab_size shape_vocab_size num_hash_buckets",
    ),
    **_each(
        WIDTH,
        "hidden_size d_model n_embd dim emb_dim embed_dim embedding_size input_embedding_size d_embed "
        "output_embedding_size word_embed_proj_dim projection_dim embedding_dim decoder_hidden_size "
        "encoder_hidden_size cross_attention_hidden_size backbone_hidden_size hidden_size_global "
        "lru_width pooler_hidden_size prediction_head_size entity_emb_size output_hidden_size "
        "router_hidden_size projector_hidden_size dim_model_base d_latents lang_embed_dim unit_embed_dim "
        "spkr_embed_dim upsample_initial_channel speech_encoder_hidden_size vision_output_dim output_dim "
        "vision_feature_dim out_hidden_size visual_embedding_dim visual_feat_dim adapter_out_dim "
        "adapter_in_dim adapter_input_size pronunciation_embed_dim shape_embed_dim codebook_dim "
        "t2u_variance_predictor_embed_dim text_hidden_size audio_hidden_size",
    ),
    **_each(
        LAYERS,
        "num_hidden_layers n_layer n_layers num_layers encoder_layers decoder_layers num_encoder_layers "
        "num_decoder_layers num_block_layers depth l_layers r_layers x_layers speech_encoder_layers "
        "t2u_encoder_layers t2u_decoder_layers resampler_depth aligner_num_add_layers "
        "decoder_num_hidden_layers conf_num_hidden_layers num_self_attends_per_block num_res_blocks",
    ),
    **_each(
        HEADS,
        "num_attention_heads n_head n_heads num_heads attention_heads encoder_attention_heads "
        "decoder_attention_heads num_encoder_attention_heads num_decoder_attention_heads "
        "num_self_attention_heads num_cross_attention_heads index_n_heads linear_num_value_heads "
        "linear_num_heads mamba_n_heads mamba_num_heads n_mamba_heads swa_num_attention_heads "
        "speech_encoder_attention_heads t2u_encoder_attention_heads t2u_decoder_attention_heads "
        "resampler_n_heads resampler_heads conf_num_attention_heads decoder_num_attention_heads",
    ),
    **_each(
        GROUPS,
        "num_key_value_heads num_kv_heads kv_n_heads multi_query_group_num linear_num_key_heads "
        "swa_num_key_value_heads num_global_key_value_heads",
    ),
    **_each(
        INNER,
        "intermediate_size ffn_dim d_ff d_inner inner_dim dff dim_ff encoder_ffn_dim decoder_ffn_dim n_inner "
        "ffn_hidden_size feed_forward_size moe_intermediate_size shared_expert_intermediate_size "
        "shared_experts_intermediate_size moe_shared_expert_intermediate_size expert_ffn_hidden_size "
        "shared_intermediate_size dense_intermediate_size intermediate_size_mlp decoder_intermediate_size "
        "hidden_dim speech_encoder_intermediate_size t2u_encoder_ffn_dim t2u_decoder_ffn_dim mlp_dim "
        "t2u_variance_predictor_hidden_dim prompt_mid_dim",
    ),
    **_each(
        HEAD_WIDTH,
        "head_dim query_pre_attn_scalar d_kv d_head dim_head v_head_dim q_lora_rank kv_lora_rank "
        "index_head_dim swa_head_dim "
        "linear_key_head_dim linear_value_head_dim linear_head_dim o_lora_rank attention_head_size "
        "mamba_head_dim resampler_head_dim resampler_dim_head hidden_size_per_layer_input laurel_rank "
        "adapter_rank gated_norm_rank embedding_rank hc_lowrank downsample_hidden_size",
    ),
    **_each(24, "qk_nope_head_dim"),  # beside rope's 8: a quarter of a head is turned, exactly
    **_each(
        8,
        "qk_rope_head_dim rope_head_dim rotary_dim mamba_d_state ssm_state_size state_size mamba_dt_rank "
        "time_step_rank d_rel prompt_length prompt_types segment_types num_latents num_landmarks patch_size",
    ),
    **_each(
        4,
        "n_routed_experts num_experts num_local_experts moe_num_experts n_experts num_routed_experts "
        "zero_expert_num block_size global_block_size index_block_size",
    ),
    **_each(
        2,
        "num_experts_per_tok num_experts_per_token moe_k moe_top_k top_k moe_topk experts_per_token "
        "encoder_sparse_step decoder_sparse_step num_sparse_encoder_layers num_sparse_decoder_layers "
        "n_layers_per_attn_res_block index_topk_blocks mamba_n_groups n_groups hc_mult hc_count",
    ),
    **_each(
        1,
        "n_group topk_group num_expert_group n_shared_experts num_shared_experts first_k_dense_replace "
        "num_random_blocks",
    ),
    **_each(
        WINDOW,
        "sliding_window sliding_window_size window_size attention_window attention_window_size index_topk "
        "attention_chunk_size local_attention local_attention_window_len local_window_size keep_window_size "
        "local_attn_chunk_length lsh_attn_chunk_length chunk_size mamba_chunk_size rel_extent "
        "resampler_n_latents resampler_num_latents local_transformer_stride segment_means_seq_len "
        "num_global_tokens local_radius",
    ),
    **_each(
        128,
        "max_position_embeddings n_positions n_ctx max_seq_len max_sequence_length max_source_positions "
        "max_target_positions max_encoder_position_embeddings max_decoder_position_embeddings context_length "
        "model_max_length max_2d_position_embeddings t2u_max_position_embeddings tpu_short_seq_length",
    ),
    **_each(32, "image_size"),
}

# Set where the default is None, of which no model could be made.
FILLED = (
    *("head_dim", "num_key_value_heads", "vocab_size", "moe_intermediate_size"),
    *("n_routed_experts", "n_shared_experts", "num_experts_per_tok"),
)

# The ids of the words that every tokenizer here has; any other token of a config gets an id of its own.
TOKENS = {
    **_each(0, "pad_token_id"),
    **_each(1, "unk_token_id"),
    **_each(2, "bos_token_id cls_token_id"),
    **_each(3, "eos_token_id sep_token_id"),
    **_each(4, "mask_token_id"),
}

# Listed among models of text, but they read none, or are another type under a second name.
NOT_TEXT = {
    **_each("It reads sound.", "unispeech unispeech-sat wav2vec2 wav2vec2-conformer"),
    **_each("It reads pictures.", "hiera videomae vit_mae"),
    **_each("Its config goes by two names, and so the Auto classes do not find it.", "evolla EvollaModel"),
}

NOT_SMALL = {
    "gemma3n": "The part that sees pictures needs the package timm.",
    "inkling_mm_model": "The part that sees pictures needs the package scipy.",
    "layoutlmv2": "The part that sees pages needs the package detectron2.",
    **_each(
        "All its layers take keys and values from another model, and this version's own check forbids that.",
        "gemma4_assistant gemma4_unified_assistant",
    ),
}

# Made and loaded, but a text alone is not enough for them.
NOT_ALONE = {
    "bros": "It reads words with the boxes in which they stand.",
    "idefics": "It reads a text with a picture.",
    "lxmert": "It reads a text with the regions of a picture.",
    "voxtral_realtime": "It reads a text with sound.",
}

# Their tokenizer's class is settled by the model type, whatever the folder says: bytes, joined in pairs.
BYTES = ("qwen2", "qwen3_5", "qwen3_5_moe", "qwen3_5_moe_text", "qwen4_exp")

_SMALL_SOUND = {"downsampling_ratios": [2, 2], "depths": [1, 1, 1], "num_filters": 8}
_TURNING = {"rope_type": "default", "rope_theta": 10000.0}
_HALF_WINDOWS = {"layer_types": ["sliding_attention", "full_attention"]}
_HALF_LINEAR = {"layer_types": ["linear_attention", "full_attention"]}
_HALF_SPARSE = {"layer_types": ["full_attention", "minimax_m3_sparse"]}
_HALF_CONVOLVED = {"layer_types": ["conv", "full_attention"]}

# What single types need beside; `usual` is given to the config from which the rest is read off.
OWN: dict[str, dict[str, Any]] = {
    # more letters than patches, as a trained one has
    "blt": {"patching_threshold": 5.1},
    # attention in some layers only, said otherwise than by a list of kinds, or by one that is not there
    "bamba": {"num_hidden_layers": 4, "attn_layer_indices": [1, 3], "mamba_d_head": 2 * WIDTH // HEADS},
    "jamba": {"num_hidden_layers": 4, "attn_layer_period": 2, "attn_layer_offset": 1},
    "recurrent_gemma": {"num_hidden_layers": 6},
    "granitemoehybrid": {**_HALF_LINEAR, "mamba_d_head": 2 * WIDTH // HEADS},
    "lfm2": _HALF_CONVOLVED,
    "lfm2_moe": {**_HALF_CONVOLVED, "num_dense_layers": 1},
    "mellum": _HALF_WINDOWS,
    "minimax_m3_vl_text": _HALF_SPARSE,
    # its depth is the length of this list
    "nemotron_h": {"layers_block_type": ["linear_attention", "full_attention", "moe"] * 2},
    # without a picture the layers that look at it are passed by
    "mllama_text_model": {"num_hidden_layers": 4, "cross_attention_layers": [1, 3]},
    "bailing_hybrid": {"num_hidden_layers": 4, "layer_group_size": 2},
    "minimax": {"block_size": 8},
    "gpt_neo": {"attention_types": [[["global", "local"], 2]], "num_layers": 4},
    "reformer": {
        # its positions are a product of two tables, and without a seed its hashing is drawn anew each time
        "axial_pos_shape": [8, 16],
        "axial_pos_embds_dim": [WIDTH // 2, WIDTH // 2],
        "hash_seed": 0,
        "is_decoder": True,
    },
    "hrm_text": {"H_cycles": 2, "L_cycles": 2},  # it goes through its layers again and again
    # decoders only where told so
    "bert-generation": {"is_decoder": True},
    "encoder-decoder": {
        "decoder": {"is_decoder": True, "add_cross_attention": True},
        "decoder_start_token_id": 2,
        "pad_token_id": 0,
        "eos_token_id": 3,
    },
    # widths that follow from others or must divide, and numbers that are None without
    "mamba2": {"head_dim": 2 * WIDTH // HEADS},
    "falcon_h1": {"mamba_d_ssm": 2 * WIDTH, "mamba_d_head": 2 * WIDTH // HEADS},
    "jetmoe": {"kv_channels": HEAD_WIDTH},
    "xlstm": {"chunk_size": 16},
    "rwkv": {"attention_hidden_size": WIDTH},
    "mobilebert": {"hidden_size": 2 * WIDTH, "intra_bottleneck_size": WIDTH},
    "lilt": {"hidden_size": 96},  # a sixth of it is the width of each side of a box
    "layoutlmv3": {"coordinate_size": 8, "shape_size": 16},
    "laguna": {**_HALF_WINDOWS, "num_attention_heads_per_layer": [4, 8]},
    "dbrx": {"attn_config": {"rope_theta": 10000.0, "clip_qkv": 8}},
    **_each(  # saved as one matrix that is cut in three
        {"num_key_value_heads": HEADS},
        "nemotron3_5_transcribe_asr_audio nemotron3_diarization_audio nemotron3_5_transcribe_word_timestamp",
    ),
    "esmc": {"num_key_value_heads": HEADS},
    "zaya": {"num_experts_per_tok": 1},
    "dots3_note_text": {
        **_each(HEADS, "swa_num_attention_heads swa_num_key_value_heads"),
        **_each(HEAD_WIDTH, "swa_q_lora_rank swa_kv_lora_rank swa_v_head_dim"),
        **{"swa_qk_nope_head_dim": 24, "swa_head_dim": 32},
    },
    "fun_asr_nano": {"adaptor_config": {"intermediate_size": WIDTH // 4}},
    "qwen2_vl_text": {"rope_parameters": {**_TURNING, "mrope_section": [2, 3, 3]}},
    "qwen4_exp_text": {
        **{"indexer_n_heads": 2, "indexer_kv_heads": 1, "indexer_head_dim": HEAD_WIDTH},
        **{"indexer_budget": WINDOW, "indexer_compress_ratio": 2},
    },
    "cohere_compass_text": {
        **_HALF_WINDOWS,
        "rope_parameters": {"sliding_attention": _TURNING, "full_attention": _TURNING},
    },
    # keys and values that later layers take from earlier ones
    "gemma3n_text": {"num_kv_shared_layers": 2},
    "gemma4_text": {"global_head_dim": 2 * HEAD_WIDTH},
    "gemma4_unified_text": {"global_head_dim": 2 * HEAD_WIDTH},
    # the rest of models that hear and see
    "emu3": {
        "vocabulary_map": {"<|extra_200|>": 200, "<image>": 201, "<|visual token 000000|>": 202},
        "vq_config": {"base_channels": 32, "channel_multiplier": [1, 1], "codebook_size": 64},
    },
    "florence2": {
        "vision_config": {
            **_each([16, 16, 32, WIDTH], "embed_dim"),
            **_each([2, 2, 2, 2], "num_heads num_groups"),
            "depths": [1, 1, 1, 1],
        }
    },
    "janus": {
        "vq_config": {
            "base_channels": 32,
            "latent_channels": 32,
            "num_embeddings": 64,
            "channel_multiplier": [1, 1],
        }
    },
    "vibevoice_acoustic_tokenizer_encoder": _SMALL_SOUND,
    "got_ocr2": {"vision_config": {"output_channels": 16}},
    "phi4_multimodal": {
        "audio_config": {
            **_each(32, "nemo_conv_channels ext_pw_out_channel depthwise_separable_out_channel"),
            "num_blocks": LAYERS,
        }
    },
    "llama4": {"vision_config": _each(WIDTH, "projector_input_dim projector_output_dim")},
    "markuplm": {"xpath_unit_hidden_size": 4},
    "encodec": {"num_filters": 4, "hidden_size": WIDTH, "codebook_dim": WIDTH, "upsampling_ratios": [2, 2]},
    "musicgen": {"decoder": {"num_codebooks": 1}},
    "musicgen_melody": {"decoder": {"num_codebooks": 1}},
    # it reads characters, with three of its own among Unicode's private ones
    "canine": {
        **{"max_position_embeddings": 256, "pad_token_id": 0, "bos_token_id": 0xE000, "eos_token_id": 0xE001},
    },
    "splinter": {"question_token_id": 17},  # a word of the text stands for the question
    "xmod": {"default_language": "en_XX"},
}
