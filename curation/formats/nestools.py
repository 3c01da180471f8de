"""NesTools: a task, the APIs on offer and nested calls (formats §15)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.importing import ImportContext, Imported, RecordError, import_format
from curation.nested_calls import is_api, read_apis, read_nested_calls
from curation.trajectory import Message, Role, Trajectory

_TAKEN = frozenset(("test_id", "api", "task", "call"))


@import_format
class NesTools:
    """Rows `{test_id, api, task, call}`."""

    name = "nestools"
    title = "NesTools"
    description = (
        "A task, the APIs on offer and the calls that fulfil it, which may have each other's "
        "results (API_call_0) for values."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        apis = record.get("api")
        return (
            isinstance(record.get("task"), str)
            and isinstance(record.get("call"), list)
            and isinstance(apis, list)
            and all(is_api(api) for api in apis[:3])
        )

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        task = record["task"]
        if not isinstance(task, str):
            raise RecordError("The task is not text.", "Give `task` as text.")
        step = read_nested_calls(record["call"])
        user = Message(Role.USER, task)
        apis = record.get("api")
        yield Imported(
            trajectory=Trajectory(
                (user, step) if step else (user,),
                context.tools if apis is None else read_apis(apis),
            ),
            source_id=context.source_id(record, "test_id"),
            source={k: v for k, v in record.items() if k not in _TAKEN},
        )
