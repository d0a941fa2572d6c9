"""Where the front is served: on this machine alone, at a port that is taken before the model is loaded.

with bound(8000) as listener: made(front(upstream, "pica")).run(sockets=[listener])        until Ctrl-C
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from pica.errors import ServerError

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

HOST = "127.0.0.1"
# Seconds that answers may take to end after Ctrl-C.
_PATIENCE = 5
# The hub's client and the `openai` package read these when they are imported.
_QUIET = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


def keep_quiet() -> None:
    """Switch off what calls home. Before a model is loaded."""
    os.environ |= _QUIET


def bound(port: int) -> socket.socket:
    """A listening socket; whoever connects before the model is loaded waits.

    Raises:
        ServerError: the port is taken, or not to be had.
    """
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        why = getattr(error, "strerror", None) or str(error)
        raise ServerError(
            f"{HOST}:{port} is not to be had: {why}. Choose another port: pica serve --port {port + 1}"
        ) from None
    return listener


def made(app: ASGIApp) -> uvicorn.Server:
    """The server of an app, which runs until Ctrl-C or SIGTERM."""
    import uvicorn

    quiet = {"log_level": "warning", "access_log": False, "server_header": False}
    return uvicorn.Server(uvicorn.Config(app, timeout_graceful_shutdown=_PATIENCE, **quiet))
