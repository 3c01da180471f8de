"""Reading a model's chat template: a folder, a `tokenizer_config.json`, or a `.jinja` file.

Only text and names are read here; nothing of it is run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from curation.errors import ExportError
from curation.rendering.template import TemplateSource

CONFIG, JINJA, TOKENIZER, MODEL = (
    "tokenizer_config.json",
    "chat_template.jinja",
    "tokenizer.json",
    "config.json",
)
_MOST_BYTES = 20_000_000
_UNLIMITED = 10_000_000
"""Tokenizers without a limit name some huge number."""


def read_template(path: Path, context: int | None = None) -> TemplateSource:
    """The template at `path` and what stands beside it.

    Args:
        context: tokens that the model takes; None: as its files say.

    Raises:
        ExportError: there is none, or it cannot be read.
    """
    folder = path if path.is_dir() else path.parent
    beside = path.is_dir() or path.name in (CONFIG, JINJA)
    if path.is_file() and path.suffix == ".json":
        config = _json(path)
    else:
        config = _json(folder / CONFIG) if beside and (folder / CONFIG).is_file() else {}
    jinja = path if path.is_file() and path.suffix != ".json" else folder / JINJA
    if jinja.is_file() and (beside or jinja == path):
        text = _text(jinja)
    else:
        text = _template_of(config)
    if not text.strip():
        raise ExportError(
            "There is no chat template.",
            where=str(path),
            hint=f"Give a model's folder, its {CONFIG} with `chat_template`, or a .jinja file.",
        )
    tokenizer = folder / TOKENIZER
    return TemplateSource(
        text=text,
        name=path.name,
        special_tokens=_special_tokens(config),
        control_tokens=_control_tokens(config),
        context=context or _context(config, folder if beside else None),
        tokenizer=str(tokenizer) if beside and tokenizer.is_file() else "",
    )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ExportError("The file is too large.", where=str(path), hint="Is it a template?")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ExportError(
            f"The chat template cannot be read: {problem}.",
            where=str(path),
            hint=f"Give a model's folder, its {CONFIG}, or a .jinja file.",
        ) from None


def _json(path: Path) -> dict[str, Any]:
    text = _text(path)
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError) as problem:
        raise ExportError(
            f"The file is not a tokenizer's configuration: {problem}.",
            where=str(path),
            hint=f"Give the model's {CONFIG}.",
        ) from None


def _template_of(config: dict[str, Any]) -> str:
    """The template of a configuration; of several named ones that for tools, else the default."""
    found = config.get("chat_template")
    if isinstance(found, str):
        return found
    named: dict[Any, Any] = {}
    if isinstance(found, list):
        named = {one.get("name"): one.get("template") for one in found if isinstance(one, dict)}
    chosen = named.get("tool_use") or named.get("default") or ""
    return chosen if isinstance(chosen, str) else ""


def _special_tokens(config: dict[str, Any]) -> dict[str, str]:
    """`bos_token` and its like, spelled as text or as an object with `content`."""
    found = {}
    for key, value in config.items():
        if key.endswith("_token"):
            word = value.get("content") if isinstance(value, dict) else value
            if isinstance(word, str):
                found[key] = word
    return found


def _control_tokens(config: dict[str, Any]) -> tuple[str, ...]:
    added = config.get("added_tokens_decoder")
    words = list(_special_tokens(config).values())
    if isinstance(added, dict):
        words += [
            str(one.get("content", ""))
            for one in added.values()
            if isinstance(one, dict) and one.get("special")
        ]
    # Shorter ones are ordinary words somewhere.
    return tuple(sorted({word for word in words if len(word) > 2}))


def _context(config: dict[str, Any], folder: Path | None) -> int | None:
    said = config.get("model_max_length")
    if isinstance(said, int | float) and 0 < said < _UNLIMITED:
        return int(said)
    if folder is None or not (folder / MODEL).is_file():
        return None
    positions = _json(folder / MODEL).get("max_position_embeddings")
    return positions if isinstance(positions, int) and positions > 0 else None
