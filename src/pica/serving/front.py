"""The front: what of `transformers serve` can be reached, and what a request may ask for.

    GET  /health                 {"status": "ok"}
    GET  /v1/models              {"object": "list", "data": [{"id": "pica", …}]}
    POST /v1/chat/completions    {"id": "chatcmpl-0a1b…", "model": "pica", "choices": [{"message": {…}}], "usage": {…}}

Everything else is refused, as are pages of other origins, names of other hosts, and what is too long: each with one
message in the shape of OpenAI's errors.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import aclosing
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pica.serving import reply
from pica.serving.request import Refusal, read
from pica.serving.request import Request as Asked
from pica.serving.upstream import CHAT, Upstream

MODELS, HEALTH = "/v1/models", "/health"
# Holds 100,000 characters however they are escaped.
MAX_BODY = 1 << 21
# Tokens of an answer where the request does not say, as far as the context has room.
ROOM = 1024
_HERE = {"127.0.0.1", "localhost", "::1"}

Guard = Callable[[str, reply.Pieces], reply.Pieces]


def front(upstream: Upstream, model: str, guard: Guard | None = None) -> Starlette:
    """The ASGI app.

    Args:
        model: what clients call the one model.
        guard: what stands between the model's words and the client, given the user's last turn.
    """
    served = _Front(upstream, model, guard)
    return Starlette(
        routes=[
            Route(CHAT, served.chat, methods=["POST"]),
            Route(MODELS, served.models),
            Route(f"{MODELS}/{{id:path}}", served.one_model),
            Route(HEALTH, lambda _: JSONResponse({"status": "ok"})),
        ],
        middleware=[Middleware(_FromHere)],
        exception_handlers={Refusal: _refuse, HTTPException: _no_route, ClientDisconnect: _gone, Exception: _bug},
    )


class _Front:
    def __init__(self, upstream: Upstream, model: str, guard: Guard | None) -> None:
        self.upstream, self.model, self.guard = upstream, model, guard
        self.started = int(time.time())

    def models(self, _: Request) -> Response:
        return JSONResponse({"object": "list", "data": [self._card()]})

    def one_model(self, request: Request) -> Response:
        if (name := request.path_params["id"]) != self.model:
            raise Refusal(404, f"the model {name[:200]!r} is not served here.", "model", "model_not_found")
        return JSONResponse(self._card())

    def _card(self) -> dict[str, Any]:
        return {"id": self.model, "object": "model", "created": self.started, "owned_by": "pica"}

    async def chat(self, request: Request) -> Response:
        asked = read(await _body(request), self.model)
        prompt, room = self._room(asked)
        pieces = self._answer(asked, room)
        head = {"id": f"chatcmpl-{token_hex(12)}", "created": int(time.time()), "model": self.model}
        if asked.stream:
            # The first piece is waited for, so that what goes wrong before it has a status of its own.
            first = await _unless_gone(request, anext(pieces))
            events = self._events(head, prompt, first, pieces)
            return StreamingResponse(events, media_type="text/event-stream", headers={"cache-control": "no-cache"})
        return JSONResponse(await _unless_gone(request, self._whole(head, prompt, pieces)))

    def _room(self, asked: Asked) -> tuple[int, int]:
        """The tokens of the prompt, and those that the answer may have."""
        try:
            prompt = self.upstream.prompt_tokens(asked.chat)
        except ValueError as error:
            raise Refusal(400, f"the model's chat template refuses these messages: {error}", "messages") from None
        context = self.upstream.context
        room = asked.room or min(ROOM, max(1, context - prompt))
        if prompt + room > context:
            raise Refusal(
                400,
                f"the messages have {prompt} tokens and the answer is to have {room}; together the model takes "
                f"{context}. Shorten the messages, or ask for fewer tokens.",
                "messages" if prompt >= context else "max_tokens",
                "context_length_exceeded",
            )
        return prompt, room

    def _answer(self, asked: Asked, room: int) -> reply.Pieces:
        body: dict[str, Any] = {"messages": asked.chat, "max_tokens": room}
        body |= {
            name: value for name in ("temperature", "top_p", "seed") if (value := getattr(asked, name)) is not None
        }
        pieces = reply.written(self.upstream, body, asked.stops)
        return self.guard(asked.chat[-1]["content"], pieces) if self.guard else pieces

    async def _whole(self, head: Mapping[str, Any], prompt: int, pieces: reply.Pieces) -> dict[str, Any]:
        said, end = "", reply.End("stop")
        async with aclosing(pieces):
            async for piece in pieces:
                if isinstance(piece, reply.End):
                    end = piece
                else:
                    said += piece
        message = {"role": "assistant", "content": said}
        choice = {"index": 0, "message": message, "finish_reason": end.reason, "logprobs": None}
        return {**head, "object": "chat.completion", "choices": [choice], "usage": self._usage(prompt, end, said)}

    async def _events(
        self, head: Mapping[str, Any], prompt: int, first: str | reply.End, pieces: reply.Pieces
    ) -> AsyncIterator[str]:
        """The server-sent events of an answer, the last one `[DONE]`."""

        def chunk(delta: Mapping[str, str], reason: str | None = None, **more: Any) -> str:
            choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
            return _event({**head, "object": "chat.completion.chunk", "choices": [choice], **more})

        said = ""
        async with aclosing(pieces):
            yield chunk({"role": "assistant", "content": ""})
            try:
                async for piece in _from(first, pieces):
                    if isinstance(piece, reply.End):
                        yield chunk({}, piece.reason, usage=self._usage(prompt, piece, said))
                    else:
                        said += piece
                        yield chunk({"content": piece})
            except Refusal as refusal:
                yield _event(refusal.body())
        yield "data: [DONE]\n\n"

    def _usage(self, prompt: int, end: reply.End, said: str) -> dict[str, int]:
        written = self.upstream.tokens(said) if end.tokens is None else end.tokens
        return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}


class _FromHere:
    """Lets through what programs of this machine ask: a page of another origin is refused, also where its name was made
    to point here."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refusal := _foreign(HTTPConnection(scope).headers)):
            await _shown(refusal)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _foreign(headers: Mapping[str, str]) -> Refusal | None:
    host, origin = headers.get("host", ""), headers.get("origin")
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        name = None
    if name not in _HERE:
        return Refusal(403, f"this server is asked at 127.0.0.1, not at {host[:200]!r}.", code="foreign_host")
    if origin is not None and origin.partition("://")[2] != host:
        return Refusal(403, f"pages of {origin[:200]!r} may not ask this server.", code="foreign_origin")
    return None


