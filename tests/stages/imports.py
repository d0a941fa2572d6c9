"""Which of the project's own files a Python file imports, directly and through others, read off the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"

# Packages whose modules or files are found by their place at run time: whoever uses them depends on all of them.
FOUND_BY_PLACE = {"src/pica/cards", "src/pica/corpora", "src/pica/prompts", "src/pica/sample/files"}


@cache
def imported(file: Path) -> frozenset[Path]:
    """The project's files that `file` names in its import statements, wherever in the file they stand."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for_types = set(_for_types_only(tree))
    found: set[Path] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        if node not in for_types:
            found.update(path for name in names for path in _files(name))
    return frozenset(found)


def closure(file: Path) -> set[Path]:
    """All of the project's files that running `file` may load, without `file` itself and the version in `pica`."""
    seen: set[Path] = set()
    waiting = [file]
    while waiting:
        for path in imported(waiting.pop()) - seen:
            seen.add(path)
            waiting.append(path)
    return seen - {file, SRC / "pica/__init__.py"}


def depended_on(file: Path) -> set[str]:
    """The paths that a stage should list for its code, with packages that are found by their place as one folder."""
    return {_whole(str(path.relative_to(ROOT))) for path in closure(file)} | {str(file.relative_to(ROOT))}


def _whole(path: str) -> str:
    return next((folder for folder in FOUND_BY_PLACE if path.startswith(f"{folder}/")), path)


def _files(name: str) -> Iterator[Path]:
    """The file of a module, and those of the packages around it: importing `a.b` runs `a/__init__` too."""
    parts = name.split(".")
    if parts[0] != "pica":
        return
    for end in range(1, len(parts) + 1):
        path = SRC.joinpath(*parts[:end])
        yield from (p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file())


def _for_types_only(tree: ast.AST) -> Iterator[ast.AST]:
    """What stands under `if TYPE_CHECKING:`."""
    for branch in ast.walk(tree):
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.dump(branch.test):
            for statement in branch.body:
                yield from ast.walk(statement)
