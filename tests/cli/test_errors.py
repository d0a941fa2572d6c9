"""`pica errors`: confident mistakes first, with what was asked and what was said."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from pica.cli import main
from pica.cli.errors import mistakes
from pica.schema import INSTRUCTION, PREDICTION, Instruction, Prediction
from pica.store import write_rows

LABELS = ("joy", "anger", "sadness")


def instruction(number, gold, view="meld-classification", candidates=LABELS):
    return Instruction(
        task_type="dialogue_emotion",
        dataset="meld",
        instruction="Which emotion?",
        instances=({"input": f"Ruth: You sold piano {number} [sic]?", "output": gold},),
        is_classification=bool(candidates),
        name=view,
        id=f"meld/test/{number}#classification-1",
        split="test",
        language="en",
        messages=({"role": "user", "content": "Which?"}, {"role": "assistant", "content": gold}),
        candidates=candidates,
    )


def prediction(number, gold, label, chance, system="tuned", output=None):
    """The label has this probability, its fellows the rest in equal shares."""
    rest = (1 - chance) / 2
    log_probs = tuple(math.log(chance if name == label else rest) - 3 for name in LABELS)
    row = instruction(number, gold)
    return Prediction.to(row, system, output or label, label, label, True, log_probs=log_probs)


@pytest.fixture
def run(workspace):
    rows = [
        prediction(1, "anger", "joy", 0.6),
        prediction(2, "joy", "joy", 0.99),
        prediction(3, "anger", "joy", 0.9, output="joyful, I think"),
        prediction(4, "sadness", "anger", 0.7),
    ]
    free = Prediction.to(instruction(9, "Hm.", "meld-generation", ()), "tuned", "Oh.", None, None, True)
    tests = [instruction(number, "anger") for number in range(5)]
    write_rows(Path("data/instructions/test.parquet"), tests, INSTRUCTION)
    write_rows(Path("data/predictions/tuned.parquet"), [*rows, free], PREDICTION)
    plain = [replace(row, system="majority", log_probs=()) for row in rows]
    write_rows(Path("data/predictions/majority.parquet"), plain, PREDICTION)
    return rows


def test_the_most_confident_mistake_comes_first(run):
    found = mistakes(run, "raw")
    assert [m.prediction.id[10] for m in found] == ["3", "4", "1"]
    assert [round(m.confidence, 3) for m in found] == [0.9, 0.7, 0.6]
    assert found[1].chances[0][0] == "anger"


def test_a_fitted_temperature_makes_probabilities_flatter(run):
    (flat,) = mistakes([replace(run[0], temperature=2.0)], "raw")
    assert flat.confidence == pytest.approx(0.6**0.5 / (0.6**0.5 + 2 * 0.2**0.5))


def test_probabilities_are_those_of_the_scores_that_decided(run, capsys):
    """Of all labels `anger` is the least probable as a whole, and the most probable a token."""
    long = replace(run[0], label="anger", gold="joy", log_probs=(-2.0, -6.0, -4.0), lengths=(1, 12, 1))
    assert mistakes([long], "per_token")[0].chances[0][0] == "anger"
    write_rows(Path("data/predictions/tuned.parquet"), [long], PREDICTION)
    main(["compose", "evaluate.label_scores=per_token"])
    main(["errors", "meld-classification"])
    sure = math.exp(-0.5) / (math.exp(-0.5) + math.exp(-2.0) + math.exp(-4.0))
    assert f"{100 * sure:.0f} %  anger, not joy" in capsys.readouterr().out


def test_what_is_printed(run, capsys):
    main(["errors", "meld-classification"])
    said = capsys.readouterr().out
    assert "meld-classification, tuned: 3 of 4 answers wrong (75.0 %)" in said
    lines = [line.split() for line in said.splitlines()]
    assert ["anger", "joy", "2", "100", "%"] in lines
    first, second = said.index("90 %"), said.index("70 %")
    assert first < second
    assert "joy, not anger   meld/test/3#classification-1" in said
    assert "Ruth: You sold piano 3 [sic]?" in said, "brackets in a text are no markup"
    assert "free answer: joyful, I think" in said


def test_so_many_are_shown_as_are_asked_for(run, capsys):
    main(["errors", "meld-classification", "-n", "1"])
    said = capsys.readouterr().out
    assert "1 of 3" in said
    assert "meld/test/1#" not in said
    main(["errors", "meld-classification", "-n", "0"])
    assert "meld/test/1#" in capsys.readouterr().out


def test_a_system_without_probabilities_has_its_mistakes_by_id(run, capsys):
    main(["errors", "meld-classification", "--system", "majority"])
    said = capsys.readouterr().out
    assert "majority gives no probabilities" in said
    assert said.index("meld/test/1#") < said.index("meld/test/3#")


def test_no_mistake_is_said(run, capsys):
    write_rows(Path("data/predictions/tuned.parquet"), run[1:2], PREDICTION)
    main(["errors", "meld-classification"])
    assert capsys.readouterr().out == "meld-classification, tuned: 0 of 1 answers wrong (0.0 %)\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["meld"], "meld: no view. Views with labels in this run: meld-classification."),
        (["meld-generation"], "free text, which is neither right nor wrong"),
        (["meld-classification", "--system", "tund"], "tund is no system of this run. It has: majority, tuned."),
    ],
)
def test_a_wrong_name_is_one_line_with_those_there_are(run, capsys, arguments, said):
    with pytest.raises(SystemExit) as caught:
        main(["errors", *arguments])
    err = capsys.readouterr().err
    assert caught.value.code == 1
    assert said in err
    assert err.count("\n") == 1


def test_before_a_run_it_says_what_makes_one(workspace, capsys):
    with pytest.raises(SystemExit):
        main(["errors", "meld-classification"])
    assert "data/predictions/tuned.parquet is missing. Run `dvc repro`" in capsys.readouterr().err
