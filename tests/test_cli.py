"""The command line as its users call it: one clear line for a mistake, JSON that scripts rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from rag import cli, cli_eval, cli_progress
from rag.index import Index
from tests.conftest import WordEncoder

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `rag` with arguments; returns exit status, standard output and standard error."""
    monkeypatch.setattr(cli, "load_encoder", lambda name: WordEncoder())
    monkeypatch.setattr(cli_eval, "load_encoder", lambda name: WordEncoder())
    monkeypatch.setattr(Index, "encoder", WordEncoder())
    monkeypatch.setattr("rag.settings.Settings.model_config", {})

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["rag", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            cli.main()
        shown = capsys.readouterr()
        code = done.value.code
        return (code if isinstance(code, int) else int(code is not None)), shown.out, shown.err

    return call


@pytest.fixture
def folder(tmp_path: Path, run: Run) -> Path:
    """An index of two articles, built by the command."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "ferry.md").write_text(
        "---\ntitle: Ferry in numbers\nsource: Gazette\npublished: 2021-06-01\nurl: https://example.org/f\n---\n"
        "The ferry carried 600 passengers a day.\n"
    )
    (corpus / "bridge.txt").write_text(
        "Bridge opens\n\nThe mayor opened the bridge on Monday. It was raining.\n"
    )
    status, _, err = run("index", "--corpus", corpus, "--index", tmp_path / "index")
    assert (status, err) == (0, "")
    return tmp_path / "index"


def test_index_says_what_it_did_and_what_is_new(tmp_path: Path, folder: Path, run: Run) -> None:
    status, out, _ = run("index", "--corpus", tmp_path / "corpus", "--index", folder, "--json")
    record = json.loads(out)
    assert (status, record["articles"], record["unchanged"], record["problems"]) == (0, 2, True, [])


def test_search_json_has_the_shape_that_scripts_rely_on(folder: Path, run: Run) -> None:
    status, out, _ = run("search", "ferry passengers", "--index", folder, "-k", 1, "--json")
    record = json.loads(out)
    assert status == 0
    assert set(record) == {"question", "standalone_question", "interval", "hits"}
    (hit,) = record["hits"]
    assert hit == {
        "rank": 1, "score": hit["score"], "passage_id": "ferry#0", "article_id": "ferry",
        "title": "Ferry in numbers", "source": "Gazette", "published": "2021-06-01", "url": "https://example.org/f",
        "start": hit["start"], "end": hit["end"], "text": "The ferry carried 600 passengers a day.",
    }  # fmt: skip


def test_ask_json_has_the_shape_that_scripts_rely_on(folder: Path, run: Run) -> None:
    status, out, _ = run(
        "ask", "How many passengers did the ferry carry?", "--index", folder, "--model", "none", "--json"
    )
    record = json.loads(out)
    assert status == 0
    assert {
        "question", "answer", "abstained", "reason", "statements", "timeline", "hits", "model", "seconds",
    } <= set(record)  # fmt: skip
    assert set(record["seconds"]) == {"retrieve", "generate", "ground", "first_token", "total"}
    for statement in record["statements"]:
        assert set(statement) == {"text", "supported", "citations"}
        for citation in statement["citations"]:
            assert set(citation) == {
                "number", "article_id", "passage_id", "title", "source", "published", "url",
                "start", "end", "quote",
            }  # fmt: skip


def test_a_search_may_be_skimmed(folder: Path, run: Run) -> None:
    asked = ("search", "the ferry", "--index", folder, "--json")
    assert run(*asked, "--skim", "none") == run(*asked)


def test_a_question_is_asked_without_talk_as_the_articles_spell_and_that_is_said(
    folder: Path, run: Run
) -> None:
    typed = "Hi! Can you tell me how many pasengers the ferry carried? Thanks"
    for command in ("search", "ask"):
        more = ["--model", "none"] if command == "ask" else []
        status, out, said = run(command, typed, "--index", folder, *more, "--json")
        record = json.loads(out)
        assert status == 0
        assert record["question"] == typed
        assert record["standalone_question"] == "how many passengers the ferry carried?"
        assert said.strip() == "asked as: how many passengers the ferry carried?"


def test_search_filters_by_date_and_source(folder: Path, run: Run) -> None:
    _, out, _ = run("search", "the ferry", "--index", folder, "--from", "2021-06", "--to", "2021", "--json")
    assert [hit["article_id"] for hit in json.loads(out)["hits"]] == ["ferry"]
    _, out, _ = run("search", "the ferry", "--index", folder, "--from", "2022", "--json")
    assert json.loads(out)["hits"] == []
    _, out, _ = run("search", "the ferry", "--index", folder, "--source", "gazette", "--json")
    assert [hit["article_id"] for hit in json.loads(out)["hits"]] == ["ferry"]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["search", "", "--index", "INDEX"], 2, "the question is empty"),
        (["search", "?!", "--index", "INDEX"], 2, "has no word"),
        (["search", "a" * 100_000, "--index", "INDEX"], 2, "100,000 characters long"),
        (["search", "x", "--index", "INDEX", "--from", "yesterday"], 2, "--from 'yesterday' is not a date"),
        (["search", "x", "--index", "INDEX", "--from", "2023-02-31"], 2, "is not a date"),
        (["search", "x", "--index", "INDEX", "--from", "2024", "--to", "2023"], 2, "ends before it begins"),
        (["search", "x", "--index", "INDEX", "--source", "Nobody"], 2, "no article has the source 'Nobody'"),
        (["search", "x", "--index", "INDEX", "--skim", "no-such"], 2, "no-such"),
        (["search", "x", "--index", "nowhere"], 1, "there is no index in nowhere"),
        (["ask", "x", "--index", "INDEX", "--model", "no-such"], 2, "no-such"),
        (["index", "--corpus", "nowhere", "--index", "new"], 1, "nowhere"),
        (["doctor", "--index", "nowhere"], 1, "there is no index in nowhere"),
        (["models", "pull", "no-such"], 2, "there is no model 'no-such'"),
        (["eval"], 2, "name a question file"),
        (["eval", "nowhere.jsonl", "--index", "INDEX", "--skim", "none"], 2, "add --retrieval-only"),
        (["eval", "nowhere.jsonl", "--index", "INDEX", "--retrieval-only"], 1, "nowhere.jsonl"),
        (["bogus"], 2, "No such command 'bogus'"),
        (["search"], 2, "Missing"),
    ],
)
def test_a_mistake_is_one_clear_line(
    folder: Path, run: Run, arguments: list[str], status: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    found, _, err = run(*(folder if a == "INDEX" else a for a in arguments))
    assert message in err
    assert err.startswith("rag: ")
    assert err.count("\n") == 1
    assert found == status


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.txt", b"", "empty.txt"),
        ("binary.txt", bytes(range(256)) * 40, "binary.txt"),
        ("latin.txt", "Le café est fermé à Nîmes.".encode("cp1252"), "latin.txt"),
        ("wide.txt", "Ferry news".encode("utf-16"), "wide.txt"),
        ("huge.txt", b"word " * 2_200_000, "huge.txt"),
    ],
)
def test_a_bad_file_is_named_and_the_rest_is_indexed(
    tmp_path: Path, folder: Path, run: Run, name: str, content: bytes, message: str
) -> None:
    (tmp_path / "corpus" / name).write_bytes(content)
    status, out, err = run("index", "--corpus", tmp_path / "corpus", "--index", folder)
    assert status == 1
    assert message in err
    assert err.count("\n") == 1
    assert "2 articles" in out
    assert run("search", "the ferry", "--index", folder)[0] == 0


def test_doctor_passes_a_sound_index_and_names_a_damaged_file(folder: Path, run: Run) -> None:
    assert run("doctor", "--index", folder)[0] == 0
    path = next(folder.glob("generations/*/passages.jsonl"))
    path.write_text(path.read_text().replace("600", "900"))
    status, _, err = run("doctor", "--index", folder)
    assert status == 1
    assert "passages.jsonl is damaged" in err


def test_a_broken_line_of_a_question_file_is_named(folder: Path, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(
        '{"id": "a", "type": "fact", "question": "Ferry?", "answerable": true, "answers": [["600"]]}\n{oops\n'
    )
    status, _, err = run("eval", path, "--index", folder, "--retrieval-only", "--out", tmp_path / "r.json")
    assert status == 1
    assert "q.jsonl" in err
    assert "2" in err


def test_eval_writes_a_result_file(folder: Path, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    line = {
        "id": "a", "type": "fact", "question": "How many passengers did the ferry carry?", "answerable": True,
        "answers": [["600"]],
        "evidence": [{"article": "ferry", "quote": "The ferry carried 600 passengers a day."}],
    }  # fmt: skip
    path.write_text(json.dumps(line) + "\n")
    status, _, err = run("eval", path, "--index", folder, "--model", "none", "--out", tmp_path / "r.json")
    result = json.loads((tmp_path / "r.json").read_text())
    assert status == 0, err
    assert {"summary", "by_type", "rows", "settings", "models", "commit", "machine", "when"} <= set(result)
    assert result["rows"][0]["hits"][0]["article_id"] == "ferry"


def test_refusals_are_fitted_to_several_results_of_one_model(folder: Path, run: Run, tmp_path: Path) -> None:
    answered = {
        "answerable": True,
        "answers": [["600"]],
        "question": "How many passengers did the ferry carry?",
    }
    refused = {"answerable": False, "question": "Who painted the lighthouse?"}
    results = []
    for name, kinds in (("one", [answered, answered]), ("two", [refused, refused])):
        path, result = tmp_path / f"{name}.jsonl", tmp_path / f"{name}.json"
        lines = [json.dumps({"id": f"{name}{i}", "type": "fact", **kind}) for i, kind in enumerate(kinds)]
        path.write_text("\n".join(lines) + "\n")
        assert run("eval", path, "--index", folder, "--model", "none", "--out", result)[0] == 0
        results.append(result)
    status, _, err = run("eval", "--fit", results[0])
    assert (status, "needs answerable and unanswerable" in err) == (1, True)
    status, out, _ = run("eval", "--fit", results[0], "--fit", results[1])
    assert (status, set(json.loads(out))) == (0, {"none"})
    results[1].write_text(results[1].read_text().replace('"generator": "none"', '"generator": "other"'))
    status, _, err = run("eval", "--fit", results[0], "--fit", results[1])
    assert (status, "several models (none, other)" in err) == (2, True)


def test_version(run: Run) -> None:
    assert run("--version")[:2] == (0, "rag 0.1.0\n")


@pytest.mark.parametrize("option", ["--from", "--to", "--source"])
def test_an_empty_filter_is_wrong_use_and_no_wider_search(folder: Path, run: Run, option: str) -> None:
    status, out, err = run("search", "ferry", "--index", folder, option, "")
    assert (status, out) == (2, "")
    assert "''" in err


def test_an_interrupt_is_one_line(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "find", interrupted)
    assert run("search", "ferry", "--index", folder) == (130, "", "rag: stopped\n")


def test_a_setting_that_cannot_be_used_is_named() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "rag", "search", "ferry"],
        env=os.environ | {"RAG_PORT": "abc"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith("rag: RAG_PORT is 'abc': input should be a valid integer")
    assert told.stderr.count("\n") == 1


def test_what_was_passed_over_and_what_was_kept_is_said(tmp_path: Path, folder: Path, run: Run) -> None:
    (tmp_path / "corpus" / "bridge.txt").write_bytes(b"\x00broken")
    for n in range(7):
        (tmp_path / "corpus" / f"{n}.pdf").write_bytes(b"%PDF")
    status, out, err = run("index", "--corpus", tmp_path / "corpus", "--index", folder)
    assert status == 1
    assert "passed over, articles are .txt, .md, .html or .mhtml files: 0.pdf, 1.pdf" in out
    assert "4.pdf and 2 more\n" in out
    assert "kept as they were last read: bridge" in out
    assert "without a date of publication, give it in front matter: bridge\n" in out
    assert "bridge.txt is binary" in err


def test_where_no_bar_can_be_drawn_long_stages_are_told_by_tenths(capsys: pytest.CaptureFixture[str]) -> None:
    with cli_progress.bar(Console(file=sys.stdout)) as progress:
        report = cli_progress.reporter(progress)
        for done in range(1, 1001):
            report("reading articles", done, 1000)
        for done in range(1, 100):
            report("embedding passages", done, 100)
    assert capsys.readouterr().out.splitlines() == [
        f"reading articles: {n:,} of 1,000" for n in range(100, 1001, 100)
    ]
