"""Outside sets: benchmarks that others made, for evaluation only. Nothing is ever trained on them, and `filter` takes
from training what stands in them.

    tombench   theory of mind, its emotion part; multiple choice, in English and Chinese
    cpsyexam   Chinese examinations in psychology, one right answer of four or five
    eqbench2   the intensity, 0 to 10, of four emotions at the end of an English dialogue

A set is a module that says where its files are published and how they read; `sets` has all of them. `download` writes
their questions to one file, data/outside.json.
"""
