"""Children of `loopwright run` end with it, so that a killed one leaves nothing on the port."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

SUPERVISOR = "LOOPWRIGHT_SUPERVISOR_PID"
"""Environment variable that tells a child who started it."""

_PR_SET_PDEATHSIG = 1


def end_with_supervisor() -> None:
    """On Linux, be sent SIGTERM when the supervisor dies. Does nothing without one."""
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(supervisor):  # it died before we asked
        os.kill(os.getpid(), signal.SIGTERM)
