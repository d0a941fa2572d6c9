"""The parameters: every file of conf/ composes and fits, and what does not fit is one message that names it."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from dataclasses import asdict
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf

from pica.corpora import catalogue
from pica.errors import ParamsError
from pica.params import _NAMES, Params, compose, differences, flatten, how_to_write, load, to_yaml, validated
from tests.defaults import CONF, composed, defaults
from tests.stages.imports import ROOT

PARAMS = Path("params.yaml")
# Read by `accelerate launch`, not by Hydra; tests/training/test_launch.py has accelerate read them.
LAUNCHERS = CONF / "accelerate"
CHOICES = sorted(
    f"{path.parent.relative_to(CONF)}={path.stem}"
    for path in CONF.rglob("*.yaml")
    if path != CONF / "config.yaml" and path.parent != LAUNCHERS
)
GROUPS = sorted({choice.partition("=")[0] for choice in CHOICES})


def edited(tmp_path: Path, *edits: tuple[str, str]) -> Path:
    """A params.yaml in which the lines of some keys are others than conf/ composes."""
    text = to_yaml(composed())
    for key, line in edits:
        text, count = re.subn(rf"^(\s*){key}:.*$", lambda old, new=line: old[1] + new, text, flags=re.MULTILINE)
        assert count == 1, key
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problem(path: Path) -> str:
    with pytest.raises(ParamsError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


# conf/


def test_the_committed_params_yaml_is_what_the_committed_conf_composes(tmp_path):
    archive = tmp_path / "committed.zip"
    command = ["git", "archive", f"--output={archive}", "HEAD", "conf", "params.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing is committed here: {done.stderr.strip()}")
    shutil.unpack_archive(archive, tmp_path)
    committed = (tmp_path / "params.yaml").read_text(encoding="utf-8")
    assert committed == to_yaml(compose(tmp_path / "conf")), (
        "put the change into conf/, and commit what `pica compose` writes"
    )


def test_dvc_composes_the_same_bytes(tmp_path):
    from dvc.utils.hydra import compose_and_dump

    overrides = ["train.lr=1e-05", "mixture=all", "datasets=meld+esconv"]
    compose_and_dump(str(tmp_path / "params.yaml"), str(CONF), None, "config", str(ROOT), overrides)
    assert (tmp_path / "params.yaml").read_text(encoding="utf-8") == to_yaml(compose(CONF, overrides))


@pytest.mark.parametrize("choice", CHOICES)
def test_every_choice_composes_and_fits(choice):
    # Without the tuned model the report compares another system, which is named beside the choice.
    beside = [] if "tuned" in composed(choice).systems else ["evaluate.compared=encoder"]
    assert isinstance(validated(composed(choice, *beside), PARAMS), Params)


@pytest.mark.parametrize(
    ("experiment", "model"), list(product(*([c for c in CHOICES if c.startswith(g)] for g in ("experiment", "model"))))
)
def test_every_experiment_goes_with_every_model(experiment, model):
    own = validated(composed(model), PARAMS).model
    assert validated(composed(model, experiment), PARAMS).model == own


@pytest.mark.parametrize("experiment", [c for c in CHOICES if c.startswith("experiment=")])
def test_an_experiment_changes_something(experiment):
    assert to_yaml(composed(experiment)) != to_yaml(composed())


def test_pica2023_is_what_its_authors_set():
    params = validated(composed("experiment=pica2023"), PARAMS)
    adapter, train = params.adapter, params.train
    assert (adapter.kind, adapter.r, adapter.alpha, adapter.dropout) == ("lora", 8, 16, 0.05)
    assert adapter.targets == "q_proj+k_proj+v_proj+gate_proj+up_proj+down_proj"
    assert (train.lr, train.warmup, train.batch_rows, train.max_length) == (3e-4, 0.1, 128, 512)
    assert (params.reformat.groups, params.reformat.history_turns) == ("pica", 1000)


def test_real_trains_a_real_model_on_real_data():
    params = validated(composed("experiment=real"), PARAMS)
    assert (params.source.kind, params.datasets, params.mixture.caps) == ("web", "all", "pica")
    assert params.model.source == "hub:Qwen/Qwen3-0.6B"
    mirror = validated(composed("experiment=real", "source=mirror", "source.path=/data/mirror"), PARAMS)
    assert (mirror.source.kind, mirror.source.path) == ("mirror", "/data/mirror")
    assert (mirror.model, mirror.train, mirror.mixture) == (params.model, params.train, params.mixture)


def test_real_says_how_large_the_pinned_files_are():
    pinned = sum(file.bytes for corpus in catalogue().values() for file in corpus.files)
    said = (CONF / "experiment/real.yaml").read_text(encoding="utf-8")
    assert f"the pinned files are {pinned / 1e6:.0f} MB" in said


@pytest.mark.parametrize("experiment", [c for c in CHOICES if c.startswith("experiment=")])
def test_an_experiment_whose_scores_mean_something_is_not_of_made_up_rows(experiment):
    made_up = validated(composed(experiment), PARAMS).source.kind == "sample"
    assert made_up == (experiment == "experiment=smoke")


MINE = """# @package _global_
defaults:
  - real
  - override /source: mirror
