"""verl: a table of prompts with what rewards their answers.

A prompt holds roles and text only, so tools, calls and results stand in the text (`tagged_prompt`),
where verl's dataset renders them with any chat template. `ground_truth` is one text in every row,
and all columns have their types in the file, so no row is filled out from another. The reward
reads alternatives from `extra_info`, which verl hands on to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from curation.export_reasons import DropReason, Unfit
from curation.exporting import LAYOUTS, Example, Notes, every_row, types_of
from curation.exports.beside import text_of_file
from curation.exports.chat import wrapped_text
from curation.exports.rewarded_contract import VerlRow, check_verl_row
from curation.exports.tagged_prompt import tagged
from curation.exports.trl_rewarded import fit_rewarded, tools_back
from curation.exports.verl_card import ADVICE, CONFIG
from curation.judged_rows import Rewarded
from curation.trajectory import Message, Role

DATA_SOURCE = "loopwright"
ABILITY = "tool_use"
_BATCH = 1_000
"""Rows per row group."""


class Verl:
    """See the module."""

    name = "verl"
    title = "verl"
    description = (
        "Parquet for verl: prompts with the tools in their text, ground truth, alternatives; with "
        "the reward function and the parts of the configuration that name them."
    )
    shapes: tuple[type[Struct], ...] = (Rewarded,)
    suffix = ".parquet"
    divisible = False
    through_arrow = False

    @property
    def types(self) -> tuple[str, ...]:
        """Names of the export types it can carry."""
        return types_of(self)

    def fit(self, example: Example, notes: Notes) -> Example:
        """The prompt as text; a prompt that is text already stays as it is."""
        assert isinstance(example, Rewarded)
        if not example.prompt:
            raise Unfit(DropReason.NO_PROMPT)
        fitted = fit_rewarded(example, example.prompt)
        if _is_text(fitted):
            return fitted
        return msgspec.structs.replace(
            fitted, prompt=tuple(tagged(example.prompt, fitted.tools, notes))
        )

    def encode(self, example: Example) -> bytes:
        """One row as JSON: columns are made of many rows, when they are written."""
        assert isinstance(example, Rewarded)
        return msgspec.json.encode(
            {
                "data_source": DATA_SOURCE,
                "prompt": [{"role": m.role, "content": m.content} for m in example.prompt],
                "ability": ABILITY,
                "reward_model": {"style": "rule", "ground_truth": example.ground_truth},
                "extra_info": {
                    "split": example.split,
                    "uid": example.uid,
                    "step": example.step,
                    "alternatives": example.alternatives,
                    "accepted": example.accepted,
                    "reply": example.reply,
                    "tools": wrapped_text(example.tools),
                    "pass_rate": example.pass_rate,
                    "perplexity": example.perplexity,
                },
            }
        )

    def decode(self, encoded: bytes) -> Example:
        """Inverse of `encode`."""
        return _example(msgspec.json.decode(encoded, type=VerlRow))

    def contract(self, encoded: bytes) -> None:
        """See `curation.exports.rewarded_contract`."""
        check_verl_row(encoded)

    def writer(self, file: BinaryIO) -> _Writer:
        """Writes in row groups, and numbers the rows."""
        return _Writer(file)

    def rows(
        self, file: BinaryIO, wanted: Callable[[int], bool] = every_row
    ) -> Iterator[Example | None]:
        """The rows of a table, batch by batch."""
        # Here and below: a large library that most exports do not need.
        import pyarrow.parquet as pq

        with pq.ParquetFile(file) as table:
            number = 0
            for batch in table.iter_batches(batch_size=_BATCH):
                for cells in batch.to_pylist():
                    if cells["extra_info"].pop("index") != number:
                        raise msgspec.ValidationError(f"row {number + 1} has another index")
                    row = msgspec.convert(cells, VerlRow)
                    yield _example(row) if wanted(number) else None
                    number += 1

    def companions(self, files: dict[str, str], shape: str) -> dict[str, str]:
        """The reward, and the configuration that names it and the files."""
        return {
            "tool_reward.py": text_of_file("tool_reward.py"),
            "verl.yaml": CONFIG.format(
                train=files.get("train", "train.parquet"),
                validation=files.get("validation", files.get("train", "train.parquet")),
            ),
        }

    def advice(self, type_name: str) -> str:
        """How to train on it."""
        return ADVICE


def _is_text(example: Rewarded) -> bool:
    """Whether the prompt was rendered already."""
    if any(
        m.role not in (Role.SYSTEM, Role.USER, Role.ASSISTANT)
        or m.tool_calls
        or m.reasoning
        or m.name
        or not isinstance(m.content, str)
        for m in example.prompt
    ):
        return False
    return not example.tools or "<tools>" in example.prompt[0].text


def _example(row: VerlRow) -> Rewarded:
    extra = row.extra_info
    return Rewarded(
        prompt=tuple([Message(Role(m.role), m.content) for m in row.prompt]),
        ground_truth=row.reward_model.ground_truth,
        uid=extra.uid,
        step=extra.step,
        split=extra.split,
        tools=tools_back(extra.tools),
        alternatives=tuple(extra.alternatives),
        accepted=extra.accepted,
        reply=extra.reply,
        pass_rate=extra.pass_rate,
        perplexity=extra.perplexity,
    )


def _schema() -> Any:
    import pyarrow as pa

    text, number, share = pa.string(), pa.int64(), pa.float64()
    return pa.schema(
        {
            "data_source": text,
            "prompt": pa.list_(pa.struct({"role": text, "content": text})),
            "ability": text,
            "reward_model": pa.struct({"style": text, "ground_truth": text}),
            "extra_info": pa.struct(
                {
                    "split": text,
                    "index": number,
                    "uid": text,
                    "step": number,
                    "alternatives": pa.list_(text),
                    "accepted": text,
                    "reply": text,
                    "tools": text,
                    "pass_rate": share,
                    "perplexity": share,
                }
            ),
        }
    )


class _Writer:
    def __init__(self, file: BinaryIO) -> None:
        import pyarrow.parquet as pq

        self._schema = _schema()
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")
        self._waiting: list[dict[str, Any]] = []
        self._n = 0

    def add(self, rows: Sequence[bytes]) -> None:
        """Keep some rows; write a row group when enough wait."""
        for row in rows:
            cells = msgspec.json.decode(row)
            cells["extra_info"]["index"] = self._n
            self._n += 1
            self._waiting.append(cells)
            if len(self._waiting) >= _BATCH:
                self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_batch(pa.RecordBatch.from_pylist(self._waiting, schema=self._schema))
            self._waiting.clear()

    def finish(self) -> None:
        """Write the last row group and the footer."""
        self._flush()
        self._writer.close()


LAYOUTS.register(Verl(), __name__)
