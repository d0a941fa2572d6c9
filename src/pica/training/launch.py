"""Start a training here, or in several processes through `accelerate launch`.

The processes end with whoever started them: each looks once a second whether that one is still alive.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from pica.errors import ModelError
from pica.training.config import Config, dump
from pica.training.finetune import finetune

# The process that started the training, for the processes of the training.
_STARTER = "PICA_TRAINING_STARTER"


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
    options = ["--config_file", str(configs / f"{config.train.launcher}.yaml"), "--num_processes", str(count)]
    command = [sys.executable, "-m", "accelerate.commands.launch", *options, "-m", "pica.training"]
    env = os.environ | {_STARTER: str(os.getpid())}
    # A session of their own keeps Ctrl-C from them: each would report it, and accelerate with a traceback.
    training = subprocess.Popen([*command, str(out / "config.yaml")], env=env, start_new_session=True)
    try:
        code = training.wait()
    except BaseException:
        os.killpg(training.pid, signal.SIGKILL)  # as a power cut, which costs the steps since the last checkpoint
        training.wait()
        raise
    if code:
        raise ModelError(f"the training in {count} processes failed (exit code {code}); see above why.")


def end_with_starter() -> None:
    """End this process when `launch` or `accelerate launch` is gone: killed with -9, neither can end it."""
    if _STARTER not in os.environ:
        return
    starter, parent = int(os.environ[_STARTER]), os.getppid()

    def watch() -> None:
        while os.getppid() == parent and _alive(starter):
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
