"""What a judge said about replies, as tables of the page: metrics/judge.json, which `pica judge` writes.

{"system": "tuned", "other": "base", "pairwise": [{"group": "all", "n": 50, "win_rate": 54.0, …}], …}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pica.reporting.tables import Cell, Table, title


class Judgement(NamedTuple):
    """One comparison on the page."""

    heading: str
    judge: str
    remarks: Sequence[str]
    tables: Sequence[Table]


def judgements(found: Sequence[Mapping[str, Any]]) -> list[Judgement]:
    """The comparisons, in the order given."""
    return [
        Judgement(
            f"{title(each['system'])} against {title(each['other'])}",
            f"{each['judge']['name']}, form {each['forms']['version']}",
            each["remarks"],
            [table for table in (_pairwise(each), _ratings(each), _length(each)) if table.rows],
        )
        for each in found
    ]


def _pairwise(found: Mapping[str, Any]) -> Table:
    rows = [
        [
            Cell(row["group"]),
            Cell(f"{row['n']:,}"),
            *(Cell(f"{row[name]:.1f}") for name in ("wins", "ties", "losses")),
            Cell(f"{row['win_rate']:.1f}", _interval(row, 1)),
        ]
        for row in found["pairwise"]
    ]
    caption = "Pairs in both orders, in per cent. In the win rate a tie is half a win."
    return Table(caption, ["Pairs", "n", "Wins", "Ties", "Losses", "Win rate"], rows)


def _ratings(found: Mapping[str, Any]) -> Table:
    rows = [
        [
            Cell(row["rating"]),
            Cell(f"{row['n']:,}"),
            *(Cell(f"{row[side]:.2f}") for side in ("ours", "theirs")),
            Cell(f"{row['difference']:+.2f}", _interval(row, 2)),
        ]
        for row in found["ratings"]
    ]
    header = ["Rating", "n", title(found["system"]), title(found["other"]), "Difference"]
    return Table("Ratings from 1 to 5, and their paired difference.", header, rows)


def _length(found: Mapping[str, Any]) -> Table:
    rows = [[Cell(row["length"]), Cell(f"{row['n']:,}"), Cell(f"{row['win_rate']:.1f}")] for row in found["length"]]
    caption = "Win rate by the length of the reply beside the other's."
    return Table(caption, ["Ratio of lengths", "n", "Win rate"], rows)


def _interval(row: Mapping[str, Any], digits: int) -> str:
    return f"{row['low']:.{digits}f} to {row['high']:.{digits}f}" if "low" in row else ""
