"""Readers on damaged files: reading ends in rows or in one CorpusError that names the file, never in anything else.

The files are the embedded sample's. `PICA_MUTATIONS=2000` tries more damage; a failure prints the seed, and the same
seed does the same damage.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from pica.corpora import Corpus, catalogue
from pica.errors import CorpusError
from pica.sources.raw import sample_folder
from tests.corpora.support import check, write

MUTATIONS = int(os.environ.get("PICA_MUTATIONS", "60"))
# Seconds for all mutations of a corpus; a reader that hangs is stopped by it.
LIMIT = 30 + MUTATIONS // 2


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def flip_bits(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 5)):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def swap_lines(data: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def delete_line(data: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    del lines[rng.randrange(len(lines))]
    return b"".join(lines)


def duplicate_line(data: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    lines.insert(at, lines[at])
    return b"".join(lines)


def delete_bytes(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.randint(1, 20) :]


def wrong_encoding(data: bytes, rng: random.Random) -> bytes:
    encoding = rng.choice(["utf-16", "utf-16-le", "gbk", "cp1252", "utf-7", "utf-8-sig"])
    return data.decode("utf-8", "replace").encode(encoding, "replace")


DAMAGE: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    cut,
    flip_bits,
    swap_lines,
    delete_line,
    duplicate_line,
    delete_bytes,
    wrong_encoding,
)


def raw_files(corpus: Corpus) -> dict[str, bytes]:
    """The files of a corpus's embedded sample: name → content."""
    folder = sample_folder(corpus)
    if not folder.is_dir():
        pytest.skip(f"there is no sample of {corpus.name}")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def _time_limit():
    """End a reader that hangs."""

    def stop(signum, frame):
        raise TimeoutError(f"no end after {LIMIT} s")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


@pytest.mark.usefixtures("_time_limit")
@pytest.mark.parametrize("corpus", catalogue().values(), ids=catalogue().keys())
def test_damage_ends_in_rows_or_one_error(corpus, tmp_path):
    files = raw_files(corpus)
    folder = write(tmp_path, files)
    assert list(corpus.read(folder)), "the whole files have no rows"
    names = sorted(name for name, content in files.items() if content)
    for seed in range(MUTATIONS):
        rng = random.Random(seed)
        name, damage = rng.choice(names), rng.choice(DAMAGE)
        (folder / name).write_bytes(damage(files[name], rng))
        try:
            outcome(corpus, folder)
        except BaseException as error:
            error.add_note(f"seed {seed}: {damage.__name__} of {name}, kept in {folder}")
            raise
        (folder / name).write_bytes(files[name])


def outcome(corpus: Corpus, folder: Path) -> None:
    ids = set()
    try:
        for row in corpus.read(folder):
            check(corpus, row)
            assert row.id not in ids, f"the id {row.id} stands twice"
            ids.add(row.id)
    except CorpusError as error:
        named = error.path
    else:
        return
    assert named.exists()
    assert named.is_relative_to(folder)


@pytest.mark.parametrize("corpus", catalogue().values(), ids=catalogue().keys())
def test_a_missing_file_is_named(corpus, tmp_path):
    with pytest.raises(CorpusError) as caught:
        list(corpus.read(tmp_path))
    assert caught.value.path.is_relative_to(tmp_path)
