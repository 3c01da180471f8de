"""Why a model endpoint gave no answer, in words for a person and as a fault a program can act on.

Whatever an exchange came to becomes a `ModelError` here, without the key. Whether to ask
again is the caller's business: the error says whether that could help, and when.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from enum import StrEnum

from curation.errors import LoopwrightError
from curation.model_endpoint import Endpoint, said_by

LONGEST_RETRY_AFTER_S = 86_400.0
"""An endpoint that asks for more has a broken clock; its word is not taken."""


class ModelFault(StrEnum):
    """Why an endpoint gave no answer."""

    KEY = "key"
    """It does not admit the key (401, 403)."""
    MODEL = "model"
    """It knows no such model, or is no such API (404)."""
    REJECTED = "rejected"
    """It refuses this question (400, 413, 422, 501): too long, most often."""
    BUSY = "busy"
    """Too many questions (429), or one too many at this moment (409)."""
    DOWN = "down"
    """It failed (5xx)."""
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    """No connection, or none that lasted."""
    NOT_CHAT = "not-chat"
    """What it answered is no chat completion."""
    NOT_EMBEDDINGS = "not-embeddings"
    """What it answered are not the vectors that were asked for."""
    NO_DIRECTION = "no-direction"
    """A vector of zeros, or of numbers that are none."""


class ModelError(LoopwrightError):
    """A question was not answered."""

    def __init__(
        self,
        message: str,
        *,
        fault: ModelFault,
        where: str = "model",
        status: int | None = None,
        retry_after_s: float | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.fault = fault
        self.status = status
        """That came in place of an answer."""
        self.retry_after_s = retry_after_s
        """How long the endpoint asks to be left alone; None when it does not say."""

    @property
    def concerns_all(self) -> bool:
        """Whether the next question would fare the same, so that asking on is pointless."""
        return self.fault in (ModelFault.KEY, ModelFault.MODEL)

    @property
    def passes(self) -> bool:
        """Whether the same question may be answered later."""
        return self.fault in (
            ModelFault.BUSY, ModelFault.DOWN, ModelFault.TIMEOUT, ModelFault.UNREACHABLE
        )  # fmt: skip


def not_chat(endpoint: Endpoint, where: str = "model") -> ModelError:
    """The answer that is no chat completion."""
    return ModelError(
        f"What {endpoint.base_url} answered is no chat completion.",
        fault=ModelFault.NOT_CHAT,
        where=where,
        hint="The base URL must be that of an OpenAI-compatible API; it mostly ends in /v1.",
    )


def timed_out(endpoint: Endpoint, where: str = "model") -> ModelError:
    """No answer came in time."""
    return ModelError(
        f"{endpoint.model} did not answer within {endpoint.timeout_s:g} s.",
        fault=ModelFault.TIMEOUT,
        where=where,
        hint="Raise the time it may take, or ask fewer questions at once.",
    )


def unreachable(endpoint: Endpoint, where: str = "model") -> ModelError:
    """There is no connection, or it broke off."""
    return ModelError(
        f"There is no (lasting) connection to {endpoint.base_url}.",
        fault=ModelFault.UNREACHABLE,
        where=where,
        hint="Is the model server running there?",
    )


def refused(
    endpoint: Endpoint, status: int, headers: Mapping[str, str], error: object, where: str = "model"
) -> ModelError:
    """A status that is no answer.

    Args:
        headers: of the answer; names are looked up in lower case.
        error: as for `said_by`.
    """
    match status:
        case 401 | 403:
            fault, what, hint = ModelFault.KEY, "does not admit the key", "Correct the key."
        case 404:
            fault, what = ModelFault.MODEL, f"knows no model {endpoint.model}, or is no such API"
            hint = "Correct the model's name or the base URL."
        case 409 | 429:
            fault, what = ModelFault.BUSY, "has had too many questions, also after waiting"
            hint = "Ask fewer questions at once, or go on later."
        case 408:
            fault, what = ModelFault.TIMEOUT, "took too long"
            hint = "Raise the time it may take, or ask fewer questions at once."
        case _ if status >= 500 and status != 501:
            fault, what = ModelFault.DOWN, "failed, also when asked again"
            hint = "Go on later; its own log says why."
        case _:
            fault, what = ModelFault.REJECTED, "refused the question"
            hint = "The prompt may be longer than the model takes; lower its limit."
    said = endpoint.quoted(said_by(error))
    tail = f": “{said}”" if said else "."
    return ModelError(
        f"{endpoint.base_url} {what} (HTTP {status}){tail}",
        fault=fault,
        where=where,
        status=status,
        retry_after_s=_retry_after(headers),
        hint=hint,
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the endpoint asks for. A date counts from the `Date` of the same answer, so that no
    clock but the endpoint's own is needed."""
    seconds = _number(headers.get("retry-after-ms"), 1000) or _number(headers.get("retry-after"), 1)
    if seconds is None:
        try:
            until = parsedate_to_datetime(headers["retry-after"])
            seconds = (until - parsedate_to_datetime(headers["date"])).total_seconds()
        except (KeyError, ValueError, TypeError):
            return None
    return seconds if 0 <= seconds < LONGEST_RETRY_AFTER_S else None


def _number(text: str | None, divisor: int) -> float | None:
    try:
        return float(text or "") / divisor
    except ValueError:
        return None
