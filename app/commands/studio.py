"""The studio's server as a process of its own, started by `loopwright run`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from app.commands.lifeline import end_with_supervisor
from app.flows.incidents import set_up_log
from app.settings import load_settings

SCRIPT = Path(__file__).resolve().parent.parent / "asgi.py"


def main() -> None:
    """Run Streamlit over `app/asgi.py` with the options given to this process."""
    end_with_supervisor()
    settings = load_settings()
    set_up_log(settings.log_level, settings.log_file)
    sys.argv = ["streamlit", "run", str(SCRIPT), *sys.argv[1:]]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
