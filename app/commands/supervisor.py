"""Two child processes, the studio's server and the worker, kept alive until somebody stops them.

Each child has a process group of its own: a Ctrl-C reaches only us, we ask the children to stop
(the worker finishes its batch and puts its job back), and whatever they started ends with them.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType

from app.commands.lifeline import SUPERVISOR
from app.settings import Settings
from curation.errors import LoopwrightError, SettingsError

GRACE_S = 10.0
"""How long a child may take to stop before it is killed; the worker finishes a batch in this."""

STEADY_S = 60.0
"""A child that ran this long is restarted at once; a shorter life waits longer each time."""

LONGEST_WAIT_S = 30.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Child:
    """One supervised process."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._wait_s = 0.5
        self._not_before = 0.0

    def start(self) -> None:
        """Start the process in a group of its own."""
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._started = time.monotonic()

    @property
    def exit_code(self) -> int | None:
        """None while it runs (or was never started)."""
        return self._process.poll() if self._process else None

    def revive(self, say: Callable[[str], None]) -> None:
        """Start it again if it died, waiting longer after each short life."""
        if self.exit_code is None:
            return
        now = time.monotonic()
        if not self._not_before:
            steady = now - self._started >= STEADY_S
            self._wait_s = 0.5 if steady else min(self._wait_s * 2, LONGEST_WAIT_S)
            self._not_before = now + self._wait_s
            self._end_group()
            say(f"The {self.name} ended with code {self.exit_code}; it is started again.")
        if now >= self._not_before:
            self._not_before = 0.0
            self.start()

    def ask_to_stop(self) -> None:
        """Send SIGTERM, once."""
        if self._process is not None and self.exit_code is None:
            self._process.terminate()

    def end(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic seconds), then kill it and all it started."""
        if self._process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        self._end_group()
        self._process.wait()

    def _end_group(self) -> None:
        """Kill it and whatever it started (processes that check, or read files)."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


class Supervisor:
    """The studio's server and the worker. Use as a context: leaving it stops both."""

    def __init__(self, settings: Settings, database_url: str, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._stop_asked = False
        environment = dict(os.environ) | {
            "LOOPWRIGHT_DATABASE_URL": database_url,
            "LOOPWRIGHT_HOST": settings.host,
            "LOOPWRIGHT_PORT": str(settings.port),
            SUPERVISOR: str(os.getpid()),
        }
        # -P: the folder we are started in must not shadow our packages.
        python = [sys.executable, "-P", "-m"]
        self._studio = Child(
            "studio", [*python, "app.commands.studio", *_options(settings)], environment
        )
        self._worker = Child("worker", [*python, "app.cli", "worker"], environment)

    def __enter__(self) -> Supervisor:
        refuse_taken_port(self._settings.host, self._settings.port)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        self._studio.start()
        return self

    def start_worker(self) -> None:
        """Start the worker; call it once the schema is up to date."""
        self._worker.start()

    def __exit__(self, *_: object) -> None:
        children = (self._worker, self._studio)
        for child in children:
            child.ask_to_stop()
        deadline = time.monotonic() + GRACE_S
        for child in children:
            child.end(deadline)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self._stop_asked:
            self._stop_asked = True
            raise KeyboardInterrupt
        for child in (self._worker, self._studio):  # asked twice: no more patience
            child.end(0.0)
        os._exit(1)

    def wait_until_ready(self) -> None:
        """Return when the studio answers.

        Raises:
            LoopwrightError: it ended, or did not answer in the time set.
        """
        deadline = time.monotonic() + self._settings.start_timeout_s
        while time.monotonic() < deadline:
            if self._studio.exit_code is not None:
                raise LoopwrightError(
                    f"The studio ended with code {self._studio.exit_code} while starting.",
                    hint="The reason stands above. `loopwright doctor` examines the database.",
                )
            if is_healthy(self._settings.host, self._settings.port):
                return
            time.sleep(0.1)
        raise LoopwrightError(
            f"The studio did not answer within {self._settings.start_timeout_s:g} seconds.",
            hint="Give a slow machine more with LOOPWRIGHT_START_TIMEOUT_S.",
        )

    def watch(self) -> None:
        """Keep both alive until interrupted."""
        while True:
            self._studio.revive(self._say)
            self._worker.revive(self._say)
            time.sleep(0.25)


def _options(settings: Settings) -> list[str]:
    """Streamlit's options for this run; what is the same for all stands in its config.toml."""
    options = [
        f"--server.address={settings.host}",
        f"--server.port={settings.port}",
        "--server.headless=true",
        "--server.fileWatcherType=none",
        "--browser.gatherUsageStats=false",
    ]
    hosts = [name.strip() for name in settings.allowed_hosts.split(",") if name.strip()]
    if not hosts and settings.host in LOOPBACK:
        hosts = ["localhost", "127.0.0.1", "[::1]"]  # against DNS rebinding
    return options + [f"--server.allowedHosts={name}" for name in hosts]


def refuse_taken_port(host: str, port: int) -> None:
    """Make sure that we can listen there.

    Raises:
        SettingsError: another program listens there, or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if sys.platform != "win32":  # a port whose last owner just closed counts as free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise SettingsError(
                f"The studio cannot listen there: {problem.strerror}.",
                where=f"{host}, port {port}",
                hint="Stop what uses it (another studio?), or choose another with --port.",
            ) from None


def reachable_host(host: str) -> str:
    """The name this machine's own browser uses for a listening address."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(
        host, f"[{host}]" if ":" in host else host
    )


def is_healthy(host: str, port: int) -> bool:
    """True when the studio answers /healthz. Asks directly: no proxy stands between."""
    connection = http.client.HTTPConnection(reachable_host(host).strip("[]"), port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
