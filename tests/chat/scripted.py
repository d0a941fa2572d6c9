"""A model that answers by a script: what it is asked is kept, and nothing is computed."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

from pica.inference.decoding import Decoding
from pica.schema import Instruction


@dataclass
class Told:
    """A free answer."""

    text: str
    finished: bool = True


@dataclass
class Scripted:
    """Answers each kind of question with the next line of its script; the last one stays.

    Args:
        emotions, strategies: probabilities by label, of those named; the others share what is left.
        situations, personas, replies: texts.
    """

    emotions: Sequence[Mapping[str, float]] = ({},)
    strategies: Sequence[Mapping[str, float]] = ({},)
    situations: Sequence[str] = ("",)
    personas: Sequence[str] = ("",)
    replies: Sequence[str] = ("I hear you.",)
    finished: bool = True
    asked: list[tuple[str, Instruction]] = field(default_factory=list)
    decoded: list[Decoding] = field(default_factory=list)
    closed: int = 0

    def probabilities(self, question: Instruction) -> dict[str, float]:
        kind = "strategies" if "#act-inference" in question.id else "emotions"
        named = self._next(kind, question)
        left = [name for name in question.candidates if name not in named]
        rest = (1 - sum(named.values())) / max(1, len(left))
        return {name: named.get(name, rest) for name in question.candidates}

    def describe(self, question: Instruction, max_new_tokens: int) -> Told:
        return Told(self._next("situations" if "#situation" in question.id else "personas", question), self.finished)

    def stream(self, question: Instruction, decoding: Decoding) -> Generator[str, None, bool]:
        self.decoded.append(decoding)
        text = self._next("replies", question)
        try:
            for start in range(0, len(text), 3):
                yield text[start : start + 3]
        finally:
            self.closed += 1
        return self.finished

    def _next(self, kind: str, question: Instruction):
        script = getattr(self, kind)
        number = sum(name == kind for name, _ in self.asked)
        self.asked.append((kind, question))
        return script[min(number, len(script) - 1)]
