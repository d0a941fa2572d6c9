"""A run's numbers kept, and its section of the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pica.errors import DataError
from pica.evaluation.scoring import score_views
from pica.params import load
from pica.results.model_run import ANALYSIS, DIFFERENCES, RUN, SCORES, card_scores, keep
from pica.results.page import render
from pica.schema import PREDICTION
from pica.store import read_json, write_json, write_rows, write_table
from pica.training.origin import Origin
from pica.workspace import speed_of
from tests.reporting.run import report

RUN_OF = report(rows=12).predictions


def params():
    loaded = load(Path("params.yaml"))
    return replace(loaded, evaluate=replace(loaded.evaluate, bootstrap=20))


@pytest.fixture
def finished(workspace) -> Path:
    """A repository after a run of four systems, with made-up answers."""
    for system, rows in RUN_OF.items():
        write_rows(
            Path(f"data/predictions/{system}.parquet"), [replace(row, system=system) for row in rows], PREDICTION
        )
        scores = score_views(rows, draws=20, seed=42).assign(system=system)
        write_table(Path(f"tables/{system}.csv"), scores.to_dict("records"), list(scores.columns))
    trained = {"rows": 3123, "steps": 456, "best_step": 360, "loss": 1.91234, "validation_loss": 2.01}
    write_json(Path("metrics/train.json"), {**trained, "precision": "fp32", "trainable_parameters": 1221120})
    speed_of(Path("metrics/train.json")).parent.mkdir(parents=True)
    speed_of(Path("metrics/train.json")).write_text("seconds   3,600.5\ntokens_per_second   140.0\n", encoding="utf-8")
    Path("models/base").mkdir(parents=True)
    Origin("wheel:w==1/m.gguf", "", "owner/Small-1B", "Q4_1").write(Path("models/base"))
    Path("models/adapter").mkdir()
    Path("models/adapter/adapter_model.safetensors").write_bytes(b"weights")
    return workspace


def kept(finished: Path) -> Path:
    keep(finished / "results/small", params())
    return finished / "results"


def test_the_section_says_what_was_run_and_who_is_ahead(finished):
    page = render(kept(finished))
    for said in (
        "## Small-1B, tuned",
        "3,123 rows, of datasets",
        "504,070 tokens in 60 minutes",
        "140 tokens a second in fp32",
    ):
        assert said in page
    (line,) = [line for line in page.splitlines() if line.startswith("| All views with labels, macro F1")]
    *values, over_base, over_tfidf = line.strip("| ").split(" | ")[1:]
    majority, tfidf, base, tuned = map(float, values)
    assert tuned > tfidf > majority
    for lead, other in ((over_base, base), (over_tfidf, tfidf)):
        assert float(lead.partition(" ")[0]) == pytest.approx(tuned - other, abs=0.11)


def test_a_lead_by_a_mean_is_the_mean_of_the_leads(finished):
    table = pd.read_csv(kept(finished) / "small" / DIFFERENCES).query("other == 'base'")
    of_views = table[table["view"].notna()]
    for metric, mean in table[table["task_type"].isna()].set_index("metric")["difference"].items():
        assert mean == pytest.approx(of_views[of_views["metric"] == metric]["difference"].mean(), abs=0.01)


def test_what_somebody_wrote_of_it_stands_in_the_section(finished):
    folder = kept(finished)
    (folder / "small" / ANALYSIS).write_text("### What works\n\nMost.\n", encoding="utf-8")
    assert "### What works\n\nMost.\n\n### By view" in render(folder)


def test_what_is_kept_holds_no_text_of_a_row(finished):
    folder = kept(finished) / "small"
    assert {path.name for path in folder.iterdir()} == {SCORES, DIFFERENCES, RUN}
    answer = RUN_OF["tuned"][-1].output
    assert not any(answer in path.read_text(encoding="utf-8") for path in folder.iterdir())
    assert "source.path" not in read_json(folder / RUN)


def test_a_run_that_is_not_finished_is_not_kept(finished):
    Path("data/predictions/tuned.parquet").unlink()
    with pytest.raises(DataError, match=r"tuned \(evaluate.compared\) has no answers"):
        kept(finished)


def test_a_run_trained_elsewhere_has_no_time_to_state(finished):
    speed_of(Path("metrics/train.json")).unlink()
    with pytest.raises(DataError, match="keep a run where it was trained"):
        kept(finished)


def test_without_tables_there_is_no_page(tmp_path):
    with pytest.raises(DataError, match="has no tables"):
        render(tmp_path)


def test_a_system_that_was_asked_fewer_rows_is_compared_on_those(finished):
    fewer = [replace(row, system="base") for row in RUN_OF["base"] if int(row.id.rpartition("#")[2]) < 6]
    assert 0 < len(fewer) < len(RUN_OF["base"])
    write_rows(Path("data/predictions/base.parquet"), fewer, PREDICTION)
    scores = score_views(fewer, draws=20, seed=42).assign(system="base")
    write_table(Path("tables/base.csv"), scores.to_dict("records"), list(scores.columns))
    page = render(kept(finished))
    assert f"rows, but Base was asked {len(fewer):,}: its means are of those" in page


def test_the_card_of_an_adapter_has_the_scores_of_that_very_one(finished):
    folder, adapter = kept(finished) / "small", Path("models/adapter")
    scores = card_scores(folder, adapter)
    assert "| All views with labels, macro F1 |" in scores
    assert "| meld-classification |" in scores
    (adapter / "adapter_model.safetensors").write_bytes(b"other weights")
    with pytest.raises(DataError, match="`pica results --keep small` keeps them first"):
        card_scores(folder, adapter)
