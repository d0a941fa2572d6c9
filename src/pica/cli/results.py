"""`pica results`: docs/results.md, from the tables beside it. `--keep NAME` adds those of the last run of the pipeline;
`--mirror FOLDER` makes those of the baselines anew from real files.

The baselines' stages run in a folder of their own, `.pica/results`, with the parameters of `experiment=results`:
neither params.yaml nor what DVC keeps changes.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from pica.cli.ask import written_file
from pica.errors import DataError, PicaError, SourceError, report_errors
from pica.workspace import from_here

if TYPE_CHECKING:
    import pandas as pd

    from pica.params import Params

PAGE, TABLES = Path("docs/results.md"), Path("docs/results")
WORK = Path(".pica/results")
_NAME = re.compile(r"\w[\w.-]*", re.ASCII)
# What the stages find by its place.
LINKED = ("stages", "conf", "src")
# Times the rows of a view: 28 labels want more.
_OF_GOEMOTIONS = 4
STAGES = ("download", "filter", "reformat", "template")


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser("results", help="docs/results.md: what was measured on the real datasets")
    command.add_argument("--keep", metavar="NAME", help="add the last run's numbers, as docs/results/NAME/")
    command.add_argument(
        "--mirror", type=from_here, metavar="FOLDER", help="make the baselines' tables anew from these real files"
    )
    command.add_argument("--page", type=written_file, default=PAGE, metavar="FILE", help=f"{PAGE}")
    command.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="of conf/experiment/results.yaml")
    command.set_defaults(run=run, takes_rest="overrides")


def run(options: argparse.Namespace) -> None:
    """Make the tables where a mirror is given, keep those of a run where a name is, and make the page."""
    from pica.params import load
    from pica.results import learning_curve, model_run
    from pica.results.kept_runs import families
    from pica.results.page import render
    from pica.store import atomic_path

    tables = options.page.with_suffix("")
    if options.mirror:
        _make(options.mirror.expanduser().resolve(), tables, options.overrides)
    elif options.overrides:
        raise PicaError("parameters are of the run that makes the tables: give --mirror FOLDER too.")
    if options.keep:
        if not _NAME.fullmatch(options.keep):
            raise PicaError(f"--keep {options.keep}: a name of letters, digits, `.`, `-` and `_`.")
        model_run.keep(tables / options.keep, load(Path("params.yaml")))
    for family in families(tables):
        learning_curve.draw(family.curve)
    with atomic_path(options.page) as page:
        page.write_text(render(tables), encoding="utf-8")
    print(f"{options.page} is made of {tables}/.")


def _make(mirror: Path, tables: Path, overrides: Sequence[str]) -> None:
    from pica.params import compose, to_yaml, validated

    if not mirror.is_dir():
        raise SourceError(f"the mirror folder {mirror} is not there.")
    place = f'source.path="{mirror}"'
    config = compose(Path("conf"), ["experiment=results", place, *overrides])
    params = validated(config, Path("conf"))
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    for name in LINKED:
        (WORK / name).symlink_to(Path(name).resolve())
    (WORK / "params.yaml").write_text(to_yaml(config), encoding="utf-8")
    started = time.monotonic()
    for stage in STAGES:
        _run(["-m", "pica.stage", stage])
    _evaluate(list(params.systems))
    _run(["-m", "pica.cli.results", "multi-label"])
    _keep(tables, params, time.monotonic() - started)


def _evaluate(systems: Sequence[str]) -> None:
    """Evaluate the last one, an encoder, which keeps all cores busy, beside the others, which keep one."""
    *others, last = systems

    def evaluate_others() -> None:
        for system in others:
            # Their progress stands below the encoder's two lines.
            _run(["-m", "pica.stage", "evaluate", system], TQDM_POSITION="2")

    with ThreadPoolExecutor(1) as beside:
        rest = beside.submit(evaluate_others)
        _run(["-m", "pica.stage", "evaluate", last])
        rest.result()


def _run(arguments: Sequence[str], **variables: str) -> None:
    # In a process of its own each, so that the memory of one is free for the next; under the name of a running
    # experiment, since params.yaml there is not what conf/ composes and need not be.
    environment = {**os.environ, "DVC_EXP_NAME": "results", **variables}
    done = subprocess.run([sys.executable, *arguments], cwd=WORK, env=environment, check=False)
    if done.returncode:
        raise PicaError(f"{shlex.join(arguments)} ended with {done.returncode}; what it said stands above.")


def _keep(tables: Path, params: Params, seconds: float) -> None:
    """Put what the page is made of into the folder beside it."""
    import pandas as pd

    from pica.params import Encoder
    from pica.results.kept_runs import RUN, SCORES
    from pica.results.means import with_training_rows
    from pica.results.page import KEPT, MULTI_LABEL
    from pica.store import write_json, write_table

    made = [pd.read_csv(WORK / f"tables/{system}.csv") for system in params.systems]
    answered = [table for table in made if len(table)]
    if not answered:
        raise DataError("no view with closed labels of these datasets has test rows, so there is nothing to measure.")
    scores = with_training_rows(pd.concat(answered), pd.read_csv(WORK / "tables/mixture.csv"))
    scores = scores[[name for name in KEPT if name in scores]].round(2)
    write_table(tables / SCORES, scores.to_dict("records"), list(scores.columns))
    shutil.copyfile(WORK / f"tables/{MULTI_LABEL}", tables / MULTI_LABEL)
    encoders = [system for system in params.systems.values() if isinstance(system, Encoder)]
    about = {
        "rows_per_view": params.evaluate.rows_per_view,
        "train_rows_per_view": params.mixture.rows_per_view,
        "seed": params.seed,
        "bootstrap": params.evaluate.bootstrap,
        "encoder": ", ".join(system.encoder for system in encoders),
        "encoder_rows": encoders[0].rows if encoders else 0,
        "untested": _untested(pd.read_csv(WORK / "tables/views.csv")),
        "took": f"{seconds / 60:.0f} minutes on {os.cpu_count()} cores",
    }
    write_json(tables / RUN, about)


def _untested(sizes: pd.DataFrame) -> list[str]:
    """The views with closed labels that were made and have no test rows.

    Args:
        sizes: tables/views.csv.
    """
    from pica.corpora import declared_by_run, views

    declared_by_run(WORK)
    examples = sizes.pivot_table(index="view", columns="split", values="examples", aggfunc="sum", fill_value=0)
    made = examples[(examples.sum(axis=1) > 0) & (examples["test"] == 0)].index
    return [view for view in sorted(made) if views()[view].labels]


def multi_label() -> None:
    """tables/multi_label.csv of the folder that the stages ran in: GoEmotions by its authors' own scores.

    It has no rows where the run was of other datasets.
    """
    from pica.evaluation.baselines import Learner, Tfidf
    from pica.params import Encoder, load
    from pica.results.goemotions import multi_label_scores
    from pica.results.literature import MULTI_LABEL_KEYS
    from pica.results.page import MULTI_LABEL
    from pica.store import write_table

    params, filtered = load(Path("params.yaml")), Path("data/filtered/goemotions.parquet")
    scores: list[Mapping[str, float]] = []
    systems = params.systems if filtered.is_file() else {}
    for name, system in systems.items():
        learner: Learner | None = Tfidf(params.seed) if system.kind == "tfidf" else None
        # An encoder that may learn from few rows of a view has no time for all of these either.
        rows = _OF_GOEMOTIONS * system.rows if isinstance(system, Encoder) else 0
        if isinstance(system, Encoder):
            from pica.inference.encoder import SentenceEncoder, find

            folder = find(system.encoder)
            learner = SentenceEncoder(folder, params.seed) if folder else None
        if learner:
            scores.append({"system": name, **multi_label_scores(filtered, learner, rows, params.seed)})
    columns = ["system", *MULTI_LABEL_KEYS, "n", "train"]
    write_table(Path("tables") / MULTI_LABEL, scores, columns)


if __name__ == "__main__":
    with report_errors():
        multi_label()
