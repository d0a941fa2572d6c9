"""A chat as a value: its state, what was said, and how to draw replies. It has no model in it, so it can be copied,
saved and shown.

    Session(id="1", state=State(…), exchanges=(Exchange(said="I failed.", reply="That sounds hard.", …),))

Going back to an earlier turn gives back the state of that time.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic.dataclasses import dataclass

from pica.chat.state import STRICT, State, from_json, to_json
from pica.cleaning.text import repair
from pica.errors import ChatError
from pica.inference.decoding import Decoding
from pica.store import atomic_path

# Characters that a user turn may have. Longer ones would be cut to what fits into a prompt, unseen by who wrote them.
LONGEST = 4_000
# Of what stands in a request beside the turns.
LONGEST_TOLD = 600


@dataclass(frozen=True, config=STRICT)
class Exchange:
    """One user turn and the reply to it.

    Args:
        said: the user's words as they were typed.
        reply: what was shown as the reply; of "help", the help lines.
        stopped: why the reply ends: as `output.Reply` says, or "safety" (the rest was held back), "help" (help was
            shown in place of a reply), "empty" (the model said nothing that could be shown).
        before, state: before this turn, with what was set by hand for it, and after it.
        tries: how often the reply was drawn.
    """

    said: str
    reply: str
    stopped: Literal["end", "length", "role", "loop", "marks", "safety", "help", "empty"]
    before: State
    state: State
    tries: int = 1

    @property
    def prompted(self) -> str:
        """The user's words as prompts have them."""
        return tidied(self.said)


@dataclass(frozen=True, config=STRICT)
class Session:
    """A chat. `id` decides which phrasing its prompts have, `state` is that of now."""

    id: str = "1"
    state: State = State()
    exchanges: tuple[Exchange, ...] = ()
    decoding: Decoding = Decoding()

    def back_to(self, turn: int) -> Session:
        """The chat as it was before user turn `turn`, from 1; what is off or set by hand now stays so.

        Raises:
            ChatError: there is no such turn.
        """
        if not 1 <= turn <= len(self.exchanges):
            raise ChatError(f"there is no turn {turn}: the chat has {len(self.exchanges)}.")
        before = self.exchanges[turn - 1].before.with_settings_of(self.state)
        return replace(self, state=before, exchanges=self.exchanges[: turn - 1])

    def save(self, path: Path) -> None:
        """Write the chat as JSON, whole or not at all.

        Raises:
            ChatError: the path is a folder or a device, which the file would take the place of.
        """
        if path.exists() and not path.is_file():
            raise ChatError(f"{path} is no file, and nothing was written to it. Give a file's name: chat.json")
        with atomic_path(path) as temporary:
            temporary.write_text(f"{to_json(self)}\n", encoding="utf-8")


def load_session(path: Path) -> Session:
    """A saved chat.

    Raises:
        ChatError: the file is missing, or not a chat of this version.
    """
    try:
        return from_json(path.read_text(encoding="utf-8"), Session, f"{path}")
    except FileNotFoundError:
        raise ChatError(f"{path} is missing. `/save {path}` in `pica chat` writes one.") from None
    except UnicodeDecodeError as error:
        raise ChatError(f"{path} is not UTF-8 text ({error}). Save the chat anew.") from None


def tidied(said: str) -> str:
    """A user turn as training has turns: repaired, without controls, on one line."""
    return " ".join(repair(said).split())


def checked(said: str) -> str:
    """A user turn that can be answered, tidied.

    Raises:
        ChatError: it is empty, too long, or no text.
    """
    check_text(said)
    if len(said) > LONGEST:
        raise ChatError(f"the message has {len(said):,} characters, and at most {LONGEST:,} are read. Shorten it.")
    if not (text := tidied(said)):
        raise ChatError("the message is empty. Write something, or /help for the commands.")
    return text


def checked_told(told: str, what: str) -> str:
    """What a prompt is told beside the turns (a situation, a speaker, a fact), tidied; it may be empty.

    Raises:
        ChatError: it is too long, or no text; prompts are not cut there.
    """
    check_text(told, what)
    if len(told) > LONGEST_TOLD:
        raise ChatError(f"{what}: {len(told):,} characters, and at most {LONGEST_TOLD} are read. Shorten it.")
    return tidied(told)


def check_text(text: str, what: str = "") -> None:
    """Whether what came in is text; a terminal and JSON can give half of a character (a lone surrogate).

    Args:
        what: it is, for the message.

    Raises:
        ChatError: it is not.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        place = f"{what}: " if what else ""
        raise ChatError(
            f"{place}character {error.start + 1} is half a character, which no text may hold. Write in UTF-8."
        ) from None


def written_in(text: str) -> Literal["en", "zh"]:
    """The language of a text, by its letters: Chinese where a third of them are Chinese characters."""
    letters = [char for char in text if char.isalpha()]
    chinese = sum("\u3400" <= char <= "\u9fff" for char in letters)
    return "zh" if letters and 3 * chinese >= len(letters) else "en"
