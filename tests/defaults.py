"""The parameters that conf/ composes. What stands in params.yaml is whatever was run last."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from omegaconf import DictConfig

from pica.params import Params, compose, validated
from tests.stages.imports import ROOT

CONF = ROOT / "conf"


@cache
def composed(*choices: str) -> DictConfig:
    """conf/ with these choices; composing takes longer than most tests."""
    return compose(CONF, choices)


@cache
def defaults() -> Params:
    """The parameters of the default run."""
    return validated(composed(), Path("params.yaml"))
