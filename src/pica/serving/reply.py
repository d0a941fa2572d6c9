"""What the model writes, read from the stream of transformers serve: pieces of text, and how it ended.

    async for piece in written(upstream, {"messages": […], "max_tokens": 80}, stops=["\\n"]): …
    "The bread again. ", "That is annoying.", End("stop", tokens=9)

With a guard in between, the pieces are whole sentences, each checked before anybody sees it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

from pica.chat import safety
from pica.chat.session import written_in
from pica.output import ReplyReader
from pica.serving.request import Refusal
from pica.serving.upstream import Upstream, asked


@dataclass(frozen=True, slots=True)
class End:
    """Why the answer ends, as OpenAI calls it, and its tokens; None where the model was stopped, or not asked."""

    reason: Literal["stop", "length", "content_filter"]
    tokens: int | None = None


Pieces = AsyncIterator[str | End]


async def written(upstream: Upstream, body: Mapping[str, Any], stops: Sequence[str] = ()) -> Pieces:
    """The answer piece by piece, an `End` last. Closing it stops the model.

    Args:
        stops: texts that the answer ends before; transformers serve would give them out with it.

    Raises:
        Refusal: the model failed.
    """
    cutter = _Cutter(stops)
    async with asked(upstream.app, {**body, "model": upstream.model, "stream": True}) as (status, chunks):
        if status != 200:
            raise _failed(b"".join([chunk async for chunk in chunks]).decode("utf-8", "replace"))
        async for event in _events(chunks):
            (choice,) = event["choices"]
            if piece := cutter.feed(choice["delta"].get("content") or ""):
                yield piece
            if cutter.found:
                yield End("stop")
                return
            if choice.get("finish_reason"):
                if rest := cutter.rest():
                    yield rest
                yield End(choice["finish_reason"], event["usage"]["completion_tokens"])
                return
    raise _failed("its answer broke off")


async def guarded(said: str, pieces: Pieces, country: str = "") -> Pieces:
    """An answer as the chat gives it: help in its place where the user's turn asks for it, whole sentences without role
    tags and loops, and none that speaks of harm.

    Args:
        said: the user's turn.
        country: whose help lines come first, ISO 3166.
    """
    language, tier = written_in(said), safety.tier(safety.check(said).level)
    if tier == "stop":
        yield safety.help_text(language, country)
        yield End("content_filter")
        return
    reader, end, shown, held = ReplyReader(), End("stop"), False, False
    async with aclosing(pieces):
        async for piece in pieces:
            if isinstance(piece, End):
                end = piece
            for sentence in reader.close(piece.reason == "stop") if isinstance(piece, End) else reader.feed(piece):
                if held := safety.check(sentence, reply=True).level != "none":
                    break
                shown = True
                yield sentence
            if held or reader.stopped:
                break
    if held and not shown:
        yield safety.words(language)["held_back"]
    if held or tier == "point":
        yield f"\n\n{safety.pointer(language, country)}"
    yield End("content_filter") if held else end


async def _events(chunks: AsyncIterator[bytes]) -> AsyncIterator[Mapping[str, Any]]:
    """The JSON of a stream of server-sent events.

    Raises:
        Refusal: one of them is an error, which transformers serve writes as it comes, JSON or not.
    """
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n\n")
        for event in whole:
            text = event.decode("utf-8", "replace").removeprefix("data: ")
            try:
                given = json.loads(text)
            except ValueError:
                raise _failed(text) from None
            if "error" in given:
                raise _failed(str(given["error"]))
            yield given


def _failed(why: str) -> Refusal:
    return Refusal(500, f"the model failed: {why[:500]}", code="model_failed")


class _Cutter:
    """Text up to the first of some texts; what could be the beginning of one is kept until more is known."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops, self._kept, self.found = stops, "", False

    def feed(self, text: str) -> str:
        """What can be given out with this piece."""
        self._kept += text
        places = [place for stop in self._stops if (place := self._kept.find(stop)) >= 0]
        if places:
            self.found = True
            return self._kept[: min(places)]
        longest = max((n for stop in self._stops for n in range(len(stop)) if self._kept.endswith(stop[:n])), default=0)
        end = len(self._kept) - longest
        given, self._kept = self._kept[:end], self._kept[end:]
        return given

    def rest(self) -> str:
        """What was kept, when no more comes."""
        return self._kept
