"""`pica judge`: from predictions to figures, on a server and on a model of this machine."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pica.cli import main
from pica.schema import INSTRUCTION, PREDICTION, Instruction, Prediction
from pica.store import write_rows, write_table
from tests.conftest import ARCHITECTURE
from tests.judging.server import failing, replies_of, serving, text_of

VIEWS = {"esconv-generation": "en", "smilechat-generation": "zh"}


@pytest.fixture
def predictions(workspace, monkeypatch):
    """Of two systems and two views, in two languages."""
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.001)
    rows = []
    for view, language in VIEWS.items():
        for number in range(4):
            about = {"name": view, "dataset": view[:6], "language": language, "task_type": "dialogue_generation"}
            asked = {"role": "user", "content": f"Day {number}, {view}."}
            rows.append(
                Instruction(
                    instruction="",
                    instances=({"input": "", "output": "I see."},),
                    is_classification=False,
                    id=f"{view[:6]}/test/{number}#generation-1",
                    split="test",
                    messages=(asked, {"role": "assistant", "content": "I see."}),
                    candidates=(),
                    **about,
                )
            )
    write_rows(Path("data/instructions/test.parquet"), rows, INSTRUCTION)
    for system, words in (("tuned", "That sounds hard, tell me more."), ("base", "Ok.")):
        made = [Prediction.to(row, system, f"{words} {row.id[-14]}", None, None, True) for row in rows]
        write_rows(Path(f"data/predictions/{system}.parquet"), made, PREDICTION)
    return workspace


def say(request):
    if "A, B" in text_of(request) or "A、B" in text_of(request):
        first, second = replies_of(request)
        return "A" if len(first) > len(second) else "B" if len(second) > len(first) else "C"
    return "4"


def kept() -> dict:
    return json.loads(Path("metrics/judge.json").read_text(encoding="utf-8"))


def judge(monkeypatch, server, *arguments):
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    main(["judge", *arguments, "--model", "made-up", "--retries", "0"])


def test_a_server_judges_and_a_second_run_asks_nothing(predictions, monkeypatch, capsys):
    with serving(say) as server:
        judge(monkeypatch, server, "tuned", "base")
        said, asked = capsys.readouterr().out, len(server.asked)
        judge(monkeypatch, server, "tuned", "base")
        assert len(server.asked) == asked
    assert "UNCALIBRATED" in said
    found = kept()["tuned vs base"]
    assert [(row["group"], row["n"], row["win_rate"]) for row in found["pairwise"][:3]] == [
        ("all", 8, 100),
        ("en", 4, 100),
        ("zh", 4, 100),
    ]
    assert found["judge"]["models"] == ["made-up-judge-1"]
    assert set(found["predictions"]) == {"tuned", "base"}
    with Path("data/judgements/tuned-base.csv").open(encoding="utf-8") as file:
        assert [row["verdict"] for row in csv.DictReader(file)] == ["win"] * 8
    assert "That sounds hard" not in Path("metrics/judge.json").read_text(encoding="utf-8")


def test_the_datasets_own_replies_are_a_system_and_other_comparisons_stay(predictions, monkeypatch):
    with serving(say) as server:
        judge(monkeypatch, server, "tuned", "base", "--no-ratings")
        judge(monkeypatch, server, "base", "gold", "--views", "esconv-generation", "--rows", "2", "--no-ratings")
    assert list(kept()) == ["base vs gold", "tuned vs base"]
    assert kept()["base vs gold"]["pairs"] == 2
    assert kept()["base vs gold"]["ratings"] == []


def test_a_system_without_answers_is_not_the_datasets_own_replies(predictions, capsys):
    write_rows(Path("data/predictions/encoder.parquet"), [], PREDICTION)
    with pytest.raises(SystemExit):
        main(["judge", "tuned", "encoder", "--sheet", "pairs.csv"])
    assert "encoder has no answers in this run" in capsys.readouterr().err
    assert not Path("pairs.csv").exists()


def test_people_correct_the_judge(predictions, monkeypatch, capsys):
    main(["judge", "tuned", "base", "--sheet", "pairs.csv"])
    with Path("pairs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["better"] = "first" if "sounds" in row["first"] else "second"
        row["empathy first"] = "3"
    rows[0]["better"], rows[0]["empathy first"] = "tie", "1"
    write_table(Path("pairs.csv"), rows, list(rows[0]))
    with serving(say) as server:
        judge(monkeypatch, server, "tuned", "base", "--human", "pairs.csv")
    said = " ".join(capsys.readouterr().out.split())
    assert "UNCALIBRATED:" not in said
    assert "people judged 8 of the pairs and agree with the judge on 87.5 %" in said
    assert "fewer than 50 pairs say little" in said
    assert (
        "people rated the empathy of 8 replies and agree with the judge exactly on 0.0 %, within one on 87.5 %" in said
    )
    assert "UNCALIBRATED ratings: nobody has compared those of fluency, consistency with people's" in said


def test_what_a_server_did_wrong_is_printed_and_kept(predictions, monkeypatch, capsys):
    with serving(lambda r: failing(500) if "Day 1, esconv" in text_of(r) else say(r), logprobs=False) as server:
        judge(monkeypatch, server, "tuned", "base", "--no-ratings", "--samples", "2")
    said = " ".join(capsys.readouterr().out.split())
    for words in (
        "1 of 8 pairs have no verdict",
        "the server ignored logprobs",
        "HTTP 500 5 x",
        "questions without an answer: HTTP 500 5",
    ):
        assert words in said
    assert kept()["tuned vs base"]["judge"]["unanswered"] == {"HTTP 500": 5}


@pytest.mark.parametrize("context", [1024, 256])
def test_a_model_of_this_machine_judges_by_the_probabilities_of_its_answers(predictions, tokenizer, capsys, context):
    from pica.training import scratch

    folder = Path("models/judge")
    scratch.make_model(replace(ARCHITECTURE, context=context), tokenizer, seed=1).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    main(["judge", "tuned", "base", "--local", str(folder), "--rows", "1", "--views", "esconv-generation"])
    found, said = kept()["tuned vs base"], capsys.readouterr().out
    assert (found["judge"]["kind"], found["answers"]["invalid"]) == ("local", 0)
    if context == 1024:
        assert found["answers"]["estimators"] == {"local": 11}
        assert all(1 < row["ours"] < 5 for row in found["ratings"])
    else:
        assert found["judge"]["unanswered"]["longer than the judge's context"] > 0
        assert "no pair has a verdict" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tuned", "base"], "who judges?"),
        (["tuned", "tuned", "--model", "m"], "compared with itself"),
        (["tuned", "bse", "--model", "m"], "bse is no system of this run. It has: base, tuned"),
        (
            ["tuned", "base", "--model", "m", "--views", "meld-classification"],
            "esconv-generation, smilechat-generation",
        ),
        (["tuned", "base", "--model", "m", "--samples", "0"], "--samples must be"),
        (["tuned", "base", "--model", "m", "--human", "none.csv"], "none.csv: No such file"),
        (["tuned", "base", "--local", "nowhere"], "nowhere"),
    ],
)
def test_a_mistake_is_one_message(predictions, capsys, arguments, said):
    with pytest.raises(SystemExit) as caught:
        main(["judge", *arguments])
    assert caught.value.code == 1
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert said in err
    assert not Path("metrics/judge.json").exists()
