"""Scores by the length of texts and of labels."""

from __future__ import annotations

from pica.reporting import length
from pica.reporting.tables import Asked
from pica.schema import Prediction


def answered(view: str, place: int, label: str, gold: str, **given) -> Prediction:
    of = {"name": view, "task_type": "text_emotion", "dataset": view, "language": "en", "system": "tuned"}
    said = {"gold": gold, "output": label, "label": label, "parsed": label, "finished": True}
    return Prediction(id=f"{view}#{place}", candidates=("joy", "no emotion"), **of, **said, **given)


def texts(view: str, lengths: list[int]) -> dict[tuple[str, str], Asked]:
    return {(view, f"{view}#{place}"): Asked("Which?", "word " * count) for place, count in enumerate(lengths)}


def test_quarters_are_of_each_view():
    # In each view the two longest texts of eight are read wrongly, however long those of the other view are.
    short, long = [3, 1, 2, 4, 5, 7, 6, 8], [30, 10, 20, 40, 50, 70, 60, 80]
    asked = texts("short", short) | texts("long", long) | texts("tiny", [1, 2, 3])
    rows = [
        answered(view, place, "joy" if words < limit else "no emotion", "joy")
        for view, lengths, limit in (("short", short, 7), ("long", long, 70), ("tiny", [1, 2, 3], 0))
        for place, words in enumerate(lengths)
    ]
    majority = [answered(p.name, int(p.id.partition("#")[2]), "joy", "joy") for p in rows]
    table = length.by_input({"majority": majority, "tuned": rows}, asked)
    assert table.header[-2:] == ["Majority", "Tuned"]
    assert [[cell.text for cell in row[1:]] for row in table.rows] == [
        ["4", "6", "100.0", "100.0"],
        ["4", "17", "100.0", "100.0"],
        ["4", "28", "100.0", "100.0"],
        ["4", "39", "100.0", "0.0"],
    ]


def test_views_without_labels_have_no_length():
    free = Prediction("a#1", "a", "dialogue_generation", "a", "en", "tuned", "Oh no.", "Oh.", None, None, True)
    assert not length.by_input({"tuned": [free]}, {("a", "a#1"): Asked("Reply.", "I lost it.")}).rows
    assert not length.by_label([free]).rows


def test_labels_are_counted_by_their_tokens():
    scores = {"log_probs": (-1.0, -2.0), "lengths": (2, 3)}  # the end token counts in both
    rows = [answered("a", place, "joy", gold, **scores) for place, gold in enumerate(["joy", "no emotion"] * 2)]
    assert [[cell.text for cell in row] for row in length.by_label(rows).rows] == [
        ["1", "50.0", "100.0", "100.0"],
        ["2", "50.0", "0.0", "0.0"],
    ]
    assert not length.by_label([answered("a", 0, "joy", "joy")]).rows  # a system that has no tokens
