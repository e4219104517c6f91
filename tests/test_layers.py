"""The shape of the package: who may import whom, and which library has which importer."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = {
    path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "rag").glob("*.py"))
}

OWNERS = {
    "faiss": {"vectors"},
    "bm25s": {"lexical"},
    "Stemmer": {"lexical"},
    "spellchecker": {"spelling"},
    "sentence_transformers": {"encoder"},
    # A generator, a reader and its training; models_convert runs in a child process of its own.
    "transformers": {"generator", "lower_layers", "models_convert", "reader", "reader_training"},
    "torch": {
        "arithmetic",
        "generator",
        "lower_layers",
        "prompt_reader",
        "models_convert",
        "reader",
        "reader_training",
    },
    "gradio": {"chat"},
    "ir_measures": {"eval_trec"},
    "matplotlib": {"eval_plots"},
    "typer": {"cli", "cli_eval"},
    "rich": {"cli", "cli_eval", "cli_progress"},
    "yaml": {"corpus_front_matter"},
    "trafilatura": {"corpus_html"},
}


def imports(tree: ast.AST) -> set[str]:
    """Every module that a file imports, wherever in it; ours as "rag.name"."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "rag":
                found |= {f"rag.{alias.name}" for alias in node.names}
            else:
                found.add(node.module)
    return found


def ours(tree: ast.AST) -> set[str]:
    return {name.split(".")[1] for name in imports(tree) if name.startswith("rag.")} & set(MODULES)


def test_imports_run_one_way() -> None:
    waiting = {name: ours(tree) for name, tree in MODULES.items() if name not in ("__init__", "__main__")}
    while waiting:
        free = {name for name, needs in waiting.items() if not needs & set(waiting)}
        assert free, f"these import each other: {sorted(waiting)}"
        waiting = {name: needs for name, needs in waiting.items() if name not in free}


LAYERS = [
    {"errors", "types", "stopping", "day_words"},
    {
        "neighbours",
        "stopping",
        "text",
        "plain_question",
        "spelling",
        "small_talk",
        "likeness",
        "quantities",
        "dates",
        "passages",
        "fusion",
        "agreement",
        "grounding",
        "faithfulness",
        "excerpts",
        "listed",
        "checks",
        "matching",
        "names",
        "turned",
        "rivals",
        "wanted",
        "antecedents",
        "figures",
        "prompts",
    },
    {
        "corpus",
        "models",
        "encoder",
        "vectors",
        "lexical",
        "generator",
        "arithmetic",
        "skimmer",
        "lower_layers",
        "prompt_reader",
    },
    {"reader", "reader_examples"},
    {"ranking", "generation", "index"},
    {
        "build",
        "search",
        "reading",
        "weighing",
        "beside",
        "statements",
        "drafting",
        "parts",
        "answer",
        "verifying",
        "probe",
        "reader_training",
    },
    {"engine", "evaluate", "probe_training", "python"},
    {"chat", "cli"},
]


@pytest.mark.parametrize("place", range(len(LAYERS)))
def test_no_layer_imports_from_above(place: int) -> None:
    above = set().union(*LAYERS[place + 1 :]) if place + 1 < len(LAYERS) else set()
    for name in LAYERS[place]:
        assert not ours(MODULES[name]) & above, name


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_each_library_has_its_importer(library: str) -> None:
    importers = {
        name
        for name, tree in MODULES.items()
        if any(found.split(".")[0] == library for found in imports(tree))
    }
    assert importers == OWNERS[library]


def test_our_own_modules_are_imported_at_the_top() -> None:
    for name, tree in MODULES.items():
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef) and name != "cli":  # cli opens the page only when asked
                assert not ours(function), f"{name}.{function.name}"


@pytest.mark.parametrize("home", ["corpus", "index", "eval"])
def test_the_data_homes_hold_no_code(home: str) -> None:
    assert not list((ROOT / home).rglob("*.py"))


@pytest.mark.parametrize("module", ["rag", "rag.cli"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    heavy = "{'torch', 'transformers', 'sentence_transformers', 'faiss', 'gradio', 'matplotlib', 'pandas'}"
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_functions_are_short() -> None:
    long = [
        f"{name}.{f.name}"
        for name, tree in MODULES.items()
        for f in ast.walk(tree)
        if isinstance(f, ast.FunctionDef) and f.end_lineno and f.end_lineno - f.body[0].lineno >= 50
    ]
    assert long == []


def test_the_readme_names_every_file() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in MODULES if not name.startswith("__") and f"\n  {name}.py" not in readme] == []
