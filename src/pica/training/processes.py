"""Several processes of this package for one piece of work, started through `accelerate launch`.

    accelerate launch --config_file conf/accelerate/ddp.yaml --num_processes 2 -m pica.training out/config.yaml

They end with whoever started them: each looks once a second whether that one is still alive.
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

# The process that started the work, for the processes that do it.
_STARTER = "PICA_STARTER"


def run(module: str, argument: Path, count: int, config: Path, work: str) -> None:
    """Run `python -m <module> <argument>` in `count` processes, until they end.

    Args:
        config: a file of `accelerate launch`.
        work: what they do, for the message.

    Raises:
        ModelError: one of them failed; its message is above this one's.
    """
    options = ["--config_file", str(config), "--num_processes", str(count)]
    command = [sys.executable, "-m", "accelerate.commands.launch", *options, "-m", module, str(argument)]
    # A process that dies in a library's own code says where it was.
    env = os.environ | {_STARTER: str(os.getpid()), "PYTHONFAULTHANDLER": "1"}
    # A session of their own keeps Ctrl-C from them: each would report it, and accelerate with a traceback.
    started = subprocess.Popen(command, env=env, start_new_session=True)
    try:
        code = started.wait()
    except BaseException:
        os.killpg(started.pid, signal.SIGKILL)  # as a power cut, which costs what was not kept yet
        started.wait()
        raise
    if code:
        raise ModelError(f"the {work} in {count} processes failed (exit code {code}); see above why.")


def end_with_starter() -> None:
    """End this process when `run` or `accelerate launch` is gone: killed with -9, neither can end it."""
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
