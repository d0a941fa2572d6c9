"""A model's predictions, by one process or several, and from where it stopped when it was killed.

    .pica/evaluate/3f0c…/answers-0.jsonl        what was found so far: see pica/inference/work.py
                         asked/rows.parquet     of several processes, which read it: the rows,
                               question.json    {"system": "tuned", "base": "models/base", "adapter": "models/adapter",
                                                 "evaluate": {"batch_size": 32, …}, "shots": {}}
                               predictions.parquet, general.json    and what comes out
                         …                      what every run that can be killed has there: see pica/training/kept.py

Only an evaluation of the same model, rows, settings and code goes on from there. Processes are started by `accelerate
launch`, each with the whole model; they share out batches, which are those of one process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pica.evaluation import causes, predict
from pica.evaluation.general import Answers
from pica.inference import vllm
from pica.inference.work import KeptWork
from pica.params import Evaluate
from pica.schema import INSTRUCTION, PREDICTION, Instruction, to_row
from pica.store import read_json, read_predictions, read_rows, write_json, write_rows
from pica.training import base as bases
from pica.training import kept, precision, processes
from pica.training.kept import Kind, RunFolder, RunKey, digest
from pica.workspace import STATE, repository

_EVALUATION = Kind("evaluate", "evaluation", "answers")
_ASKED, _ROWS, _QUESTION = "asked", "rows.parquet", "question.json"
_PREDICTIONS, _GENERAL = "predictions.parquet", "general.json"
# Libraries whose other version may answer otherwise.
_LIBRARIES = ("torch", "transformers", "tokenizers", "peft")
# Settings that answers follow from.
_SETTINGS = ("engine", "max_length", "max_new_tokens", "batch_size")


@dataclass(frozen=True)
class Question:
    """Who is asked what, and how: as the arguments of `predict`."""

    rows: Sequence[Instruction]
    system: str
    base: Path
    adapter: Path | None
    evaluate: Evaluate
    shots: Mapping[str, Sequence[Sequence[Mapping[str, str]]]]


def ask(question: Question, launcher: Path) -> Answers:
    """As `predict`; what an earlier run of this very evaluation has found is not looked for again.

    Args:
        launcher: a file of `accelerate launch`, for `evaluate.processes` of them.

    Raises:
        PicaError: as `predict`; of several processes the message of the failing one is above this one's.
    """
    root, count = repository() / STATE / "evaluate", question.evaluate.processes
    with closing(RunFolder(root, identity(question), True, _EVALUATION)) as run, _stop_said():
        found = _here(question, run.folder) if count == 1 else _elsewhere(question, run.folder, count, launcher)
        run.finish()
    return found


def identity(question: Question) -> RunKey:
    """What this evaluation is made of; what another one has found is of no use to it."""
    settings = {name: getattr(question.evaluate, name) for name in _SETTINGS}
    settings |= {"precision": precision.name(bases.size(question.base)), "device": _device()}
    base = [path for path in sorted(question.base.iterdir()) if path.is_file() and path.suffix != ".safetensors"]
    adapter = [path for path in sorted(question.adapter.iterdir()) if path.is_file()] if question.adapter else []
    rows = (json.dumps(to_row(row), sort_keys=True) for row in question.rows)
    package = Path(__file__).parents[1]
    libraries = (*_LIBRARIES, *(vllm.distributions() if question.evaluate.engine == "vllm" else ()))
    code = [path for room in ("inference", "training") for path in sorted((package / room).glob("*.py"))]
    return RunKey(
        parameters=digest([json.dumps(settings, sort_keys=True)]),
        data=digest(
            [
                digest(rows),
                json.dumps({view: list(map(list, chats)) for view, chats in question.shots.items()}, sort_keys=True),
                bases.weights_sha256(question.base),
                *kept.files([*base, *adapter]),
            ]
        ),
        code=digest([*kept.libraries(libraries), *kept.files([*code, Path(predict.__file__), Path(causes.__file__)])]),
    )


def serve(folder: Path) -> None:
    """What each of several processes does: its share of what is asked in a run's folder. The first one writes what all
    have found."""
    asked = folder / _ASKED
    given: dict[str, Any] = read_json(asked / _QUESTION)
    question = Question(
        rows=[Instruction.from_row(row) for row in read_rows(asked / _ROWS, INSTRUCTION)],
        system=given["system"],
        base=Path(given["base"]),
        adapter=Path(given["adapter"]) if given["adapter"] else None,
        evaluate=Evaluate(**given["evaluate"]),
        shots=given["shots"],
    )
    with closing(KeptWork(folder, shared=True)) as work:
        found = _answers(question, work)
        if work.speaks:
            write_rows(asked / _PREDICTIONS, found.predictions, PREDICTION)
            write_json(asked / _GENERAL, found.general)


def _answers(question: Question, work: KeptWork) -> Answers:
    if work.speaks and work.known:
        _EVALUATION.say(f"goes on from {work.known} batches that an earlier run has answered")
    asked = (question.rows, question.system, question.base, question.adapter, question.evaluate, question.shots)
    return predict.predict(*asked, work)


def _here(question: Question, folder: Path) -> Answers:
    with closing(KeptWork(folder)) as work:
        return _answers(question, work)


def _elsewhere(question: Question, folder: Path, count: int, launcher: Path) -> Answers:
    asked = folder / _ASKED
    write_rows(asked / _ROWS, question.rows, INSTRUCTION)
    given = {
        "system": question.system,
        "base": str(question.base),
        "adapter": str(question.adapter) if question.adapter else None,
        "evaluate": asdict(question.evaluate),
        "shots": {view: [list(chat) for chat in chats] for view, chats in question.shots.items()},
    }
    write_json(asked / _QUESTION, given)
    processes.run("pica.evaluation", folder, count, launcher, "evaluation")
    return Answers(read_predictions(asked / _PREDICTIONS), read_json(asked / _GENERAL))


def _device() -> str:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


@contextmanager
def _stop_said() -> Iterator[None]:
    """Say on Ctrl-C and SIGTERM that nothing is lost."""
    try:
        yield
    except Exception:
        raise
    except BaseException:
        _EVALUATION.say("what was answered so far is kept; the same evaluation goes on from there")
        raise
