"""Whether replies carry the emotion or the act that their prompts asked for, by a classifier that the run trains.

    system  view                  control  n   adherence  gold  classifier           accuracy  note
    tuned   meld-generation       emotion  60  41.7       55.0  meld-classification  58.3
    tuned   smilechat-generation                                                               its prompts ask for no …

The classifier is the TF-IDF baseline on single turns: those of training rows of the view that asks for this label of
the very turns that the replies are. It errs, so its accuracy on that view's test rows and what it finds of the gold
replies stand beside what it finds of a system's.

Which view that is, is seen on the rows: most of its answers are what the prompts of the same turns ask for. So no code
of a dataset is needed, and a prompt that tells the other person's feeling is not taken for one that asks for the
reply's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pica.evaluation.replies import FEW_LABELS, Place, by_view, classify, means_over_views, place, share
from pica.schema import EXAMPLE, LABEL_SEPARATOR, Instruction, Prediction
from pica.store import read_rows

COLUMNS = ["system", "view", "control", "n", "adherence", "gold", "classifier", "accuracy", "note"]
_CONTROLS = ("emotion", "act")
# A view asks for what prompts give away where it agrees with them on so many training replies and such a share.
_LEAST, _AGREE = 20, 0.95
# A prompt asks for a label where such a share of a view's prompts has its words.
_TOLD = 0.9


def scores(
    predictions: Sequence[Prediction], rows: Sequence[Instruction], views: Path, seed: int
) -> list[dict[str, Any]]:
    """A row for each control of each view of replies, of one system: see COLUMNS. Shares are in per cent.

    Args:
        predictions: of any tasks.
        rows: what was asked.
        views: the folder of the views' examples.
        seed: of the draw of turns, and of the classifier.
    """
    asked = {(row.name, row.id): row.instruction for row in rows}
    replies = by_view(predictions)
    return [row for view, of_view in replies.items() for row in _of_view(view, of_view, asked, views, seed)]


def headline(scores: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """`emotion_adherence` and `act_adherence`: means over views, those of them that there are."""
    return means_over_views(scores, "control", _CONTROLS, "adherence")


def _of_view(
    view: str, replies: Sequence[Prediction], asked: Mapping[tuple[str, str], str], views: Path, seed: int
) -> Iterator[dict[str, Any]]:
    about = dict.fromkeys(COLUMNS) | {"system": replies[0].system, "view": view, "note": ""}
    examples = list(read_rows(views / f"{view}.parquet", EXAMPLE, ("id", "split", *_CONTROLS)))
    told = {control: _told(examples, control, replies, asked) for control in _CONTROLS}
    if not any(told.values()):
        yield about | {"note": "its prompts ask for no emotion and no act"}
    for control, labels in told.items():
        if not labels:
            continue
        wanted = {
            turn: example[control].split(LABEL_SEPARATOR)
            for example in examples
            if example["split"] == "train" and example[control] and (turn := place(example["id"]))
        }
        matching = _matching(view, wanted, views)
        if matching is None:
            yield about | {"control": control, "note": f"no view asks for the {control} of these replies"}
            continue
        carrying = [reply for reply in replies if reply.id in labels]
        judged = _judged(matching, carrying, labels, seed)
        yield about | {"control": control, "n": len(carrying), "classifier": matching.stem, **judged}


def _told(
    examples: Sequence[Mapping[str, Any]],
    control: str,
    replies: Sequence[Prediction],
    asked: Mapping[tuple[str, str], str],
) -> dict[str, list[str]]:
    """Of the replies whose prompts ask for it, the labels that they are to carry; none where the view's do not."""
    prompts = {reply.id: asked[reply.name, reply.id].casefold() for reply in replies}
    labels = {
        example["id"]: example[control].split(LABEL_SEPARATOR)
        for example in examples
        if example["id"] in prompts and example[control]
    }
    told = {id: named for id, named in labels.items() if any(label.casefold() in prompts[id] for label in named)}
    return told if len(told) >= _TOLD * len(labels) else {}


def _matching(view: str, wanted: Mapping[Place, Sequence[str]], views: Path) -> Path | None:
    """The view of the same dataset that asks for these labels of these turns; of several the one with most of them."""
    found: list[tuple[int, str, Path]] = []
    for path in sorted(views.glob(f"{view.partition('-')[0]}-*.parquet")):
        if path.stem == view:
            continue
        shared = [
            row["answer"] in wanted[turn]
            for row in read_rows(path, EXAMPLE, ("id", "split", "answer", "candidates"))
            if row["candidates"] and row["split"] == "train" and (turn := place(row["id"])) in wanted
        ]
        if len(shared) >= _LEAST and np.mean(shared) >= _AGREE:
            found.append((-len(shared), path.stem, path))
    return min(found)[-1] if found else None


def _judged(
    matching: Path, replies: Sequence[Prediction], labels: Mapping[str, Sequence[str]], seed: int
) -> dict[str, Any]:
    """What a classifier of a view's turns finds of the replies, of the gold ones and of the view's test turns."""
    found = classify(matching, [*(r.gold for r in replies), *(r.output for r in replies)], replies[0].language, seed)
    if found is None:
        return {"note": FEW_LABELS.format(matching.stem)}
    label = iter(found.labels)
    gold = [next(label) in labels[reply.id] for reply in replies]
    # Of an empty reply it knows only what is frequent.
    carried = [(next(label) in labels[reply.id]) and bool(reply.output.strip()) for reply in replies]
    return {"accuracy": found.accuracy, "gold": share(gold), "adherence": share(carried)}
