"""Replayed dialogues as Markdown: each turn with the reply, the bare base's reply and the state, and how the user's
emotion went.

    | turn | user | reply | bare base | emotion | stage, strategy |
    | 1 | I failed my test. | That sounds hard. | Sure! | sadness 0.81 | explore, Question |

    mean emotion: sadness 0.61, no emotion 0.20; volatility 0.18; negative 0.71 on average
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pica.chat import safety
from pica.chat.chatbot import Chatbot, Finished
from pica.chat.commands import describe
from pica.chat.dialogues import Dialogue
from pica.chat.policy import negativity
from pica.chat.session import Exchange, Session
from pica.chat.skills import notes
from pica.inference.decoding import Decoding
from pica.output import read_reply
from pica.store import atomic_path

# In place of what the safety check does not let a model say.
_HELD_BACK = "*[held back]*"


def write_transcripts(bot: Chatbot, dialogues: Sequence[Dialogue], out: Path, decoding: Decoding) -> int:
    """Write the page, which has each dialogue as soon as that is through; returns the number of turns."""
    parts = [f"# Transcripts\n\nModel: {bot.model.name}. Replies are greedy unless drawn again.\n"]
    for language in dict.fromkeys(dialogue.language for dialogue in dialogues):
        known = "\n".join(f"- {note}" for note in notes(language, bot.skills(language)))
        parts.append(f"What is asked in '{language}':\n\n{known}\n")
    turns = 0
    with tqdm(total=sum(len(d.turns) for d in dialogues), desc="transcripts", unit="turn") as bar:
        for dialogue in dialogues:
            session, bare = bot.start(dialogue.language, decoding=decoding), []
            for said in dialogue.turns:
                session = _answered(bot, session, said)
                bare.append(_bare(bot, dialogue.turns[: len(bare)], bare, said, decoding))
                bar.update()
                turns += 1
            parts.append(_markdown(dialogue, session, bare))
            with atomic_path(out) as temporary:
                temporary.write_text("\n".join(parts), encoding="utf-8")
    return turns


def emotion_course(exchanges: Sequence[Exchange]) -> tuple[dict[str, float], float]:
    """The mean of the raw distributions, and their volatility: the mean total variation distance from one turn to the
    next, 0 (always the same) to 1. Turns without a distribution do not count."""
    raw = [exchange.state.emotion.raw for exchange in _felt(exchanges)]
    if not raw:
        return {}, 0.0
    mean = {label: sum(turn[label] for turn in raw) / len(raw) for label in raw[0]}
    steps = [sum(abs(a[label] - b[label]) for label in mean) / 2 for a, b in pairwise(raw)]
    return mean, sum(steps) / len(steps) if steps else 0.0


def _felt(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Those with an emotion of their own."""
    return [e for e in exchanges if e.state.emotion.raw and e.stopped != "help"]


def _answered(bot: Chatbot, session: Session, said: str) -> Session:
    for event in bot.answer(session, said):
        if isinstance(event, Finished):
            session = event.session
    return session


def _bare(bot: Chatbot, earlier: Sequence[str], replies: Sequence[str], said: str, decoding: Decoding) -> str:
    """What the base without its adapter says, as a plain chat."""
    messages = []
    for user, reply in list(zip(earlier, replies, strict=True))[-3:]:
        messages += [{"role": "user", "content": user}, {"role": "assistant", "content": reply or "…"}]
    text, finished = bot.model.bare_answer([*messages, {"role": "user", "content": said}], decoding)
    return read_reply(text, finished).text


def _markdown(dialogue: Dialogue, session: Session, bare: Sequence[str]) -> str:
    lines = [f"## {dialogue.name} ({dialogue.topic}, {dialogue.language})", ""]
    lines += [
        "| turn | user | reply | bare base | emotion | stage, strategy | safety |",
        "|---|---|---|---|---|---|---|",
    ]
    for number, (exchange, said) in enumerate(zip(session.exchanges, bare, strict=True), 1):
        base = _HELD_BACK if safety.check(said, reply=True).level != "none" else said
        state = exchange.state
        felt = state.emotion.label and f"{state.emotion.label} {state.emotion.smoothed.get(state.emotion.label, 1):.2f}"
        how = ", ".join(filter(None, (state.stage.name, state.strategy.name)))
        ended = "" if exchange.stopped == "end" else f" *[{exchange.stopped}]*"
        cells = (number, exchange.said, exchange.reply + ended, base, felt or "–", how, state.safety.level)
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    mean, volatility = emotion_course(session.exchanges)
    if mean:
        top = sorted(mean.items(), key=lambda item: -item[1])[:3]
        negative = [negativity(exchange.state) for exchange in _felt(session.exchanges)]
        named = ", ".join(f"{label} {share:.2f}" for label, share in top)
        course = f"volatility {volatility:.2f}; negative {sum(negative) / len(negative):.2f} on average."
        lines += ["", f"Mean emotion: {named}; {course}"]
    else:
        lines += ["", "Emotion is off."]
    return "\n".join([*lines, "", "State at the end:", "", "```", describe(session.state), "```", ""])


def _cell(value: Any) -> str:
    """Text as a cell of a Markdown table shows it: what could be markup stays text."""
    text = str(value).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`")
    return text.replace("\n", "<br>")
