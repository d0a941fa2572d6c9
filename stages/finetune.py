"""finetune: instructions and base → models/adapter, metrics/train.json, and the curves in plots/training."""

from __future__ import annotations

from pathlib import Path

from dvclive import Live

from pica.params import Adapter, Train
from pica.schema import INSTRUCTION, Instruction
from pica.stage import main
from pica.store import folder, read_rows, write_json
from pica.training import adapter as adapters
from pica.training.finetune import finetune

INSTRUCTIONS = Path("data/instructions")
BASE = Path("models/base")
ADAPTER = Path("models/adapter")
METRICS = Path("metrics/train.json")
CURVES = Path("plots/training")
SPEED = "speed.json"


def run(train: Train, adapter: Adapter, seed: int) -> None:
    """Train the adapter; nothing is kept unless it is whole."""
    rows, validation = (_read(split) for split in ("train", "validation"))
    with folder(CURVES) as curves, folder(ADAPTER) as out:
        # dvcyaml=None: DVCLive would rewrite the hand-written dvc.yaml.
        with Live(str(curves), dvcyaml=None, report=None, save_dvc_exp=False, monitor_system=False) as live:

            def log(values, step: int) -> None:
                live.step = step
                for name, value in values.items():
                    live.log_metric(f"{name}", value)
                live.make_summary()

            done = finetune(rows, validation, BASE, adapter, train, seed, log)
        adapters.save(done.model, BASE, out)
        # Seconds differ from run to run, so they are no metric; the report shows them.
        write_json(curves / SPEED, _speed(done))
    write_json(METRICS, _metrics(done))


def _read(split: str) -> list[Instruction]:
    return [Instruction.from_row(row) for row in read_rows(INSTRUCTIONS / f"{split}.parquet", INSTRUCTION)]


def _metrics(done) -> dict[str, float]:
    return {
        "loss": round(done.trained.loss, 6),
        "validation_loss": round(done.validation_loss, 6),
        "steps": done.trained.steps,
        "rows": done.rows,
        "too_long": done.too_long,
        "trainable_parameters": done.trainable,
    }


def _speed(done) -> dict[str, float]:
    return {
        "seconds": round(done.trained.seconds, 3),
        "tokens_per_second": round(done.trained.tokens / done.trained.seconds, 1),
        "answer_tokens_per_second": round(done.trained.trained_tokens / done.trained.seconds, 1),
        "padding_share": round(done.trained.padding, 6),
    }


if __name__ == "__main__":
    main(run)
