"""One row at every stage: raw, conversation, what `filter` says, each view's example, and the tokens that are trained.

meld/train/4
raw        train_sent_emo.csv, line 12:  31,"You sold the piano, and you told nobody?",Ruth,surprise,…
…
trained    <|im_start|>user⏎Which emotion …<|im_start|>assistant⏎⟦surprise<|im_end|>⟧
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from pica.cleaning.clean import clean_conversation, masked, masked_errors, masked_rejection
from pica.cleaning.rules import rejection_reason
from pica.corpora import Corpus, View, native
from pica.corpora.declaration import Declaration
from pica.corpora.declared import places
from pica.errors import DataError, SourceError
from pica.params import Params, Source
from pica.schema import Conversation, Example, Rejected, to_row
from pica.sources.raw import fetch, is_available, own_folder, sample_folder
from pica.tasks import examples

# Without an id, the row shown is the first of so many that has the most views.
_LOOKED_AT = 200
# Characters of a raw line that are shown; a JSON file may be one line.
_SHOWN = 400
_SIGNS = re.compile(r"[\W_]+")
# Plain letters and blanks, pieces of such a run, and the shortest run by which a raw line can be found.
_RUN = re.compile(r"[^\W_]+(?: [^\W_]+)*")
_PIECE = re.compile(r"[^\W_]+(?: [^\W_]+){3}|[^\W_]{8}")
_TELLING = 4
# The most lines between two turns of a row, in a layout with a field a line.
_GAP = 12
# A character as JSON may escape it.
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row was found in the raw files. `line` is 1-based, of a Parquet file the row."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Trace:
    """One row, from raw to examples.

    Args:
        row: what the reader gives.
        raw: the native lines that hold its turns; empty where they cannot be told by their words. Personal data is
            masked here as `filter` masks it.
        reason: why the filter rejects it, looked at by itself; None when it goes on, `clean`.
        clean: the conversation after text repair and masking.
        views: (view, its first example of this row, how many there are); no example where the view has none of it.
    """

    row: Conversation | Rejected
    raw: Sequence[Place]
    reason: str | None
    clean: Conversation | None
    views: Sequence[tuple[View, Example | None, int]]


def trace_row(corpus: Corpus, params: Params, id: str | None, raw: Path | None = None) -> Trace:
    """The row of that id, or one that has the most views, through the stages as the parameters have them.

    Args:
        raw: the raw files; without it, those of the current source.

    Raises:
        DataError: there is no row of that id.
        SourceError: the raw files are not here.
    """
    masking = params.filter.mask and corpus.personal
    with (
        nullcontext(raw) if raw else raw_files(corpus, params.source) as folder,
        masked_errors() if masking else nullcontext(),
    ):
        row = _named(corpus, folder, id) if id else _telling(corpus, folder, params)
        find = _places if corpus.declared is None else partial(_declared_places, corpus.declared)
        raw_lines = list(find(folder, row, masked if masking else str))
        return Trace(_masked(row) if masking else row, raw_lines, *_stages(corpus, row, params))


@contextmanager
def raw_files(corpus: Corpus, source: Source) -> Iterator[Path]:
    """A folder with the raw files of a corpus, from the current source. Nothing is downloaded.

    Raises:
        SourceError: they are not here, or not the pinned ones.
    """
    if not is_available(corpus, source):
        raise SourceError(
            corpus.agreement
            or f"the raw files of {corpus.name} are not here. `dvc repro download` fetches them, "
            f"or take its made-up rows: `pica compose source=sample`."
        )
    if own := own_folder(corpus, source):
        yield own
    elif source.kind == "sample" and corpus.declared is None:
        yield sample_folder(corpus)
    else:
        with TemporaryDirectory(prefix="pica-") as folder:
            fetch(corpus, source, Path(folder))
            yield Path(folder)


def _named(corpus: Corpus, folder: Path, id: str) -> Conversation | Rejected:
    first = None
    for row in corpus.read(folder):
        if row.id == id:
            return row
        first = first or row.id
    raise DataError(f"{corpus.name} has no row {id} in this source. Its ids look like {first}.")


def _telling(corpus: Corpus, folder: Path, params: Params) -> Conversation:
    read = (row for row in corpus.read(folder) if isinstance(row, Conversation))
    best, most = None, -1
    for row in islice(read, _LOOKED_AT):
        found = sum(count > 0 for _, _, count in _stages(corpus, row, params)[2])
        if found > most:
            best, most = row, found
        if most == len(corpus.views):
            break
    if best is None:
        raise DataError(f"{corpus.name} has no conversation in this source.")
    return best


def _stages(corpus: Corpus, row: Conversation | Rejected, params: Params):
    """The last three fields of a Trace."""
    if isinstance(row, Rejected):
        return row.reason, None, ()  # in the reader's own words
    masking = params.filter.mask and corpus.personal
    clean = clean_conversation(row, masking, Counter())
    if reason := rejection_reason(clean, corpus, params.filter):
        return masked(reason) if masking else reason, None, ()
    views = []
    for view in (each.grouped(params.reformat.groups) for each in corpus.views):
        made = list(examples(clean, view, params.reformat.history_turns))
        views.append((view, made[0] if made else None, len(made)))
    return None, clean, views


def _masked(row: Conversation | Rejected) -> Conversation | Rejected:
    if isinstance(row, Rejected):
        return masked_rejection(row)
    return replace(Conversation.from_row(masked(to_row(row))), id=row.id)


def _declared_places(
    declared: Declaration, folder: Path, row: Conversation | Rejected, shown: Callable[[str], str]
) -> Iterator[Place]:
    """The native lines of a row whose reader says where it stands."""
    decode = native.encoded(declared.encoding)
    for place in places(declared, folder, row.id):
        name = place.path.relative_to(folder).as_posix()
        if place.row is not None:
            text = json.dumps(place.row, ensure_ascii=False, default=str)
            yield Place(name, place.first, _excerpt(shown(text), ""))
            continue
        lines = islice(native.lines(place.path, decode), place.first - 1, place.last)
        for number, (_, text) in enumerate(lines, start=place.first):
            # Empty lines may stand between two rows, and in one.
            if text.strip():
                yield Place(name, number, _excerpt(shown(text), ""))


def _places(folder: Path, row: Conversation | Rejected, shown: Callable[[str], str]) -> Iterator[Place]:
    """The native lines that hold the row's words: that with its longest turn, and those of its other turns around it.

    Found by plain runs of letters, which no quoting, escape or encoding changes; so a text that stands in the files
    twice is shown at one of its places.
    """
    texts = [turn.text for turn in row.turns] if isinstance(row, Conversation) else [row.row]
    runs = {run: text for text in texts if len(run := _longest_run(text)) >= _TELLING}
    if not runs:
        return
    longest = max(runs, key=len)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    # The whole text but for signs and blanks; else its longest run; else a piece of that, where marks break it up; else
    # the run without its blanks, since Chinese words may be cut apart in the file.
    for words, whole, read in (
        (longest, _letters(runs[longest]), str),
        (longest, "", str),
        *((p, "", str) for p in _PIECE.findall(longest)),
        (_letters(longest), "", _letters),
    ):
        found = [
            (len(line), path, number)
            for path in paths
            for number, line in enumerate(_lines(path))
            if words in read(line) and whole in _letters(line)
        ]
        if found:
            _, path, number = min(found)  # the shortest line: the text and little else
            yield from _around(path, folder, number, [words, *map(read, runs)], _GAP * len(texts), shown, read)
            return


def _letters(text: str) -> str:
    return _SIGNS.sub("", text)


def _around(
    path: Path,
    folder: Path,
    found: int,
    words: Sequence[str],
    reach: int,
    shown: Callable[[str], str],
    read: Callable[[str], str],
) -> Iterator[Place]:
    """The lines within reach of line `found` that hold any of the words, as `read` reads them, and hang together."""
    first = max(0, found - reach)
    near = dict(islice(enumerate(_lines(path)), first, found + reach + 1))
    holding = [number for number, line in near.items() if any(run in read(line) for run in words)]
    for step in (-1, 1):  # from the found line outwards, cut where there is a gap
        side = sorted((n for n in holding if (n - found) * step > 0), key=lambda n: abs(n - found))
        ends = [n for last, n in pairwise([found, *side]) if abs(n - last) > _GAP]
        holding = [n for n in holding if not ends or (n - ends[0]) * step < 0]
    for number in holding:
        run = next(run for run in words if run in read(near[number]))
        yield Place(path.relative_to(folder).as_posix(), number + 1, _excerpt(shown(near[number]), run))


def _longest_run(text: str) -> str:
    return max(_RUN.findall(text), key=len, default="").strip()


def _lines(path: Path) -> Iterator[str]:
    """The lines of a text file, of any encoding that keeps ASCII, or the rows of a Parquet file as JSON."""
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1_000):
                yield from (json.dumps(row, ensure_ascii=False, default=str) for row in batch.to_pylist())
        return
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for line in file:
            yield _ESCAPED.sub(lambda match: chr(int(match[1], 16)), line.rstrip())


def _excerpt(line: str, words: str) -> str:
    # Masked, the line may lack the words; it is shown from its start then.
    start = max(0, line.find(words) - _SHOWN // 2) if len(line) > _SHOWN else 0
    end = start + _SHOWN
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
