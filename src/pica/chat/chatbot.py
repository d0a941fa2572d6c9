"""One user turn: what it says of the user, how to answer, and the answer, streamed.

    bot = Chatbot(LiveModel.load(base, adapter, 512), Path("."), history=5)
    for event in bot.answer(bot.start("en"), "I failed my driving test again."):
        …
    Understood(state=State(…), messages=({"role": "user", …},))    before the reply
    Shown(text="That must be ", kind="reply")                      once a sentence
    Finished(session=Session(…))                                   with the exchange, to go on with

A chatbot holds no chat: what it is told goes into the session that it gives back, so one serves many chats.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from pica.chat import persona as personas
from pica.chat import policy, questions, safety
from pica.chat.session import Exchange, Session, checked, checked_told, tidied
from pica.chat.skills import Skill, Use, skills
from pica.chat.state import Origin, Part, Safety, Situation, State, set_by_hand, smoothed
from pica.inference.decoding import Decoding
from pica.output import ReplyReader, split_sentences
from pica.schema import Instruction

# Tokens that a situation and a persona may have.
_ROOM = 40
# The share of a situation's content words that the user said; a model makes up the others.
_GROUNDED = 0.5
# How often a reply is drawn until there is something to show.
_TRIES = 3


class Answer(Protocol):
    """A free answer."""

    text: str
    finished: bool


class Model(Protocol):
    """What a chatbot asks; `inference.live.LiveModel` is one."""

    def probabilities(self, question: Instruction) -> Mapping[str, float]:
        """Of each candidate, how likely it is among them."""

    def describe(self, question: Instruction, max_new_tokens: int) -> Answer:
        """The free answer, the likeliest one."""

    def stream(self, question: Instruction, decoding: Decoding) -> Generator[str, None, bool]:
        """The answer piece by piece; returns whether the model ended it by itself."""


@dataclass(frozen=True, slots=True)
class Understood:
    """The state before the reply, without the facts of the turn, and the messages that ask for the reply (none where
    help is shown in its place)."""

    state: State
    messages: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """Text to show: a sentence of the reply, the help lines, a pointer to them after a reply, or a note."""

    text: str
    kind: Literal["reply", "help", "pointer", "note"] = "reply"


@dataclass(frozen=True, slots=True)
class Finished:
    """The chat with this exchange at its end.

    It comes again where the turn told facts about the user, with these; whoever stops before that has the first.
    """

    session: Session

    @property
    def exchange(self) -> Exchange:
        """The exchange."""
        return self.session.exchanges[-1]


Event = Understood | Shown | Finished


class Chatbot:
    """Answers user turns of any number of chats.

    Args:
        model: what is asked; it sees to it that one question is answered at a time.
        root: the repository, whose tables say which views are trained.
        history: turns before the one asked about, as in `reformat.history_turns`.
        country: whose help lines are shown first, ISO 3166; empty = by language.
    """

    def __init__(self, model: Model, root: Path, history: int, country: str = "") -> None:
        self.model, self.root, self.history, self.country = model, root, history, country
        self._skills: dict[str, Mapping[Use, Skill]] = {}

    def skills(self, language: str) -> Mapping[Use, Skill]:
        """Which views are asked in a language."""
        if language not in self._skills:
            self._skills[language] = skills(language, self.root)
        return self._skills[language]

    def start(self, language: Literal["en", "zh"], id: str = "1", decoding: Decoding | None = None) -> Session:
        """A new chat; what the mixture does not cover in its language is off (`skills.notes` says why)."""
        known = self.skills(language)
        uses: tuple[Part, ...] = ("emotion", "situation", "persona", "strategy")
        off = tuple(use for use in uses if use not in known or not known[use].trained)
        return Session(id, State(language=language, off=off), (), decoding or Decoding())

    def labels(self, session: Session) -> dict[Part, tuple[str, ...]]:
        """The values that parts with a closed set can be set to."""
        known = self.skills(session.state.language)
        sets = {use: known[use].labels for use in ("emotion", "strategy") if use in known}
        return {**sets, "stage": ("explore", "comfort", "act")}

    def set(self, session: Session, part: Part, value: str) -> Session:
        """The chat with a part set by hand.

        Raises:
            ChatError: the part does not take that value.
        """
        lines = value.splitlines() if part == "persona" else [value]
        told = "\n".join(checked_told(line, part) for line in lines)
        return replace(session, state=set_by_hand(session.state, part, told, self.labels(session)))

    def answer(self, session: Session, said: str, tries: int = 1) -> Iterator[Event]:
        """Answer a user turn. Events come as they are ready; a caller that closes the iterator stops the model.

        Args:
            tries: which draw of the reply this is; another number draws another reply.

        Raises:
            ChatError: the turn is empty, too long or no text; nothing has changed then.
        """
        text, before = checked(said), session.state
        state = self._safe(replace(before, turn=before.turn + 1), text)
        if "safety" not in state.off and safety.tier(state.safety.level) == "stop":
            yield Understood(state)
            shown = safety.help_text(state.language, self.country)
            yield Shown(shown, "help")
            yield Finished(_ended(session, Exchange(said, shown, "help", before, state, tries), state))
            return
        state = self._understand(session, text, state)
        question = self.question(session, text, state)
        yield Understood(state, tuple(question.messages[:-1]))
        yield from self._reply(session, said, question, state, tries)

    def retry(self, session: Session) -> Iterator[Event]:
        """Answer the last user turn anew, with another draw."""
        last = session.exchanges[-1] if session.exchanges else None
        earlier = session.back_to(len(session.exchanges))
        return self.answer(earlier, last.said, last.tries + 1)

    def edit(self, session: Session, turn: int, said: str) -> Iterator[Event]:
        """Answer user turn `turn` with other words; what came after it is gone."""
        return self.answer(session.back_to(turn), said)

    def question(self, session: Session, text: str, state: State) -> Instruction:
        """What asks for the reply to `text` under a state."""
        return questions.reply(self.skills(state.language)["reply"], session, text, state, self.history)

    def _understand(self, session: Session, text: str, state: State) -> State:
        """The state with what the turn says of each part that is on and not held by hand."""
        known, turn = self.skills(state.language), state.turn
        if state.infers("emotion") and (skill := known.get("emotion")):
            found = self.model.probabilities(questions.emotion(skill, session, text, self.history))
            state = replace(state, emotion=smoothed(state.emotion, found, turn, skill.view))
        if state.infers("situation") and (skill := known.get("situation")):
            state = self._situation(skill, session, text, state)
        if state.infers("persona") and "persona" in known:  # what is taken back; what is new is asked after the reply
            state = replace(state, persona=personas.updated(state.persona, (), text, turn, state.language))
        if state.infers("stage"):
            replied = session.exchanges[-1].reply if session.exchanges else ""
            state = replace(state, stage=policy.next_stage(state, text, replied))
        if state.infers("strategy") and (skill := known.get("strategy")):
            state = self._strategy(skill, session, text, state)
        return state

    def _told(self, session: Session, text: str, state: State) -> State:
        """The state with the facts of the turn. The reply to it needs none of them: their words stand in the turn that
        it answers. So they are asked for after it, and whoever waits for the reply does not wait for them."""
        skill = self.skills(state.language).get("persona")
        # Nothing but the user's own speech could be evidence.
        if not (skill and state.infers("persona") and personas.own_speech(text, state.language)):
            return state
        told = self.model.describe(questions.persona(skill, session, text, self.history), _ROOM).text
        return replace(state, persona=personas.updated(session.state.persona, [told], text, state.turn, state.language))

    def _situation(self, skill: Skill, session: Session, text: str, state: State) -> State:
        question = questions.situation(skill, session, text, self.history)
        if question is None:
            return state
        found = self.model.describe(question, _ROOM)
        sentences = split_sentences(found.text.strip().partition("\n")[0])
        told = "".join(sentences if found.finished else sentences[:-1] or sentences).strip()
        said = " ".join([*(exchange.prompted for exchange in session.exchanges), text])
        share = round(personas.grounded(told, said), 2)
        if share < _GROUNDED:
            return state
        return replace(state, situation=Situation(told, Origin("model", state.turn, None, f"{share:.0%} of its words")))

    def _strategy(self, skill: Skill, session: Session, text: str, state: State) -> State:
        if not policy.known(skill.labels):
            return state
        options = policy.allowed(state.stage.name, state.strategy.name, skill.labels)
        found = self.model.probabilities(questions.strategy(skill, session, text, self.history))
        return replace(state, strategy=policy.choose(options, found, state.turn, skill.view))

    def _safe(self, state: State, text: str) -> State:
        """The state with what the safety check finds in the user's turn."""
        if "safety" in state.off:
            return replace(state, safety=replace(state.safety, level="none", words=()))
        return replace(state, safety=_counted(state.safety, safety.check(text), "user", state.turn))

    def _reply(self, session: Session, said: str, question: Instruction, state: State, tries: int) -> Iterator[Event]:
        shown, stopped = "", "empty"
        replies = [exchange.reply for exchange in session.exchanges]
        heard = [*(exchange.prompted for exchange in session.exchanges), said, state.situation.text]
        for attempt in range(_TRIES):
            reader = ReplyReader(replies, heard)
            for sentence in self._sentences(question, _seeded(session, state.turn, tries, attempt), reader):
                found = safety.check(sentence, reply=True) if "safety" not in state.off else safety.NOTHING
                if found.level != "none":
                    state = replace(state, safety=_counted(state.safety, found, "reply", state.turn))
                    reader.stopped = "safety"
                    break
                shown += sentence
                yield Shown(sentence)
            stopped = reader.stopped
            if shown.strip() or stopped == "safety":
                break
        if not shown.strip():
            stopped = stopped if stopped == "safety" else "empty"
            yield Shown(safety.words(state.language)["held_back" if stopped == "safety" else "empty"], "note")
        if "safety" not in state.off and (stopped == "safety" or safety.tier(state.safety.level) == "point"):
            yield Shown(safety.pointer(state.language, self.country), "pointer")
        exchange = Exchange(said, shown.strip(), stopped, session.state, state, tries)
        yield Finished(_ended(session, exchange, state))
        after = self._told(session, tidied(said), state)
        if after != state:
            yield Finished(_ended(session, replace(exchange, state=after), after))

    def _sentences(self, question: Instruction, decoding: Decoding, reader: ReplyReader) -> Iterator[str]:
        """The reply's sentences as they are whole; the model stops when the reader has enough, or nobody reads on."""
        pieces = self.model.stream(question, decoding)
        finished = False
        try:
            while not reader.stopped:
                try:
                    yield from reader.feed(next(pieces))
                except StopIteration as ended:
                    finished = bool(ended.value)
                    break
        finally:
            pieces.close()
        yield from reader.close(finished)


