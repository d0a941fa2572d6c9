"""A view's examples → its part of the instruction set: which rows, how often, and in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pica.corpora import corpus, views
from pica.draw import rank, times
from pica.mixture import Pool, cap
from pica.params import Mixture
from pica.prompts import render
from pica.schema import EXAMPLE, SPLITS, Example, Instruction
from pica.store import read_rows

# A word, a punctuation mark, or a character that is written without blanks around it (Han, kana).
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Counted:
    """A view's examples by split and label; all under "" where labels do not count."""

    view: str
    examples: Mapping[str, Mapping[str, int]]

    def pool(self, mixture: Mixture) -> Pool:
        """What it has to give for training."""
        language = "+".join(corpus(self.view.partition("-")[0]).languages)
        return Pool(self.view, language, cap(views()[self.view], mixture), self.examples["train"])

    def rows(self, train: Mapping[str, int], mixture: Mixture) -> dict[str, Mapping[str, int]]:
        """How many rows of each split and label are taken: for training as planned, and every test row."""
        validation = min(mixture.validation_rows, self.examples["validation"].get("", 0))
        return {"train": train, "validation": {"": validation}, "test": self.examples["test"]}


@dataclass(frozen=True, slots=True)
class Part:
    """What one view gives, in the order of its file, and how many tokens its training rows have."""

    view: str
    instructions: list[Instruction]
    tokens: int


def count(name: str, folder: Path, mixture: Mixture) -> Counted:
    """The examples of the view `name` in `folder/<name>.parquet`, with labels where the mixture balances them."""
    found = {split: Counter() for split in SPLITS}
    for split, label, _ in _labelled(name, folder, mixture):
        found[split][label] += 1
    return Counted(name, found)


def part(asked: tuple[str, Mapping[str, Mapping[str, int]]], folder: Path, mixture: Mixture, seed: int) -> Part:
    """The part of a view of which so many rows of each split and label are asked for."""
    name, rows = asked
    ids: dict[tuple[str, str], list[str]] = {}
    for split, label, id in _labelled(name, folder, mixture):
        ids.setdefault((split, label), []).append(id)
    taken: dict[str, int] = {}
    for (split, label), pool in ids.items():
        taken |= times(pool, rows[split].get(label, 0), seed)
    drawn = (row for row in read_rows(folder / f"{name}.parquet", EXAMPLE) if row["id"] in taken)
    instructions = [one for row in drawn for one in _repeated(Example.from_row(row), taken[row["id"]])]
    return Part(name, instructions, sum(tokens(one) for one in instructions if one.split == "train"))


def mixed(parts: Sequence[Part], split: str, seed: int) -> list[Instruction]:
    """The instructions of a split: training rows shuffled over all views, the others view by view."""
    rows = [row for part in parts for row in part.instructions if row.split == split]
    return sorted(rows, key=lambda row: rank(row.id, seed)) if split == "train" else rows


def tokens(instruction: Instruction) -> int:
    """The length of a row before there is a tokenizer: words, punctuation marks, and Chinese characters one by one."""
    return sum(len(_TOKEN.findall(message["content"])) for message in instruction.messages)


def _labelled(name: str, folder: Path, mixture: Mixture) -> Iterator[tuple[str, str, str]]:
    """The split, the label and the id of each example. These columns are enough to choose; rows are read once."""
    balanced = mixture.balance and bool(views()[name].labels)
    for row in read_rows(folder / f"{name}.parquet", EXAMPLE, columns=("id", "split", "answer")):
        yield row["split"], row["answer"] if balanced and row["split"] == "train" else "", row["id"]


def _repeated(example: Example, times: int) -> Iterator[Instruction]:
    """An example in words, so many times: from the second on with an id of its own, which may give it other words."""
    yield render(example)
    for number in range(2, times + 1):
        yield render(replace(example, id=f"{example.id}~{number}"))
