"""What the tests of the cleaning share: the default rules, and datasets that are compared with each other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pica.cleaning.dataset_filter import Compared, filter_dataset, write_held_out
from pica.cleaning.leakage import HeldOut
from pica.params import Filter
from pica.schema import CONVERSATION, REJECTED, Conversation, Rejected, Turn
from pica.store import read_rows, write_rows
from tests.defaults import defaults

DEFAULT = defaults().filter


@dataclass(frozen=True)
class Outcome:
    """What became of some datasets: name → kept conversations, rejected rows, and what the filter says of it."""

    kept: dict[str, list[Conversation]]
    rejected: dict[str, list[Rejected]]
    compared: dict[str, Compared]

    def reasons(self, name: str) -> dict[str, str]:
        """Id → reason of a dataset's rejected rows, each of which is kept whole."""
        assert all(json.loads(row.row)["id"] == row.id for row in self.rejected[name])
        return {row.id: row.reason for row in self.rejected[name]}

    def withheld(self, name: str) -> dict[str, tuple[int, ...]]:
        """Id → withheld turns of the kept rows that have some."""
        return {row.id: row.withheld for row in self.kept[name] if row.withheld}


def compared(folder: Path, names: Iterable[str], rules: Filter) -> dict[str, Compared]:
    """Datasets in `folder/kept` and `folder/rejected`, as `filter_rows` has left them, compared with each other."""
    scratch = folder / "scratch"
    scratch.mkdir()
    for name in names:
        write_held_out(name, folder / "kept", scratch)
    held_out = HeldOut.gather(scratch)
    return {name: filter_dataset(name, rules, held_out, folder / "kept", folder / "rejected") for name in names}


def compare(folder: Path, datasets: Mapping[str, Sequence[Conversation]], rules: Filter = DEFAULT) -> Outcome:
    """Conversations that `filter_rows` might have kept, compared with each other."""
    folder.mkdir(exist_ok=True)
    for name, conversations in datasets.items():
        write_rows(folder / f"kept/{name}.parquet", conversations, CONVERSATION)
        write_rows(folder / f"rejected/{name}.parquet", [], REJECTED)
    found = compared(folder, datasets, rules)
    kept = {n: [*read_rows(folder / f"kept/{n}.parquet", CONVERSATION)] for n in datasets}
    rejected = {n: [*read_rows(folder / f"rejected/{n}.parquet", REJECTED)] for n in datasets}
    return Outcome(
        {name: [*map(Conversation.from_row, rows)] for name, rows in kept.items()},
        {name: [Rejected(**row) for row in rows] for name, rows in rejected.items()},
        found,
    )


def dialogue(id: str, *texts: str, speakers: str = "AB", **more) -> Conversation:
    """A conversation of these turns; its id says dataset and split."""
    corpus, split, _ = id.split("/", 2)
    turns = tuple(Turn(speakers[i % len(speakers)], text) for i, text in enumerate(texts))
    return Conversation(id, corpus, split, more.pop("language", "en"), turns, **more)
