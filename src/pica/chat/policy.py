"""How the talk goes on: its stage, and the strategies that the table allows; the table itself is policy.yaml.

next_stage(state, "What should I do?", "")      Stage("act", consent=True, Origin("rule", 3, why="asked for advice"))
allowed("comfort", "Question", labels)          ("Reflection of feelings", "Affirmation and Reassurance")
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from pica.chat.skills import negative
from pica.chat.state import Origin, Stage, State, Strategy
from pica.output import split_sentences


def next_stage(state: State, said: str, replied: str) -> Stage:
    """The stage of the turn `said`.

    Explore until a situation is known (or cannot be, since that part is off) and two user turns have passed; comfort
    while negative feelings are likely; advise only after the user asked for it, or said yes to an offer, and until they
    want no more of it or tell of nothing but bad feelings again.

    Args:
        state: with this turn's emotion and situation.
        replied: the reply before.
    """
    consent, why = _consent(state, said, replied)
    when = table()["stages"]
    if consent:
        return Stage("act", True, Origin("rule", state.turn, None, why))
    if state.turn <= when["explore_turns"]:
        return _stage("explore", state, f"turn {state.turn} of the first {when['explore_turns']}")
    known = state.situation.text or "situation" in state.off
    if not known and state.turn <= when["explore_at_most"]:
        return _stage("explore", state, "the situation is not known")
    share = negativity(state)
    if share >= when["comfort_while"]:
        return _stage("comfort", state, f"negative {share:.2f}")
    return _stage("explore", state, why or f"negative {share:.2f}, and no advice is asked for")


def negativity(state: State) -> float:
    """The smoothed probability of all negative labels together; of an emotion set by hand, 1 or 0."""
    return _negative(state, state.emotion.smoothed)


def _negative(state: State, shares: Mapping[str, float]) -> float:
    if state.held("emotion"):
        return float(state.emotion.label in negative())
    return sum(share for label, share in shares.items() if label in negative())


def _stage(name: str, state: State, why: str) -> Stage:
    return Stage(name, False, Origin("rule", state.turn, None, why))


def _consent(state: State, said: str, replied: str) -> tuple[bool, str]:
    """Whether advice is wanted after what was said, and why."""
    language, before = state.language, state.stage.consent
    if _says("refuses_advice", language, said):
        return False, "wants no advice"
    if _says("asks_advice", language, said):
        return True, "asked for advice"
    if _says("offers", language, replied):
        if _says("declines", language, said):
            return False, "said no to an offer"
        if _says("agrees", language, said):
            return True, "said yes to an offer"
    share = _negative(state, state.emotion.raw)
    if before and share >= table()["stages"]["comfort_again"] and not any(mark in said for mark in "?？"):
        return False, f"negative {share:.2f} in this turn, and asks nothing"
    return before, "advice is still wanted" if before else ""


def allowed(stage: str, last: str, labels: Sequence[str]) -> tuple[str, ...]:
    """The strategies among `labels` that the table allows in a stage after the strategy `last` ("" = none yet)."""
    rows = table()["strategies"][stage]
    row = rows.get(last or "first", rows["*"])
    return tuple(label for label in labels if label in row)


def choose(options: Sequence[str], probabilities: Mapping[str, float], turn: int, why: str) -> Strategy:
    """The likeliest of the allowed strategies, with the probabilities of all of them, which sum to 1."""
    whole = sum(probabilities[name] for name in options)
    among = {name: probabilities[name] / whole if whole else 1 / len(options) for name in options}
    name = max(among, key=among.get)
    return Strategy(name, among, Origin("model", turn, among[name], why))


def known(labels: Sequence[str]) -> bool:
    """Whether the table has rows for a label set: each of its stages allows one of them at least."""
    return all(allowed(stage, "", labels) for stage in table()["strategies"])


def _says(what: str, language: str, text: str) -> bool:
    sentences = split_sentences(text.replace("’", "'"))
    return any(_pattern(what, language).search(sentence.strip()) for sentence in sentences)


@cache
def _pattern(what: str, language: str) -> re.Pattern[str]:
    either = "|".join(table()[what][language])
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)" if language == "en" else f"(?:{either})", re.IGNORECASE)


@cache
def table() -> Mapping[str, Any]:
    """policy.yaml."""
    return yaml.safe_load((files("pica.chat") / "policy.yaml").read_text(encoding="utf-8"))
