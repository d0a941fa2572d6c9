"""The rooms of the house: docs/architecture.md draws them as they are, and torch is loaded only where a model is."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from pica.cli.checks import _TRAIN
from tests.stages.imports import ROOT, SRC, closure, imported

ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
PACKAGE = SRC / "pica"
HEAVY = {"torch", "transformers", "peft", "accelerate", "safetensors"}
# Where a model is trained or asked.
MODEL_ROOMS = {"training", "inference"}
MODEL_FILES = {PACKAGE / "evaluation/predict.py"}
MODEL_STAGES = {"base_model", "finetune", "evaluate"}
DATA_STAGES = [ROOT / f"stages/{name}.py" for name in ("download", "filter", "reformat", "template")]
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def room(path: Path) -> str:
    """The first name below `pica`: a module or a package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


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
    return str(path.relative_to(PACKAGE))


@cache
def uses() -> dict[str, set[str]]:
    """Of each room and each module at the root, those that it imports from."""
    found: dict[str, set[str]] = {room(path): set() for path in FILES}
    for path in FILES:
        found[room(path)] |= {room(other) for other in imported(path) & set(FILES)} - {room(path)}
    return found


def behind(name: str) -> set[str]:
    """All that a room imports from, directly or through others."""
    seen, waiting = set(), [name]
    while waiting:
        new = uses()[waiting.pop()] - seen
        seen |= new
        waiting += new
    return seen


def drawn(arrow: str) -> set[tuple[str, str]]:
    """The arrows of one kind in the picture."""
    picture = re.search(r"```mermaid\n(.+?)```", ARCHITECTURE, re.DOTALL)[1]
    return set(re.findall(rf"^  (\w+) {re.escape(arrow)} (\w+)$", picture, re.MULTILINE))


def rows(header: str) -> list[list[str]]:
    """The rows of the table that opens with this header."""
    table = ARCHITECTURE.split(f"\n{header}")[1].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def names(cell: str) -> list[str]:
    """What a cell names in code."""
    return [name.rstrip("/") for name in re.findall(r"`([^`]+)`", cell)]


ROOMS = {name for name in uses() if (PACKAGE / name).is_dir()}


def test_there_are_ten_files_at_the_root_at_most_and_the_table_has_them():
    at_root = {path.stem for path in PACKAGE.glob("*.py")}
    assert len(at_root) <= 10
    assert {name for row in rows("| at the root |") for name in names(row[0])} == at_root - {"__init__"}


def test_what_every_room_may_use_imports_none_of_the_rooms():
    assert {name: uses()[name] & ROOMS for name in uses() if name not in ROOMS and uses()[name] & ROOMS} == {}


def test_there_are_no_circles():
    assert [name for name in uses() if name in behind(name)] == []


def test_the_picture_has_the_imports_between_rooms_and_none_that_follow_from_others():
    between = {
        (name, other)
        for name in ROOMS
        for other in uses()[name] & ROOMS
        if not any(other in behind(nearer) for nearer in uses()[name] & ROOMS)
    }
    assert drawn("-->") == between


def test_the_table_has_every_room_once():
    assert sorted(name for row in rows("| room |") for name in names(row[0])) == sorted(ROOMS)


def test_the_table_of_stages_names_the_rooms_that_a_stage_loads_and_what_to_read_first():
    table = {row[0].partition("@")[0]: (names(row[1]), *names(row[2])) for row in rows("| stage |")}
    assert set(table) == {path.stem for path in (ROOT / "stages").glob("*.py")}
    for stage, (rooms, first) in table.items():
        loaded = closure(ROOT / f"stages/{stage}.py")
        assert set(rooms) <= {room(path) for path in loaded}, stage
        assert PACKAGE / first in loaded, stage
        assert first.partition("/")[0] == rooms[0], stage
    assert drawn("-.->") == {(stage, rooms[0]) for stage, (rooms, _) in table.items()}


def test_heavy_libraries_stay_where_a_model_is():
    others = [path for path in FILES if room(path) not in MODEL_ROOMS and path not in MODEL_FILES]
    assert {identifier(path): at_import(path) & HEAVY for path in others if at_import(path) & HEAVY} == {}


@pytest.mark.parametrize("stage", sorted((ROOT / "stages").glob("*.py")), ids=lambda path: path.stem)
def test_only_the_stages_of_a_model_load_one(stage):
    heavy = {path for path in (stage, *closure(stage)) if at_import(path) & HEAVY}
    assert bool(heavy) == (stage.stem in MODEL_STAGES)


def test_the_command_line_starts_without_heavy_libraries():
    slow = HEAVY | {"datasets", "pandas", "hydra", "dvc", "huggingface_hub"}
    code = f"import sys, pica.cli; pica.cli.parser(); print(*sorted(sys.modules.keys() & {slow}))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.split() == []


@pytest.mark.parametrize("command", ["doctor", "corpora show meld", "corpora count meld", "export --help"])
def test_commands_about_data_run_where_nothing_that_trains_is_installed(workspace, command):
    code = (
        "import sys, importlib.metadata as installed\n"
        f"sys.modules.update(dict.fromkeys({[{'scikit-learn': 'sklearn'}.get(name, name) for name in _TRAIN]}))\n"
        "found = installed.version\n"
        "def version(name):\n"
        f"    if name in {sorted(_TRAIN)}: raise installed.PackageNotFoundError(name)\n"
        "    return found(name)\n"
        "installed.version = version\n"
        f"from pica.cli import main; main({command.split()})"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=workspace)
    assert (output.returncode, output.stderr) == (0, "")


def test_what_handles_data_alone_needs_no_torch():
    paths = {path for stage in DATA_STAGES for path in closure(stage)}
    modules = sorted(
        ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")
        for path in paths | set((PACKAGE / "export").glob("*.py"))
    )
    code = f"import sys\nfor name in {modules}: __import__(name)\nprint(*sorted(sys.modules.keys() & {HEAVY}))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.split() == []


@pytest.mark.parametrize(
    "file", [*DATA_STAGES, PACKAGE / "export/__init__.py"], ids=lambda path: str(path.relative_to(ROOT))
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
