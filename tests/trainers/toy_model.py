"""A model's folder small enough to be trained on a processor: nothing is fetched from anywhere.

The tokenizer is byte-level, so it spells every text there is; its chat template marks what the
assistant generates and renders tools. The weights are made where they are needed, at random.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tests.chat_templates import MARKED

# Those of Qwen, which templates that trainers bring themselves write, too.
_PAD, _START, _STOP = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
TEMPLATE = MARKED.replace("<|start|>", _START).replace("<|stop|>", _STOP)
# And its words: `transformers` cuts texts of a qwen2 model so, whatever the files say.
_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CONTEXT = 16_384

_CONFIG = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": CONTEXT,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "tie_word_embeddings": True,
}


def write_toy_model(folder: Path, texts: Iterable[str]) -> Path:
    """Write tokenizer, chat template and configuration of a model of two layers."""
    # Here: collecting tests that are skipped needs no tokenizers.
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, trainers
    from tokenizers import pre_tokenizers as before

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = before.Sequence(
        [
            before.Split(Regex(_WORDS), behavior="isolated", invert=False),
            before.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1200,
        initial_alphabet=before.ByteLevel.alphabet(),
        special_tokens=[AddedToken(token, special=True) for token in (_PAD, _START, _STOP)],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": _PAD,
        "bos_token": _START,
        "eos_token": _STOP,
        "model_max_length": CONTEXT,
        "clean_up_tokenization_spaces": False,
        "chat_template": TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    config = {**_CONFIG, "vocab_size": tokenizer.get_vocab_size()}
    (folder / "config.json").write_text(json.dumps(config))
    return folder