async def _body(request: Request) -> bytes:
    """The body of a request.

    Raises:
        Refusal: it is too long; no more of it is read then.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refusal(413, f"the body has more than {MAX_BODY} bytes.", code="body_too_long")
    return body


async def _unless_gone(request: Request, work: Coroutine[Any, Any, Any]) -> Any:
    """What some work gives; it is stopped when the client goes.

    Raises:
        ClientDisconnect: it went.
    """
    doing, leaving = asyncio.ensure_future(work), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait((doing, leaving), return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        raise ClientDisconnect
    finally:
        for task in (doing, leaving):
            task.cancel()
        await asyncio.gather(doing, leaving, return_exceptions=True)


async def _from(first: str | reply.End, pieces: reply.Pieces) -> reply.Pieces:
    yield first
    async for piece in pieces:
        yield piece


def _event(value: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def _shown(refusal: Refusal) -> Response:
    return JSONResponse(refusal.body(), refusal.status)


def _refuse(_: Request, refusal: Exception) -> Response:
    return _shown(refusal)


def _no_route(request: Request, error: Exception) -> Response:
    offered = f"POST {CHAT}, GET {MODELS} and GET {HEALTH} are"
    return _shown(Refusal(error.status_code, f"{request.method} {request.url.path[:200]} is not offered; {offered}."))


def _gone(_: Request, error: Exception) -> Response:
    return Response(status_code=499)  # as nginx calls it; nobody is there to read it


def _bug(_: Request, error: Exception) -> Response:
    # Its traceback goes to the server's log.
    return _shown(Refusal(500, "a fault of the server's; its log has more."))
