"""One pass over the candidates of an export: every one gives rows or stands in the list of what was
dropped, and none is missed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from app.flows.contamination import Leaks
from app.flows.export_making import Making, Settled, make
from app.flows.export_rendering import TemplateLook
from app.flows.export_request import ExportRequest
from app.flows.export_selecting import Selecting
from app.flows.export_settling import Settling, chunks
from app.flows.export_writing import WHOLE, Writing
from app.flows.running import Run
from app.flows.side_by_side import Workers, apart
from curation.errors import ExportError
from curation.export_manifest import FileEntry
from curation.export_reasons import WHY
from curation.exporting import ExportType, Layout, Options
from curation.rendering.template import TemplateSource
from curation.selection import NOTHING
from curation.split_ledger import Sides
from storage import candidates
from storage.rounds import Round


class Streaming:
    """One pass over the candidates: counts what is looked at and what becomes of it."""

    def __init__(
        self,
        kind: ExportType,
        layout: Layout,
        request: ExportRequest,
        writing: Writing,
        mixed: Round | None,
        sides: Sides,
        leaks: Leaks,
    ) -> None:
        self.sides = sides
        self.leaks = leaks
        self.kind = kind
        self.layout = layout
        self.request = request
        self.writing = writing
        self.mixed = mixed
        self.trajectories = 0
        self.look: TemplateLook | None = None
        self.selecting: Selecting | None = None

    def write(
        self, conn: Connection, datasets: Sequence[int], total: int, run: Run, workers: Workers
    ) -> None:
        """Write every row and check that no candidate was missed."""
        for work, made in workers.map(make, self._work(conn, datasets)):
            self.writing.add(work.settled, made if self.look is None else self.look.look(made))
            self.trajectories += len(work.settled)
            run.report(self.trajectories, total, "trajectories")
        run.report(self.trajectories, total, "trajectories")
        if self.trajectories != total:
            raise ExportError(
                f"{self.trajectories} trajectories were read where the store counts {total}.",
                where=self.request.out,
                hint="Nothing was published. Run `loopwright doctor` on the database.",
            )

    def _work(self, conn: Connection, datasets: Sequence[int]) -> Iterator[Making]:
        settling = Settling(
            self.sides,
            stem=None if self.kind.splits else WHOLE,
            taken=frozenset(candidates.chosen_corrections(conn)),
            leaks=self.leaks,
        )
        round_id = self.mixed.id if self.mixed else None
        found = candidates.iter_candidates(
            conn, self.request.include, datasets, round_id, with_facts=self.kind.wants_facts
        )
        settled_ones: Iterator[Settled] = map(settling.settle, found)
        if self.request.selection != NOTHING:
            self.selecting = Selecting(conn, self, datasets)
            settled_ones = self.selecting.settle(conn, settling)
        for settled in chunks(settled_ones):
            yield Making(
                type=self.kind.name,
                layout=self.layout.name,
                options=Options(self.request.per_step, self.request.rl),
                settled=settled,
                augment=self.request.augment,
                redact=self.request.redact,
                # A template may refuse rows, and so change which of them are compared.
                sampled=self.writing.sampled if self.look is None else frozenset(),
            )


@contextmanager
def looking(
    source: TemplateSource | None, kind: ExportType, layout: Layout
) -> Iterator[TemplateLook | None]:
    """What renders rows, where there is a template and the type is trained on."""
    if source is None:
        yield None
        return
    if not kind.splits:
        raise ExportError(
            f"The type {kind.name} is not trained on, so no chat template applies.",
            where="--template",
            hint="Leave the template out, or export sft, dpo or kto.",
        )
    with apart() as process:
        yield TemplateLook(source, layout.name, process)


def refuse_nothing(
    streaming: Streaming, files: tuple[FileEntry, ...], request: ExportRequest
) -> None:
    if any(entry.rows for entry in files):
        return
    if not streaming.trajectories:
        raise ExportError(
            f"There is nothing to export: no trajectory is {request.include.value}"
            f"{f' in the dataset {request.dataset}' if request.dataset else ''}.",
            where=request.out,
            hint="Annotate and decide first, or export with --include annotated or all.",
        )
    reasons = "; ".join(
        f"{n} × {reason.value} ({WHY[reason]})"
        for reason, n in streaming.writing.dropped.most_common(5)
    )
    raise ExportError(
        f"None of {streaming.trajectories} trajectories gives a row: {reasons}",
        where=request.out,
        hint=f"No export of type {request.type} in the layout {request.layout} was written.",
    )
