"""What the catalogue has: the table of `pica corpora`, the READMEs' table, how often each label stands in raw files.

meld   classification, generation   1,038  114  280   GPL-3.0-only   here
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pica.corpora import Corpus, catalogue
from pica.params import Source
from pica.schema import CONVERSATION, LABEL_SEPARATOR, SPLITS, Conversation, Rejected
from pica.sources.raw import is_available
from pica.store import read_rows


@dataclass(frozen=True, slots=True)
class Entry:
    """One dataset: split → rows that `filter` kept (None where it has not run), and whether its raw files are here."""

    corpus: Corpus
    rows: Counter[str] | None
    here: bool

    @property
    def files(self) -> str:
        """Where its files are, in a word or two."""
        if self.here:
            return "here"
        return "on application" if self.corpus.agreement else "not here"


def entries(source: Source, filtered: Path) -> list[Entry]:
    """The whole catalogue, as the current source has it.

    Args:
        source: where raw files come from.
        filtered: the folder of <corpus>.parquet; it need not exist.

    Raises:
        SourceError: a folder that the parameters name is not there.
    """
    return [Entry(c, _rows(filtered / f"{c.name}.parquet"), is_available(c, source)) for c in catalogue().values()]


def _rows(path: Path) -> Counter[str] | None:
    if not path.is_file():
        return None
    return Counter(row["split"] for row in read_rows(path, CONVERSATION, columns=("split",)))


def view_suffixes(corpus: Corpus) -> list[str]:
    """The names of a corpus's views without its own."""
    return [view.name.removeprefix(f"{corpus.name}-") for view in corpus.views]


# Language → what stands above the READMEs' table, and its header.
_WORDS = {
    "en": (
        "{datasets} datasets, {views} task versions (views). A view's full name is `<dataset>-<view>`.",
        "| dataset | language | licence | commercial use | views |",
        ("yes", "no", "on application only"),
    ),
    "zh": (
        "{datasets} 个数据集，{views} 个任务版本（view）。完整的名称是 `<数据集>-<view>`。",
        "| 数据集 | 语言 | 许可 | 可商用 | view |",
        ("是", "否", "须申请"),
    ),
}


def markdown(language: str) -> str:
    """The READMEs' table of datasets and views, in English ("en") or Chinese ("zh")."""
    intro, header, (yes, no, applied) = _WORDS[language]
    views = sum(len(corpus.views) for corpus in catalogue().values())
    lines = [intro.format(datasets=len(catalogue()), views=views), "", header, "|---|---|---|---|---|"]
    for corpus in catalogue().values():
        cells = (
            f"[{corpus.name}]({corpus.homepage})",
            ", ".join(corpus.languages),
            corpus.licence + (f" ({applied})" if corpus.agreement else ""),
            yes if corpus.commercial else no,
            ", ".join(f"`{name}`" for name in view_suffixes(corpus)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def count_statistics(rows: Iterable[Conversation | Rejected]) -> dict[str, tuple[int, ...]]:
    """What a reader gives, counted: statistic → (train, validation, test).

    Statistics are "conversations", "turns", "causes", "situations", "personas", "emotion <label>" of conversations,
    "turn emotion <label>", "act <label>" and "rejected: <reason>"; those that the corpus has.
    """
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        for statistic, number in _statistics(row).items():
            counts.setdefault(statistic, Counter())[row.split] += number
    return {statistic: tuple(by_split[split] for split in SPLITS) for statistic, by_split in counts.items()}


def _statistics(row: Conversation | Rejected) -> Counter[str]:
    if isinstance(row, Rejected):
        return Counter([f"rejected: {row.reason}"])
    found = Counter(conversations=1, turns=len(row.turns))
    found.update(f"emotion {label}" for label in (row.emotion or "").split(LABEL_SEPARATOR) if label)
    found.update(f"turn emotion {turn.emotion}" for turn in row.turns if turn.emotion)
    found.update(f"act {turn.act}" for turn in row.turns if turn.act)
    found.update({"causes": len(row.causes), "situations": bool(row.situation), "personas": len(row.personas)})
    return +found
