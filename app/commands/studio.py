"""The studio's server as a process of its own, started by `loopwright run`.

It ends with the process that started it, so that a killed supervisor leaves nothing on the port.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys
from pathlib import Path

SUPERVISOR = "LOOPWRIGHT_SUPERVISOR_PID"
SCRIPT = Path(__file__).resolve().parent.parent / "asgi.py"
PR_SET_PDEATHSIG = 1


def end_with_supervisor() -> None:
    """On Linux, be sent SIGTERM when the supervisor named in the environment dies."""
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(supervisor):  # it died before we asked
        os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Run Streamlit over `app/asgi.py` with the options given to this process."""
    end_with_supervisor()
    sys.argv = ["streamlit", "run", str(SCRIPT), *sys.argv[1:]]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
