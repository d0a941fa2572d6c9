"""What is asked of the model in a chat: the training renderer's words about the chat's own turns.

    questions.emotion(skill, session, "I failed again.")
    Instruction(instruction="Which emotion does A show in the last utterance of this dialogue? Choose one of: …", …)

Each question has one id for the whole chat, and with it one phrasing. The turns that it shows are as many as an example
of training shows, so that a prompt does not grow with the chat.
"""

from __future__ import annotations

from collections.abc import Sequence

from pica.chat.session import Session
from pica.chat.skills import Skill, neutral
from pica.chat.state import State
from pica.corpora import view_corpus, views
from pica.prompts import render
from pica.schema import Conversation, Instruction, Turn
from pica.tasks.example import build

# The last part of the id of a question about one turn: what is too long is then cut as such examples are.
_TURN = "0"


def emotion(skill: Skill, session: Session, said: str, history: int) -> Instruction:
    """Which emotion the user shows in `said`, the last turn."""
    turns = _turns(session, skill, said)[-history - 1 :]
    return _question(skill, session, turns, _TURN, turns[-1].speaker)


def situation(skill: Skill, session: Session, said: str, history: int) -> Instruction | None:
    """What the user has been through, from the beginning of the chat, as in training.

    None when that is known and the same turns were asked about before. Where it is not known (nothing was found, or the
    user took or gave it back), the last turns are asked about.
    """
    turns = _turns(session, skill, said)
    if session.state.situation.origin.by != "model":
        return _question(skill, session, turns[-history - 1 :], "", skill.speakers[0])
    if len(turns) > history + 2:
        return None
    return _question(skill, session, turns[: history + 1], "", skill.speakers[0])


def persona(skill: Skill, session: Session, said: str, history: int) -> Instruction:
    """Who the user is, from the last turns."""
    turns = _turns(session, skill, said)[-history - 1 :]
    return _question(skill, session, turns, "", turns[-1].speaker)


def strategy(skill: Skill, session: Session, said: str, history: int) -> Instruction:
    """Which strategy the next reply has: training asks for that of a line that stands there, and here the line is still
    empty."""
    turns = [*_turns(session, skill, said), Turn(skill.speakers[1], "")][-history - 1 :]
    return _question(skill, session, turns, _TURN, skill.speakers[1])


def reply(skill: Skill, session: Session, said: str, state: State, history: int) -> Instruction:
    """The next reply, under what the state holds of the controls that the view was trained with.

    Facts stand beside the situation: both are what the other person told of themselves.
    """
    turns = _turns(session, skill, said)[-history - 1 :]
    told = [state.situation.text, *(fact.text for fact in state.persona.facts)]
    joint = "" if state.language == "zh" else " "
    felt = state.emotion.label if not neutral(state.emotion.label) else ""
    return _question(
        skill,
        session,
        turns,
        _TURN,
        skill.speakers[1],
        emotion=felt or None if "feeling" in views()[skill.view].controls else None,
        act=state.strategy.name or None,
        situation=joint.join(text for text in told if text) or None,
    )


def _turns(session: Session, skill: Skill, said: str) -> list[Turn]:
    """The chat up to `said`, as the view's dialogues name its speakers; what help was shown for is left out."""
    user, other = skill.speakers
    turns = []
    for exchange in session.exchanges:
        if exchange.stopped != "help":
            turns += [Turn(user, exchange.prompted)] + ([Turn(other, exchange.reply)] if exchange.reply else [])
    return [*turns, Turn(user, said)]


def _question(
    skill: Skill, session: Session, turns: Sequence[Turn], asked: str, speaker: str, **controls: str | None
) -> Instruction:
    view = views()[skill.view]
    chat = Conversation(
        f"{view_corpus(skill.view)}/chat/{session.id}",
        view_corpus(skill.view),
        "test",
        session.state.language,
        tuple(turns),
    )
    return render(build(chat, view, asked, turns, speaker, "", **controls))
