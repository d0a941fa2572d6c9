"""The commands of `pica chat`: lines that begin with a slash. What they do to a chat, without a terminal.

run_command(bot, session, "/set situation I moved house.")     Outcome(session=…, text="situation: I moved house. (…)")
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pica.chat.chatbot import Chatbot, Event
from pica.chat.session import Session, load_session
from pica.chat.skills import notes
from pica.chat.state import PARTS, Origin, State
from pica.errors import ChatError

HELP = {
    "en": """/state                what is held of you, and how it came about
/set PART VALUE       set emotion, situation, persona, stage or strategy by hand; VALUE `auto` gives it back
/off PART, /on PART   switch a part off or on; safety too
/retry                draw another reply to your last message
/edit N TEXT          change your message number N; what came after it goes
/save FILE            the chat and its state as JSON; /load FILE goes on with it
/views                which views are asked, and what is off for want of training
/quit                 leave; nothing is kept that was not saved""",
    "zh": """/state                目前对你的了解，以及每一项的由来
/set 项目 内容        手动设置 emotion、situation、persona、stage 或 strategy；内容写 auto 则恢复自动
/off 项目、/on 项目   关闭或打开某一项，safety 也可以
/retry                对最后一句话换一个回复
/edit N 内容          修改你的第 N 句话，其后的内容作废
/save 文件            把对话和状态存为 JSON；/load 文件 可接着聊
/views                各项使用哪个 view，哪些因未经训练而关闭
/quit                 退出；没有保存的内容不会保留""",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command leads to: the chat, what to say, events of a new reply, or the end."""

    session: Session
    text: str = ""
    events: Iterator[Event] | None = None
    ends: bool = False


def run_command(bot: Chatbot, session: Session, line: str) -> Outcome:
    """What a line that begins with a slash does.

    Raises:
        ChatError: there is no such command, or it cannot be done; the chat is as it was.
    """
    name, _, rest = line.strip().partition(" ")
    rest = rest.strip()
    if name not in _COMMANDS:
        raise ChatError(f"{name} is no command. There are {', '.join(_COMMANDS)}.")
    return _COMMANDS[name](bot, session, rest)


def describe(state: State) -> str:
    """The state for people, a line a part."""
    lines = []
    for part in PARTS:
        if part in state.off:
            lines.append(f"{part}: off")
        elif part == "persona":
            lines += [f"{part}: {fact.text} {_how(fact.origin)}" for fact in state.persona.facts] or [f"{part}: –"]
        elif part == "safety":
            counts = ", ".join(f"{what} ×{n}" for what, n in state.safety.triggers.items()) or "no trigger"
            level = f"{state.safety.level} (highest {state.safety.highest}; {counts})"
            lines.append(f"{part}: {level} {_how(state.safety.origin)}".rstrip())
        else:
            value = getattr(state, part)
            shown = getattr(value, {"emotion": "label", "situation": "text"}.get(part, "name"))
            lines.append(f"{part}: {shown or '–'} {_how(value.origin)}")
    if state.emotion.smoothed:
        ranked = sorted(state.emotion.smoothed.items(), key=lambda item: -item[1])[:4]
        lines.insert(1, "  " + ", ".join(f"{label} {share:.2f}" for label, share in ranked))
    return "\n".join(lines)


def _how(origin: Origin) -> str:
    if origin.by == "nobody":
        return ""
    chance = f", p {origin.probability:.2f}" if origin.probability is not None else ""
    why = f", {origin.why}" if origin.why else ""
    return f"({origin.by}, turn {origin.turn}{chance}{why})"


def _state(bot: Chatbot, session: Session, rest: str) -> Outcome:
    return Outcome(session, describe(session.state))


def _set(bot: Chatbot, session: Session, rest: str) -> Outcome:
    part, _, value = rest.partition(" ")
    _known(part)
    if value.strip() == "auto":
        return _shown(replace(session, state=session.state.given_back(part)), part)
    # One line is one message in a terminal, so facts are divided by semicolons.
    told = value.replace(";", "\n").replace("；", "\n") if part == "persona" else value
    return _shown(bot.set(session, part, told), part)


def _off(bot: Chatbot, session: Session, rest: str) -> Outcome:
    return _shown(replace(session, state=session.state.switched(_known(rest), False)), rest)


def _on(bot: Chatbot, session: Session, rest: str) -> Outcome:
    known = bot.skills(session.state.language)
    if _known(rest) not in ("stage", "safety") and rest not in known:
        raise ChatError(f"{rest} cannot be on: no view of the catalogue asks for it in '{session.state.language}'.")
    return _shown(replace(session, state=session.state.switched(rest, True)), rest)


def _retry(bot: Chatbot, session: Session, rest: str) -> Outcome:
    if not session.exchanges:
        raise ChatError("there is no reply yet to draw again.")
    return Outcome(session, events=bot.retry(session))


def _edit(bot: Chatbot, session: Session, rest: str) -> Outcome:
    number, _, said = rest.partition(" ")
    if not number.isdecimal() or not said.strip():
        raise ChatError("/edit takes the number of your message and its new text: /edit 2 I passed.")
    session.back_to(int(number))  # says so where there is no such turn
    return Outcome(session, events=bot.edit(session, int(number), said))


def _save(bot: Chatbot, session: Session, rest: str) -> Outcome:
    if not rest:
        raise ChatError("/save takes a file: /save chat.json")
    try:
        session.save(Path(rest).expanduser())
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise ChatError(
            f"{rest} could not be written: {error.strerror}. The chat goes on: /save another file."
        ) from None
    return Outcome(session, rest)


def _load(bot: Chatbot, session: Session, rest: str) -> Outcome:
    if not rest:
        raise ChatError("/load takes a file: /load chat.json")
    loaded = load_session(Path(rest).expanduser())
    return Outcome(loaded, describe(loaded.state))


def _views(bot: Chatbot, session: Session, rest: str) -> Outcome:
    language = session.state.language
    return Outcome(session, "\n".join(notes(language, bot.skills(language))))


def _help(bot: Chatbot, session: Session, rest: str) -> Outcome:
    return Outcome(session, HELP[session.state.language])


def _quit(bot: Chatbot, session: Session, rest: str) -> Outcome:
    return Outcome(session, ends=True)


def _known(part: str) -> str:
    if part not in PARTS:
        raise ChatError(f"'{part}' is no part of the state. Parts are {', '.join(PARTS)}.")
    return part


def _shown(session: Session, part: str) -> Outcome:
    lines = describe(session.state).splitlines()
    return Outcome(session, "\n".join(line for line in lines if line.startswith(f"{part}:")))


_COMMANDS = {
    "/state": _state,
    "/set": _set,
    "/off": _off,
    "/on": _on,
    "/retry": _retry,
    "/edit": _edit,
    "/save": _save,
    "/load": _load,
    "/views": _views,
    "/help": _help,
    "/quit": _quit,
}
