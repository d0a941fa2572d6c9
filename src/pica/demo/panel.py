"""The state of a chat as controls, and the chat after a control was changed.

Panel(modes={"emotion": "auto", "stage": "hand", …}, values={"emotion": "sadness", "stage": "act", …})

What the page shows and what the next prompt says are the same: each event that begins a reply first takes over the
controls as they stand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pica.chat.chatbot import Chatbot
from pica.chat.session import LONGEST_TOLD, Session, tidied
from pica.chat.state import FACTS, PARTS, Origin, Part, State
from pica.demo.words import named, short, word
from pica.errors import ChatError

# The parts that have a value to set, in the order of the page. Safety is on or off.
SET: tuple[Part, ...] = ("emotion", "situation", "persona", "stage", "strategy")


@dataclass(frozen=True, slots=True)
class Panel:
    """The controls: part → "auto", "hand" or "off", and part → its value as text (a fact a line)."""

    modes: Mapping[str, str]
    values: Mapping[str, str]


def to_text(panel: Panel) -> str:
    """The controls as JSON, for the browser to send back."""
    return json.dumps([panel.modes, panel.values])


def from_text(text: str) -> Panel | None:
    """The inverse of `to_text`; None where nothing was shown yet."""
    return Panel(*json.loads(text)) if text else None


def panel_of(state: State) -> Panel:
    """The controls that show a state."""
    return Panel({part: _mode(state, part) for part in (*SET, "safety")}, {part: value(state, part) for part in SET})


def value(state: State, part: Part) -> str:
    """A part's value as text, empty where it has none."""
    if part == "persona":
        return "\n".join(fact.text for fact in state.persona.facts)
    return getattr(getattr(state, part), {"emotion": "label", "situation": "text"}.get(part, "name"))


def applied(bot: Chatbot, session: Session, panel: Panel, language: str, seen: Panel | None = None) -> Session:
    """The chat with what was changed on the panel.

    A value that was changed is held by hand, also where its part was off; one that was emptied is given back.

    Args:
        language: of messages.
        seen: the panel as it was shown last, by default that of the chat. A browser that has not yet shown what the
            chat holds by now thus takes nothing back.

    Raises:
        ChatError: a value is too long, there are too many facts, or the part does not take the value.
    """
    seen = seen or panel_of(session.state)
    for part in SET:
        new = _tidied(panel.values[part])
        mode = panel.modes[part] if panel.modes[part] != seen.modes[part] else ""
        session = _applied(bot, session, part, mode, new, new != _tidied(seen.values[part]), language)
    if panel.modes["safety"] != seen.modes["safety"]:
        session = replace(session, state=session.state.switched("safety", panel.modes["safety"] != "off"))
    return session


def _applied(bot: Chatbot, session: Session, part: Part, mode: str, new: str, changed: bool, language: str) -> Session:
    """The chat with one part as its controls have it; `mode` is empty where it was not changed."""
    state = session.state
    if mode == "off":
        return replace(session, state=state.switched(part, False))
    if new and (changed or mode == "hand"):
        _check(part, new, language)
        return bot.set(session, part, new)
    if changed:
        return replace(session, state=state.switched(part, False).switched(part, True))
    if mode == "auto":
        return replace(session, state=state.switched(part, True).given_back(part))
    return session


def _tidied(told: str) -> str:
    """A value as prompts have texts: each line tidied, none of them empty."""
    return "\n".join(line for line in map(tidied, told.splitlines()) if line)


def _check(part: Part, new: str, language: str) -> None:
    if len(new) > LONGEST_TOLD:
        raise ChatError(word(language, "too_long", length=len(new), most=LONGEST_TOLD))
    count = len(new.splitlines())
    if part == "persona" and count > FACTS:
        raise ChatError(word(language, "too_many_facts", count=count, most=FACTS))


def _mode(state: State, part: Part) -> str:
    if part in state.off:
        return "off"
    return "hand" if state.held(part) else "auto"


def choices(bot: Chatbot, session: Session, part: Part, language: str) -> list[tuple[str, str]]:
    """The values that a part can be set to, each with its name on the page; none for free text."""
    kind = {"stage": "stages", "strategy": "strategies"}.get(part, "")
    known = bot.labels(session).get(part, ())
    return [(named(language, kind, label) if kind else label, label) for label in known]


def told(bot: Chatbot, session: Session, language: str) -> str:
    """Which parts the reply is told, or that it is told none, in a line."""
    reply = bot.skills(session.state.language)["reply"]
    if not reply.told:
        return word(language, "told_nothing", view=reply.view)
    parts = word(language, "joint").join(short(language, part) for part in reply.told)
    return word(language, "told", view=reply.view, parts=parts)


def taken_over(bot: Chatbot, before: State, after: State, language: str) -> str:
    """What a change of the controls does to the replies that follow, in a line."""
    changed = [
        part
        for part in PARTS
        if getattr(before, part) != getattr(after, part) or (part in before.off) != (part in after.off)
    ]
    reaches = {*bot.skills(after.language)["reply"].told, "safety"}
    return word(language, "applied" if reaches.intersection(changed) else "applied_untold")


def origin(bot: Chatbot, state: State, part: Part, language: str) -> str:
    """How a part came about, or why it is off, in a line."""
    if part == "safety":
        return _found(state, language)
    skill = bot.skills(state.language).get(part)
    if part != "stage" and skill is None:
        return word(language, "unasked")
    if part in state.off:
        return "" if skill is None or skill.trained else word(language, "untrained", view=skill.view)
    if part == "persona" and state.persona.facts:
        turns = ", ".join(str(fact.origin.turn) for fact in state.persona.facts)
        return word(language, "facts_from", turns=turns)
    how = Origin() if part == "persona" else getattr(state, part).origin
    chance = f", p {how.probability:.2f}" if how.probability is not None else ""
    return word(language, f"by_{how.by}", turn=how.turn, chance=chance)


def _found(state: State, language: str) -> str:
    found = state.safety
    level, highest = (named(language, "levels", level) for level in (found.level, found.highest))
    return word(language, "safety_found", level=level, highest=highest, count=sum(found.triggers.values()))
