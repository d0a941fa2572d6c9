from __future__ import annotations

from pathlib import Path

import pytest

from pica.evaluation.empathy import COLUMNS, headline, scores
from pica.schema import EXAMPLE, Prediction
from pica.store import write_rows
from tests.evaluation.test_adherence import example

# Of each mechanism, what a response of level 0, 1 and 2 says.
SAID = {
    "reaction": ("Buy a new kettle.", "Sorry about that.", "My heart breaks for you, dear friend!"),
    "interpretation": ("The bus leaves at nine.", "Perhaps you are tired.", "I lived through this: you feel alone."),
    "exploration": ("Read the manual.", "What happened?", "Which part of Monday scares you most, and why?"),
}
NOUNS = {"reaction": "emotional reaction", "interpretation": "interpretation", "exploration": "exploration"}


def view_of(mechanism: str) -> str:
    return f"empathy_mental_health-{mechanism}-classification"


def degrees(mechanism: str) -> tuple[str, ...]:
    return tuple(f"{degree} {NOUNS[mechanism]}" for degree in ("no", "weak", "strong"))


def write(folder: Path, mechanism: str, levels) -> None:
    """A view with a response of each of the levels in turn, twice as many of the last, and 12 of them for testing."""
    shown = (*levels, levels[-1])
    rows = []
    for number in range(72):
        level, split = shown[number % len(shown)], "test" if number < 12 else "train"
        said, labels = f"{SAID[mechanism][level]} {number}", degrees(mechanism)
        about = (view_of(mechanism), f"empathy_mental_health/{split}/{number}", "-1", said)
        rows.append(example(*about, labels[level], labels))
    write_rows(folder / f"{view_of(mechanism)}.parquet", rows, EXAMPLE)


@pytest.fixture
def views(tmp_path) -> Path:
    for mechanism in SAID:
        write(tmp_path, mechanism, (0, 1, 2))
    return tmp_path


def replies(outputs, golds, view="made-generation", language="en") -> list[Prediction]:
    return [
        Prediction(f"made/test/{i}", view, "dialogue_generation", "made", language, "mine", gold, out, None, None, True)
        for i, (out, gold) in enumerate(zip(outputs, golds, strict=True))
    ]


def found(predictions, views) -> dict[tuple[str, str], dict]:
    made = scores(predictions, views, seed=1)
    assert all(list(row) == COLUMNS for row in made)
    return {(row["view"], row["mechanism"]): row for row in made}


def of(row, *names) -> tuple:
    return tuple(row[name] for name in names)


def test_levels_of_replies_stand_beside_those_of_the_gold_ones_and_of_the_classifier(views):
    no, weak, strong = SAID["reaction"]
    made = found(replies([no, weak, strong, strong], [no, strong, strong, no]), views)
    assert list(made) == [("made-generation", mechanism) for mechanism in SAID]
    row = made["made-generation", "reaction"]
    assert of(row, "n", "level", "gold_level", "level_diff") == (4, 1.25, 1.0, (0 + 1 + 0 + 4) / 4)
    assert of(row, "accuracy", "majority", "note") == (100.0, 50.0, "")


def test_each_mechanism_has_its_own_levels_and_the_means_over_views_are_the_headline(views):
    for mechanism, (no, _, strong) in SAID.items():
        asked = [*replies([no], [no], "made-generation"), *replies([no], [strong], "other-generation")]
        made = scores(asked, views, seed=1)
        assert [row["view"] for row in made] == ["made-generation"] * 3 + ["other-generation"] * 3
        assert set(headline(made)) == {"reaction_level_diff", "interpretation_level_diff", "exploration_level_diff"}
        assert headline(made)[f"{mechanism}_level_diff"] == 2.0


def test_an_empty_reply_shows_nothing(views):
    """A classifier would give it the most frequent level, which here is the highest."""
    strong = SAID["exploration"][2]
    row = found(replies(["", " \n"], [strong, strong]), views)["made-generation", "exploration"]
    assert of(row, "level", "gold_level", "level_diff") == (0.0, 2.0, 4.0)


def test_it_is_the_same_whatever_the_order(views):
    asked = [
        *replies(SAID["reaction"], SAID["exploration"], "made-generation"),
        *replies(SAID["interpretation"], SAID["reaction"], "other-generation"),
    ]
    assert scores(asked, views, seed=1) == scores(asked[::-1], views, seed=1)


def test_a_view_in_another_language_is_not_judged_and_that_is_said(views):
    asked = [*replies(["好的。"], ["你好。"], "zh-generation", "zh"), *replies(["Oh."], ["Oh."])]
    made = found(asked, views)
    assert made["zh-generation", ""]["note"] == "its replies are not in English"
    assert made["zh-generation", ""]["level"] is None
    assert made["made-generation", "reaction"]["level"] is not None
    assert set(found(asked[:1], views)) == {("zh-generation", "")}


def test_a_mechanism_whose_view_is_not_in_the_run_is_not_judged_and_that_is_said(views):
    (views / f"{view_of('reaction')}.parquet").unlink()
    made = found(replies(["Oh."], ["Oh."]), views)
    assert made["", "reaction"]["note"] == "empathy_mental_health-reaction-classification is not in this run"
    assert ("made-generation", "reaction") not in made
    assert "reaction_level_diff" not in headline(list(made.values()))
    assert made["made-generation", "exploration"]["level"] is not None


@pytest.mark.parametrize("levels", [(1,), ()])
def test_a_classifier_of_one_label_or_none_is_none(views, levels):
    if levels:
        write(views, "interpretation", levels)
    else:
        write_rows(views / f"{view_of('interpretation')}.parquet", [], EXAMPLE)
    made = found(replies(["Oh."], ["Oh."]), views)
    assert made["", "interpretation"]["note"] == (
        "the training rows of empathy_mental_health-interpretation-classification have fewer than two labels"
    )


def test_other_tasks_have_no_row(views):
    assert scores([], views, seed=1) == []
