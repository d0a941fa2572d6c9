"""The chatbot of a repository, or of an adapter that ships: its model, its tables, and how its prompts were cut in
training.

bot = load_chatbot(None, Path("adapters/smollm2-135m"), country="GB")
"""

from __future__ import annotations

from pathlib import Path

from pica.chat import safety, shipped
from pica.chat.chatbot import Chatbot
from pica.corpora import declared_by_run
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
    longest, _ = _settings(adapter)
    return LiveModel.load(base_folder(base, adapter), adapter, longest)


def base_folder(base: Path | None, adapter: Path | None) -> Path:
    """The base that is asked for, else the one of a shipped adapter, else the repository's.

    Raises:
        ModelError, SourceError: the one of a shipped adapter cannot be made.
    """
    if base is not None:
        return base
    return shipped.base_of(adapter) if shipped.is_shipped(adapter) else BASE


def load_chatbot(base: Path | None = None, adapter: Path | None = ADAPTER, country: str = "") -> Chatbot:
    """A chatbot on that model, which may ask the views of declared datasets, too; raises as `load_model`."""
    _, history = _settings(adapter)
    root = shipped.root_of(adapter)
    declared_by_run(root)
    model = load_model(base, adapter)
    safety.prepare()  # last, so that a missing model is said at once
    return Chatbot(model, root, history, country)


def _settings(adapter: Path | None) -> tuple[int, int]:
    """Tokens of a prompt with its answer, and turns of history in it, as the adapter was trained."""
    if shipped.is_shipped(adapter):
        own = shipped.read(adapter)
        return own.max_length, own.history_turns
    params = load(PARAMS)
    return params.evaluate.max_length, params.reformat.history_turns
