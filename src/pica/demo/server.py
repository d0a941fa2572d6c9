"""Where the page is served: on this machine alone, without telemetry, with nothing left behind.

serve(bot, asker, Page(port=7860, folder=Path("chats"), language="en"))        until Ctrl-C
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pica.errors import ChatError

if TYPE_CHECKING:
    import gradio as gr

    from pica.chat.chatbot import Chatbot
    from pica.demo.tasks import Asker

HOST = "127.0.0.1"
# Events that may wait: whoever comes after them is told that the page is busy.
_WAITING = 64
# Fonts of the machine itself: the others would be asked for on the web where they are not bundled.
_FONTS = ("system-ui", "Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif")
_MONO = ("ui-monospace", "Consolas", "monospace")
# Gradio and the hub's client read these when they are imported.
_QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "NO_PROXY": f"{HOST},localhost",
    "no_proxy": f"{HOST},localhost",
}


@dataclass(frozen=True, slots=True)
class Page:
    """How the page opens: its port, where *save* writes, and its language."""

    port: int
    folder: Path
    language: str


def keep_quiet() -> None:
    """Switch off what calls home. Before gradio is imported, and before a model is loaded."""
    os.environ |= _QUIET


def check_port(port: int) -> None:
    """Whether the page can be served there, before a model is loaded.

    Raises:
        ChatError: the port is taken, or not to be had.
    """
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
    except (OSError, OverflowError) as error:
        raise ChatError(_taken(port, getattr(error, "strerror", None) or str(error))) from None


def serve(bot: Chatbot, asker: Asker, page: Page) -> None:
    """Serve the page until it is stopped.

    Raises:
        ChatError: the port is taken.
        ModuleNotFoundError: gradio is not installed.
    """
    with TemporaryDirectory(prefix="pica-demo-") as cache:  # what gradio keeps beside the page goes with it
        os.environ["GRADIO_TEMP_DIR"] = cache
        built = make(bot, asker, page)
        try:
            built.launch(**launch_options(page.port))
        except OSError as error:
            if "empty port" not in str(error):
                raise
            raise ChatError(_taken(page.port, "it was taken meanwhile")) from None


def make(bot: Chatbot, asker: Asker, page: Page) -> gr.Blocks:
    """The page with its queue: one event at a time asks the model."""
    from pica.demo.page import build

    built = build(bot, asker, page.folder, page.language, getattr(bot.model, "name", "model"))
    return built.queue(default_concurrency_limit=4, max_size=_WAITING, api_open=False)


def launch_options(port: int) -> dict[str, Any]:
    """All that an environment variable or a default would else decide."""
    import gradio as gr

    from pica.demo.page import CSS

    return {
        "run_history": False,
        "server_name": HOST,
        "server_port": port,
        "share": False,
        "enable_monitoring": False,
        "ssr_mode": False,
        "pwa": False,
        "mcp_server": False,
        "show_error": False,
        "footer_links": [],
        "quiet": True,
        "inbrowser": False,
        "max_file_size": 0,
        "_frontend": False,  # no look at the own address within three seconds, which a busy machine does not keep
        "theme": gr.themes.Default(font=_FONTS, font_mono=_MONO),
        "css": CSS,
    }


def _taken(port: int, why: str) -> str:
    return f"the page cannot be served at {HOST}:{port}: {why}. Choose another port: pica demo --port {port + 1}"
