"""The page's words: both languages have all of them, with the same values to put in."""

from __future__ import annotations

import ast
import re
from string import Formatter

import pytest

from pica.chat.lexicon import table as lexicon
from pica.chat.policy import table as policy
from pica.demo.words import LANGUAGES, table
from tests.stages.imports import SRC

KINDS = ("stages", "strategies", "levels")
TEXTS = {key: texts for key, texts in table().items() if key not in KINDS}


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_say_it_with_the_same_values(key):
    texts = TEXTS[key]
    assert set(texts) == set(LANGUAGES)
    fields = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in texts.values()]
    assert fields[0] == fields[1]
    assert key in ("asked", "view_line") or re.search("[\u4e00-\u9fff]|^[–、]$", texts["zh"])


def test_every_word_is_used_and_every_word_used_is_there():
    code = "\n".join(path.read_text(encoding="utf-8") for path in (SRC / "pica/demo").glob("*.py"))
    strings = {node.value for node in ast.walk(ast.parse(code.replace("from __future__ import annotations", "")))
               if isinstance(node, ast.Constant) and isinstance(node.value, str)}  # fmt: skip
    built = {"by_model", "by_rule", "by_hand", "by_nobody"}
    assert TEXTS.keys() - strings - built == set()


def test_values_of_closed_sets_have_chinese_names():
    stages = policy()["strategies"]
    assert table()["stages"].keys() == stages.keys()
    named = {name for rows in stages.values() for row in rows.values() for name in row}
    assert named <= table()["strategies"].keys()
    assert set(lexicon()["levels"]) == table()["levels"].keys()
