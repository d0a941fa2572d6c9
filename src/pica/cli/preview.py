"""`pica corpora check`: what a run would make of one dataset, found by the stages' own code in a temporary folder.

diary    train  validation  test
kept       176          33    31
no text      2           0     1
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from pica.cleaning.dataset_filter import filter_dataset, write_held_out
from pica.cleaning.leakage import HeldOut
from pica.cleaning.row_filter import KEPT, filter_rows
from pica.cli import terminal
from pica.cli.catalogue import count_statistics
from pica.cli.trace import Trace, trace_row
from pica.corpora import Corpus, catalogue
from pica.corpora import corpus as corpus_named
from pica.corpora.declared import raw_labels
from pica.errors import CorpusError, DataError
from pica.parallel import parallel_map
from pica.params import Filter, Params, Source
from pica.schema import SPLITS
from pica.sources.raw import fetch, is_available
from pica.tasks.reformat import write_views

# Undeclared labels that are told.
_TOLD = 50


@dataclass(frozen=True, slots=True)
class Preview:
    """What became of a dataset's rows.

    Args:
        outcomes: (split, KEPT or the reason) → rows.
        statistics: of the raw rows, as `pica corpora count` has them.
        views: a row a view and split, as tables/views.csv has them.
        leaks: (held-out set, "conversations" or "turns") → how many.
        compared: the datasets whose held-out sets were here to be compared with.
        made_up: whether those are the sample's.
        notes: what the user may not have meant.
        row: one row at every stage; None where no row goes on.
    """

    name: str
    outcomes: Counter[tuple[str, str]]
    statistics: Mapping[str, Sequence[int]]
    views: Sequence[Mapping[str, object]]
    leaks: Counter[tuple[str, str]]
    compared: Sequence[str]
    made_up: bool
    notes: Sequence[str]
    row: Trace | None

    @property
    def kept(self) -> int:
        """Rows of all splits that go on."""
        return _kept(self.outcomes)


def _kept(outcomes: Counter[tuple[str, str]]) -> int:
    return sum(count for (_, outcome), count in outcomes.items() if outcome == KEPT)


def of(corpus: Corpus, params: Params) -> Preview:
    """A dataset through download, filter and reformat, compared with the test sets that are on this machine.

    Raises:
        SourceError, CorpusError, DataError: as the stages.
    """
    source, name = params.source, corpus.name
    with TemporaryDirectory(prefix="pica-") as temporary:
        folder = Path(temporary)
        for part in ("raw", "kept", "rejected", "hashes", "views"):
            (folder / part).mkdir()
        with _all_labels(corpus, folder / "raw" / name):
            alone = _filtered(name, folder, source, params.filter)
        statistics = count_statistics(corpus.read(folder / "raw" / name))
        others = [c.name for c in catalogue().values() if c.name != name and is_available(c, source)]
        work = partial(_held_out, folder=folder, source=source, rules=params.filter)
        parallel_map(work, [name, *others], "test sets")
        held_out = HeldOut.gather(folder / "hashes")
        together = filter_dataset(name, params.filter, held_out, folder / "kept", folder / "rejected")
        row = trace_row(corpus, params, None, folder / "raw" / name) if _kept(alone) else None
        views = write_views(name, params.reformat, folder / "kept", folder / "views")
    outcomes = Counter(alone)
    for (split, reason), count in together.rejected.items():
        outcomes[split, KEPT] -= count
        outcomes[split, reason] += count
    made_up = source.kind == "sample"
    notes = list(_notes(corpus, outcomes, views))
    return Preview(name, +outcomes, statistics, views, together.leaks, others, made_up, notes, row)


def _filtered(name: str, folder: Path, source: Source, rules: Filter) -> Counter[tuple[str, str]]:
    raw = folder / "raw" / name
    if not raw.is_dir():
        raw.mkdir()
        fetch(corpus_named(name), source, raw)
    return filter_rows(name, folder / "raw", rules, folder / "kept", folder / "rejected").outcomes


def _held_out(name: str, folder: Path, source: Source, rules: Filter) -> None:
    if not (folder / f"kept/{name}.parquet").is_file():
        _filtered(name, folder, source, rules)
    write_held_out(name, folder / "kept", folder / "hashes")


@contextmanager
def _all_labels(corpus: Corpus, folder: Path) -> Iterator[None]:
    """Around a reader, which stops at the first label that is not declared: all of them, with their counts."""
    try:
        yield
    except CorpusError as error:
        key = next((key for key in ("label", "act") if error.problem.startswith(f"unknown {key} ")), None)
        if key is None or corpus.declared is None:
            raise
        known = {label.casefold() for label in (corpus.acts if key == "act" else corpus.emotions)}
        counts = raw_labels(corpus.declared, folder, key)
        unknown = Counter({label: count for label, count in counts.items() if label.casefold() not in known})
        told = ", ".join(f"{label!r} ({count:,})" for label, count in unknown.most_common(_TOLD))
        raise DataError(
            f"{corpus.name}: {len(unknown)} of the {key}s in the data are not declared, on {unknown.total():,} rows or "
            f"turns: {told}. Add them at `{key}s` in {corpus.name}.yaml, or correct them in the data; the first is in "
            f"{error.path}, {error.unit} {error.line}."
        ) from None


def _notes(corpus: Corpus, outcomes: Counter, views: Sequence[Mapping[str, object]]) -> Iterator[str]:
    kept = {split: outcomes[split, KEPT] for split in SPLITS}
    for split in SPLITS:
        if not kept[split]:
            yield f"there is no row for {split}"
    rejected = outcomes.total() - sum(kept.values())
    if rejected * 2 > outcomes.total():
        yield f"more than half of the rows are rejected: {rejected:,} of {outcomes.total():,}"
    for view in views:
        if view["split"] == "train" and not view["examples"] and kept["train"]:
            yield f"{view['view']} has no training example"
    if corpus.licence == "unstated":
        yield "no licence is stated; reports and cards name it"


def drawn(preview: Preview) -> RenderableType:
    """A preview, for the terminal."""
    return Group(
        Rule("rows", align="left"),
        terminal.counts(preview.name, _by_reason(preview.outcomes)),
        Rule("what is in the raw files", align="left"),
        terminal.counts(preview.name, preview.statistics),
        Rule("examples of each view", align="left"),
        terminal.counts(preview.name, _by_view(preview.views)),
        Rule("leaks", align="left"),
        *_leaks(preview),
        *(Text(f"! {note}", style="yellow") for note in preview.notes),
    )


def _by_reason(outcomes: Counter[tuple[str, str]]) -> dict[str, list[int]]:
    reasons = sorted({reason for _, reason in outcomes}, key=lambda reason: reason != KEPT)
    named = {reason: reason if reason == KEPT else f"rejected: {reason}" for reason in reasons}
    return {named[reason]: [outcomes[split, reason] for split in SPLITS] for reason in reasons}


def _by_view(views: Sequence[Mapping[str, object]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for view in views:
        found.setdefault(view["view"], [0] * len(SPLITS))[SPLITS.index(view["split"])] = view["examples"]
    return found


def _leaks(preview: Preview) -> Iterator[Text]:
    sets = sorted({held_out for held_out, _ in preview.leaks})
    for held_out in sets:
        gone, turns = (preview.leaks[held_out, kind] for kind in ("conversations", "turns"))
        yield Text(f"{held_out}: {gone:,} training rows go, {turns:,} turns are withheld in others")
    of = " (made-up rows of the sample)" if preview.made_up else ""
    end = "" if sets else ": no training row has a text of theirs"
    yield Text(f"compared with the test sets of {len(preview.compared)} datasets{of} and its own{end}", style="dim")
