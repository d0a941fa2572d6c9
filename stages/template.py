"""template: data/views/<view>.parquet → data/instructions/{train,validation,test}.parquet, the mixture in words."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from pica.corpora import corpus
from pica.errors import DataError
from pica.instructions import Part, mixed, part
from pica.parallel import each
from pica.params import Mixture
from pica.schema import INSTRUCTION, SPLITS, to_row
from pica.stage import main
from pica.store import folder, write_json, write_rows, write_table

VIEWS = Path("data/views")
INSTRUCTIONS = Path("data/instructions")
METRICS = Path("metrics/mixture.json")
TABLE = Path("tables/mixture.csv")
COLUMNS = ["view", "task", "corpus", "language", "split", "available", "cap", "rows", "share"]


def run(mixture: Mixture, seed: int) -> None:
    """Draw each view's rows, put them into words, and write the three splits."""
    names = [name for name in sorted(path.stem for path in VIEWS.glob("*.parquet")) if _speaks(name, mixture)]
    parts = each(partial(part, folder=VIEWS, mixture=mixture, seed=seed), names, "template", unit="view")
    rows = {}
    with folder(INSTRUCTIONS) as out:
        for split in SPLITS:
            instructions = map(to_row, mixed(parts, split, seed))
            rows[split] = write_rows(out / f"{split}.parquet", instructions, INSTRUCTION)
    if not rows["train"]:
        raise DataError(f"no training row is left: no view in language={mixture.language} has any.")
    write_table(TABLE, _table(parts, rows), COLUMNS)
    write_json(METRICS, {"views": len(parts), **rows})


def _speaks(name: str, mixture: Mixture) -> bool:
    languages = corpus(name.partition("-")[0]).languages
    return mixture.language == "all" or mixture.language in languages


def _table(parts: list[Part], rows: dict[str, int]):
    for p in parts:
        for split in SPLITS:
            count = sum(row.split == split for row in p.instructions)
            yield {
                "view": p.view.name,
                "task": p.view.task,
                "corpus": p.view.name.partition("-")[0],
                "language": corpus(p.view.name.partition("-")[0]).languages[0],
                "split": split,
                "available": p.available[split],
                "cap": p.caps[split],
                "rows": count,
                "share": round(count / max(1, rows[split]), 6),
            }


if __name__ == "__main__":
    main(run)
