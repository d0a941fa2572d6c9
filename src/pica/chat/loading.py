"""The chatbot of a repository: its model, its tables, and how its prompts were cut in training.

bot = load_chatbot(Path("models/base"), Path("models/adapter"), country="GB")
"""

from __future__ import annotations

from pathlib import Path

from pica.chat.chatbot import Chatbot
from pica.corpora import declared_by_run
from pica.inference.live import LiveModel
from pica.params import load

BASE, ADAPTER, PARAMS = Path("models/base"), Path("models/adapter"), Path("params.yaml")


def load_model(base: Path = BASE, adapter: Path | None = ADAPTER) -> LiveModel:
    """The model, with prompts as long as in evaluation.

    Raises:
        ModelError: a folder is missing or no model, or the adapter belongs to another base.
        ParamsError: params.yaml is missing.
    """
    return LiveModel.load(base, adapter, load(PARAMS).evaluate.max_length)


def load_chatbot(base: Path = BASE, adapter: Path | None = ADAPTER, country: str = "") -> Chatbot:
    """A chatbot on that model, which may ask the views of declared datasets, too; raises as `load_model`."""
    declared_by_run(Path())
    return Chatbot(load_model(base, adapter), Path(), load(PARAMS).reformat.history_turns, country)
