"""`pica export --format lm-eval`: the harness asks what `evaluate` asks, and finds what it finds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from pica.cli import main
from pica.errors import DataError, ModelError
from pica.export.lm_eval import export_tasks
from pica.schema import INSTRUCTION, Instruction
from pica.store import write_rows
from tests.defaults import defaults

# One label begins another, and one is of two words.
MOODS, ACTS = ("joy", "joyful", "no emotion", "anger"), ("question", "inform")
SAID = (
    "We won the cup, and the whole street is singing!",
    "They cut the hedge without a word to me.",
    "我把雨伞忘在了公交车上。",
)


def row(number, view, task, candidates=(), answer="", messages=None, text=""):
    request = f"Which of: {', '.join(candidates)}?" if candidates else "Continue this conversation."
    text = text or SAID[number % 3]
    answer = answer or candidates[number % len(candidates)]
    asked = messages or ({"role": "user", "content": f"{request}\n\n{text}"},)
    return Instruction(
        task_type=task,
        dataset="meld",
        instruction=request,
        instances=({"input": text, "output": answer},),
        is_classification=bool(candidates),
        name=view,
        id=f"meld/test/{number}#{view.partition('-')[2]}-1",
        split="test",
        language="en",
        messages=(*asked, {"role": "assistant", "content": answer}),
        candidates=candidates,
    )


ROWS = [
    *(row(n, "meld-classification", "dialogue_emotion", MOODS) for n in range(8)),
    *(row(n, "meld-act-inference", "dialogue_inference", ACTS) for n in range(5)),
    row(1, "meld-cause", "emotion_cause", answer="cut the hedge"),
    row(
        2,
        "meld-generation",
        "dialogue_generation",
        answer="So am I.",
        messages=(
            {"role": "user", "content": "Continue this conversation."},
            {"role": "assistant", "content": "Good morning."},
            {"role": "user", "content": "I am tired."},
        ),
    ),
]
EVALUATE = replace(defaults().evaluate, max_length=200, max_new_tokens=8, rows_per_view=0)


@pytest.fixture(scope="module")
def base(tokenizer, tmp_path_factory) -> Path:
    """A model that says different things of different answers."""
    from pica.training import scratch
    from tests.conftest import ARCHITECTURE

    folder = tmp_path_factory.mktemp("models") / "base"
    model = scratch.make_model(ARCHITECTURE, tokenizer, seed=1)
    for weights in model.parameters():
        weights.data.mul_(6)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def made(folder: Path, base: Path, rows=ROWS, evaluate=EVALUATE):
    write_rows(folder / "test.parquet", rows, INSTRUCTION)
    return export_tasks(folder / "test.parquet", base, folder / "tasks", evaluate, seed=1), folder / "tasks"


def rows_of(tasks: Path, view: str) -> list[dict]:
    return [json.loads(line) for line in (tasks / f"{view}.jsonl").read_text(encoding="utf-8").splitlines()]


def test_prompts_and_choices_have_the_tokens_of_evaluation(tmp_path, base, tokenizer):
    from pica.training.encode import answer_ids, prompt_ids

    exported, tasks = made(tmp_path, base)
    assert exported.rows == {"meld-act-inference": 5, "meld-cause": 1, "meld-classification": 8, "meld-generation": 1}
    assert exported.left_out == {}
    by_id = {row.id: row for row in ROWS}
    for view in exported.rows:
        for shown in rows_of(tasks, view):
            row = by_id[shown["id"]]
            assert tokenizer.encode(shown["prompt"], add_special_tokens=False) == prompt_ids(
                row.messages[:-1], tokenizer
            )
            if row.candidates:
                assert row.candidates[shown["gold"]] == row.instances[0]["output"]
                tokens = [tokenizer.encode(choice, add_special_tokens=False) for choice in shown["choices"]]
                assert tokens == [answer_ids(label, tokenizer) for label in row.candidates]
            else:
                assert shown["target"] == row.instances[0]["output"]


def test_long_prompts_are_cut_as_evaluation_cuts_them_and_lost_causes_left_out(tmp_path, base, tokenizer):
    from pica.training.encode import prompt_ids

    history = "\n".join(f"Tom: It is morning number {n}." for n in range(60))
    rows = [
        row(1, "meld-classification", "dialogue_emotion", MOODS, text=f"{history}\nRuth: The last words."),
        row(2, "meld-cause", "emotion_cause", answer="It is morning number 0.", text=f"{history}\nRuth: Why?"),
    ]
    exported, tasks = made(tmp_path, base, rows)
    assert exported.left_out == {"its cause does not fit into evaluate.max_length": 1}
    (shown,) = rows_of(tasks, "meld-classification")
    assert "The last words." in shown["prompt"]
    assert "number 0." not in shown["prompt"]
    assert (
        len(tokenizer.encode(shown["prompt"], add_special_tokens=False))
        <= 192
        < len(prompt_ids(rows[0].messages[:-1], tokenizer))
    )


def test_a_text_with_a_control_token_is_left_out_and_counted(tmp_path, base):
    rows = [*ROWS[:2], row(2, "meld-classification", "dialogue_emotion", MOODS, text="He wrote <|im_end|> to me.")]
    exported, _ = made(tmp_path, base, rows)
    assert exported.left_out == {"its text has a control token of the base": 1}
    assert "1 rows are left out" in (tmp_path / "tasks/README.md").read_text(encoding="utf-8")


def test_the_rows_are_those_that_evaluation_draws(tmp_path, base):
    from pica.sampling import sample

    _, tasks = made(tmp_path, base, evaluate=replace(EVALUATE, rows_per_view=3))
    ids = [row.id for row in ROWS if row.name == "meld-classification"]
    assert {shown["id"] for shown in rows_of(tasks, "meld-classification")} == set(sample(ids, 3, 1))


def test_where_evaluation_asks_closed_views_alone_the_others_have_no_task(tmp_path, base):
    exported, _ = made(tmp_path, base, evaluate=replace(EVALUATE, views="closed"))
    assert exported.rows == {"meld-act-inference": 5, "meld-classification": 8}


def test_a_folder_with_something_in_it_and_a_base_without_a_tokenizer_are_one_message(tmp_path, base):
    made(tmp_path, base)
    with pytest.raises(DataError, match="is there already"):
        made(tmp_path, base)
    with pytest.raises(ModelError, match=r"is not there\. `dvc repro base_model`"):
        export_tasks(tmp_path / "test.parquet", tmp_path / "nothing", tmp_path / "other", EVALUATE, 1)


def test_the_command_says_what_it_wrote(workspace, base, capsys):
    write_rows(Path("data/instructions/test.parquet"), ROWS, INSTRUCTION)
    Path("models").mkdir()
    Path("models/base").symlink_to(base)
    main(["export", "--format", "lm-eval", "--out", "exports/tasks"])
    assert "15 rows of 4 views in exports/tasks" in capsys.readouterr().out
    task = (Path("exports/tasks") / "pica_meld-classification.yaml").read_text(encoding="utf-8")
    read = yaml.safe_load(task.replace("!function ", ""))
    assert (read["target_delimiter"], read["output_type"], read["num_fewshot"]) == ("", "multiple_choice", 0)


def test_the_harness_agrees(tmp_path, base, tokenizer):
    """lm-evaluation-harness 0.4.13, where somebody installed it: it is no dependency of ours."""
    lm_eval = pytest.importorskip("lm_eval")
    from lm_eval.tasks import TaskManager

    from pica.inference.runner import ModelRunner
    from pica.training.encode import answer_ids, end_token

    exported, tasks = made(tmp_path, base)
    found = lm_eval.simple_evaluate(
        model="hf",
        model_args={"pretrained": str(base), "dtype": "float32", "max_length": 200},
        tasks=[f"pica_{view}" for view in exported.rows],
        task_manager=TaskManager(include_path=str(tasks)),
        device="cpu",
        batch_size=4,
        bootstrap_iters=0,
    )
    runner = ModelRunner.open(base, None, max_length=200, batch_size=4)
    assert {name: len(rows) for name, rows in found["samples"].items()} == {
        f"pica_{view}": rows for view, rows in exported.rows.items()
    }
    for view in ("meld-classification", "meld-act-inference"):
        by_id = {row.id: row for row in ROWS if row.name == view}
        hits = []
        for sample in found["samples"][f"pica_{view}"]:
            row = by_id[sample["doc"]["id"]]
            asked = runner.encode_prompt(row.instruction, row.messages[:-1], room=8)
            labels = [answer_ids(label, tokenizer)[:-1] for label in row.candidates]
            (reads,) = runner.score([asked], [labels], [end_token(tokenizer)])
            ours = [read.whole for read in reads]
            theirs = [float(said[0][0]) for said in sample["resps"]]
            assert max(ours) - min(ours) > 1, "a model that tells the labels apart"
            gaps = [(a - ours[0]) - (b - theirs[0]) for a, b in zip(ours, theirs, strict=True)]
            assert max(map(abs, gaps)) < 1e-4
            assert ours.index(max(ours)) == theirs.index(max(theirs))
            hits.append(row.candidates[ours.index(max(ours))] == row.instances[0]["output"])
        assert found["results"][f"pica_{view}"]["acc,none"] == pytest.approx(sum(hits) / len(hits))
