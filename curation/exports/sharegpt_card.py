"""What stands beside a LLaMA-Factory export: `dataset_info.json`, and the advice for training."""

from __future__ import annotations

from typing import Any

import msgspec

ADVICE = {
    "sft": """\
Point `dataset_dir` at this folder and name the datasets listed in `dataset_info.json`. When the
export was made per step, set `mask_history: true`, so that only the last turn carries loss.
""",
    "dpo": "Point `dataset_dir` at this folder; the datasets are ranked pairs (`stage: dpo`).\n",
    "kto": "Point `dataset_dir` at this folder (`stage: kto`); only the last turn is judged.\n",
}

_COLUMNS = {
    "Conversation": {},
    "Pair": {"chosen": "chosen", "rejected": "rejected"},
    "Judged": {"kto_tag": "kto_tag"},
}


def dataset_info(files: dict[str, str], shape: str) -> str:
    """One entry per file, named `loopwright_<shape>_<split>`."""
    kinds = {"Conversation": "sft", "Pair": "dpo", "Judged": "kto"}
    entries: dict[str, Any] = {}
    for split, file_name in files.items():
        entry: dict[str, Any] = {"file_name": file_name, "formatting": "sharegpt"}
        if shape == "Pair":
            entry["ranking"] = True
        entry["columns"] = {
            "messages": "conversations",
            "system": "system",
            "tools": "tools",
            **_COLUMNS[shape],
        }
        entries[f"loopwright_{kinds[shape]}_{split}"] = entry
    return msgspec.json.format(msgspec.json.encode(entries), indent=2).decode() + "\n"
