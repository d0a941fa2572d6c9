"""An evaluation that is killed goes on to the bytes of one that is not, and two processes come to those of one."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pica.evaluation import asking
from pica.evaluation.asking import Question, ask, identity
from pica.evaluation.general import Answers
from pica.inference.work import KeptWork
from pica.schema import PREDICTION
from pica.store import write_rows
from pica.training import adapter as adapters
from pica.training import base as bases
from tests.defaults import CONF, defaults
from tests.evaluation.test_predict import folder, rows  # noqa: F401 (fixtures)
from tests.training.conftest import LORA, _somewhere_else  # noqa: F401

# Batches of two of the general texts, which come first.
GENERAL = 20
LAUNCHER = CONF / "accelerate/ddp.yaml"


@pytest.fixture
def question(rows, folder) -> Question:  # noqa: F811
    """Batches of two, so that there are many of them."""
    evaluate = replace(defaults().evaluate, batch_size=2, max_new_tokens=6, max_length=256)
    return Question(rows, "base", folder, None, evaluate, {})


def run_folder(question: Question) -> Path:
    return Path(".pica/evaluate").absolute() / identity(question).fingerprint


def lines(question: Question) -> list[bytes]:
    """What is kept of the evaluation so far."""
    found = [path.read_bytes() for path in run_folder(question).glob("answers-*.jsonl")]
    return [line for content in found for line in content.splitlines() if line]


def written(answers: Answers, name: str) -> bytes:
    path = Path(name)
    write_rows(path, answers.predictions, PREDICTION)
    return path.read_bytes() + json.dumps(answers.general, sort_keys=True).encode()


def _ask(question: Question, out: str) -> None:
    with Path("said").open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
    written(ask(question, LAUNCHER), out)


def started(question: Question, out: str) -> multiprocessing.Process:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pica.evaluation.asking"])
    process = context.Process(target=_ask, args=(question, out))
    process.start()
    return process


def kill(question: Question, number: int) -> int:
    """Ask in a process of its own, and send it a signal when it is among the labels; its exit code."""
    process = started(question, "killed")
    while process.is_alive() and len(lines(question)) <= GENERAL:
        time.sleep(0.001)
    os.kill(process.pid, number)
    process.join()
    return process.exitcode


def test_killed_it_goes_on_to_the_same_bytes_and_asks_nothing_twice(question, capfd):
    assert kill(question, signal.SIGKILL) == -9, "it had ended before"
    assert not Path("killed").exists()
    kept = len(lines(question))
    found = written(ask(question, LAUNCHER), "found")
    assert f"evaluate: goes on from {kept} batches" in capfd.readouterr().err
    batches = [json.loads(line.partition(b" ")[2])["batch"] for line in lines(question)]
    assert len(batches) == len(set(batches)) > kept
    asking.RunFolder(Path(".pica/evaluate"), replace(identity(question), data="other"), False, asking._EVALUATION)
    assert not run_folder(question).exists(), "another one removes what a finished one has left"
    assert written(ask(question, LAUNCHER), "undisturbed") == found


@pytest.fixture
def adapted(question) -> Question:
    """With an adapter that changes what the model says."""
    model, _ = bases.load(question.base)
    tuned = adapters.attach(model, LORA)
    with torch.no_grad():
        for name, weight in tuned.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.5, generator=torch.Generator().manual_seed(1))
    adapters.save(tuned, LORA, question.base, Path("adapter"))
    return replace(question, adapter=Path("adapter").absolute())


@pytest.mark.parametrize("kept", [GENERAL, None])
def test_what_was_kept_of_the_model_before_its_adapter_is_not_taken_for_its_own(adapted, kept):
    """Both are asked the same general texts, of which the first half of the kept batches are."""
    undisturbed = ask(adapted, LAUNCHER)
    assert undisturbed.general["general_ratio_en"] != 1
    (run_folder(adapted) / "finished").unlink()
    (log,) = run_folder(adapted).glob("answers-*.jsonl")
    log.write_bytes(b"".join(line + b"\n" for line in log.read_bytes().splitlines()[:kept]))
    assert written(ask(adapted, LAUNCHER), "again") == written(undisturbed, "undisturbed")


def test_ctrl_c_says_that_it_goes_on(question):
    assert kill(question, signal.SIGINT) == 1  # Python's own end of a process by Ctrl-C
    assert "evaluate: what was answered so far is kept" in Path("said").read_text("utf-8")
    assert not (run_folder(question) / "finished").exists()


def test_two_processes_come_to_the_predictions_of_one(question):
    two = replace(question, evaluate=replace(question.evaluate, processes=2))
    shared = ask(two, LAUNCHER)
    for number in (0, 1):
        kept = run_folder(two) / f"answers-{number}.jsonl"
        assert len(kept.read_bytes().splitlines()) > 5, "each did its share"
        kept.unlink()
    assert written(shared, "two") == written(ask(question, LAUNCHER), "one")


def test_another_model_other_rows_settings_or_code_do_not_go_on_from_it(question, monkeypatch, tmp_path):
    known = {identity(question).fingerprint}

    def is_new(other: Question) -> bool:
        found = identity(other).fingerprint
        new = found not in known
        known.add(found)
        return new

    assert not is_new(replace(question, evaluate=replace(question.evaluate, bootstrap=7, processes=2)))
    assert not is_new(replace(question, system="other"))
    for change in ({"engine": "vllm"}, {"batch_size": 3}, {"max_new_tokens": 7}, {"max_length": 200}):
        assert is_new(replace(question, evaluate=replace(question.evaluate, **change))), change
    assert is_new(replace(question, rows=question.rows[1:]))
    assert is_new(replace(question, shots={"made-cause": [({"role": "user", "content": "Hi"},)]}))
    (tmp_path / "adapter").mkdir()
    for content in ("{}", '{"r": 4}'):
        (tmp_path / "adapter/adapter_config.json").write_text(content, "utf-8")
        assert is_new(replace(question, adapter=tmp_path / "adapter"))
    (question.base / "chat_template.jinja").write_text("{{ messages }}", "utf-8")
    assert is_new(question)
    weights = question.base / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    assert is_new(question)
    monkeypatch.setattr(asking, "_LIBRARIES", ("torch",))
    assert is_new(question)


@pytest.mark.parametrize("harm", ["cut", "flipped", "no hash"])
def test_a_damaged_line_is_asked_again(tmp_path, harm):
    def once(times: list[int]) -> dict[int, list]:
        work = KeptWork(tmp_path)
        found = dict(work.each([1, 2], lambda batch: [batch], lambda batch: times.append(batch) or [batch / 3]))
        work.close()
        return found

    asked: list[int] = []
    first = once(asked)
    path = tmp_path / "answers-0.jsonl"
    one, two = path.read_bytes().splitlines()
    two = {"cut": two[:-9], "flipped": two.replace(b"0.6", b"0.7"), "no hash": two.partition(b" ")[2]}[harm]
    path.write_bytes(one + b"\n" + two)
    assert once(asked) == first == {1: [1 / 3], 2: [2 / 3]}
    assert asked == [1, 2, 2]
    assert once(asked) == first
    assert asked == [1, 2, 2]
