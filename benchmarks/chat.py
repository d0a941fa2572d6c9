"""The speed of a chat: time to the first token over many turns, and what each inference before it costs.

    python benchmarks/chat.py                                          # models/base and models/adapter
    python benchmarks/chat.py --adapter adapters/smollm2-135m --name smollm2-135m
    python benchmarks/chat.py --base FOLDER --adapter none --turns 12  # another model, all inferences on
    python benchmarks/chat.py --serve                                  # and `transformers serve` with the same prompt

Writes benchmarks/results/chat-<name>.{json,md}. benchmarks/README.md says how to read them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import torch

from pica.chat.chatbot import Chatbot, Finished, Shown, Understood
from pica.chat.loading import base_folder, load_chatbot
from pica.chat.session import Session
from pica.inference.decoding import Decoding
from pica.inference.live import LiveModel
from pica.store import atomic_path, write_json

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results"
SAID = (
    "I failed my driving test again today, and I am so tired of it.",
    "It was my third try. I am a nurse, and I need the car for the night shift.",
    "The examiner sighed at me the whole time.",
    "My sister passed at once, and now she tells everybody.",
    "I have booked another lesson for Monday.",
)
PARTS = ("emotion", "situation", "persona", "strategy")


class Timed:
    """A model that notes how long each kind of question took, and when the first piece of a reply came."""

    def __init__(self, model: LiveModel) -> None:
        self.model, self.seconds, self.first, self.worked, self.prompt = model, {}, 0.0, 0.0, 0

    def probabilities(self, question: Any) -> Any:
        part = "strategy" if question.id.rpartition("#")[2].startswith("act") else "emotion"
        return self._noted(part, lambda: self.model.probabilities(question))

    def describe(self, question: Any, max_new_tokens: int) -> Any:
        part = "situation" if "#situation" in question.id else "persona"
        return self._noted(part, lambda: self.model.describe(question, max_new_tokens))

    def stream(self, question: Any, decoding: Decoding) -> Generator[str, None, bool]:
        start = time.perf_counter()
        self.prompt = len(self.model._ids(question, decoding.max_new_tokens))
        pieces = self.model.stream(question, decoding)
        piece = next(pieces)
        self.first, self.worked = time.perf_counter(), time.process_time()
        self.seconds["first piece of the reply"] = self.first - start
        yield piece
        return (yield from pieces)

    def _noted(self, part: str, call: Any) -> Any:
        start = time.perf_counter()
        found = call()
        self.seconds[part] = time.perf_counter() - start
        return found


def main() -> None:
    options = _options()
    adapter = None if str(options.adapter) == "none" else options.adapter
    base = base_folder(options.base, adapter)
    bot = load_chatbot(base, adapter)
    model, timed = bot.model, Timed(bot.model)
    bot.model = timed
    session = bot.start("en", decoding=Decoding(temperature=0, max_new_tokens=options.tokens))
    for part in PARTS:
        session = replace(session, state=session.state.switched(part, True))
    turns = []
    for number in range(options.turns):
        row, session = _turn(bot, timed, session, SAID[number % len(SAID)])
        turns.append(row)
        print(row, file=sys.stderr)
    result = {
        "date": date.today().isoformat(),
        "machine": {
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "load": psutil.getloadavg()[0],
            "system": platform.platform(),
        },
        "versions": {name: version(name) for name in ("torch", "transformers", "peft")},
        "model": options.name,
        "parameters": sum(p.numel() for p in model.runner.model.parameters()),
        "turns": turns,
        "summary": _summary(turns),
    }
    if options.serve:
        messages = next(e for e in bot.answer(session, SAID[0]) if isinstance(e, Understood)).messages
        result["transformers serve"] = _served(base, adapter, list(messages), options.tokens)
    name = f"chat-{options.name}"
    write_json(RESULTS / f"{name}.json", result)
    with atomic_path(RESULTS / f"{name}.md") as temporary:
        temporary.write_text(_markdown(result), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, help="models/base, or that of a shipped adapter")
    parser.add_argument("--adapter", type=Path, default=ROOT / "models/adapter")
    parser.add_argument("--turns", type=int, default=40)
    parser.add_argument("--tokens", type=int, default=24, help="of a reply")
    parser.add_argument("--name", default="tiny")
    parser.add_argument("--serve", action="store_true", help="also ask `transformers serve`")
    return parser.parse_args()


def _turn(bot: Chatbot, timed: Timed, session: Session, said: str) -> tuple[dict[str, float], Session]:
    """Seconds of one turn, wall clock, and processor time: other programs on the machine count in the former alone."""
    timed.seconds = {}
    start, worked = time.perf_counter(), time.process_time()
    shown = 0.0
    for event in bot.answer(session, said):
        if isinstance(event, Shown) and not shown:
            shown = time.perf_counter() - start
        if isinstance(event, Finished):
            session = event.session
    row = {
        "first token": timed.first - start,
        "first token, processor": timed.worked - worked,
        "first sentence": shown,
        "whole turn": time.perf_counter() - start,
        "processor": time.process_time() - worked,
        "prompt tokens": timed.prompt,
        **timed.seconds,
    }
    return {name: round(value, 4) for name, value in row.items()}, session


def _summary(turns: list[dict[str, float]]) -> dict[str, float]:
    """Medians, and how the last quarter of the turns compares with the first one after the first turn."""
    names = dict.fromkeys(name for turn in turns for name in turn)
    medians = {name: statistics.median(turn[name] for turn in turns if name in turn) for name in names}
    quarter = max(1, len(turns) // 4)
    first, last = (
        statistics.median(turn["first token, processor"] for turn in part)
        for part in (turns[1 : 1 + quarter], turns[-quarter:])
    )
    return {name: round(value, 4) for name, value in medians.items()} | {"last quarter / first": round(last / first, 3)}


def _served(base: Path, adapter: Path | None, messages: list[dict[str, str]], tokens: int) -> dict[str, float]:
    """Seconds to the first piece from `transformers serve` on base and adapter in one folder, the same prompt."""
    with tempfile.TemporaryDirectory() as folder:
        for source in filter(None, (base, adapter)):
            for file in source.iterdir():
                target = Path(folder) / file.name
                if file.is_file() and not target.exists():
                    target.symlink_to(file.resolve())
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [str(Path(sys.executable).parent / "transformers"), "serve", folder, "--host", "127.0.0.1"]
        server = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return _asked(port, folder, messages, tokens, server)
        finally:
            server.terminate()
            server.wait()


def _asked(port: int, folder: str, messages: Any, tokens: int, server: subprocess.Popen) -> dict[str, float]:
    body = {"model": folder, "messages": messages, "max_tokens": tokens, "stream": True}
    seconds = []
    deadline = time.monotonic() + 300
    while len(seconds) < 5:
        if server.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("`transformers serve` did not come up: pip install 'transformers[serving]'")
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/chat/completions",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            start = time.perf_counter()
            with urllib.request.urlopen(request, timeout=120) as reply:
                for line in reply:
                    if b'"content":"' in line.replace(b'": "', b'":"'):
                        seconds.append(time.perf_counter() - start)
                        break
        except OSError:
            time.sleep(1)
    return {"first piece": round(statistics.median(seconds[1:]), 4)}


def _markdown(result: dict[str, Any]) -> str:
    lines = [f"# Chat: {result['model']}", "", f"{result['date']}, {result['machine']}, {result['versions']}", ""]
    lines += ["| what | median of all turns |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in result["summary"].items()]
    if "transformers serve" in result:
        lines += ["", f"`transformers serve`, the same prompt: {result['transformers serve']}"]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
