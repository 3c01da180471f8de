"""A model server for the benchmark, in a process of its own: every question is answered with the
same verdict after a fixed time. `python -m tests.bench.judge_server LATENCY_S`; prints its port.

Bare asyncio streams, so that the client is what is measured.
"""

from __future__ import annotations

import asyncio
import json
import sys

ANALYSIS = "The city of the call is another one than the user asked for. " * 12
REPLY = {
    "error_analysis": ANALYSIS,
    "correct_approach": "Call the tool with the city of the question.",
    "verdict": "BOTH_WRONG",
}
"""About 1.2 KB, as judges write; the same by position in both orders, so that they agree."""

BODY = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "judge",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": json.dumps(REPLY), "refusal": None},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 900, "completion_tokens": 200, "total_tokens": 1100},
    }
).encode()
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
    + str(len(BODY)).encode()
    + b"\r\n\r\n"
    + BODY
)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wait_s: float) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            await asyncio.sleep(wait_s)
            writer.write(ANSWER)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(wait_s: float) -> None:
    """Serve until killed."""
    server = await asyncio.start_server(
        lambda r, w: _serve(r, w, wait_s), "127.0.0.1", 0, limit=1 << 22, backlog=2048
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
