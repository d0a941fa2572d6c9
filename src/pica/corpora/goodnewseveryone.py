"""GoodNewsEveryone: headlines of 2019, each with its dominant emotion and, in most, the words that say what causes it.

`gne_fix.jsonl` has 112 of the 5,000 in the native layout, with spans that SRL4E corrected; a line (here on several) is:

    {"id": "0d5e21aa", "headline": "Village Cheers as Lost Tortoise Walks Home", "url": "…", "meta": {…},
     "annotations": {"dominant_emotion": {"raw": {…}, "gold": "joy"},
                     "cause": {"raw": {…}, "gold": [["lost tortoise walks home"]]}, …}}

`[["a"], ["b"]]` are two causes, `[["a", "b"]]` two versions of one, of which the first is taken, `[[]]` is none.
Spans are in lower case, and some have other punctuation than the headline: they are found whatever their case and
punctuation, and taken in the headline's own characters. `and#039;` stands for an apostrophe. An id may stand on several
headlines, so a conversation's id is the file and line it comes from.

The release itself, `gne-release-v1.0.jsonl` (IMS Stuttgart), is read where it lies in the folder; no hash of it is
known, so it is not pinned. Without it the other headlines come from a copy in TSV, whose columns of roles hold JSON:
in 25 cells a quote is escaped twice. Somebody has put other names for Russia and Putin in this copy, so every row with
one of these is rejected, and the few that had it before the alteration with them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View, split_by_group
from pica.schema import Cause, Conversation, Rejected, Turn

_FIXED_URL = (
    "https://raw.githubusercontent.com/SapienzaNLP/srl4e/cd5121f8e017e5d1c3b610cca1ba5f313b78b19e/data/datasets"
)
_ALTERED_URL = "https://raw.githubusercontent.com/sillyfoolly/Python/5ab54a374c7e0d8790911dee61ca438b8b8626f7"

EMOTIONS = (
    "anger",
    "annoyance",
    "disgust",
    "fear",
    "guilt",
    "joy",
    "love_including_like",
    "negative_anticipation_including_pessimism",
    "negative_surprise",
    "positive_anticipation_including_optimism",
    "positive_surprise",
    "pride",
    "sadness",
    "shame",
    "trust",
)

_FIXED, _RELEASE, _ALTERED = "gne_fix.jsonl", "gne-release-v1.0.jsonl", "altered_copy/gne-release-v1.0.tsv"
_COLUMNS = (
    "id",
    "headline",
    "url",
    "bias_horizontal",
    "bias_vertical",
    "country",
    "source",
    "dominant_emotion",
    "intensity",
    "cause",
    "experiencer",
    "target",
    "cue",
    "other_emotions",
    "reader_emotions",
)
# Egypt for Russia, Petr for Putin.
_PUT_IN = re.compile("egypt|petr", re.IGNORECASE)


class _Row(NamedTuple):
    """A headline out of any of the files; `key` is the file and the line, `raw` the whole row."""

    key: str
    headline: str
    emotion: str
    causes: tuple[str, ...]
    raw: dict[str, Any]
    altered: bool = False


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation of one turn a headline, those with corrected spans first."""
    release = folder / _RELEASE
    others = _native_rows(release, "release") if release.exists() else _altered_rows(folder / _ALTERED)
    seen: set[str] = set()
    for row in chain(_native_rows(folder / _FIXED, "fix"), others):
        yield _record(row, seen)
        seen.add(row.headline)


def _native_rows(path: Path, name: str) -> Iterator[_Row]:
    for at, row in native.json_lines(path, terminated=True):
        annotations = at.field(row, "annotations", dict)
        emotion = at.field(at.field(annotations, "dominant_emotion", dict), "gold", str)
        causes = at.field(at.field(annotations, "cause", dict), "gold", list)
        yield _row(at, name, row, at.field(row, "headline", str), emotion, causes)


def _altered_rows(path: Path) -> Iterator[_Row]:
    for at, row in native.table(path, _COLUMNS, delimiter="\t", terminated=True, one_line=True):
        parsed = _row(at, "altered", row, row["headline"], row["dominant_emotion"], _cell(at, row["cause"]))
        yield parsed._replace(altered=any(map(_PUT_IN.search, row.values())))


