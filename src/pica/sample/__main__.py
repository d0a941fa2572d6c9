"""Writes the embedded sample: `python -m pica.sample` fills `files/` beside this module, the same bytes each time."""

from __future__ import annotations

import shutil
import sys
from importlib import import_module
from pathlib import Path
from random import Random

_NAMES = (
    "amazon_polarity",
    "cams",
    "cped",
    "cpsycound",
    "dailydialog",
    "ecpe",
    "edos",
    "emocontext",
    "emollm",
    "emorynlp",
    "emotion_stimulus",
    "emotionlines",
    "emotiontalk",
    "emowoz",
    "empatheticdialogues",
    "empathy_mental_health",
    "esconv",
    "goemotions",
    "goodnewseveryone",
    "iemocap",
    "imdb",
    "mastodon",
    "meld",
    "memor",
    "mpdd",
    "ntcir13_eca",
    "personaminedit",
    "smilechat",
    "smp2020_ewect",
    "tripadvisor",
    "twitter_financial",
    "xpersona_zh",
    "yelp",
)
MODULES = {name: import_module(f"pica.sample.{name}") for name in _NAMES}
FILES = Path(__file__).parent / "files"


def build(folder: Path) -> None:
    """Write every corpus's made-up files into a folder of its own in `folder`; what stood there before goes."""
    for name, module in MODULES.items():
        # A stream of its own for each, so that a change to one corpus leaves the others as they are.
        rng = Random(f"pica.sample/{name}")
        target = folder / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        module.write(module.conversations(rng), target)
        module.quirks(target)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else FILES)
