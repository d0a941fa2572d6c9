"""A chat as the page shows it: bubbles, the emotion by turn, a reply while it is written, and saving.

bubbles(session, "")      [{"role": "user", "content": "I failed."}, {"role": "assistant", "content": "That is hard."}]
curve(session)            [{"turn": 1, "emotion": "sadness", "probability": 0.71}, …]
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pica.chat import safety
from pica.chat.chatbot import Chatbot, Event, Shown, Understood
from pica.chat.session import LONGEST, Exchange, Session, tidied
from pica.chat.skills import USES, view_scores
from pica.chat.state import State
from pica.demo.words import named, scored, short, word
from pica.errors import ChatError

# Labels of the plot: those that were likeliest at some time.
_LINES = 4


@dataclass(frozen=True, slots=True)
class Progress:
    """What there is to see of a reply so far; `session` is the chat with it once it is whole, and again with the facts
    that the turn told."""

    bubbles: list[dict[str, str]]
    status: str
    prompt: str = ""
    session: Session | None = None


def check(said: str, language: str, most: int = LONGEST) -> str:
    """A text that can be asked about.

    Raises:
        ChatError: it is too long, or empty, also but for controls and the like, which no prompt has.
    """
    if len(said or "") > most:
        raise ChatError(word(language, "too_long", length=len(said), most=most))
    if not tidied(said or ""):
        raise ChatError(word(language, "empty"))
    return said


def bubbles(session: Session, country: str) -> list[dict[str, str]]:
    """What was said, by role: a reply, help in its place, or a note why there is none, and a pointer to help."""
    shown = []
    for exchange in session.exchanges:
        said = safety.words(exchange.state.language)
        parts = [exchange.reply or said["held_back" if exchange.stopped == "safety" else "empty"]]
        if _points(exchange):
            parts.append(safety.pointer(exchange.state.language, country))
        shown += [_bubble("user", exchange.said), _bubble("assistant", "\n\n".join(parts))]
    return shown


def _points(exchange: Exchange) -> bool:
    tier = safety.tier(exchange.state.safety.level)
    return "safety" not in exchange.state.off and (exchange.stopped == "safety" or tier == "point")


def _bubble(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def curve(session: Session) -> list[dict[str, Any]]:
    """The smoothed probability of the likeliest labels after each user turn."""
    seen = [(turn, e.state.emotion.smoothed) for turn, e in enumerate(session.exchanges, 1) if e.state.emotion.smoothed]
    labels = {label for _, shares in seen for label in shares}
    highest = {label: max(shares.get(label, 0.0) for _, shares in seen) for label in sorted(labels)}
    drawn = sorted(highest, key=highest.get, reverse=True)[:_LINES]
    return [
        {"turn": turn, "emotion": label, "probability": round(shares.get(label, 0.0), 4)}
        for turn, shares in seen
        for label in drawn
    ]


def progress(events: Iterator[Event], before: Session, said: str, country: str, language: str) -> Iterator[Progress]:
    """A reply to `said` as it is written; closing it stops the model.

    Args:
        events: what the chatbot says of it.
        before: the chat without it.
        language: of messages.
    """
    seen = [*bubbles(before, country), _bubble("user", said)]
    status, prompt, written = word(language, "thinking"), "", ""
    yield Progress(seen, status)
    for event in events:
        if isinstance(event, Understood):
            status = felt(event.state, language)
            prompt = "\n\n".join(f"{message['role']}: {message['content']}" for message in event.messages)
        elif isinstance(event, Shown):
            written += event.text if event.kind == "reply" or not written else f"\n\n{event.text}"
        else:
            after = event.session
            yield Progress(bubbles(after, country), felt(after.state, language), prompt, after)
            continue  # it comes again where the turn told facts about the user
        yield Progress([*seen, _bubble("assistant", written)] if written else seen, status, prompt)


def felt(state: State, language: str) -> str:
    """What decides over the reply, in a line."""
    none = word(language, "none")
    return word(
        language,
        "felt",
        emotion=state.emotion.label or none,
        stage=none if "stage" in state.off else named(language, "stages", state.stage.name),
        strategy=named(language, "strategies", state.strategy.name) or none,
    )


def views(bot: Chatbot, session: Session, language: str) -> str:
    """Which view each part asks, with its rows and score, as a Markdown list."""
    lines, scores = [], view_scores(bot.root)
    for use, skill in sorted(bot.skills(session.state.language).items(), key=lambda item: USES.index(item[0])):
        score = scored(language, scores.get(skill.view, ""))
        lines.append(
            word(language, "view_line", part=short(language, use), view=skill.view, rows=skill.rows, score=score)
        )
    return "\n".join(lines)


def save(session: Session, folder: Path, language: str) -> Path:
    """Write the chat as JSON under a name of its own; `pica chat` can go on with it (/load).

    Raises:
        ChatError: there is nothing to save, or it cannot be written; nothing half-written is left.
    """
    if not session.exchanges:
        raise ChatError(word(language, "nothing_to_save"))
    path = _unused(folder, datetime.now().strftime("chat-%Y%m%d-%H%M%S"))
    try:
        session.save(path)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise ChatError(word(language, "disk_full", folder=folder)) from None
        raise ChatError(word(language, "not_saved", path=path, why=error.strerror)) from None
    return path


def _unused(folder: Path, name: str) -> Path:
    path, number = folder / f"{name}.json", 2
    while path.exists():
        path, number = folder / f"{name}-{number}.json", number + 1
    return path
