"""Makes a tiny random model for llama.cpp. Runs in that upstream's environment: `python -m … FILE`.

Random weights say one special token again and again unless two things are seen to: the output has weights of its own,
not those of the embedding, and only words have any, so that what is no word is never the likeliest.
"""

from __future__ import annotations

import sys
from pathlib import Path

import gguf  # type: ignore[import-not-found, unused-ignore]
import numpy as np  # type: ignore[import-not-found, unused-ignore]

from tests.upstreams.vocabulary import CHAT_TEMPLATE, CONTEXT_TOKENS, SEED, WORDS

LAYERS, WIDTH, HEADS, INNER = 4, 128, 4, 256
SPECIAL = ("<unk>", "<s>", "</s>")
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
TOKENS = (*SPECIAL, *BYTES, *(f"\u2581{word}" for word in WORDS))
SPREAD = 0.7
"""Of the output's weights: wide enough that a zero, which is what any other token gets, is never drawn."""


def write_model(path: Path) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    _add_shape(writer)
    _add_tokenizer(writer)
    _add_weights(writer, np.random.default_rng(SEED))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_shape(writer: gguf.GGUFWriter) -> None:
    writer.add_context_length(CONTEXT_TOKENS)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(TOKENS))


def _add_tokenizer(writer: gguf.GGUFWriter) -> None:
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
    kinds += [gguf.TokenType.BYTE] * len(BYTES)
    kinds += [gguf.TokenType.NORMAL] * len(WORDS)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(TOKENS)
    writer.add_token_scores([0.0] * len(TOKENS))
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(CHAT_TEMPLATE)


def _add_weights(writer: gguf.GGUFWriter, random: np.random.Generator) -> None:
    def matrix(rows: int, columns: int, spread: float) -> np.ndarray:
        return random.normal(0, spread, (rows, columns)).astype(np.float32)

    output = matrix(len(TOKENS), WIDTH, SPREAD)
    output[: -len(WORDS)] = 0
    writer.add_tensor("token_embd.weight", matrix(len(TOKENS), WIDTH, 1.0))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    writer.add_tensor("output.weight", output)
    for layer in range(LAYERS):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{norm}.weight", np.ones(WIDTH, np.float32))
        for attention in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{layer}.{attention}.weight", matrix(WIDTH, WIDTH, WIDTH**-0.5))
        for inward in ("ffn_gate", "ffn_up"):
            writer.add_tensor(f"blk.{layer}.{inward}.weight", matrix(INNER, WIDTH, WIDTH**-0.5))
        writer.add_tensor(f"blk.{layer}.ffn_down.weight", matrix(WIDTH, INNER, INNER**-0.5))


if __name__ == "__main__":
    write_model(Path(sys.argv[1]))
