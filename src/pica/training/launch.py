"""Start a training here, or in several processes."""

from __future__ import annotations

from pathlib import Path

from pica.training import processes
from pica.training.config import Config, dump
from pica.training.finetune import finetune


def launch(config: Config, configs: Path) -> None:
    """Train as `config.train` says: in this process, or in `processes` of `configs/<launcher>.yaml`.

    Raises:
        PicaError: as `finetune`; of several processes the message of the failing one is above this one's.
    """
    count = config.train.processes
    if count == 1:
        finetune(config)
        return
    out = Path(config.out)
    out.mkdir(parents=True, exist_ok=True)
    dump(config, out / "config.yaml")
    processes.run("pica.training", out / "config.yaml", count, configs / f"{config.train.launcher}.yaml", "training")