source:
  path: /data/mirror
train:
  lr: 1e-4
"""


def test_what_config_yaml_names_is_kept_in_every_run_of_dvc(tmp_path):
    from dvc.utils.hydra import compose_and_dump

    conf = shutil.copytree(CONF, tmp_path / "conf")
    (conf / "experiment/mine.yaml").write_text(MINE, encoding="utf-8")
    config = (conf / "config.yaml").read_text(encoding="utf-8")
    (conf / "config.yaml").write_text(config.replace("experiment: null", "experiment: mine"), encoding="utf-8")
    for overrides in ([], ["train.epochs=1"]):
        compose_and_dump(str(tmp_path / "params.yaml"), str(conf), None, "config", str(tmp_path), overrides)
        params = load(tmp_path / "params.yaml")
        assert (params.source.kind, params.source.path) == ("mirror", "/data/mirror")
        assert (params.model.source, params.train.lr) == ("hub:Qwen/Qwen3-0.6B", 1e-4)
    assert params.train.epochs == 1


def test_every_group_has_a_default():
    defaults = {next(iter(entry)) for entry in _defaults() if isinstance(entry, dict)}
    assert defaults == set(GROUPS)


def test_experiments_win_over_everything_but_the_command_line():
    assert (_defaults()[0], next(iter(_defaults()[-1]))) == ("_self_", "experiment")


def _defaults() -> list:
    return OmegaConf.to_container(OmegaConf.load(CONF / "config.yaml"))["defaults"]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("train.lrr=1", "train.lrr"),
        ("train=fast", "train/fast"),
        ("train.lr=1,2", "train.lr=1,2"),
        ("seed=${nothing}", "nothing"),
        ("a b", "a b"),
    ],
)
def test_an_override_that_does_not_compose_is_said(override, said):
    with pytest.raises(ParamsError, match="does not compose") as caught:
        compose(CONF, [override])
    assert said in str(caught.value)


@pytest.mark.parametrize("content", [b"epochs: [1\n", b"epochs: \xff\n", b"a: 1\na: 2\n"])
def test_a_broken_file_of_conf_is_said(tmp_path, content):
    (tmp_path / "config.yaml").write_bytes(content)
    with pytest.raises(ParamsError, match="does not compose"):
        compose(tmp_path)


def test_a_missing_conf_is_said(tmp_path):
    with pytest.raises(ParamsError, match="is not here"):
        compose(tmp_path / "conf")


# params.yaml


def test_params_hold_every_value(workspace):
    values = OmegaConf.to_container(OmegaConf.load(PARAMS))
    assert asdict(load(PARAMS)) == values


@pytest.mark.parametrize(
    ("key", "line", "said"),
    [
        ("max_chars", "max_char: 9", "filter.max_char: unknown key. Did you mean filter.max_chars?"),
        ("train", "trian:", "trian: unknown key. Did you mean train?"),
        (
            "hidden_size",
            "hiden_size: 9",
            "model.scratch.hiden_size: unknown key. Did you mean model.scratch.hidden_size?",
        ),
        ("datasets", "zzz: 1", "zzz: unknown key. See conf/"),
        ("max_chars", "", "filter.max_chars: missing"),
        ("max_chars", "max_chars: '9'", "filter.max_chars: Input should be a valid integer, found '9'"),
        ("max_chars", "max_chars: 0", "filter.max_chars: Input should be greater than or equal to 1, found 0"),
        ("max_chars", "max_chars: 1.5", "filter.max_chars: Input should be a valid integer, found 1.5"),
        ("near", "near: 0.2", "filter.near: Input should be greater than or equal to 0.3, found 0.2"),
        ("max_chars", "max_chars:", "filter.max_chars: Input should be a valid integer, found None"),
        ("max_chars", "max_chars: ${nothing}", "nothing"),
        (
            "licences",
            "licences: free",
            "filter.licences: Input should be 'any', 'redistributable' or 'commercial', found 'free'",
        ),
        ("weight_decay", "weight_decay: .inf", "train.weight_decay: Input should be a finite number"),
        ("weight_decay", "weight_decay: .nan", "train.weight_decay: Input should be a finite number"),
        ("dropout", "dropout: 1.0", "adapter.dropout: Input should be less than 1"),
        ("seed", f"seed: {2**64}", "seed: Input should be less than or equal to 4294967295"),
        ("datasets", "datasets: ???", "datasets"),
        ("datasets", "datasets: no", "datasets: Input should be a valid string, found False"),
        ("datasets", "datasets: [meld]", "datasets: Input should be a valid string"),
        ("datasets", "datasets:", "datasets: Input should be a valid string, found None. It is written datasets=meld+"),
        ("datasets", "datasets: ''", "datasets: should not be empty, found ''. It is written datasets=meld+goemotions"),
        ("targets", "targets: ''", "It is written adapter.targets=q_proj+v_proj, or adapter.targets=all-linear"),
        ("compared", "compared: ''", "evaluate.compared: should be one of the systems (majority, tfidf, "),
        ("compared", "compared: tunned", "found 'tunned'"),
        ("datasets", "datasets: 'all", "not valid YAML"),
        ("datasets", "datasets: all\ndatasets: meld", "duplicate key datasets"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, key, line, said):
    assert said in problem(edited(tmp_path, (key, line)))


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        (["evaluate.processes=2"], "vllm shares rows out by itself; set evaluate.processes=1, found 2"),
        (["adapter=prefix"], "vllm does not go with adapter.kind=prefix: vLLM does not serve prefix tuning"),
        (["adapter=qlora"], "4 bits"),
        (["adapter=dora"], "`pica merge`"),
        (["adapter.r=1024"], "rank 512 at most"),
        (["adapter=rslora"], ""),
        (["adapter=qlora", "systems=classifiers", "evaluate.compared=encoder"], ""),
    ],
)
def test_what_vllm_does_not_do_is_said_before_anything_is_trained(choices, said):
    config = compose(CONF, ["evaluate.engine=vllm", *choices])
    if not said:
        assert validated(config, PARAMS).evaluate.engine == "vllm"
        return
    with pytest.raises(ParamsError) as caught:
        validated(config, PARAMS)
    assert f"{PARAMS} does not fit the parameters:\n  evaluate.engine: vllm" in str(caught.value)
    assert said in str(caught.value)


def test_every_wrong_key_is_named_at_once(tmp_path):
    said = problem(edited(tmp_path, ("max_chars", "max_chars: many"), ("seed", "seed: -1")))
    assert "filter.max_chars" in said
    assert "seed" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is missing"),
        (b"- a\n", "mapping"),
        (b"\xff\xfe", "not valid YAML"),
        (b"", "seed: missing"),
        (b"0", "cannot be read"),
    ],
)
def test_a_file_that_is_no_mapping_is_said(tmp_path, content, said):
    path = tmp_path / "params.yaml"
    if content is not None:
        path.write_bytes(content)
    assert said in problem(path)


@settings(max_examples=60)
@given(lines=st.lists(st.one_of(st.text(max_size=12), st.sampled_from(to_yaml(composed()).splitlines())), max_size=8))
def test_any_text_is_parameters_or_one_message(lines):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        path.write_text("\n".join(lines), encoding="utf-8")
        with pytest.raises(ParamsError):  # a handful of lines lacks most keys
            load(path)


def test_a_whole_number_may_stand_for_a_share(tmp_path):
    assert load(edited(tmp_path, ("dropout", "dropout: 0"))).adapter.dropout == 0


def test_an_interpolation_in_params_yaml_is_resolved(tmp_path):
    params = load(edited(tmp_path, ("seed", "seed: 7"), ("max_chars", "max_chars: ${seed}")))
    assert params.filter.max_chars == params.seed == 7


def test_params_cannot_be_changed():
    with pytest.raises(AttributeError):
        defaults().train.lr = 1.0


# Differences


def test_a_difference_is_said_with_both_values(tmp_path):
    there = defaults().filter.max_chars
    path = edited(tmp_path, ("max_chars", "max_chars: 9"))
    assert differences(path, CONF) == [f"filter.max_chars: 9 (conf/: {there})"]


def test_a_key_that_only_one_side_has_is_a_difference(tmp_path):
    there = defaults().filter.max_chars
    assert differences(edited(tmp_path, ("max_chars", "max_char: 9")), CONF) == [
        "filter.max_char: 9 (conf/: absent)",
        f"filter.max_chars: absent (conf/: {there})",
    ]


def test_flat_is_dotted_keys():
    assert flatten({"a": 1, "b": {"c": {"d": 2}, "e": None}}) == {"a": 1, "b.c.d": 2, "b.e": None}


@pytest.mark.parametrize(
    "value",
    [
        "~/mirror",
        "/data/语料",
        "/data/naïve",
        "/data/mirror (1)",
        "/data/a=b",
        "/a,b",
        "[a",
        "{a}",
        "a;b",
        "it's [1]",
        'x"y',
    ],
)
def test_a_value_that_hydra_does_not_take_comes_with_how_to_write_it(value):
    with pytest.raises(ParamsError) as error:
        compose(CONF, [f"source.path={value}"])
    message = str(error.value)
    assert f"source.path={value}" in message
    (written,) = shlex.split(re.search(r"('source\.path=.*')\.", message)[1])
    assert compose(CONF, [written]).source.path == value


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12))
def test_what_hydra_refuses_can_be_written_as_the_message_says(value):
    message = how_to_write(f"source.path=/{value}")
    if message:
        (written,) = shlex.split(re.search(r"('source\.path=.*')\.", message)[1])
        assert OverridesParser.create().parse_override(written).value() == f"/{value}"


@pytest.mark.parametrize("key", ["datasets", "filter.keep", "filter.drop"])
@pytest.mark.parametrize("value", ["meld,esconv", "[meld,esconv]", "[meld, esconv]", "meld, esconv"])
def test_a_list_of_names_is_told_to_be_joined(key, value):
    with pytest.raises(ParamsError, match=rf"joined by `\+`: {key}=meld\+esconv"):
        validated(compose(CONF, [f"{key}={value}"]), Path("params.yaml"))


def changed(key: str, value: str | DictConfig) -> DictConfig:
    config = composed().copy()
    OmegaConf.update(config, key, value, force_add=True)
    return config


@pytest.mark.parametrize("key", ["datasets", "filter.keep", "filter.drop", "adapter.targets"])
@pytest.mark.parametrize("value", ["meld+", "+meld", "meld++esconv", "meld + esconv", "meld esconv", "meld +", "+"])
def test_names_with_a_gap_or_a_blank_between_them_are_told_with_how_to_write_them(key, value):
    with pytest.raises(ParamsError, match=f"{key}: should be names joined by") as error:
        validated(changed(key, value), PARAMS)
    names = [name for name in ("meld", "esconv") if name in value]
    assert str(error.value).endswith(f": {key}={'+'.join(names)}" if names else f"It is written {_NAMES[key]}")


def test_a_folder_of_ones_own_may_have_blanks_inside():
    for folders in ("", "my data", "my data+/mnt/more data"):
        assert validated(changed("source.own", folders), PARAMS).source.own == folders
    with pytest.raises(ParamsError, match=r"Names are joined by `\+`: source\.own=my data\+more$"):
        validated(changed("source.own", "my data + more+"), PARAMS)


@pytest.mark.parametrize("key", ["learns_from", "model"])
def test_a_system_without_a_file_is_said(key):
    with pytest.raises(ParamsError, match=rf"systems\.tuned\.{key}: should not be empty, found ''"):
        validated(changed(f"systems.tuned.{key}", ""), PARAMS)


@pytest.mark.parametrize("name", ["views", "train", "judge", "gold", "Tuned", "tuned-"])
def test_a_system_is_not_called_as_another_file_nor_as_the_right_answers(name):
    with pytest.raises(ParamsError, match=f"systems.*{name}.*none of cleaning, filter, gold, judge, "):
        validated(changed(f"systems.{name}", composed().systems.majority), PARAMS)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("value", ["", "null", '""', "''", " ", "3", "true"])
def test_a_group_without_a_name_is_told_what_there_is(group, value):
    with pytest.raises(ParamsError, match=f"takes the name of a file of .*conf/{group}: {group}=") as error:
        compose(CONF, [f"{group}={value}"])
    assert all(choice in str(error.value) for choice in CHOICES if choice.startswith(f"{group}="))


@pytest.mark.parametrize("override", ["seed", "", "=", "=3", "seed =3", " seed=3"])
def test_what_is_no_override_is_told_what_one_is(override):
    with pytest.raises(ParamsError, match=r"as train\.lr=1e-4") as error:
        compose(CONF, [override])
    assert repr(override) in str(error.value)


def test_a_number_where_a_text_belongs_comes_with_its_quotes():
    with pytest.raises(ParamsError) as error:
        validated(compose(CONF, ["source.path=123"]), Path("params.yaml"))
    assert """source.path='"…"'""" in str(error.value)
    assert compose(CONF, shlex.split("""source.path='"123"'""")).source.path == "123"


def test_several_values_are_for_the_queue():
    with pytest.raises(ParamsError, match="--queue -S"):
        compose(CONF, ["train.lr=1e-3,1e-4"])
