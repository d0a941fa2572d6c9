"""A tokenizer and a model small enough to be made for each test session, and a repository's parameters to change."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from tests.isolation import isolate

isolate()  # before anything is imported that reads the environment

from pica.params import to_yaml  # noqa: E402
from pica.settings import Scratch  # noqa: E402
from tests.defaults import CONF, composed  # noqa: E402

# What needs torch is imported where it is used: most tests do not, and it takes seconds.

TEXTS = [
    "Which emotion does this text express? Choose one of: joy, anger, no emotion.",
    "We won the cup, and the whole street is singing!",
    "They cut the hedge without a word to me.",
    "我把雨伞忘在了公交车上。",
    "Continue this conversation with the next reply.",
]

ARCHITECTURE = Scratch(
    hidden_size=32, layers=2, heads=2, vocab_size=400, context=256, epochs=1, lr=1e-3, batch_tokens=4096
)


# No test is timed: a busy machine is no fault.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# A shell starts what it runs in the background with Ctrl-C ignored, and its children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups, else there are none
def pytest_collection_modifyitems(config, items):
    """Several processes (`make test`) share out files, since a file's tests share what they make; what tests of several
    files share is made once, too. The model families share nothing."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        group = next((shared for shared in ("done", "real_rows") if shared in item.fixturenames), item.path.stem)
        if group != "test_families":
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def tokenizer():
    from pica.training import scratch

    return scratch.make_tokenizer(TEXTS, ARCHITECTURE.vocab_size, ARCHITECTURE.context)


@pytest.fixture
def model(tokenizer):
    from pica.training import scratch

    return scratch.make_model(ARCHITECTURE, tokenizer, seed=1).eval()


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Path:
    """The current folder: an empty repository with this one's conf/, and the parameters that it composes."""
    (tmp_path / "params.yaml").write_text(to_yaml(composed()), encoding="utf-8")
    shutil.copytree(CONF, tmp_path / "conf")
    (tmp_path / ".dvc").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path
