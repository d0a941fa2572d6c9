"""Which datasets a run uses, and why others are left out, said once."""

from __future__ import annotations

import difflib
import sys

from pica.corpora import REPLAY, Corpus, catalogue, corpus
from pica.errors import DataError, SourceError
from pica.params import Source
from pica.sources.raw import own_folder, sample_folder


def select(datasets: str, source: Source) -> list[Corpus]:
    """The corpora that `datasets` names (names joined by `+`; `all` is every dataset) and that the source can give.

    Those that it cannot give are said on stderr when `all` was asked for, and an error when asked for by name. Those
    given only against an agreement are said in either case: not everybody who runs an experiment has signed it.
    General text, which is no dataset, comes along when it is named or when the user has given their folder of it.

    Raises:
        DataError: an unknown name, a dataset that the source does not have, or none left.
        SourceError: a folder of `source.manual` is not there, or is given for no dataset that reads one.
    """
    _check_manual(source)
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


def _check_manual(source: Source) -> None:
    """A folder that nobody would read is a spelling mistake, or a dataset whose files are named elsewhere."""
    known = {**catalogue(), REPLAY: corpus(REPLAY)}
    for name in filter(source.manual.get, source.manual):
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean source.manual.{close[0]}?" if close else f"The catalogue has: {', '.join(known)}."
            raise SourceError(f"source.manual.{name}: there is no such dataset. {hint}")
        if known[name].declared:
            raise SourceError(
                f"source.manual.{name}: {name} is declared in {name}.yaml, which names its files. Put the path there, "
                "under `files` or `hub`, and leave this out."
            )


def _why_absent(corpus: Corpus, source: Source) -> str:
    if corpus.declared or own_folder(corpus, source):
        return ""
    if source.kind == "sample":
        return "" if sample_folder(corpus).is_dir() else "the embedded sample has no rows of it"
    if corpus.agreement:
        return corpus.agreement
    if corpus.name == REPLAY:
        return f"it is your own text: give source.manual.{REPLAY}=/path/to/folder of .jsonl files"
    if source.kind == "mirror" and corpus.files:
        return ""
    if source.kind == "web" and (corpus.hub or (corpus.files and all(file.url for file in corpus.files))):
        return ""
    return (
        "no file of it is published at a pinned URL; where you have them, give "
        f"{'' if corpus.name in source.manual else '+'}source.manual.{corpus.name}=/path/to/folder"
    )
