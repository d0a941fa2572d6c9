"""What every stage does around its `run`: it reads what it names, and fails in one message."""

from __future__ import annotations

import errno
import os
import re
import signal
import stat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pica.errors import CorpusError, DataError, report_errors
from pica.params import SECTIONS, Filter, Params, load
from pica.stage import call, main, sections, warn_if_params_differ
from pica.store import atomic_folder, write_json

FULL = Path("/dev/full")


@pytest.fixture
def experiment(workspace, monkeypatch) -> Path:
    """A repository inside `dvc exp run`, which has composed params.yaml, so that no test does it again."""
    monkeypatch.setenv("DVC_EXP_NAME", "puppy-thaw")
    return workspace


def stopped(run, capsys, *arguments: str) -> tuple[int, str]:
    """The exit code and what was said, which is one message and no traceback."""
    with pytest.raises(SystemExit) as caught, report_errors():
        call(run, *arguments)
    said = capsys.readouterr().err
    assert said.count("error:") == 1
    assert "Traceback" not in said
    return caught.value.code, said


def change(pattern: str, line: str) -> None:
    path = Path("params.yaml")
    text, count = re.subn(pattern, line, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert count == 1
    path.write_text(text, encoding="utf-8")


# Parameters


def test_run_gets_the_sections_it_names_after_its_arguments(experiment):
    given = []

    def run(system: str, filter: Filter, seed: int) -> None:
        given.extend([system, filter, seed])

    call(run, "tuned")
    params = load(Path("params.yaml"))
    assert given == ["tuned", params.filter, params.seed]


def test_params_stands_for_all(experiment):
    given = []

    def run(params: Params) -> None:
        given.append(params)

    call(run)
    assert given == [load(Path("params.yaml"))]


def test_sections_are_the_arguments_that_params_yaml_has():
    def run(system, train, seed): ...

    def all_of_them(params): ...

    assert sections(run) == ["train", "seed"]
    assert sections(all_of_them) == ["params"]
    assert set(SECTIONS) == set(Params.__dataclass_fields__)


def test_an_unknown_key_is_one_message_with_a_suggestion(experiment, capsys):
    change(r"^  max_chars: .*$", "  max_char: 9")
    code, said = stopped(lambda filter: None, capsys)
    assert code == 1
    assert "filter.max_char: unknown key. Did you mean filter.max_chars?" in said


def test_no_params_yaml_is_one_message(experiment, capsys):
    Path("params.yaml").unlink()
    code, said = stopped(lambda filter: None, capsys)
    assert code == 1
    assert "pica compose" in said


def test_a_stage_is_the_run_of_its_file(experiment, capsys):
    Path("stages").mkdir()
    Path("stages/it.py").write_text("def run(system, seed):\n    print(system, seed)\n", encoding="utf-8")
    main("it", "tuned")
    assert capsys.readouterr().out == f"tuned {load(Path('params.yaml')).seed}\n"


# Failures


@pytest.mark.parametrize("error", [DataError("no dataset is left."), CorpusError("a.csv", 3, "no text")])
def test_what_a_user_can_mend_is_one_message(experiment, capsys, error):
    def run() -> None:
        raise error

    assert stopped(run, capsys) == (1, f"error: {error}\n")


def test_a_bug_keeps_its_traceback(experiment):
    def run() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), report_errors():
        call(run)


@pytest.mark.parametrize(
    ("number", "exit_code", "word"), [(signal.SIGINT, 130, "Ctrl-C"), (signal.SIGTERM, 143, "SIGTERM")]
)
def test_a_signal_leaves_nothing(experiment, capsys, number, exit_code, word):
    before, handler = set(experiment.rglob("*")), signal.getsignal(number)

    def run() -> None:
        with atomic_folder(Path("out")) as out:
            write_json(out / "a.json", 1)
            signal.raise_signal(number)

    code, said = stopped(run, capsys)
    assert code == exit_code
    assert f"stopped by {word}; nothing half-written was kept" in said
    assert set(experiment.rglob("*")) == before
    assert signal.getsignal(number) == handler


def python_file() -> None:
    with FULL.open("w", encoding="utf-8") as file:
        file.write("a row\n")


def parquet_file() -> None:
    table = pa.table({"a": range(1000)})
    # As a file object: a writer that is given the name may replace or remove what bears it.
    with FULL.open("wb") as file, pq.ParquetWriter(file, table.schema) as parquet:
        parquet.write_table(table)


def wrapped() -> None:
    # safetensors has an error of its own, with the system's words in it.
    raise RuntimeError("SafetensorError: I/O error: No space left on device (os error 28)")


@pytest.mark.skipif(not FULL.exists() or not stat.S_ISCHR(FULL.stat().st_mode), reason="needs /dev/full")
@pytest.mark.parametrize("write", [python_file, parquet_file, wrapped])
def test_a_full_disk_is_one_message_and_leaves_nothing(experiment, capsys, write):
    before = set(experiment.rglob("*"))

    def run() -> None:
        with atomic_folder(Path("out")) as out:
            (out / "a").touch()
            write()

    code, said = stopped(run, capsys)
    assert code == 1
    assert "no space left on the disk" in said
    assert set(experiment.rglob("*")) == before


def test_a_file_that_the_system_refuses_is_named(experiment, capsys):
    Path("taken").mkdir()
    code, said = stopped(lambda: Path("taken").write_text("a"), capsys)
    assert (code, said) == (1, f"error: taken: {os.strerror(errno.EISDIR)}. Mend that and run again.\n")


# Out of step


def test_what_differs_from_conf_is_said_and_the_stage_runs(workspace, capsys):
    change(r"^seed: .*$", "seed: 7")
    seen = []
    call(lambda seed: seen.append(seed))
    assert seen == [7]
    assert "warning: params.yaml differs from conf/ in seed: 7 (conf/: " in capsys.readouterr().err


def test_in_step_there_is_nothing_to_say(workspace, capsys):
    warn_if_params_differ()
    assert capsys.readouterr().err == ""


def test_an_experiments_own_overrides_are_no_difference(experiment, capsys):
    change(r"^seed: .*$", "seed: 7")
    warn_if_params_differ()
    assert capsys.readouterr().err == ""