def _cell(at: native.At, cell: str) -> Any:
    """The JSON in a cell, if need be with its doubly escaped quotes mended."""
    for text in (cell, cell.replace('\\\\"', '\\"')):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            continue
    at.fail(f"expected lists of causes in JSON, found {cell[:60]!r}")


def _row(at: native.At, name: str, raw: dict[str, Any], headline: str, emotion: str, causes: Any) -> _Row:
    return _Row(
        key=f"{name}-{at.line}",
        headline=at.text(_mended(headline), "headline"),
        emotion=at.label(emotion, EMOTIONS, "dominant_emotion"),
        causes=tuple(_first_versions(at, causes)),
        raw=raw,
    )


def _first_versions(at: native.At, causes: Any) -> Iterator[str]:
    if not isinstance(causes, list):
        at.fail("'cause' should be a list of lists of texts")
    for versions in causes:
        if not (isinstance(versions, list) and all(isinstance(version, str) for version in versions)):
            at.fail("'cause' should be a list of lists of texts")
        if versions:
            # Versions were told apart by `;`, which has cut some at an `and#039;`.
            yield _mended(";".join(versions)).split(";")[0]


def _mended(text: str) -> str:
    return re.sub("and#039;?", "'", text)


def _record(row: _Row, seen: set[str]) -> Conversation | Rejected:
    split = split_by_group(f"goodnewseveryone/{row.headline}")
    identifier = f"goodnewseveryone/{split}/{row.key}"
    spans = [native.quoted(row.headline, cause) for cause in row.causes]
    reason = None
    if row.altered:
        reason = "altered in this copy"
    elif row.headline in seen:
        reason = "the headline stands in an earlier row"
    elif None in spans:
        reason = "a cause that is not in the headline"
    if reason:
        return Rejected(identifier, "goodnewseveryone", split, reason, json.dumps(row.raw, ensure_ascii=False))
    return Conversation(
        id=identifier,
        corpus="goodnewseveryone",
        split=split,
        language="en",
        turns=(Turn("headline", row.headline),),
        emotion=row.emotion,
        causes=tuple(Cause(turn=0, emotion=row.emotion, cause_turn=0, span=span) for span in spans),
    )


CORPUS = Corpus(
    name="goodnewseveryone",
    title="GoodNewsEveryone: news headlines annotated with emotions, semantic roles and reader perception",
    homepage="https://www.ims.uni-stuttgart.de/en/research/resources/corpora/goodnewseveryone/",
    citation=(
        "Bostan, Kim, Klinger. GoodNewsEveryone: A Corpus of News Headlines Annotated with Emotions, Semantic Roles, "
        "and Reader Perception. LREC 2020; corrected spans: Campagnano, Conia, Navigli. SRL4E. ACL 2022"
    ),
    # The annotations, and the spans that SRL4E corrected. The headlines are their publishers'.
    licence="CC-BY-4.0 AND CC-BY-NC-4.0",
    # The annotations alone would allow it, but neither the corrected spans nor anyone's word on the headlines does.
    commercial=False,
    redistributable=True,
    personal=True,
    languages=("en",),
    read=read,
    emotions=EMOTIONS,
    views=(
        View("goodnewseveryone-cause", "emotion_cause", 2000, asks="cause"),
        View(
            "goodnewseveryone-classification",
            "text_emotion",
            2000,
            asks="emotion",
            of="conversation",
            labels=EMOTIONS,
        ),
    ),
    files=(
        File(
            "gne_fix.jsonl",
            f"{_FIXED_URL}/gne_fix.jsonl",
            "4ebc40f19f8a9c7bdcfdb3c050c8e0759ce9bed51d5ec615383aa3b9495a3c78",
            227035,
        ),
        File(
            "altered_copy/gne-release-v1.0.tsv",
            f"{_ALTERED_URL}/gne-release-v1.0.tsv",
            "7dda5c3bb0ae2a8979d649f23ebccbed11231413ededc26724f8a71f8c138953",
            2036072,
        ),
    ),
)
