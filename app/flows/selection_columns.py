"""The columns that selecting goes by, read from the store when a selection first needs them.

Kept by who asks (the Export page, for one): another selection over the same candidates reads only
what no earlier one needed. Numbers alone are kept, so memory stays small however long episodes are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import Connection

from app.flows.export_settling import Settling
from app.flows.selection_embeddings import find_vectored, model_of_vectors
from app.flows.selection_likeness import Likeness, find_likeness
from curation.annotation import Outcome
from curation.errors import ExportError
from curation.export_reasons import DropReason
from curation.exporting import Completion, Conversation, Curated, ExportType
from curation.filters import Filter
from curation.judged_rows import Rewarded
from curation.scoring import score_kinds
from curation.selection import (
    SOURCE,
    By,
    Dedup,
    Measure,
    Prefer,
    RowOrder,
    Selection,
    Statistic,
)
from curation.selection_facts import (
    REASONS,
    TAKEN,
    Facts,
    Flags,
    Floats,
    Labels,
    Numbers,
    Standing,
    Vectored,
    labels_of,
    number_of,
)
from storage import browse, selecting
from storage.candidates import Candidate
from storage.embeddings import embedding_models

_CODE = {reason: number for number, reason in enumerate(REASONS)}

NO_MODEL = "Probe it or import its predictions; or measure difficulty by steps or calls."

RULE = "rule "
"""With this begins who decided, where it was nobody."""

T = TypeVar("T")


class Columns:
    """The candidates of one export as columns."""

    def __init__(self, kind: ExportType, settling: Settling, found: Iterable[Candidate]) -> None:
        """`found`: every candidate, in the order of storage; their bodies are not looked at."""
        self._read: dict[object, Any] = {}
        rows = list(_settled(kind, settling, found))
        (
            self._ids,
            self._settled,
            self._standing,
            self._result,
            self._n_errors,
            self._n_warnings,
            self._n_said,
        ) = (np.array([row[i] for row in rows], dtype=np.int64) for i in range(7))
        self._agreement = np.array([row[7] for row in rows], dtype=np.float64)
        self._numbers = np.array([row[8] for row in rows], dtype=np.uint64)
        self.details: dict[int, str] = {i: row[9] for i, row in enumerate(rows) if row[9]}
        """Row -> what was said beside the reason for which it gives no row anyway."""

    def __len__(self) -> int:
        return len(self._ids)

    def facts(self, conn: Connection, asked: Selection, *, composition: bool = False) -> Facts:
        """What `asked` goes by.

        Args:
            composition: also what the candidates are made up of, asked for or not.

        Raises:
            ExportError: difficulty is that of a model, and it is not clear of which.
        """
        likeness = self._likeness(conn) if asked.dedup is not Dedup.NONE else None
        return Facts(
            ids=self._ids,
            numbers=self._numbers,
            settled=self._settled,
            standing=self._standing,
            result=self._result,
            n_errors=self._n_errors,
            n_warnings=self._n_warnings,
            n_said=self._n_said,
            agreement=self._agreement,
            counts=self._counts(conn, asked),
            labels={
                by: self._labels(conn, by, asked.domain)
                for by in (By.TOOL, By.CATEGORY, By.DOMAIN)
                if composition or by in asked.shared_by
            },
            difficulty=self._difficulty(conn, asked),
            where=self._found_by(conn, asked.where),
            unless=self._found_by(conn, asked.unless),
            found={check: self._found(conn, check) for check in asked.gates.clean},
            scores={
                gate.score: self._score(conn, gate.score, asked.model)
                for gate in asked.gates.scores
            },
            exact=likeness.exact if likeness else None,
            near=likeness.near if likeness else None,
            vectored=self._vectored(conn, asked) if asked.dedup is Dedup.EMBEDDINGS else None,
        )

    def _once(self, key: object, read: Any) -> Any:
        if key not in self._read:
            self._read[key] = read()
        return self._read[key]

    def _rows(self, pairs: Iterable[tuple[int, T]]) -> Iterator[tuple[int, T]]:
        """(row, value) of those of (trajectory id, value) that are candidates."""
        known = self._ids.tolist()
        row_of = self._once("rows", lambda: dict(zip(known, range(len(known)), strict=True)))
        for key, value in pairs:
            row = row_of.get(key)
            if row is not None:
                yield row, value

    def _counts(self, conn: Connection, asked: Selection) -> dict[Statistic, Numbers]:
        counts: dict[Statistic, Numbers] = dict(self._once("narrow", lambda: self._narrow(conn)))
        thinned = {rule.statistic for rule in asked.thinning}
        if thinned & {Statistic.TURNS, Statistic.CALLING_STEPS}:
            counts |= self._once("turns", lambda: self._turns(conn))
        if Statistic.TOOLS_CALLED in thinned:
            tools = self._labels(conn, By.TOOL, asked.domain)
            counts[Statistic.TOOLS_CALLED] = np.where(
                counts[Statistic.CALLS] > 0, np.diff(tools.at), 0
            )
        return counts

    def _narrow(self, conn: Connection) -> dict[Statistic, Numbers]:
        found = np.zeros((3, len(self)), dtype=np.int64)
        told = selecting.iter_narrow(conn)
        counted = ((one.id, (one.n_steps, one.n_calls, one.n_tools)) for one in told)
        for row, counts in self._rows(counted):
            found[:, row] = counts
        return dict(zip((Statistic.STEPS, Statistic.CALLS, Statistic.TOOLS), found, strict=True))

    def _turns(self, conn: Connection) -> dict[Statistic, Numbers]:
        found = np.zeros((2, len(self)), dtype=np.int64)
        counted = ((key, (turns, calling)) for key, turns, calling in selecting.iter_turns(conn))
        for row, counts in self._rows(counted):
            found[:, row] = counts
        return dict(zip((Statistic.TURNS, Statistic.CALLING_STEPS), found, strict=True))

    def _labels(self, conn: Connection, by: By, domain: str) -> Labels:
        def read() -> Labels:
            n = len(self)
            match by:
                case By.TOOL:
                    return labels_of(n, self._rows(selecting.iter_tools_called(conn)))
                case By.CATEGORY:
                    return labels_of(n, set(self._rows(selecting.iter_categories(conn))))
                case _:
                    return labels_of(n, self._domains(conn, domain))

        found: Labels = self._once((by, domain if by is By.DOMAIN else ""), read)
        return found

    def _domains(self, conn: Connection, domain: str) -> Iterable[tuple[int, str]]:
        """One domain a trajectory; of several the first in the alphabet."""
        said = (
            selecting.iter_sources(conn, domain.removeprefix(SOURCE))
            if domain.startswith(SOURCE)
            else selecting.iter_datasets(conn)
        )
        first: dict[int, str] = {}
        for row, name in self._rows(said):
            first[row] = min(name, first.get(row, name))
        return first.items()

    def _difficulty(self, conn: Connection, asked: Selection) -> Floats | None:
        measure = asked.difficulty.by
        if measure in (Measure.STEPS, Measure.CALLS):
            counts = self._once("narrow", lambda: self._narrow(conn))
            found: Floats = np.asarray(counts[Statistic(measure.value)], dtype=np.float64)
            return found
        model = self._model(conn, asked)
        read = self._perplexity if measure is Measure.PERPLEXITY else self._failures
        column: Floats = self._once((measure, model), lambda: read(conn, model))
        if np.isnan(column).all() and _goes_by_difficulty(asked):
            raise ExportError(
                f"No candidate has a {measure.value} of {model}.",
                where="selection.difficulty",
                hint=NO_MODEL,
            )
        return column

    def _model(self, conn: Connection, asked: Selection) -> str:
        known: list[str] = self._once("models", lambda: selecting.models_with_predictions(conn))
        if asked.model in known:
            return str(asked.model)
        if asked.model is None and len(known) == 1:
            return known[0]
        named = (
            f"There are no predictions of {asked.model!r}" if asked.model else "No model is named"
        )
        raise ExportError(
            f"{named}, and difficulty by {asked.difficulty.by.value} is that of a model.",
            where="selection.model",
            hint=f"Name one of {', '.join(known)}." if known else NO_MODEL,
        )

    def _perplexity(self, conn: Connection, model: str) -> Floats:
        told = ((key, value) for key, _, value in selecting.iter_perplexities(conn, model))
        return self._means(told)

    def _failures(self, conn: Connection, model: str) -> Floats:
        """Shares of answers that do not match: the higher the harder."""
        column = np.full(len(self), np.nan)
        told = ((key, (right, n)) for key, right, n in selecting.iter_passes(conn, model))
        for row, (right, n) in self._rows(told):
            column[row] = (n - right) / n
        return column

    def _means(self, told: Iterable[tuple[int, float]]) -> Floats:
        """Means of values that come in one order whatever the order of import."""
        sums, n = np.zeros(len(self)), np.zeros(len(self))
        for row, value in self._rows(told):
            sums[row] += value
            n[row] += 1
        means: Floats = np.divide(sums, n, out=np.full(len(self), np.nan), where=n > 0)
        return means

    def _score(self, conn: Connection, name: str, model: str | None) -> Floats:
        assert name in score_kinds()
        told = selecting.iter_scores(conn, name, model)
        column: Floats = self._once(("score", name, model), lambda: self._means(told))
        return column

    def _found(self, conn: Connection, check: str) -> Flags:
        def read() -> Flags:
            flags = np.zeros(len(self), dtype=bool)
            told = ((key, True) for key in selecting.ids_with_finding(conn, check))
            for row, flag in self._rows(told):
                flags[row] = flag
            return flags

        column: Flags = self._once(("finding", check), read)
        return column

    def _found_by(self, conn: Connection, wanted: Filter | None) -> Flags | None:
        if wanted is None:
            return None

        def read() -> Flags:
            if wanted.is_empty:
                return np.ones(len(self), dtype=bool)
            found = [key for chunk in browse.iter_ids(conn, wanted, 10_000) for key in chunk]
            return np.isin(self._ids, np.array(found, dtype=np.int64))

        column: Flags = self._once(wanted, read)
        return column

    def _likeness(self, conn: Connection) -> Likeness:
        found: Likeness = self._once(
            "likeness", lambda: find_likeness(conn, self._ids, self._numbers)
        )
        return found

    def _vectored(self, conn: Connection, asked: Selection) -> Vectored:
        model = model_of_vectors(embedding_models(conn), asked.embedding_model)
        found: Vectored = self._once(
            ("vectored", model, asked.threshold),
            lambda: find_vectored(conn, self._ids, model, asked.threshold),
        )
        return found


def _goes_by_difficulty(asked: Selection) -> bool:
    return (
        asked.order is RowOrder.EASY_TO_HARD
        or asked.prefer in (Prefer.HARDEST, Prefer.EASIEST)
        or By.DIFFICULTY in asked.shared_by
    )


def _settled(
    kind: ExportType, settling: Settling, found: Iterable[Candidate]
) -> Iterator[tuple[Any, ...]]:
    """One row a candidate: what is known of it before anything is selected."""
    only_wanted = set(kind.shapes) <= {Conversation, Completion, Rewarded}
    for candidate in found:
        settled = settling.settle(candidate)
        curated, code, detail = settled.curated, TAKEN, ""
        if settled.dropped is not None:
            # Which of several gets their correction is for the selection to say.
            if settled.dropped.reason is not DropReason.DUPLICATE or not curated.correction_uid:
                code, detail = _CODE[settled.dropped.reason], settled.dropped.detail
        elif only_wanted and curated.outcome is Outcome.REJECT:
            code = _CODE[DropReason.REJECTED]
        outcomes = [said.annotation.outcome for said in curated.said]
        most = max((outcomes.count(one) for one in set(outcomes)), default=0)
        yield (
            candidate.id,
            code,
            _standing(candidate, curated),
            _signed(number_of(curated.correction_uid)) if curated.correction_uid else 0,
            curated.n_errors,
            curated.n_warnings,
            len(outcomes),
            most / len(outcomes) if outcomes else 0.0,
            number_of(curated.uid),
            detail,
        )


def _standing(candidate: Candidate, curated: Curated) -> Standing:
    match curated.outcome:
        case Outcome.ACCEPT:
            decided = candidate.decision
            by_person = decided is not None and not decided.by.startswith(RULE)
            return Standing.PERSON if by_person else Standing.ACCEPTED
        case Outcome.REJECT:
            return Standing.REJECTED
        case _:
            return Standing.NOTHING


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number
