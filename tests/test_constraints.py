"""constraints.txt names one version of everything that an installation takes, on each Python that PICA supports."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.stages.imports import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# What torch 2.13.0 takes on Linux, directly and through others, where it is no CPU build.
FOR_GPUS = """
    cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc nvidia-cuda-runtime
    nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13
    nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx triton
"""


def pins() -> dict[str, str]:
    """Package → version, by the lines of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    assert len({canonicalize_name(name) for name, _ in pairs}) == len(pairs)
    return {canonicalize_name(name): version for name, version in pairs}


def reached(python: str, machine: str) -> dict[str, Requirement]:
    """Every requirement of the project and its extras, and theirs as far as they are installed here."""
    marks = {"python_version": python, "python_full_version": f"{python}.0", "platform_machine": machine}
    marks |= {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    extras = PROJECT["optional-dependencies"].values()
    waiting = [Requirement(line) for lines in (PROJECT["dependencies"], *extras) for line in lines]
    found: dict[str, Requirement] = {}
    seen = set()
    while waiting:
        requirement = waiting.pop()
        key = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if key not in seen:
            seen.add(key)
            found[key[0]] = requirement
            waiting += needed(requirement, marks)
    return found


def needed(requirement: Requirement, marks: dict[str, str]) -> Iterator[Requirement]:
    """What an installed package with these extras asks for; nothing where it is not installed."""
    try:
        lines = requires(requirement.name) or []
    except PackageNotFoundError:
        return
    for line in lines:
        other = Requirement(line)
        if not other.marker or any(other.marker.evaluate(marks | {"extra": e}) for e in ("", *requirement.extras)):
            yield other


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_everything_is_pinned_on_every_python(python, machine):
    found = reached(python, machine)
    assert len(found) > 70
    assert found.keys() - pins().keys() == set()


def test_what_torch_brings_for_a_gpu_is_pinned():
    assert pins()["torch"] == "2.13.0", "look what this torch takes, and change FOR_GPUS"
    assert set(FOR_GPUS.split()) - pins().keys() == set()


def test_the_pins_meet_what_is_asked_for():
    for name, requirement in reached("3.11", "x86_64").items():
        assert requirement.specifier.contains(pins()[name], prereleases=True), requirement
