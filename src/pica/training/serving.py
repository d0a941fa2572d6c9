"""What a server reads beside the weights: where an answer stops, and how one is asked for.

generation_config.json    the base's own, with the end token that was trained among those that it stops at
chat_template.jinja       where the base's template, asked with its defaults, would not stop where the answer began
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from pica.store import read_json, write_json
from pica.training.template import end_token, served

GENERATION, TEMPLATE = "generation_config.json", "chat_template.jinja"
_TOKENIZER = "tokenizer_config.json"
_TOKENS = ("bos_token_id", "eos_token_id", "pad_token_id")


def write(base: Path, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write both files for what was trained on `base` into `folder`; nothing but what has to differs from the base."""
    defaults, end = _defaults(base), end_token(tokenizer)
    own = _listed(defaults.get("eos_token_id"))
    if end not in own:
        # One number stays one, as most folders have it.
        defaults["eos_token_id"] = [end, *own] if own else end
    write_json(folder / GENERATION, defaults)
    if template := served(tokenizer):
        (folder / TEMPLATE).write_text(template, encoding="utf-8")
        if (folder / _TOKENIZER).is_file():  # two templates in one folder, and some servers would take the other one
            config = read_json(folder / _TOKENIZER)
            config.pop("chat_template", None)
            write_json(folder / _TOKENIZER, config)


def ends(folder: Path) -> list[int]:
    """The ids that answers stop at, by the generation defaults of a folder that `write` wrote to."""
    return _listed(read_json(folder / GENERATION)["eos_token_id"])


def _defaults(base: Path) -> dict[str, Any]:
    """The generation defaults of a base; without a file of them, what transformers takes from its configuration."""
    config = read_json(base / "config.json")
    config = config.get("text_config", {}) | config
    told = {name: config[name] for name in _TOKENS if config.get(name) is not None}
    if not (base / GENERATION).is_file():
        return told
    own = read_json(base / GENERATION)
    return own if "eos_token_id" in own else own | {"eos_token_id": told.get("eos_token_id")}


def _listed(ids: int | Sequence[int] | None) -> list[int]:
    return [] if ids is None else [ids] if isinstance(ids, int) else list(ids)
