"""An app that answers as transformers serve does, without a model: what a test wants said, broken answers included."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from pica.serving import server
from pica.serving.upstream import Upstream

CHAT = [{"role": "user", "content": "The bread burnt again."}]


@dataclass
class Fake:
    """What it says and does, and what it was asked.

    Args:
        say: the request → the pieces of the answer.
        finish: why the answer ends, as the last event has it.
        status, refuses: in place of an answer.
        raw: events that stand in for the last one.
        pause: seconds before each piece.
    """

    say: Callable[[Mapping[str, Any]], Sequence[str]] = lambda _: ("Oh ", "no.")
    finish: str = "stop"
    status: int = 200
    refuses: str = ""
    raw: str = ""
    pause: float = 0
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    written: int = 0
    stopped: int = 0

    async def __call__(self, scope, receive, send) -> None:
        assert (scope["method"], scope["path"]) == ("POST", "/v1/chat/completions")
        request = json.loads((await receive())["body"])
        self.asked.append(request)
        try:
            await send({"type": "http.response.start", "status": self.status, "headers": []})
            for chunk in self._chunks(request):
                await asyncio.sleep(self.pause)
                await send({"type": "http.response.body", "body": chunk.encode(), "more_body": True})
                self.written += 1
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except asyncio.CancelledError:
            self.stopped += 1
            raise

    def _chunks(self, request: Mapping[str, Any]) -> Iterator[str]:
        if self.refuses:
            yield self.refuses
            return
        yield event({"role": "assistant"})
        pieces = self.say(request)
        for piece in pieces:
            yield event({"content": piece})
        yield self.raw or event({}, self.finish, len(pieces))


def event(delta: Mapping[str, str], finish: str | None = None, tokens: int | None = None) -> str:
    """An event of the stream."""
    choice = {"delta": delta, "index": 0, **({"finish_reason": finish} if finish else {})}
    usage = {"usage": {"completion_tokens": tokens}} if tokens is not None else {}
    return f"data: {json.dumps({'id': 'x', 'model': 'models/served@main', 'choices': [choice], **usage})}\n\n"


def upstream(fake: Fake, tokenizer, context: int = 256) -> Upstream:
    return Upstream(fake, "models/served", tokenizer, context)


@contextmanager
def running(app) -> Iterator[str]:
    """The address of an app that is served as `pica serve` serves it."""
    with server.bound(0) as listener:
        made = server.made(app)
        thread = Thread(target=made.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            made.should_exit = True
            thread.join()
