"""Makes a tiny random model for `transformers serve`, where it looks for what it would have downloaded.

Runs in that upstream's environment: `python -m … HUB_FOLDER`. Only words have weights in the output, and weights of
their own, as in `llama_model`; and as there, the end is never likely.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch  # type: ignore[import-not-found, unused-ignore]
from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # type: ignore[import-not-found, unused-ignore]
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast  # type: ignore[import-not-found, unused-ignore]

from tests.upstreams.vocabulary import CHAT_TEMPLATE, CONTEXT_TOKENS, MODEL, SEED, WORDS

REVISION = "0" * 40
END = "</s>"
SPREAD = 0.7


def write_model(hub: Path) -> None:
    """As the hub's own client leaves what it has downloaded."""
    folder = hub / f"models--{MODEL.replace('/', '--')}"
    snapshot = folder / "snapshots" / REVISION
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    tokenizer = _tokenizer()
    tokenizer.save_pretrained(snapshot)
    _model(tokenizer).save_pretrained(snapshot)
    (folder / "refs" / "main").write_text(REVISION)


def _tokenizer() -> PreTrainedTokenizerFast:
    """Every byte, and every word with the space before it, in the letters that byte-level tokenizers write bytes in."""
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    vocabulary = {END: 0}
    for letter in sorted(pre_tokenizers.ByteLevel.alphabet()):
        vocabulary[letter] = len(vocabulary)
    merges: list[tuple[str, str]] = []
    for word in WORDS:
        ((written, _),) = byte_level.pre_tokenize_str(f" {word}")
        for length in range(1, len(written)):
            if (whole := written[: length + 1]) not in vocabulary:
                vocabulary[whole] = len(vocabulary)
                merges.append((written[:length], written[length]))
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = byte_level
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=END, chat_template=CHAT_TEMPLATE
    )


def _model(tokenizer: PreTrainedTokenizerFast) -> GPT2LMHeadModel:
    """Of a kind that knows so many positions and no more: with others a prompt is never too long."""
    torch.manual_seed(SEED)
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_embd=64,
        n_layer=4,
        n_head=4,
        n_positions=CONTEXT_TOKENS,
        initializer_range=0.2,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id,
    )
    model = GPT2LMHeadModel(config)
    model.generation_config.do_sample = True
    spoken = [tokenizer.encode(f" {word}")[0] for word in WORDS]
    with torch.no_grad():
        output = torch.zeros_like(model.lm_head.weight)
        output[spoken] = torch.randn(len(spoken), output.shape[1]) * SPREAD
        model.lm_head.weight.copy_(output)
    return model


if __name__ == "__main__":
    write_model(Path(sys.argv[1]))
