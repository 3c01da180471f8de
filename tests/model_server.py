"""A model server on loopback that speaks the OpenAI protocol, and fails on request.

Real HTTP over real sockets: what is tested is the client as it will run. Every request takes the
next `Step` of the script; when none is left, the last one again. A step may be a function of the
request instead, for a model that answers what it is asked.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Step:
    """One answer."""

    text: str = ""
    """Of the assistant."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """The whole body, in place of a chat completion."""
    refusal: str | None = None
    finish: str = "stop"
    wait_s: float = 0.0
    """Before the answer; given up when the server is closed."""
    half: bool = False
    """Close the connection in the middle of the body."""
    reset: bool = False
    """Reset the connection without an answer."""
    usage: dict[str, Any] | None = field(
        default_factory=lambda: {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    )
    """None for a server that does not count."""


def patience_s(fault: Step) -> float:
    """Short only with an endpoint that hangs: a busy machine is no fault."""
    return 0.5 if fault.wait_s else 10.0


Answer = Step | Callable[[dict[str, Any]], Step]
"""A step, or what makes one of the body received."""


@dataclass
class ModelServer:
    """What was asked, and what is answered."""

    url: str
    script: list[Answer]
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The bodies received, in order."""
    keys: list[str] = field(default_factory=list)
    """The `Authorization` headers received, in order."""
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when somebody hung up while they were kept waiting."""

    _script_lock: threading.Lock = field(default_factory=threading.Lock)

    def receive(self, body: dict[str, Any], key: str) -> Step:
        """Take down a request; the step that answers it."""
        with self._script_lock:
            self.asked.append(body)
            self.keys.append(key)
            answer = self.script[min(len(self.asked), len(self.script)) - 1]
        return answer if isinstance(answer, Step) else answer(body)

    @property
    def prompt(self) -> str:
        """All that the last request said."""
        return "\n".join(m["content"] for m in self.asked[-1]["messages"])


def failing(status: int, message: str, **headers: str) -> Step:
    """An error in the form of the protocol; asked again soon, so that tests do not wait."""
    body = json.dumps({"error": {"message": message, "type": "x", "code": None}}).encode()
    return Step(status=status, raw=body, headers={"retry-after-ms": "10", **headers})


def without_structure(step: Step) -> Answer:
    """A server that knows no `response_format`, as older ones; otherwise it answers `step`."""

    def answer(body: dict[str, Any]) -> Step:
        if "response_format" in body:
            return failing(400, "Unrecognized request argument supplied: response_format")
        return step

    return answer


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.closing = threading.Event()
        self.model = ModelServer(f"http://127.0.0.1:{self.server_port}/v1", [])

    def handle_error(self, *_args: Any) -> None:
        """Connections that the script resets end in errors here, as they must."""


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        step = self.server.model.receive(body, self.headers.get("Authorization", ""))
        if not self._hung_up(step.wait_s):
            self._answer(step)

    def _hung_up(self, seconds: float) -> bool:
        """Wait; true when nobody is there any more to be answered."""
        for _ in range(int(seconds / 0.05)):
            if self.server.closing.wait(0.05):
                return True
            self.connection.setblocking(False)
            try:
                if self.connection.recv(1, socket.MSG_PEEK) == b"":
                    self.server.model.gone.set()
                    return True
            except BlockingIOError:
                continue
            finally:
                self.connection.setblocking(True)
        return False

    def _answer(self, step: Step) -> None:
        if step.reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
            return
        data = step.raw if step.raw is not None else _completion(step)
        self.send_response(step.status)
        self.send_header("Content-Type", "application/json")
        for name, value in step.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if step.half else data)
        self.close_connection = True

    def log_message(self, *_args: Any) -> None:
        """Tests look at what was asked, not at a log."""


def awaited(work: Coroutine[Any, Any, _Result]) -> _Result:
    """What a coroutine returns. In a thread of its own: browser tests of the same run leave an
    event loop running in the main one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@contextmanager
def model_server(*script: Answer) -> Iterator[ModelServer]:
    """A server that lives as long as the block."""
    http = _Http()
    http.model.script.extend(script or [Step("ok")])
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield http.model
    finally:
        http.closing.set()
        http.shutdown()
        http.server_close()
        thread.join()


def _completion(step: Step) -> bytes:
    message = {"role": "assistant", "content": step.text, "refusal": step.refusal}
    choice = {"index": 0, "message": message, "finish_reason": step.finish}
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "scripted",
            "choices": [choice],
            "usage": step.usage,
        }
    ).encode()
