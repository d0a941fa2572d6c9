"""What a chat holds of its user: one frozen dataclass, with JSON in and out, and for each part how it came about.

    State(language="en", turn=2, emotion=Emotion(label="sadness", smoothed={"sadness": 0.71, …}, origin=Origin("model",
    2, 0.83)), situation=Situation("I failed my driving test.", Origin("model", 1)), stage=Stage("comfort", …), …)

A part can be switched off, and a part that was set by hand stays as it was set until it is given back.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, field, fields, replace
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from pica.errors import ChatError

Part = Literal["emotion", "situation", "persona", "stage", "strategy", "safety"]
PARTS: tuple[Part, ...] = ("emotion", "situation", "persona", "stage", "strategy", "safety")

# How much of the new distribution goes into the smoothed one, and how far ahead a new label must be to be shown.
WEIGHT, LEAD = 0.6, 0.1
# Sentences that are held of a user.
FACTS = 8

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


@dataclass(frozen=True, config=STRICT)
class Origin:
    """How a value came about.

    Args:
        by: a model's answer, a rule (`why` names it), the user's hand, or nobody yet.
        turn: the user turn, from 1; 0 before the first.
        probability: the model's, where it chose among labels.
        why: the rule, or what a model was asked.
    """

    by: Literal["nobody", "model", "rule", "hand"] = "nobody"
    turn: int = 0
    probability: float | None = None
    why: str = ""


@dataclass(frozen=True, config=STRICT)
class Emotion:
    """The user's emotion: the label shown, and the probability of each label of one label set.

    `raw` is that of the last turn, `smoothed` p = 0.6 q + 0.4 p of the turn before; both are empty before the first.
    """

    label: str = ""
    raw: Mapping[str, float] = field(default_factory=dict)
    smoothed: Mapping[str, float] = field(default_factory=dict)
    origin: Origin = Origin()


@dataclass(frozen=True, config=STRICT)
class Situation:
    """What happened to the user, in a sentence or two; empty while it is not known."""

    text: str = ""
    origin: Origin = Origin()


@dataclass(frozen=True, config=STRICT)
class Fact:
    """A sentence about the user. `origin.turn` is the user turn in which its words stand."""

    text: str
    origin: Origin = Origin()


@dataclass(frozen=True, config=STRICT)
class Persona:
    """At most eight facts, in the order in which they were told, and what the last turn did to them.

    `removed` are those that the user took away, by hand or with the whole part, and when: only a later turn can tell
    them anew.
    """

    facts: tuple[Fact, ...] = ()
    operations: tuple[str, ...] = ()
    removed: tuple[Fact, ...] = ()

    def without(self, kept: Collection[str], turn: int) -> Persona:
        """The persona whose facts are gone but for the texts `kept`."""
        gone = [Fact(fact.text, Origin("hand", turn)) for fact in self.facts if fact.text not in kept]
        before = [fact for fact in self.removed if fact.text not in {*kept, *(fact.text for fact in gone)}]
        return Persona(tuple(fact for fact in self.facts if fact.text in kept), (), (*before, *gone))


@dataclass(frozen=True, config=STRICT)
class Stage:
    """Where the talk stands: explore, comfort, or act (advice is wanted: `consent`)."""

    name: Literal["explore", "comfort", "act"] = "explore"
    consent: bool = False
    origin: Origin = Origin()


@dataclass(frozen=True, config=STRICT)
class Strategy:
    """How the reply is to support, in the words of the view that taught it; empty for a reply without one.

    `allowed` is what the policy table offers at this point, with the model's probabilities among these.
    """

    name: str = ""
    allowed: Mapping[str, float] = field(default_factory=dict)
    origin: Origin = Origin()


@dataclass(frozen=True, config=STRICT)
class Safety:
    """What the safety check found: the level of the last turn, the highest of the chat, and counts of triggers.

    `triggers` counts by where and level: {"user thought": 1, "user wish, by classifier": 1, "reply method": 2}. `words`
    are those that triggered.
    """

    level: str = "none"
    highest: str = "none"
    triggers: Mapping[str, int] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    origin: Origin = Origin()


@dataclass(frozen=True, config=STRICT)
class State:
    """All that a chat holds of its user after `turn` user turns. `off` are the parts that are switched off."""

    language: Literal["en", "zh"] = "en"
    turn: int = 0
    emotion: Emotion = Emotion()
    situation: Situation = Situation()
    persona: Persona = Persona()
    stage: Stage = Stage()
    strategy: Strategy = Strategy()
    safety: Safety = Safety()
    off: tuple[Part, ...] = ()

    def infers(self, part: Part) -> bool:
        """Whether a turn may change this part: it is on, and not held by hand."""
        return part not in self.off and not self.held(part)

    def held(self, part: Part) -> bool:
        """Whether the part stays as it was set by hand. Facts and triggers are held one by one."""
        return part not in ("persona", "safety") and getattr(self, part).origin.by == "hand"

    def switched(self, part: Part, on: bool) -> State:
        """The state with a part on or off; a part that is off keeps no value that could reach a prompt."""
        off = tuple(p for p in PARTS if (p in self.off or p == part) and not (on and p == part))
        if on or part == "safety":
            return replace(self, off=off)
        empty = self.persona.without((), self.turn) if part == "persona" else _EMPTY[part]
        return replace(self, off=off, **{part: empty})

    def given_back(self, part: Part) -> State:
        """The state with a part that the turns may change again; its value stays until they do."""
        if part == "persona":
            facts = tuple(replace(f, origin=replace(f.origin, by="model")) for f in self.persona.facts)
            return replace(self, persona=replace(self.persona, facts=facts, removed=()))
        if not self.held(part):
            return self
        value = getattr(self, part)
        return replace(self, **{part: replace(value, origin=replace(value.origin, by="rule", why="given back"))})

    def with_settings_of(self, later: State) -> State:
        """The state with what the user set in a later one: what is off, what is held, and facts written or
        removed by hand."""
        state = self
        for part in PARTS:
            state = state.switched(part, part not in later.off)
            if later.held(part):
                set_ = getattr(later, part)
                # Of the emotion the label alone is the user's.
                set_ = replace(state.emotion, label=set_.label, origin=set_.origin) if part == "emotion" else set_
                state = replace(state, **{part: set_})
            elif state.held(part):
                state = state.given_back(part)
        written = tuple(fact for fact in later.persona.facts if fact.origin.by == "hand")
        set_texts = {fact.text for fact in (*written, *later.persona.removed)}
        told = (f for f in state.persona.facts if f.origin.by != "hand" and f.text not in set_texts)
        facts = (*told, *written)[-FACTS:]
        return replace(state, persona=replace(state.persona, facts=facts, removed=later.persona.removed))


_EMPTY = {f.name: f.default for f in fields(State) if f.name in PARTS}


def set_by_hand(state: State, part: Part, value: str, labels: Mapping[str, tuple[str, ...]]) -> State:
    """The state with a part set by the user; it is on from then on, and held.

    Args:
        value: a label, a situation, a stage, a strategy; of the persona, one sentence a line.
        labels: the part's closed set, where it has one.

    Raises:
        ChatError: the value is not one of the set, or the part cannot be set.
    """
    value, known = value.strip(), labels.get(part, ())
    if part == "safety":
        raise ChatError("safety is no value to set: it can be switched off (/off safety) and on.")
    if known and value not in known:
        raise ChatError(f"{part}: '{value}' is not one of {', '.join(known)}.")
    if not value and part != "persona":
        raise ChatError(f"{part}: give a value, or `auto` to let the turns decide again.")
    origin = Origin("hand", state.turn)
    if part == "emotion":
        new: Any = replace(state.emotion, label=value, origin=origin)
    elif part == "situation":
        new = Situation(value, origin)
    elif part == "persona":
        told = [line.strip() for line in value.splitlines() if line.strip()]
        if len(told) > FACTS:
            raise ChatError(f"persona: {len(told)} sentences, and at most {FACTS} are held.")
        kept = {fact.text: fact for fact in state.persona.facts}
        facts = tuple(kept.get(text) or Fact(text, origin) for text in dict.fromkeys(told))
        new = replace(state.persona.without(told, state.turn), facts=facts, operations=("set by hand",))
    elif part == "stage":
        new = Stage(value, value == "act", origin)
    else:
        new = Strategy(value, {}, origin)
    return replace(state, off=tuple(p for p in state.off if p != part), **{part: new})


def smoothed(emotion: Emotion, raw: Mapping[str, float], turn: int, why: str) -> Emotion:
    """The emotion after a turn whose labels have the probabilities `raw`.

    The label shown changes only when the new top leads the old one by 0.1. Where the label set is another one than
    before (a language, a view), smoothing begins anew.
    """
    before = emotion.smoothed if emotion.smoothed.keys() == raw.keys() else {}
    mixed = {name: WEIGHT * q + (1 - WEIGHT) * before[name] if before else q for name, q in raw.items()}
    top = max(mixed, key=mixed.get)
    keeps = bool(before) and emotion.label in mixed and mixed[top] - mixed[emotion.label] < LEAD
    label = emotion.label if keeps else top
    origin = emotion.origin if keeps and emotion.origin.by == "model" else Origin("model", turn, None, why)
    return Emotion(label, dict(raw), mixed, replace(origin, probability=mixed[label]))


def to_json(value: Any) -> str:
    """A state, or what holds states, as readable JSON."""
    return json.dumps(asdict(value), indent=2, ensure_ascii=False, allow_nan=False)


def from_json(text: str, kind: type = State, what: str = "the state") -> Any:
    """The inverse of `to_json`.

    Raises:
        ChatError: it is not JSON, or has other keys or values; the message names the first one.
    """
    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the text"
        raise ChatError(f"{what} cannot be read: {place}: {first['msg']}. Save it anew, or mend that key.") from None
