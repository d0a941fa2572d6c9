"""The order of the house: a room imports from those before it, and torch is loaded only where a model is."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.stages.imports import ROOT, SRC, closure, imported

# Downwards: each may import those above it and itself, none below.
ROOMS = [
    "errors",
    "schema",
    "workspace",
    "store",
    "origin",
    "parallel",
    "settings",
    "params",
    "stage",
    "corpora",
    "sources",
    "selection",
    "sample",
    "cleaning",
    "tasks",
    "prompts",
    "draw",
    "mixture",
    "views",
    "instructions",
    "cards",
    "training",
    "inference",
    "evaluation",
    "reporting",
    "chat",
    "listing",
    "trace",
    "terminal",
    "export",
    "doctor",
    "cli",
]
HEAVY = {"torch", "transformers", "peft", "accelerate", "safetensors"}
# Where a model is trained or asked.
MODEL_ROOMS = {"training", "inference", "chat"}
MODEL_FILES = {SRC / "pica/evaluation/answering.py"}
MODEL_STAGES = {"base_model", "finetune", "evaluate"}
DATA_STAGES = [ROOT / f"stages/{name}.py" for name in ("download", "filter", "reformat", "template")]
FILES = [path for path in sorted((SRC / "pica").rglob("*.py")) if path != SRC / "pica/__init__.py"]


def room(path: Path) -> str:
    """The first name below `pica`: a module or a package."""
    return path.relative_to(SRC / "pica").parts[0].removesuffix(".py")


@cache
def at_import(path: Path) -> set[str]:
    """The top-level packages that importing this file imports: all but those inside functions."""
    waiting, names = list(ast.parse(path.read_text(encoding="utf-8")).body), set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
    return {name.partition(".")[0] for name in names}


def identifier(path: Path) -> str:
    return str(path.relative_to(SRC / "pica"))


def test_every_room_is_in_the_order():
    assert {room(path) for path in FILES} <= set(ROOMS)


def test_imports_run_downwards():
    back = {
        (identifier(path), identifier(other))
        for path in FILES
        for other in imported(path) & set(FILES)
        if ROOMS.index(room(other)) > ROOMS.index(room(path))
    }
    assert back == set()


def test_heavy_libraries_stay_where_a_model_is():
    others = [path for path in FILES if room(path) not in MODEL_ROOMS and path not in MODEL_FILES]
    assert {identifier(path): at_import(path) & HEAVY for path in others if at_import(path) & HEAVY} == {}


@pytest.mark.parametrize("stage", sorted((ROOT / "stages").glob("*.py")), ids=lambda path: path.stem)
def test_only_the_stages_of_a_model_load_one(stage):
    heavy = {path for path in (stage, *closure(stage)) if at_import(path) & HEAVY}
    assert bool(heavy) == (stage.stem in MODEL_STAGES)


def test_the_command_line_starts_without_heavy_libraries():
    code = (
        f"import sys, pica.cli; print(*sorted(sys.modules.keys() & {HEAVY | {'datasets', 'pandas', 'hydra', 'dvc'}}))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.split() == []


def test_what_handles_data_alone_needs_no_torch():
    modules = [
        ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")
        for path in FILES
        if ROOMS.index(room(path)) < ROOMS.index("training") and path.stem != "__main__"
    ]
    code = f"import sys\nfor name in {modules}: __import__(name)\nprint(*sorted(sys.modules.keys() & {HEAVY}))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.split() == []


@pytest.mark.parametrize(
    "file", [*DATA_STAGES, SRC / "pica/export/__init__.py"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_data_needs_nothing_but_the_dependencies_without_extras(file):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = {canonicalize_name(name) for name in project["dependencies"]}
    distributions = packages_distributions()
    imports = set().union(*(at_import(path) for path in (file, *closure(file))))
    needed = {name: distributions[name] for name in imports & distributions.keys() - {"pica"}}
    assert {name for name, ones in needed.items() if not listed & set(map(canonicalize_name, ones))} == set()


def test_nothing_is_written_read_or_said_by_importing(tmp_path):
    code = "import pica.cli, pica.corpora\npica.corpora.catalogue()"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert (output.stdout, output.stderr, list(tmp_path.iterdir())) == ("", "", [])
