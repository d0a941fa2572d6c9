"""A judge's server on this machine that answers as a test wants it to, ill-behaved answers included."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

# The text of a question → what is said, or something that the handler does in place of it.
Reply = str | Callable[["Handler", Mapping[str, Any]], None]


@dataclass
class JudgeServer:
    """What it does, and what was asked.

    Args:
        say: the whole request → the text of its answers, or a function of the handler and the request.
        logprobs, many: whether it gives log-probabilities and as many choices as are asked for.
    """

    say: Callable[[Mapping[str, Any]], Reply]
    logprobs: bool = True
    many: bool = True
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    url: str = ""
    lock: Any = field(default_factory=Lock)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    judge: JudgeServer

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.judge.lock:
            self.judge.asked.append(request)
        reply = self.judge.say(request)
        if callable(reply):
            reply(self, request)
        else:
            self.send(200, completion(self.judge, request, reply))

    def send(self, status: int, body: Any, headers: Mapping[str, str] | None = None, kind="application/json") -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        pass


def completion(judge: JudgeServer, request: Mapping[str, Any], text: str) -> dict[str, Any]:
    """A response of the API; the alternative to each token is three times less likely than the token."""
    other = "B" if text != "B" else "A"
    tops = [{"token": text, "logprob": math.log(0.75)}, {"token": other, "logprob": math.log(0.25)}]
    logprobs = {"content": [{"token": text, "logprob": math.log(0.75), "top_logprobs": tops}]}
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": text},
        "logprobs": logprobs if judge.logprobs and request.get("logprobs") else None,
    }
    count = request.get("n", 1) if judge.many else 1
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "made-up-judge-1",
        "choices": [choice] * count,
    }


def failing(status: int, **headers: str) -> Reply:
    """An error of HTTP."""
    return lambda handler, request: handler.send(
        status, {"error": {"message": "no"}}, {name.replace("_", "-"): value for name, value in headers.items()}
    )


def complaining(parameter: str | None) -> Reply:
    """Status 400, with the parameter that is not liked, or without one."""
    return lambda handler, request: handler.send(400, {"error": {"message": "no", "param": parameter}})


def hanging(seconds: float) -> Reply:
    """Silence, and then the line is closed."""

    def hang(handler: Handler, request: Mapping[str, Any]) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return hang


def cut(handler: Handler, request: Mapping[str, Any]) -> None:
    """The first half of an answer."""
    body = json.dumps(completion(handler.judge, request, "A")).encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def body(content: Any, kind: str = "application/json") -> Reply:
    """Something else with status 200."""
    return lambda handler, request: handler.send(200, content, kind=kind)


def text_of(request: Mapping[str, Any]) -> str:
    """The question."""
    return request["messages"][0]["content"]


def replies_of(request: Mapping[str, Any]) -> Sequence[str]:
    """The replies A and B of a pairwise question, in English or Chinese."""
    sections = text_of(request).split("\n### ")
    return [section.partition("\n")[2].strip() for section in sections if section.startswith(("Reply", "回复"))]


@contextmanager
def serving(say: Callable[[Mapping[str, Any]], Reply], **how: bool) -> Iterator[JudgeServer]:
    """A running server."""
    judge = JudgeServer(say, **how)
    handler = type("JudgeHandler", (Handler,), {"judge": judge})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        http.daemon_threads = True
        judge.url = f"http://127.0.0.1:{http.server_port}/v1"
        Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield judge
        http.shutdown()
