"""What an outside set asks is not trained on."""

from __future__ import annotations

import numpy as np

from pica.cleaning.leakage import HeldOut, leaking_texts, translations
from pica.cleaning.outside import write_held_out
from pica.outside.question import write
from pica.outside.sets import questions
from pica.sources.outside import sample_folder


def test_texts_of_outside_sets_are_held_out(tmp_path):
    asked = questions(sample_folder())
    write(tmp_path / "outside.json", asked)
    (tmp_path / "hashes").mkdir()
    write_held_out(tmp_path / "outside.json", tmp_path / "hashes")
    held_out = HeldOut.gather(tmp_path / "hashes")
    english = next(q for q in asked if q.group == "tombench-en")
    chinese = next(q for q in asked if q.group == "cpsyexam-zh")
    dialogue = next(q for q in asked if q.group == "eqbench2")
    texts = [
        english.story.upper(),
        chinese.question + "。",
        "I would have sold it too, I know. I would have sold it too. I only wish that I had played it once more.",
        "Nobody has asked anything like this before, and nobody will.",
    ]
    languages = np.array(["en", "zh", "en", "en"], dtype=object)
    assert "played it once more" in dialogue.dialogue
    assert leaking_texts(texts, languages, held_out) == {0: "tombench/test", 1: "cpsyexam/test", 2: "eqbench2/test"}
    assert translations(["meld/train/1"], "meld", held_out) == {}, "they are no datasets, and translate none"
