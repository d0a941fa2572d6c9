"""Which answers a system of `conf/systems/` gives: the kinds of systems, and how each is asked.

    tuned: {kind: model, learns_from: models/adapter, model: models/base, shots: 0}
    answers("tuned", systems["tuned"], rows, train, evaluate, seed, launcher)   →  one Prediction a row

A system that cannot be asked here, since what it needs is not installed, has no answers, and says so.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pica.errors import DataError, ParamsError
from pica.evaluation import baselines
from pica.evaluation.general import Answers
from pica.params import Baseline, Encoder, Evaluate, ModelSystem, System
from pica.sampling import sample, sample_each
from pica.schema import INSTRUCTION, Instruction, Prediction
from pica.store import read_rows

_ROWS = ".parquet"
Messages = Sequence[Mapping[str, str]]


def named(systems: Mapping[str, System], name: str) -> System:
    """The system of that name.

    Raises:
        ParamsError: there is none.
    """
    if name not in systems:
        raise ParamsError(f"there is no system {name}. conf/systems has: {', '.join(systems)}.")
    return systems[name]


def answers(
    name: str,
    system: System,
    rows: Sequence[Instruction],
    train: Path,
    evaluate: Evaluate,
    seed: int,
    launcher: Path,
) -> Answers:
    """What a system answers, in the order of the rows; nothing where it cannot be asked.

    Args:
        name: the name that the predictions carry.
        rows: test rows, and validation rows, which a model is not asked freely.
        train: the training rows, of which k-shot examples are drawn.
        launcher: what starts several processes of a model, a file of `accelerate launch`.
    """
    if not isinstance(system, ModelSystem):
        return Answers(_of_baseline(name, system, rows, seed), {})
    from pica.evaluation.asking import Question, ask  # torch takes seconds, and the baselines do not need it

    learnt, adapter = Path(system.learns_from), _adapter(system)
    if adapter is None and learnt.suffix != _ROWS and learnt != Path(system.model):
        raise DataError(
            f"{learnt} (systems.{name}.learns_from) is no adapter: it has no adapter_config.json. Give an adapter's "
            f"folder, or {system.model} for the model as it is."
        )
    shots = examples(_read(train), system.shots, seed) if system.shots else {}
    return ask(Question(rows, name, Path(system.model), adapter, evaluate, shots), launcher)


def _of_baseline(name: str, system: Baseline | Encoder, rows: Sequence[Instruction], seed: int) -> list[Prediction]:
    learnt_from = _read(Path(system.learns_from))
    if isinstance(system, Encoder):
        return _of_encoder(name, system, rows, learnt_from, seed)
    if system.kind == "majority":
        return baselines.majority(learnt_from, rows, name)
    ask = baselines.tfidf if system.kind == "tfidf" else baselines.retrieval
    return ask(learnt_from, rows, seed, name)


def learnt_from_mixture(system: System) -> bool:
    """Whether the system was trained on the mixture's rows, and so expects labels as often as they stand in it."""
    return not isinstance(system, ModelSystem) or _adapter(system) is not None


def label_variant(system: System, asked: str) -> str:
    """Which variant of the label scores decides, where `asked` is what the parameters say.

    The most frequent label is always that of the training split: among rows drawn evenly over labels there is none.
    """
    return "train_prior" if system.kind == "majority" else asked


def _adapter(system: ModelSystem) -> Path | None:
    learnt = Path(system.learns_from)
    return learnt if (learnt / "adapter_config.json").is_file() else None


def _of_encoder(
    name: str, system: Encoder, rows: Sequence[Instruction], learnt_from: Sequence[Instruction], seed: int
) -> list[Prediction]:
    from pica.inference import encoder

    folder = encoder.find(system.encoder)
    if folder is None:
        print(
            f"{name} answers nothing, since {encoder.missing(system.encoder)}, then `dvc repro -f -s evaluate@{name}`.",
            file=sys.stderr,
        )
        return []
    learner = encoder.SentenceEncoder(folder, seed, system.epochs)
    return baselines.learnt(learner, _first(learnt_from, system.rows, seed), rows, name)


def _first(rows: Sequence[Instruction], limit: int, seed: int) -> list[Instruction]:
    """At most so many rows of each view (0 = all), those that come first by a hash of the seed and their id."""
    kept = set(sample_each(((row.name, row.id) for row in rows), limit or None, seed))
    return [row for row in rows if (row.name, row.id) in kept]


def examples(train: Sequence[Instruction], shots: int, seed: int) -> dict[str, list[Messages]]:
    """View → so many solved examples, each a chat, to stand before each question of the view.

    They are training rows of that view, those that come first by a hash of the seed and their id: the same ones for all
    rows of a view, and most of them the same when rows are added. A view with fewer training rows has as many as there
    are.
    """
    of_view: dict[str, dict[str, Messages]] = {}
    for row in train:
        of_view.setdefault(row.name, {})[row.id] = row.messages
    return {view: [known[id] for id in sample(known, shots, seed)] for view, known in of_view.items()}


def _read(path: Path) -> list[Instruction]:
    return [Instruction.from_row(row) for row in read_rows(path, INSTRUCTION)]
