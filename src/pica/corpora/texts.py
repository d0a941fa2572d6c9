r"""Corpora of single English texts with one label each: what their readers share.

amazon_polarity and yelp are two of the sets of Zhang, Zhao and LeCun (2015) and have the same two layouts.
Native, `<native>/{train,test}.csv`: no header, LF, no line end after the last row, a class from 1 and then the texts:

    "2","Great bread \""stone\"" oven.\n\nWe will be back."

On the hub, `<hub>/{train,test}-00000-of-00004.parquet`: `label`, from 0, and the texts. In both, a line break is the
two characters `\n`, and a quote may have a backslash before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pica.corpora import native
from pica.corpora.labels import numbered
from pica.schema import Conversation, Rejected, Split, Turn

_SPLITS: tuple[Split, ...] = ("train", "test")


def labelled_text(identifier: str, text: str, label: str, row: Mapping[str, Any]) -> Conversation | Rejected:
    """A text and its label as a conversation of one turn; a text that is blank is rejected.

    Args:
        identifier: `<corpus>/<split>/<native id>`.
        text, label: what is said, and the canonical label of it.
        row: all of the raw row, to be kept with a rejection.
    """
    corpus, split, _ = identifier.split("/", 2)
    if not text.strip():
        return rejected(identifier, "no text", row)
    return Conversation(identifier, corpus, split, "en", (Turn("writer", text.strip()),), emotion=label)


def rejected(identifier: str, reason: str, row: Mapping[str, Any]) -> Rejected:
    """A raw row that cannot be a conversation."""
    corpus, split, _ = identifier.split("/", 2)
    return Rejected(identifier, corpus, split, reason, json.dumps(row, ensure_ascii=False))


def zhang_reviews(
    corpus: str, folder: Path, native_folder: str, hub_folder: str, texts: Sequence[str], labels: Sequence[str]
) -> Iterator[Conversation | Rejected]:
    """One conversation a review of a set of Zhang et al.; its id is its row in the split, from 1.

    Args:
        corpus: its name.
        folder: with the raw files, in either layout.
        native_folder, hub_folder: where in `folder` the layouts have theirs.
        texts: the hub's columns of text, in the order of the native ones; they become paragraphs.
        labels: the classes in order.
    """
    from_hub = (folder / hub_folder).is_dir()
    for split in _SPLITS:
        if from_hub:
            rows = _hub_rows(folder / hub_folder, split, texts, labels)
        else:
            rows = _native_rows(folder / native_folder / f"{split}.csv", texts, labels)
        for number, (label, row) in enumerate(rows, start=1):
            text = "\n".join(_unescaped(row[column]) for column in texts)
            yield labelled_text(f"{corpus}/{split}/{number}", text, label, row)


def _native_rows(path: Path, texts: Sequence[str], labels: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    names = numbered(labels, first=1)
    for at, row in native.table(path, ("class", *texts), header=False, one_line=True):
        yield at.label(row["class"], names, "class"), row


def _hub_rows(
    folder: Path, split: Split, texts: Sequence[str], labels: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    names = numbered(labels)
    for at, row in native.parquet(native.shards(folder, split), ("label", *texts)):
        for column in texts:
            at.field(row, column, str)
        yield at.label(str(at.field(row, "label", int)), names), row


def _unescaped(text: str) -> str:
    return text.replace(r"\n", "\n").replace(r"\"", '"').strip()
