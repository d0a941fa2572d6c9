"""No split of the sample shares a line with another one, but for the leaks that are made on purpose."""

import re
from random import Random

import pytest

from pica.corpora import corpus
from pica.sample import bank
from pica.sample.__main__ import FILES, MODULES
from pica.schema import SPLITS, Conversation
from tests.cleaning.support import Outcome, compare

# The training rows of which the filter must take something, as `pica.sample` lists them.
PLANTED = {
    "dailydialog": {"135", "136"},
    "emocontext": {"269", "270", "271"},
    "emorynlp": {"12", "42", "72"},
    "esconv": {"12", "30"},
    "goemotions": {"I can't even.", "Who brought the accordion?", "Good night, everybody."},
    "iemocap": {"Ses01M_script01_1", "Ses02M_script01_1", "Ses03M_script01_1"},
    "mastodon": {"8", "68", "128"},
    "meld": {"85", "86", "87"},
}
# Of the dataset whose rows another one tests on in another language, all that are for training.
TRANSLATED = {"personaminedit": r"valid-.*"}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> Outcome:
    rows = {name: [row for row in corpus(name).read(FILES / name) if isinstance(row, Conversation)] for name in MODULES}
    return compare(tmp_path_factory.mktemp("filter"), rows)


@pytest.mark.parametrize("name", MODULES)
def test_the_filter_takes_what_leaks_on_purpose_and_nothing_else(outcome, name):
    taken = {id for id, reason in outcome.reasons(name).items() if reason.startswith("its text stands in")}
    taken |= outcome.withheld(name).keys()
    # GoEmotions' ids are random letters; its comments tell themselves.
    texts = {c.id: c.turns[0].text for c in corpus(name).read(FILES / name) if isinstance(c, Conversation)}
    key = (lambda id: texts[id]) if name == "goemotions" else (lambda id: id.rpartition("/")[2])
    assert set(map(key, taken)) == PLANTED.get(name, set())


@pytest.mark.parametrize("name", TRANSLATED)
def test_what_is_tested_in_another_language_is_not_trained_on(outcome, name):
    translated = {id for id, why in outcome.reasons(name).items() if "in another language" in why}
    trained = {c.id for c in corpus(name).read(FILES / name) if isinstance(c, Conversation) and c.split == "train"}
    assert translated == {id for id in trained if re.fullmatch(TRANSLATED[name], id.split("/", 2)[2])}
    assert trained - translated


def test_one_leak_goes_from_a_dataset_to_another_and_costs_a_turn(outcome):
    (scene,) = [row for row in outcome.kept["meld"] if row.withheld]
    assert [scene.turns[turn].text for turn in scene.withheld] == [bank.QUOTED]
    assert outcome.compared["meld"].leaks["goemotions/test", "turns"] == 1


@pytest.mark.parametrize("size", [3, 7, 40])
def test_each_line_of_a_list_is_one_splits_own(size):
    lines = [f"line {number}" for number in range(size)]
    parts = [bank.own(lines, split) for split in SPLITS]
    assert all(parts)
    assert sorted(line for part in parts for line in part) == sorted(lines)
    for split, part in zip(SPLITS, parts, strict=True):
        rng = bank.Part(Random(7), split)
        assert {bank.pick(rng, lines) for _ in range(400)} == set(part)
