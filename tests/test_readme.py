"""The commands of the READMEs are commands that exist, and both pages show the same ones."""

from __future__ import annotations

import re

import pytest

from pica.cli import parsed
from pica.cli.catalogue import markdown
from pica.params import compose, validated
from pica.stage import CONF, PARAMS
from tests.stages.clone import ROOT

PAGES = ("README.md", "README.zh.md")
LANGUAGES = {"README.md": "en", "README.zh.md": "zh"}


def commands(page: str) -> list[str]:
    """The lines of the page's code blocks that name no language, without their comments."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.+?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [
        line.partition("#")[0].strip() for language, block in blocks if not language for line in block.splitlines()
    ]
    return [line for line in lines if line]


@pytest.mark.parametrize("page", PAGES)
def test_the_two_commands_stand_first_and_are_make_targets(page):
    assert commands(page)[:2] == ["make repro", "make test"]
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"repro", "test", "clean"} <= set(targets)


def test_both_pages_show_the_same_commands():
    english, chinese = map(commands, PAGES)
    assert english == chinese


@pytest.mark.parametrize("page", PAGES)
def test_every_override_composes(page):
    for command in commands(page):
        overrides = [o.strip("'") for o in re.findall(r"-S ('[^']+'|\S+)", command)]
        # A sweep composes once a value; its first one stands for all.
        validated(compose(ROOT / CONF, [re.sub(r"=([^,\s]+),.*", r"=\1", o) for o in overrides]), PARAMS)


@pytest.mark.parametrize("page", PAGES)
def test_every_pica_command_parses(page):
    for command in commands(page):
        if command.startswith("pica "):
            parsed(command.split()[1:])


@pytest.mark.parametrize("page", PAGES)
def test_the_table_of_datasets_is_current(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    command = f"pica corpora --markdown {LANGUAGES[page]}"
    table = re.search(rf"<!-- The table: {command} -->\n(.+?)\n<!-- end of the table -->", text, re.DOTALL)
    assert table, f"no table between its marks in {page}"
    assert table[1] == markdown(LANGUAGES[page]), f"put what `{command}` prints between the marks in {page}"


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_links_to_is_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!http|#)([^)#]+)", text):
        assert (ROOT / link).exists(), link
