"""The judge runner with its results stored, against a server that takes half a second to answer.

`python -m tests.bench.judging [--at-once 16,64,256] [--seconds 45] [--memory N] [--client NAME]`.
Efficiency is the rate reached over concurrency / latency, the second in which a client is imported
included; prompts are about 6 KB. With `--memory`, N predictions are judged and the most memory is
told. The server is a process of its own. Not a test.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.flows.ingest import ingest
from app.flows.judge import judge
from app.flows.judge_setup import JudgeRequest
from app.flows.match import match
from app.settings import load_settings
from curation import model_exchange
from curation.trajectory import Message, Role, ToolCall
from storage.engine import Store, migrate, open_store
from storage.predictions import add_predictions, new_prediction
from storage.trajectories import iter_bodies

LATENCY_S = 0.5
AT_ONCE = (16, 64, 256)
CLIENTS = ("openai", "aiohttp")
QUESTIONS_EACH = 2
"""One vote in both orders."""


def main(arguments: Sequence[str] = ()) -> None:
    """Run every concurrency in a process of its own and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at-once", default=",".join(map(str, AT_ONCE)))
    parser.add_argument("--seconds", type=float, default=45.0, help="of each run, about (45)")
    parser.add_argument("--memory", type=int, default=0, help="judge so many predictions as well")
    parser.add_argument("--latency", type=float, default=LATENCY_S, help="of an answer (0.5)")
    parser.add_argument("--client", choices=CLIENTS, default="aiohttp", help="(aiohttp)")
    parser.add_argument("--one", type=int, help="one run of this many predictions; prints JSON")
    asked = parser.parse_args(arguments)
    numbers = [int(one) for one in asked.at_once.split(",")]
    if asked.client == "openai":
        vars(model_exchange)["find_spec"] = _not_installed
    if asked.one is not None:
        print(json.dumps(_measure(asked.one, numbers[0], asked.latency)))
        return
    how = f"{asked.latency * 1000:.0f} ms an answer, over {asked.client}, load {_load()}"
    print(f"judge: results stored, {how}")
    print(f"{'at once':<10}{'replies':>9}{'replies/s':>11}{'ideal':>9}{'efficiency':>12}", end="")
    print(f"{'CPU ms each':>13}{'peak MiB':>10}")
    runs = [(n, max(n, int(n / asked.latency * asked.seconds / QUESTIONS_EACH))) for n in numbers]
    if asked.memory:
        runs.append((numbers[-1], asked.memory))
    for at_once, n in runs:
        found = _in_process(n, at_once, asked.latency, asked.client)
        ideal = at_once / asked.latency
        rate = found["replies"] / found["seconds"]
        print(
            f"{at_once:<10}{found['replies']:>9,.0f}{rate:>11,.1f}{ideal:>9,.0f}"
            f"{rate / ideal:>12.1%}{found['cpu_s'] * 1000 / found['replies']:>13.2f}"
            f"{found['peak_mib']:>10,.0f}",
            flush=True,
        )


def _not_installed(_name: str, _package: str | None = None) -> None:
    """As where the extra `fast` is not installed."""


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


def _in_process(n: int, at_once: int, latency_s: float, client: str) -> dict[str, float]:
    """`--one` in a process of its own, so that memory and CPU are those of the run."""
    command = [sys.executable, "-m", "tests.bench.judging", "--one", str(n)]
    command += ["--at-once", str(at_once), "--latency", str(latency_s), "--client", client]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measure(n: int, at_once: int, latency_s: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/judge.db"
        # Filled in another process: what that takes in memory is not the runner's.
        fill = f"from tests.bench.judging import fill; fill({database!r}, {folder!r}, {n})"
        subprocess.run([sys.executable, "-c", fill], check=True)
        store = open_store(database)
        with _server(latency_s) as url:
            settings = load_settings(judge_base_url=url)
            request = JudgeRequest(
                backend="openai", models=("judge",), votes=1, least_equal=1, concurrency=at_once
            )
            before, began = time.process_time(), time.monotonic()
            end = judge(store, request, settings)
            seconds, cpu_s = time.monotonic() - began, time.process_time() - before
        store.close()
    if end.report.judged != n or end.failed:
        raise RuntimeError(f"{end.report.judged} of {n} judged, {end.failed} failed")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "replies": end.report.votes,
        "seconds": seconds,
        "cpu_s": cpu_s,
        "peak_mib": peak,
    }


@contextmanager
def _server(latency_s: float) -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.judge_server", str(latency_s)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
    finally:
        server.kill()
        server.wait()


def fill(database: str, folder: str, n: int) -> None:
    """A store of `n` predictions that do not match, each of a step with a prompt of some 6 KB."""
    store = open_store(database)
    migrate(store)
    tools = [_tool(i) for i in range(10)]
    path = Path(folder) / "rows.jsonl"
    with path.open("w") as out:
        for i in range(n):
            asked = {"role": "user", "content": f"What is the weather in City{i}? " + "Hm. " * 300}
            function = {"name": "get_0", "arguments": json.dumps({"city": f"City{i}"})}
            made = {"id": "call_1", "type": "function", "function": function}
            step = {"role": "assistant", "content": None, "tool_calls": [made]}
            out.write(json.dumps({"messages": [asked, step], "tools": tools}) + "\n")
    ingest(store, [path], dataset="bench")
    _add_predictions(store)
    match(store, "bench")
    store.close()


def _add_predictions(store: Store) -> None:
    wrong = Message(Role.ASSISTANT, None, (ToolCall("get_0", '{"city": "Nowhere"}', "c"),))
    with store.read() as conn:
        ids = [body.id for body in iter_bodies(conn)]
    for start in range(0, len(ids), 5_000):
        with store.write() as conn:
            some = ids[start : start + 5_000]
            add_predictions(conn, [(i, new_prediction(1, "student", wrong, None)) for i in some])


def _tool(i: int) -> dict[str, object]:
    properties = {
        name: {"type": "string", "description": f"The {name} that is asked for, in full."}
        for name in ("city", "country", "day", "unit")
    }
    function = {
        "name": f"get_{i}",
        "description": f"Weather service number {i} for cities everywhere.",
        "parameters": {"type": "object", "properties": properties, "required": ["city"]},
    }
    return {"type": "function", "function": function}


if __name__ == "__main__":
    main(sys.argv[1:])
