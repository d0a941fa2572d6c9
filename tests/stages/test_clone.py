"""The repository that other tests run DVC in."""

from __future__ import annotations

import subprocess

from tests.stages.clone import link_environment


def test_a_linked_virtual_environment_has_the_packages_of_this_one(tmp_path):
    link_environment(tmp_path)
    subprocess.run([tmp_path / ".venv/bin/python", "-c", "import pica, pytest"], check=True)
