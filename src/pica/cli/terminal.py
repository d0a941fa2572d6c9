"""What `pica` prints, as rich draws it: in colour on a terminal, plain where it is piped or NO_COLOR is set.

Colour never carries a fact alone: what is trained stands in ⟦ ⟧, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from pica.schema import SPLITS, Conversation, Example, Instruction, Rejected

# Commands draw tables before they load any of this.
if TYPE_CHECKING:
    from pica.cli.catalogue import Entry
    from pica.cli.trace import Trace
    from pica.training.segments import Segment

_ABSENT = "–"
# One shade a token, by turns, so that one sees where tokens end.
_TRAINED = ("bold green", "bold black on green")


def catalogue(entries: Sequence[Entry], source: str) -> RenderableType:
    """The table of `pica corpora`."""
    from pica.cli.catalogue import view_suffixes

    table = plain_table("dataset", "views", *SPLITS, "licence", source, right=SPLITS)
    for entry in entries:
        rows = [_ABSENT if entry.rows is None else f"{entry.rows[split]:,}" for split in SPLITS]
        files = Text(entry.files, style="green" if entry.here else "dim")
        table.add_row(
            Text(entry.corpus.name, style="bold"),
            ", ".join(view_suffixes(entry.corpus)),
            *rows,
            entry.corpus.licence,
            files,
        )
    return table


def counts(name: str, measured: Mapping[str, Sequence[int]]) -> RenderableType:
    """How often each statistic of a dataset's raw rows stands in each split."""
    table = plain_table(name, *SPLITS, "all", right=(*SPLITS, "all"))
    for statistic, by_split in sorted(measured.items()):
        table.add_row(Text(statistic), *(f"{number:,}" for number in (*by_split, sum(by_split))))
    return table


def trace(trace: Trace, chats: Mapping[str, Sequence[Segment]], note: str) -> RenderableType:
    """One row at every stage.

    Args:
        trace: the row.
        chats: view → its rendered chat.
        note: what is missing, above the chats; empty where nothing is.
    """
    head = [Text(trace.row.id, style="bold"), *([Text(note, style="yellow")] if note else ())]
    return Group(*head, *_raw(trace), *_conversation(trace), *_views(trace, chats))


def answer_alone(row: Instruction) -> list[Segment]:
    """A chat without a tokenizer: role by role, the answer as what is trained."""
    from pica.training.segments import Segment

    *question, answer = row.messages
    asked = "".join(f"{message['role']}: {message['content']}\n" for message in question)
    return [Segment(f"{asked}{answer['role']}: ", False), Segment(answer["content"], True)]


def _raw(trace: Trace) -> Iterator[RenderableType]:
    yield Rule("raw", align="left")
    if not trace.raw:
        yield Text("its words are not found in the raw files as they stand", style="dim")
    for place in trace.raw:
        yield Text.assemble((f"{place.file}:{place.line} ", "cyan"), place.text)


def _conversation(trace: Trace) -> Iterator[RenderableType]:
    yield Rule("conversation", align="left")
    if isinstance(trace.row, Rejected):
        yield Text(trace.row.row)
    else:
        yield from _fields(trace.clean or trace.row)
    yield Rule("filter", align="left")
    kept = Text.assemble(("kept", "green"), (", looked at by itself: leaks and copies are found between rows", "dim"))
    yield kept if trace.reason is None else Text(f"rejected: {trace.reason}", style="red")


def _fields(conversation: Conversation) -> Iterator[RenderableType]:
    for name in ("emotion", "situation"):
        if value := getattr(conversation, name):
            yield Text.assemble((f"{name} ", "cyan"), value)
    for persona in conversation.personas:
        yield Text.assemble(("persona ", "cyan"), f"{persona.speaker}: {persona.text}")
    turns = plain_table("", "speaker", "text", "emotion", "act")
    for index, turn in enumerate(conversation.turns):
        turns.add_row(str(index), Text(turn.speaker), Text(turn.text), turn.emotion or "", turn.act or "")
    yield turns
    for cause in conversation.causes:
        yield Text.assemble(
            ("cause ", "cyan"),
            f"turn {cause.turn} feels {cause.emotion} because of turn {cause.cause_turn}: {cause.span}",
        )


def _views(trace: Trace, chats: Mapping[str, Sequence[Segment]]) -> Iterator[RenderableType]:
    for view, example, count in trace.views:
        yield Rule(f"{view.name} ({view.task})", align="left")
        if example is None:
            yield Text("no example of this row", style="dim")
            continue
        yield from _example(example, count)
        yield _chat(chats[view.name])


def _example(example: Example, count: int) -> Iterator[RenderableType]:
    yield Text.assemble(("example ", "cyan"), example.id, "" if count == 1 else f", the first of {count}")
    yield Text.assemble(("answer ", "cyan"), example.answer)
    if example.candidates:
        yield Text.assemble(("candidates ", "cyan"), ", ".join(example.candidates))


def _chat(pieces: Sequence[Segment]) -> Text:
    text, open_ = Text(), False
    for index, piece in enumerate(pieces):
        if piece.trained != open_:
            text.append("⟦" if piece.trained else "⟧", style="bold green")
            open_ = piece.trained
        text.append(piece.text, style=_TRAINED[index % 2] if piece.trained else "dim")
    return text.append("⟧" if open_ else "", style="bold green")


def plain_table(*columns: str, right: Iterable[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table
