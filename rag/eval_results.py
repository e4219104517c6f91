"""Result files: what a run found, written so that a person, a script and a later run can read it.

The owner of the files in ``eval/results``: named by question set and commit, one row a line.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.errors import EvalError
from rag.eval_measures import Summary, summarise, summarise_by_type

RESULTS = Path("eval") / "results"


@dataclass(frozen=True, slots=True)
class Result:
    """A finished run. ``name`` is that of the question set, ``stages`` counts lost rows by stage, ``notes``
    say what a reader must know (unreviewed questions left out, questions that failed).
    """

    name: str
    rows: list[dict[str, Any]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    models: Mapping[str, Any] = field(default_factory=dict)
    commit: str = "unknown"
    machine: str = "unknown"
    when: str = ""
    notes: tuple[str, ...] = ()
    summary: Summary = field(default_factory=dict)
    by_type: Mapping[str, Summary] = field(default_factory=dict)
    stages: Mapping[str, int] = field(default_factory=dict)

    @property
    def retrieval_only(self) -> bool:
        """Whether no answers were asked for."""
        return all(row["right"] is None and row["abstained"] is None for row in self.rows)


def summarised(result: Result) -> Result:
    """Return the result with its summaries and stage counts made from its rows."""
    stages: dict[str, int] = {}
    for row in result.rows:
        if row["stage"]:
            stages[row["stage"]] = stages.get(row["stage"], 0) + 1
    return replace(
        result,
        summary=summarise(result.rows),
        by_type=summarise_by_type(result.rows),
        stages=dict(sorted(stages.items(), key=lambda item: (-item[1], item[0]))),
    )


_TEXTS = ("question", "answer", "standalone_question", "reason", "error")


def without_text(result: Result) -> Result:
    """Return the result without a word of the articles, questions or answers: ids, offsets and figures stay.

    For committing results on sets whose text may not be passed on.
    """
    return replace(result, rows=[_bare(row) for row in result.rows])


def _bare(row: Mapping[str, Any]) -> dict[str, Any]:
    emptied = {key: "" if row.get(key) is not None else None for key in _TEXTS}
    hits = [
        {k: h[k] for k in ("rank", "score", "passage_id", "article_id", "start", "end")} for h in row["hits"]
    ]
    evidence = [{**entry, "quote": ""} for entry in row["evidence"]]
    lists: dict[str, Any] = {"history": [], "statements": [], "dropped": [], "expected": [], "extra": {}}
    return {**row, **emptied, **lists, "hits": hits, "evidence": evidence}


def write_result(path: Path, result: Result) -> None:
    """Write a result file whole or not at all, one row a line; makes the folder that it is in."""
    head = {
        "set": result.name,
        "summary": result.summary,
        "by_type": result.by_type,
        "stages": result.stages,
        "settings": result.settings,
        "models": result.models,
        "commit": result.commit,
        "machine": result.machine,
        "when": result.when,
        "notes": list(result.notes),
    }
    start = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in result.rows)
    write_whole(path, f'{start},\n "rows": [\n{rows}\n]}}\n')


def write_whole(path: Path, text: str) -> None:
    """Write a text file by way of a second one beside it, so that a stop leaves the old file as it was."""
    beside = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise EvalError(f"{path} cannot be written: {error.strerror}; choose another place") from error


def check_place(path: Path) -> None:
    """Raise EvalError unless a file can be written there; makes the folder that it is in."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        why = "it is a folder" if path.is_dir() else ""
        why = why or ("" if os.access(path.parent, os.W_OK) else "permission denied")
    except OSError as error:
        why = str(error.strerror)
    if why:
        raise EvalError(f"{path} cannot be written: {why}; choose another place")


def read_result(path: Path) -> Result:
    """Read a result file. EvalError says what is wrong with one that is missing or of another shape."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        keys = ("rows", "settings", "models", "commit", "machine", "when", "summary", "by_type", "stages")
        result = Result(data["set"], **{key: data[key] for key in keys}, notes=tuple(data.get("notes", ())))
        for row in result.rows:
            row["id"], row["scores"], row["right"], row["stage"], row["abstained"], row["answerable"]
    except OSError as error:
        raise EvalError(f"{path} cannot be read: {error.strerror}; make it with rag eval --out") from error
    except (ValueError, KeyError, TypeError) as error:
        why = f"{type(error).__name__}: {error}"
        raise EvalError(f"{path} is not a result file of rag eval ({why}); make it anew") from error
    return result


def default_path(set_name: str, commit: str, retrieval_only: bool, folder: Path = RESULTS) -> Path:
    """Return where a result goes unless the user says: named by question set and commit."""
    kind = "-retrieval" if retrieval_only else ""
    return folder / f"{_slug(set_name)}{kind}-{_slug(commit)}.json"


def _slug(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text).strip("-") or "unnamed"


def newest(folder: Path = RESULTS) -> list[Result]:
    """Return the results of a folder, for each question set and models only the newest, ordered by set."""
    latest: dict[tuple[str, ...], Result] = {}
    for result in sorted((read_result(p) for p in sorted(folder.glob("*.json"))), key=lambda r: r.when):
        latest[(result.name, str(result.retrieval_only), json.dumps(result.models, sort_keys=True))] = result
    return [latest[key] for key in sorted(latest)]


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def commit(package: Path = Path(__file__).parent) -> str:
    """Return the commit of the code, "-dirty" after it when the package differs; "unknown" without git."""
    head = _git(package, "rev-parse", "--short=12", "HEAD")
    if not head:
        return "unknown"
    return f"{head}-dirty" if _git(package, "status", "--porcelain", "--", ".") else head


def _git(folder: Path, *arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    return done.stdout.strip() if done.returncode == 0 else ""


def machine() -> str:
    """Return the machine in a line: system, processor, cores and memory; no name that identifies it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = [f"{platform.system()} {platform.machine()}", _processor(), f"{cores} cores", _memory()]
    return ", ".join(part for part in parts if part)


def _processor() -> str:
    return _line_of(Path("/proc/cpuinfo"), "model name") or platform.processor()


def _memory() -> str:
    kilobytes = _line_of(Path("/proc/meminfo"), "MemTotal").removesuffix(" kB")
    return f"{int(kilobytes) / 2**20:.0f} GiB" if kilobytes.isdigit() else ""


def _line_of(path: Path, name: str) -> str:
    lines: Sequence[str] = path.read_text().splitlines() if path.exists() else ()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
