"""The chatbot of a repository, or of an adapter that ships: its model, its tables, and how its prompts were cut in
training.

bot = load_chatbot(None, Path("adapters/smollm2-135m"), country="GB")
"""

from __future__ import annotations

from pathlib import Path

from pica.chat import shipped
from pica.chat.chatbot import Chatbot
from pica.inference.live import LiveModel
from pica.params import load

BASE, ADAPTER, PARAMS = Path("models/base"), Path("models/adapter"), Path("params.yaml")


def load_model(base: Path | None = None, adapter: Path | None = ADAPTER) -> LiveModel:
    """The model, with prompts as long as in evaluation.

    Args:
        base: its folder; None = the repository's, or that of a shipped adapter.
        adapter: None = the base alone.

    Raises:
        ModelError: a folder is missing or no model, or the adapter belongs to another base.
        ParamsError: params.yaml is missing.
    """
    if adapter is not None and shipped.is_shipped(adapter):
        return LiveModel.load(base or shipped.base_of(adapter), adapter, shipped.read(adapter).max_length)
    return LiveModel.load(base or BASE, adapter, load(PARAMS).evaluate.max_length)


def load_chatbot(base: Path | None = None, adapter: Path | None = ADAPTER, country: str = "") -> Chatbot:
    """A chatbot on that model; raises as `load_model`."""
    own = adapter is not None and shipped.is_shipped(adapter)
    history = shipped.read(adapter).history_turns if own else load(PARAMS).reformat.history_turns
    return Chatbot(load_model(base, adapter), adapter if own else Path(), history, country)
