"""Sizes of the built-in model: `mini` is what two CPU cores can train in an evening, `full` wants a GPU for twenty minutes."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Tuple


@dataclass(frozen=True)
class Preset:
    picture: int  # pixels a side of the native size
    sizes: Tuple[Tuple[int, int], ...]  # width, height: native first, then the aspects around it
    vae: Tuple[int, ...]
    language: Dict[str, int]
    vision: Dict[str, int]
    decoder: Dict[str, Any]


# A rehearsal of the whole recipe on a CPU: every part as small as it can be.
TINY = Preset(64, ((64, 64), (96, 48)), (8, 8, 8, 8), {"hidden": 32, "inner": 64, "layers": 2, "heads": 2, "kv_heads": 1, "head": 16},
              {"hidden": 32, "inner": 64, "layers": 1, "heads": 2, "words": 32},
              {"hidden_size": 32, "num_heads": 2, "axes_dim": [4, 6, 6], "depth": 1, "depth_single_blocks": 1})
MINI = Preset(128, ((128, 128),), (16, 32, 64, 64), {"hidden": 128, "inner": 384, "layers": 4, "heads": 4, "kv_heads": 2, "head": 32},
              {"hidden": 128, "inner": 256, "layers": 4, "heads": 4, "words": 512},
              {"hidden_size": 160, "num_heads": 4, "axes_dim": [8, 16, 16], "depth": 2, "depth_single_blocks": 3})
FULL = Preset(256, ((256, 256), (320, 192), (192, 320), (288, 224), (224, 288)), (24, 48, 80, 80),
              {"hidden": 160, "inner": 448, "layers": 4, "heads": 5, "kv_heads": 5, "head": 32},
              {"hidden": 128, "inner": 320, "layers": 5, "heads": 4, "words": 512},
              {"hidden_size": 192, "num_heads": 6, "axes_dim": [8, 12, 12], "depth": 2, "depth_single_blocks": 5})
PRESETS = {"tiny": TINY, "mini": MINI, "full": FULL}


def vae_config(preset: Preset, scaling_factor: float = 1.0) -> Dict[str, Any]:
    return {
        "_class_name": "AutoencoderKL", "act_fn": "silu", "in_channels": 3, "out_channels": 3, "latent_channels": 4,
        "layers_per_block": 1, "norm_num_groups": 8, "sample_size": preset.picture, "scaling_factor": scaling_factor, "force_upcast": False,
        "block_out_channels": list(preset.vae),
        "down_block_types": ["DownEncoderBlock2D"] * 4, "up_block_types": ["UpDecoderBlock2D"] * 4,
    }


VAE_CONFIG: Dict[str, Any] = vae_config(MINI)
CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
CLIP_STD = [0.26862954, 0.26130258, 0.27577711]
# A condition picture is floored to min_pixels: 4 tokens. A picture that is asked about keeps its size: 25 tokens at 128.
PREPROCESSOR: Dict[str, Any] = {
    "crop_size": {"height": -1, "width": -1}, "do_center_crop": False, "do_convert_rgb": True, "do_normalize": True,
    "do_rescale": True, "do_resize": True, "hidden_stride": 2, "image_mean": CLIP_MEAN, "image_std": CLIP_STD,
    "image_processor_type": "CLIPImageProcessor", "patch_size": 14, "resample": 3, "rescale_factor": 1 / 255,
    "size": {"shortest_edge": -1}, "temporal_patch_size": 1, "min_pixels": 3136, "max_pixels": 78400,
}


def config(vocab: int, base: int, scaling_factor: float = 1.0, preset: Preset = MINI) -> Dict[str, Any]:
    """config.json of a preset for a tokenizer of `vocab` ids whose special tokens start at `base`."""
    language, vision, hidden = preset.language, preset.vision, preset.language["hidden"]
    shared = {"hidden_stride": 2, "min_pixels": PREPROCESSOR["min_pixels"], "max_pixels": PREPROCESSOR["max_pixels"],
              "temporal_patch_size": 1, "window_size": 112, "fullatt_block_indexes": None, "preserve_original_pe": True,
              "interpolate_pe_method": "two_dim", "disable_rope": False}
    backbone = {
        "model_type": "aimv2", "architectures": ["AIMv2Model"], "attention_dropout": 0.0, "projection_dropout": 0.0,
        "num_channels": 3, "qkv_bias": False, "use_bias": False, "rms_norm_eps": 1e-5, **shared, "patch_size": 14,
        "hidden_size": vision["hidden"], "intermediate_size": vision["inner"], "num_hidden_layers": vision["layers"],
        "num_attention_heads": vision["heads"], "image_size": 140,
    }
    return {
        "architectures": ["OvisU1"], "model_type": "ovis_u1", "conversation_formatter_class": "Qwen3ConversationFormatter",
        "disable_tie_weight": False, "hidden_size": hidden, "llm_attn_implementation": None,
        "llm_config": {
            "model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "attention_bias": False, "attention_dropout": 0.0,
            "bos_token_id": base, "eos_token_id": base + 2, "hidden_act": "silu", "initializer_range": 0.02,
            "max_position_embeddings": 4096, "max_window_layers": language["layers"], "rms_norm_eps": 1e-6, "rope_scaling": None,
            "rope_theta": 1000000, "sliding_window": None, "use_sliding_window": False, "tie_word_embeddings": True,
            "use_cache": True, "hidden_size": hidden, "intermediate_size": language["inner"], "num_hidden_layers": language["layers"],
            "num_attention_heads": language["heads"], "num_key_value_heads": language["kv_heads"], "head_dim": language["head"],
            "vocab_size": -(-vocab // 16) * 16,
        },
        "multimodal_max_length": 2048, "torch_dtype": "float16", "transformers_version": "4.51.3", "use_cache": False,
        "visual_generator_config": {
            "model_type": "yak", "architectures": ["YakModel"], "mlp_ratio": 4.0, "theta": 10000, "qkv_bias": True,
            "guidance_embed": False, "checkpoint": False, "txt_type": "refiner", "timestep_shift": True, "base_shift": 1.13,
            "max_shift": 1.78, **preset.decoder, "context_in_dim": 2 * hidden, "vec_in_dim": preset.decoder["hidden_size"], "in_channels": 16,
            "out_channels": 16, "vae_config": vae_config(preset, scaling_factor),
        },
        "visual_tokenizer_config": {
            "model_type": "aimv2_visual_tokenizer", "backbone_config": backbone, "vocab_size": vision["words"],
            "tokenize_function": "softmax", "tau": 1.0, "depths": None, "drop_cls_token": False, "use_indicators": False, **shared,
        },
    }


def sizes(preset: Preset) -> List[List[int]]:
    return [list(s) for s in preset.sizes]
