"""dvc.yaml says what each stage really reads: the code it imports, its parameters, and its files."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from pica.params import SECTIONS
from pica.stage import sections
from tests.defaults import composed
from tests.stages.imports import ROOT, SRC, depended_on

GRAPH = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
STAGES = sorted(path.stem for path in (ROOT / "stages").glob("*.py"))
CODE = ("src/", "stages/")
# Folders that a module finds by their place, or code that it starts.
FOUND_BY_PLACE = {
    "src/pica/sources/raw.py": "src/pica/sample/files",
    "src/pica/evaluation/asking.py": "src/pica/evaluation/__main__.py",
    "src/pica/sources/outside.py": "src/pica/outside/sample",
}


def cases(name: str) -> list[dict]:
    """The stage, or each that a `foreach` makes of it."""
    stage = GRAPH["stages"][name]
    if "foreach" not in stage:
        return [stage]
    text = yaml.safe_dump(stage["do"])
    made = []
    for key, item in _items(stage["foreach"]).items():
        filled = text.replace("${key}", key)
        for field, value in item.items():
            filled = filled.replace(f"${{item.{field}}}", str(value))
        assert "${" not in filled
        made.append(yaml.safe_load(filled))
    return made


def _items(foreach: str | dict) -> dict[str, dict]:
    """What a `foreach` runs over: written there, or a section of the parameters."""
    return composed()[foreach[2:-1]] if isinstance(foreach, str) else foreach


def paths(stage: dict, *kinds: str) -> set[str]:
    """What a stage lists under deps, outs or metrics; an entry with options is a mapping."""
    entries = [entry for kind in kinds for entry in stage.get(kind, [])]
    return {next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries}


def data(name: str) -> set[str]:
    """All data that the stage or any of its cases reads or writes."""
    listed = {path for case in cases(name) for path in paths(case, "deps", "outs", "metrics", "plots")}
    return {path for path in listed if not path.startswith(CODE)}


def files(listed: set[str]) -> set[str]:
    """Paths with folders as the files in them."""
    found = set()
    for path in listed:
        inside = (ROOT / path).rglob("*") if (ROOT / path).is_dir() else [ROOT / path]
        found |= {str(file.relative_to(ROOT)) for file in inside if file.is_file() and "__pycache__" not in file.parts}
    return found


def named_beside(module: str) -> set[str]:
    """The files beside a module that are no code and that it names, such as a template; and those that these name."""
    path = ROOT / module
    if path.suffix != ".py":
        return set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    beside = {file for file in path.parent.iterdir() if file.is_file() and file.suffix != ".py"}
    found = {file for file in beside if file.name in names}
    found |= {file for file in beside for other in found if file.name in other.read_text(encoding="utf-8")}
    return {str(file.relative_to(ROOT)) for file in found}


def statements(name: str) -> list[ast.stmt]:
    """A stage's file, parsed: running it would load torch."""
    return ast.parse((ROOT / "stages" / f"{name}.py").read_text(encoding="utf-8")).body


def arguments(name: str) -> list[str]:
    """The names of what a stage's `run` takes."""
    (run,) = (node for node in statements(name) if isinstance(node, ast.FunctionDef) and node.name == "run")
    return [argument.arg for argument in run.args.args]


def constants(name: str) -> set[str]:
    """What stands in a stage's `NAME = Path("…")`."""
    calls = [
        node.value for node in statements(name) if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
    ]
    return {call.args[0].value for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Path"}


def test_every_stage_has_its_file_and_no_file_is_left_over():
    assert sorted(GRAPH["stages"]) == STAGES


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_depends_on_the_code_it_loads(name):
    needed = depended_on(ROOT / "stages" / f"{name}.py") | depended_on(SRC / "pica/stage.py")
    needed |= {data for module, data in FOUND_BY_PLACE.items() if module in needed}
    needed |= {data for module in needed for data in named_beside(module)}
    for case in cases(name):
        listed = {path for path in paths(case, "deps") if path.startswith(CODE)}
        assert all((ROOT / path).exists() for path in listed)
        assert files(listed) == files(needed)


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_lists_the_parameters_it_reads(name):
    read = sections(eval(f"lambda {', '.join(arguments(name))}: None"))
    assert read, "a stage without parameters"
    for case in cases(name):
        listed = [param.partition(".")[0] for param in case["params"]]
        assert sorted(listed) == sorted(SECTIONS if read == ["params"] else read)


def test_a_system_does_not_depend_on_the_parameters_of_another():
    own = [{param for param in case["params"] if param.startswith("systems")} for case in cases("evaluate")]
    assert own == [{f"systems.{name}"} for name in composed().systems]


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_lists_the_data_it_names(name):
    named, listed = constants(name), data(name)
    assert named
    # Those of a system are named by the parameters.
    listed -= {value for system in composed().systems.values() for value in system.values()} - named
    # A constant may be the folder that holds what is listed; what is listed must lie under some constant.
    assert {path for path in named if not any(_within(entry, path) for entry in listed)} == set()
    assert {entry for entry in listed if not any(_within(entry, path) for path in named)} == set()


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_runs_its_own_file_on_the_code_beside_it(name):
    for case in cases(name):
        assert case["cmd"].split()[:3] == ["sh", "stages/run", name]


def test_what_a_stage_reads_another_writes_or_is_written_by_hand():
    every = [case for name in STAGES for case in cases(name)]
    made = {path for case in every for path in paths(case, "outs", "metrics", "plots")}
    # `own` has links to what a user keeps elsewhere.
    by_hand = (*CODE, "conf/", "own")
    read = {path for case in every for path in paths(case, "deps") if not path.startswith(by_hand)}
    # A folder in which several stages write a file each may be read as one.
    assert {path for path in read if not any(_within(path, out) or _within(out, path) for out in made)} == set()
    assert len(made) == sum(len(paths(case, "outs", "metrics", "plots")) for case in every), "two write one file"


def test_nothing_that_is_read_by_itself_lies_in_a_folder_that_is_written_whole():
    """DVC knows such a folder by the hash of its list, and in a fresh clone nobody has the list."""
    every = [case for name in STAGES for case in cases(name)]
    made = {path for case in every for path in paths(case, "outs", "metrics", "plots")}
    read = {path for case in every for path in paths(case, "deps", "metrics", "plots")}
    read |= {path for kind in ("plots", "metrics") for path in paths(GRAPH, kind)}
    assert {path for path in read if any(_within(path, out) for out in made - {path})} == set()


def test_what_is_plotted_is_made():
    made = {path for name in STAGES for case in cases(name) for path in paths(case, "outs", "metrics", "plots")}
    compared = composed().evaluate.compared
    plotted = {next(iter(entry)).replace("${evaluate.compared}", compared) for entry in GRAPH["plots"]}
    assert {path for path in plotted if not any(_within(path, out) for out in made)} == set()


def _within(path: str, folder: str) -> bool:
    return Path(path).is_relative_to(folder)
