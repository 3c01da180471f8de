"""Everyday tasks: possible by keyboard alone and by mouse alone, and both end alike."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.tasks import TASKS, Task, both_ways
from tests.e2e.conftest import Studio


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name.replace(" ", "-"))
def test_both_ways_end_with_the_same_in_the_database(
    studio: Studio, context: Any, task: Task
) -> None:
    dataset = task.name.replace(" ", "-")
    studio.fill(dataset, task.rows)
    efforts = both_ways(context, studio, dataset, task)
    assert efforts["keyboard"].clicks == 0 and efforts["mouse"].keys == 0
    assert efforts["keyboard"].keys <= 10
    assert efforts["mouse"].clicks <= 8
