"""One request to a model endpoint and what came back, over either of two clients.

The `openai` client is there always. It makes every request anew from its options, which takes more
work than all the rest of a question; some hundred questions at once that are answered quickly keep
a core busy with it. Where the extra `fast` is installed, the requests that it would make (its
address, its headers) go over aiohttp's connections instead: about a third of the work. Nothing is
asked twice here and no answer is judged: any status is an answer.
"""

from __future__ import annotations

import asyncio
import ssl
import urllib.request
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from curation.model_endpoint import Endpoint, client_of
from curation.model_faults import timed_out, unreachable

PATH = "/chat/completions"


class Answered(Struct, frozen=True):
    """What an endpoint sent."""

    status: int
    headers: Mapping[str, str]
    """Names are looked up in lower case; an exchange may leave them out of good answers."""
    content: bytes


class Exchange(Protocol):
    """Puts questions to one endpoint, any number at once."""

    async def post(self, body: Mapping[str, Any]) -> Answered:
        """Send one request.

        Raises:
            ModelError: nothing came back (`TIMEOUT`, `UNREACHABLE`).
        """
        ...

    async def close(self) -> None:
        """Give back the connections."""
        ...


async def open_exchange(endpoint: Endpoint, where: str, path: str = PATH) -> Exchange:
    """The faster of the clients that are installed.

    Args:
        where: who asks, for errors.
        path: of what is asked for, after the base URL.
    """
    kind = AioHttpExchange if find_spec("aiohttp") else OpenAIExchange
    # Importing and building a client take a second or so: not in the event loop.
    return await asyncio.to_thread(kind, endpoint, where, path)


class OpenAIExchange:
    """The `openai` client, whole."""

    def __init__(self, endpoint: Endpoint, where: str, path: str = PATH) -> None:
        self._endpoint = endpoint
        self._where = where
        self._path = path
        self._client = client_of(endpoint, retries=0)

    async def post(self, body: Mapping[str, Any]) -> Answered:
        """See `Exchange.post`."""
        import openai

        try:
            # `chat.completions.create` looks through every body for files to send and keys to
            # rename, and makes an object of every member of the answer.
            content = await self._client.post(self._path, cast_to=bytes, body=body)
        except openai.APIStatusError as problem:
            answer = problem.response
            return Answered(answer.status_code, answer.headers, answer.content)
        except openai.APITimeoutError:
            raise timed_out(self._endpoint, self._where) from None
        except openai.APIConnectionError:
            raise unreachable(self._endpoint, self._where) from None
        return Answered(200, {}, content)

    async def close(self) -> None:
        """Give back the connections."""
        await self._client.close()


class AioHttpExchange:
    """The requests of the `openai` client over connections of aiohttp."""

    def __init__(self, endpoint: Endpoint, where: str, path: str = PATH) -> None:
        self._endpoint = endpoint
        self._where = where
        client = client_of(endpoint, retries=0)
        self._url = str(client.base_url).rstrip("/") + path
        headers = {k: v for k, v in client.default_headers.items() if isinstance(v, str)}
        self._headers = {**headers, **client.auth_headers, "Content-Type": "application/json"}
        self._proxy = _proxy_of(client.base_url.scheme, client.base_url.host)
        self._tls = _trusted()
        self._session: Any = None
        """Made by the first question: it belongs to an event loop."""

    async def post(self, body: Mapping[str, Any]) -> Answered:
        """See `Exchange.post`."""
        import aiohttp

        if self._session is None:
            self._session = self._opened()
        # Of the payload's kind nothing need be found out.
        data = aiohttp.BytesPayload(msgspec.json.encode(body))
        try:
            async with self._session.post(self._url, data=data, proxy=self._proxy) as answer:
                return Answered(answer.status, answer.headers, await answer.read())
        except TimeoutError:
            raise timed_out(self._endpoint, self._where) from None
        except aiohttp.ClientError:
            raise unreachable(self._endpoint, self._where) from None

    def _opened(self) -> Any:
        import aiohttp

        seconds = self._endpoint.timeout_s
        return aiohttp.ClientSession(
            headers=self._headers,
            # How many go at once is the asker's to say.
            connector=aiohttp.TCPConnector(limit=0, ssl=self._tls),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=seconds, sock_read=seconds),
            # No cookie of one answer goes out with another question.
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Give back the connections."""
        if self._session is not None:
            await self._session.close()


def _proxy_of(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for an address, as the `openai` client takes it."""
    if urllib.request.proxy_bypass(host):
        return None
    named = urllib.request.getproxies()
    return named.get(scheme) or named.get("all")


def _trusted() -> ssl.SSLContext:
    """Certificates of this machine, and those that come with the `openai` client."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
