"""An independent look for leaks: it shares no code with PICA, reads only with pyarrow, and prints what it finds.

    python tests/real/leak_check.py data/filtered            # or data/views
    python tests/real/leak_check.py data/filtered meld dailydialog
    python tests/real/leak_check.py --raw /path/to/mirror    # two leaks of the raw files that are well known

A training text leaks when it is, but for case, punctuation and blanks, a validation or test text of any dataset of 6
words or more (of 10 Chinese characters or more), or when it shares 13 words (22 Chinese characters) in a row with one.
Exit code 1 when one does.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

COLUMNS = ("split", "language", "turns", "situation", "withheld", "view", "answer", "candidates")
EXACT, NEAR = {"en": 6, "zh": 10}, {"en": 13, "zh": 22}


class Text(NamedTuple):
    """A text of a row; `place` is the dataset or view and the split."""

    place: str
    train: bool
    language: str
    words: list[str]


def main(folder: Path, names: Sequence[str] = ()) -> Counter[tuple[str, str]]:
    """(held-out set, training set) → different training texts that leak."""
    known: dict[object, set[str]] = {}
    for text in texts(folder, names):
        if not text.train:
            for piece in held_out(text):
                known.setdefault(piece, set()).add(text.place)
    found: Counter[tuple[str, str]] = Counter()
    seen: set[tuple[str, str]] = set()
    for text in texts(folder, names):
        whole = "".join(text.words)
        if text.train and (text.place, whole) not in seen:
            seen.add((text.place, whole))
            places = known.get(whole, set()).union(*(known.get(run, ()) for run in runs(text)))
            found.update((place, text.place) for place in places)
    return found


def texts(folder: Path, names: Sequence[str]) -> Iterator[Text]:
    """All that is said, told and, in data/views, answered in running text; withheld turns are not shown to anybody."""
    for path in sorted(folder.glob("*.parquet")):
        if names and path.stem.partition("-")[0] not in names:
            continue
        file = pq.ParquetFile(path)
        columns = [name for name in COLUMNS if name in file.schema_arrow.names]
        for batch in file.iter_batches(batch_size=1000, columns=columns):
            for row in batch.to_pylist():
                withheld = row.get("withheld") or () if row["split"] == "train" else ()
                said = [turn["text"] for number, turn in enumerate(row["turns"]) if number not in withheld]
                for text in (*said, row["situation"] or "", *answers(row)):
                    yield Text(f"{path.stem} {row['split']}", row["split"] == "train", row["language"], words(text))


def answers(row: dict) -> Iterator[str]:
    """Replies, situations and causes."""
    if row.get("answer") and not row["candidates"] and "persona-inference" not in row["view"]:
        yield from row["answer"].split("\n") if row["view"].endswith("-cause") else (row["answer"],)


def words(text: str) -> list[str]:
    """Runs of letters and digits in lower case; Chinese characters one by one."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.findall("[\u3400-\u4dbf\u4e00-\u9fff]|[^\\W_\u3400-\u4dbf\u4e00-\u9fff]+", folded)


def held_out(text: Text) -> Iterator[object]:
    """What of a held-out text no training text may have."""
    if len(text.words) >= EXACT[text.language]:
        yield "".join(text.words)
    yield from runs(text)


def runs(text: Text) -> Iterator[tuple[int, int]]:
    """Words in a row, as hashes: they fill less memory."""
    size = NEAR[text.language]
    for start in range(len(text.words) - size + 1):
        yield size, hash(tuple(text.words[start : start + size]))


# The raw files


def known(mirror: Path) -> dict[str, tuple[int, int]]:
    """What leaks in the raw files → how many, of how many."""
    meld = long_lines(row["Utterance"] for row in csv_rows(mirror / "meld/test_sent_emo.csv"))
    emory = long_lines(row["text"] for scene in json_of(mirror / "emorynlp/train_data.json") for row in scene)
    reccon = json_of(mirror / "reccon/dailydialog_test.json")
    return {
        "MELD test texts of 6 words or more in EmoryNLP's train": (len(meld & emory), len(meld)),
        "RECCON test dialogues in DailyDialog's train": (sum(id.startswith("tr_") for id in reccon), len(reccon)),
    }


def long_lines(lines: Iterable[str]) -> set[str]:
    """Lines of 6 words or more, by their letters and digits; cp1252's signs, wrongly decoded, are none."""
    return {re.sub("[^a-z0-9]", "", line.lower()) for line in lines if len(line.split()) >= EXACT["en"]}


def csv_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def json_of(path: Path) -> Any:
    """What a JSON file holds."""
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    if sys.argv[1] == "--raw":
        for what, (some, all_of_them) in known(Path(sys.argv[2])).items():
            print(f"{some} of {all_of_them} {what}")
        sys.exit()
    leaks = main(Path(sys.argv[1]), sys.argv[2:])
    for (held, train), count in sorted(leaks.items()):
        print(f"{count:6} texts of {train} stand in {held}")
    print(f"{sum(leaks.values())} leaks")
    sys.exit(bool(leaks))