def _seeded(session: Session, turn: int, tries: int, attempt: int) -> Decoding:
    """The decoding of one draw; likeliest tokens give the same reply each time, so another draw is a real one."""
    drawn = session.decoding
    if tries + attempt > 1 and drawn.temperature == 0:
        drawn = replace(drawn, temperature=Decoding().temperature)
    return replace(drawn, seed=drawn.seed * 1_000_003 + turn * 1_009 + (tries - 1) * 31 + attempt)


def _counted(before: Safety, found: safety.Finding, where: str, turn: int) -> Safety:
    """The safety part after a check; the level is that of the user's turn, the highest is of both."""
    level = found.level if where == "user" else before.level
    if found.level == "none":
        return replace(before, level=level, words=() if where == "user" else before.words)
    key = f"{where} {found.level}" + (", by classifier" if found.by == "classifier" else "")
    return Safety(
        level,
        max(before.highest, found.level, key=safety.rank),
        {**before.triggers, key: before.triggers.get(key, 0) + 1},
        found.words if where == "user" else (*before.words, *found.words),
        Origin("model" if found.by == "classifier" else "rule", turn, found.probability, f"{found.by}, {where}"),
    )


def _ended(session: Session, exchange: Exchange, state: State) -> Session:
    return replace(session, state=state, exchanges=(*session.exchanges, exchange))
