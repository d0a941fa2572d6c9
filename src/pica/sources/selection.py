"""Which datasets a run uses, and why others are left out, said once."""

from __future__ import annotations

import sys

from pica.corpora import REPLAY, Corpus, catalogue, corpus
from pica.errors import DataError
from pica.params import Source
from pica.sources.raw import own_folder, sample_folder


def select(datasets: str, source: Source) -> list[Corpus]:
    """The corpora that `datasets` names (names joined by `+`; `all` is every dataset) and that the source can give.

    Those that it cannot give are said on stderr when `all` was asked for, and an error when asked for by name. Those
    given only against an agreement are said in either case: not everybody who runs an experiment has signed it.
    General text, which is no dataset, comes along when it is named or when the user has given their folder of it.

    Raises:
        DataError: an unknown name, a dataset that the source does not have, or none left.
        SourceError: a folder of `source.manual` is not there.
    """
    named = list(dict.fromkeys(datasets.split("+")))
    asked = list(catalogue().values()) if "all" in named else []
    asked += [c for name in named if name != "all" and (c := corpus(name)) not in asked]
    general = corpus(REPLAY)
    if general not in asked and own_folder(general, source):
        asked.append(general)
    absent = {c.name: why for c in asked if (why := _why_absent(c, source))}
    if refused := [name for name in absent if name in named and not corpus(name).agreement]:
        raise DataError("; ".join(f"{name}: {absent[name]}" for name in refused))
    for name, why in absent.items():
        print(f"left out {name}: {why}", file=sys.stderr)
    present = [c for c in asked if c.name not in absent]
    if not present:
        raise DataError(f"no dataset is left of datasets={datasets}.")
    return present


def _why_absent(corpus: Corpus, source: Source) -> str:
    if corpus.declared or own_folder(corpus, source):
        return ""
    if source.kind == "sample":
        return "" if sample_folder(corpus).is_dir() else "the embedded sample has no rows of it"
    if corpus.agreement:
        return corpus.agreement
    if corpus.name == REPLAY:
        return f"it is your own text: give source.manual.{REPLAY}=/path/to/folder of .jsonl files"
    if corpus.files or (corpus.hub and source.kind == "web"):
        return ""
    return "no file of it is published at a pinned URL"
