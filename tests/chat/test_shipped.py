"""An adapter that ships: handed on with what talking to it takes, and talked to where nothing else is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from pica import cli
from pica.chat import shipped
from pica.chat.loading import load_chatbot, load_model
from pica.cli.checks import examine
from pica.corpora import corpus, declared_at, declared_by_run, views
from pica.errors import DataError, ModelError
from pica.params import Model, load
from pica.store import read_json, write_json, write_table
from pica.training import adapter
from pica.training.origin import Origin
from tests.chat.conftest import write_tables
from tests.corpora.declared import example
from tests.training.conftest import LORA


@pytest.fixture
def run(workspace, model, tokenizer):
    """A repository after a training; its base is a local folder beside it. Returns its parameters."""
    write_tables(workspace, set(views()) - {"dailydialog-classification"})
    base = workspace.parent / f"{workspace.name}-base"
    model.save_pretrained(base)
    tokenizer.save_pretrained(base)
    Origin(str(base)).write(base)
    adapter.save(adapter.attach(model, LORA), LORA, base, workspace / "models/adapter")
    (workspace / "models/adapter/README.md").write_text("# An adapter\n", encoding="utf-8")
    params = load(Path("params.yaml"))
    return replace(
        params,
        model=Model(str(base), "", None),
        evaluate=replace(params.evaluate, max_length=64),
        reformat=replace(params.reformat, history_turns=2),
    )


@pytest.fixture
def handed_on(run, tmp_path_factory, monkeypatch) -> Path:
    """The folder in a place that has nothing else, not even parameters."""
    place = tmp_path_factory.mktemp("elsewhere")
    shipped.ship(Path("models/adapter"), place / "adapters/small", run, "Good at most.")
    monkeypatch.chdir(place)
    return Path("adapters/small")


def test_it_is_talked_to_with_the_settings_and_tables_of_its_training(handed_on):
    bot = load_chatbot(None, handed_on)
    assert (bot.history, bot.model.runner.max_length, bot.model.tuned) == (2, 64, True)
    assert bot.root == handed_on
    assert "rows" in (bot.root / shipped.TABLES[0]).read_text(encoding="utf-8")


def test_its_base_is_made_once(handed_on, capsys):
    first = load_model(None, handed_on)
    assert "once" in capsys.readouterr().err
    (base,) = shipped.BASES.iterdir()
    before = {path.name: path.stat().st_mtime_ns for path in base.iterdir()}
    load_model(None, handed_on)
    assert "once" not in capsys.readouterr().err
    assert {path.name: path.stat().st_mtime_ns for path in base.iterdir()} == before
    assert first.tuned


def test_its_card_has_its_scores(handed_on):
    assert (handed_on / "README.md").read_text(encoding="utf-8") == "# An adapter\n\n## Scores\n\nGood at most.\n"


def test_a_transcript_stays_with_its_adapter_and_no_other(run):
    folder, weights = Path("adapters/small"), Path("models/adapter/adapter_model.safetensors")
    transcript = folder / shipped.TRANSCRIPT
    shipped.ship(Path("models/adapter"), folder, run, "Good at most.")
    transcript.write_text("Ten turns.\n", encoding="utf-8")
    shipped.ship(Path("models/adapter"), folder, run, "Good.")
    assert transcript.read_text(encoding="utf-8") == "Ten turns.\n"
    weights.write_bytes(weights.read_bytes() + b" ")
    shipped.ship(Path("models/adapter"), folder, run, "Good.")
    assert not transcript.exists()


def test_another_base_is_refused(handed_on):
    base = shipped.base_of(handed_on)
    weights = load_file(base / "model.safetensors")
    weights["model.norm.weight"] += 1
    save_file(weights, base / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match="was trained on"):
        load_model(base, handed_on)


def test_a_damaged_record_is_one_message(handed_on):
    write_json(handed_on / shipped.RECORD, read_json(handed_on / shipped.RECORD) | {"max_length": "long"})
    with pytest.raises(ModelError, match=r"shipped\.json: max_length: .*Take the folder anew"):
        load_model(None, handed_on)


def test_views_of_ones_own_are_handed_on_with_it(run, tmp_path_factory, monkeypatch):
    """The declarations go along, but not the rows, nor where they are."""
    monkeypatch.setenv("PICA_DECLARED", "")
    mine = example("texts", tmp_path_factory.mktemp("mine")).parent
    declared_at(mine)
    record = {"diary": {**corpus("diary").declared.values, "files": [str(mine / "diary.csv"), "~/more/*.csv"]}}
    monkeypatch.setenv("PICA_DECLARED", "")
    Path("data").mkdir()
    write_json(Path("data/declared.json"), record)
    table = [{"view": "diary-classification", "rows": 40}]
    write_table(Path(shipped.TABLES[0]), table, ["view", "rows"])
    place = tmp_path_factory.mktemp("elsewhere")
    shipped.ship(Path("models/adapter"), place / "adapters/small", run, "")
    handed_on = (place / "adapters/small" / shipped.DECLARED).read_text(encoding="utf-8")
    assert read_json(place / "adapters/small" / shipped.DECLARED)["diary"]["files"] == ["diary.csv", "*.csv"]
    assert str(mine) not in handed_on
    monkeypatch.chdir(place)
    monkeypatch.setenv("PICA_DECLARED", "")
    declared_by_run(shipped.root_of(Path("adapters/small")))
    assert corpus("diary").emotions == ("froh", "traurig", "wütend")


def test_a_run_on_what_nobody_knows_does_not_ship(run, monkeypatch):
    monkeypatch.setenv("PICA_DECLARED", "")
    write_table(Path(shipped.TABLES[0]), [{"view": "diary-classification", "rows": 40}], ["view", "rows"])
    with pytest.raises(DataError, match=r"has the view diary-classification, and neither the catalogue nor data/decl"):
        shipped.ship(Path("models/adapter"), Path("adapters/small"), run, "")


def test_a_run_that_was_not_evaluated_does_not_ship(run):
    Path("tables/tuned.csv").unlink()
    with pytest.raises(DataError, match=r"tables/tuned\.csv is missing\. Run `dvc repro`"):
        shipped.ship(Path("models/adapter"), Path("adapters/small"), run, "")
    assert not Path("adapters/small").exists()


def test_it_is_examined_and_merged_where_it_lies(handed_on, capsys):
    (before,) = [found for found in examine(Path.cwd(), None, handed_on) if found.what == "serving"]
    assert "is not in" in before.found
    assert "pica ask" in before.mend
    load_model(None, handed_on)
    (found,) = [found for found in examine(Path.cwd(), None, handed_on) if found.what == "serving"]
    assert f"{handed_on} (lora) on " in found.found
    assert "is taken by pica serve" in found.found
    cli.main(["merge", "--adapter", str(handed_on), "--out", "whole"])
    assert "Its logits differ" in capsys.readouterr().out
    assert Path("whole/model.safetensors").is_file()
