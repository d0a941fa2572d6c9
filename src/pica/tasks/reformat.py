"""The reformat stage: conversations → the examples of a dataset's views, one Parquet file a view."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from pica.corpora import corpus as corpus_named
from pica.params import Reformat
from pica.schema import CONVERSATION, EXAMPLE, SPLITS, Conversation
from pica.store import read_rows, writer
from pica.tasks import examples


def write_views(name: str, rules: Reformat, filtered: Path, views: Path) -> list[dict[str, object]]:
    """Read `filtered/<name>.parquet` once and write `views/<view>.parquet` for each of the dataset's views.

    Returns:
        A row per view and split: how many conversations it holds, and how many examples came of them.
    """
    corpus = corpus_named(name)
    asked = [view.grouped(rules.groups) for view in corpus.views]
    conversations: Counter[str] = Counter()
    written: Counter[tuple[str, str]] = Counter()
    with ExitStack() as stack:
        add = {v.name: stack.enter_context(writer(views / f"{v.name}.parquet", EXAMPLE)) for v in corpus.views}
        for row in read_rows(filtered / f"{name}.parquet", CONVERSATION):
            conversation = Conversation.from_row(row)
            conversations[conversation.split] += 1
            for view in asked:
                for example in examples(conversation, view, rules.history_turns):
                    add[view.name](example)
                    written[view.name, example.split] += 1
    return [
        {
            "view": view.name,
            "corpus": name,
            "task": view.task,
            "language": "+".join(corpus.languages),
            "split": split,
            "conversations": conversations[split],
            "examples": written[view.name, split],
        }
        for view in corpus.views
        for split in SPLITS
    ]
