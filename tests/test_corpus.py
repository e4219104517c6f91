"""Folders of articles: what is read, what is refused and how it is said."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.corpus import (
    Corpus,
    UnreadableArticleError,
    read_article,
    read_beir_articles,
    read_corpus,
    to_article,
)
from rag.errors import CorpusError
from rag.types import Article

TODAY = date(2026, 6, 1)
STORY = "The council of Port Ellery voted on Sunday to build a bridge over the harbour."
REAL = Path(__file__).parents[1].parent / "shared" / "articles"


def write(folder: Path, name: str, content: str | bytes = STORY) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def ids(corpus: Corpus) -> list[str]:
    return [a.id for a in corpus.articles]


def test_a_folder_is_read_whole_and_sorted(tmp_path: Path) -> None:
    for name in (
        "b.txt",
        "2023/a.TXT",
        "2023/deep/c.Md",
        "README.md",
        "sub/readme.MD",
        ".hidden.txt",
        ".git/x.txt",
    ):
        write(tmp_path, name)
    write(tmp_path, "picture.png", b"\x89PNG")
    write(tmp_path, "sub/notes.pdf", b"%PDF")
    corpus = read_corpus(tmp_path)
    assert ids(corpus) == ["2023/a", "2023/deep/c", "b"]
    assert [a.path for a in corpus.articles] == ["2023/a.TXT", "2023/deep/c.Md", "b.txt"]
    assert corpus.problems == ()
    assert corpus.ignored == ("picture.png", "sub/notes.pdf")


def test_front_matter_goes_before_what_the_text_says(tmp_path: Path) -> None:
    block = (
        "---\ntitle: The bridge\nsource: Ellery Post\npublished: 2024-03-04\n"
        "url: http://e.org/1\nlanguage: fr\n---\n"
    )
    text = f"# The bridge\n\nPORT ELLERY, March 3, 2024 (Reuters) — {STORY}\n"
    article = read_article(write(tmp_path, "a.md", block + text), tmp_path, today=TODAY)
    assert article.text == text
    assert [article.text[a:b] for a, b in article.body] == [STORY]
    assert [s.reason for s in article.set_aside] == ["headline", "dateline"]
    assert (article.title, article.source, article.published) == (
        "The bridge",
        "Ellery Post",
        date(2024, 3, 4),
    )
    assert (article.url, article.language, article.path) == ("http://e.org/1", "fr", "a.md")


def test_front_matter_silences_the_bound_and_the_inference() -> None:
    text = "ELLERY, May 5 — The line opened.\n\nIn 2023, both towns celebrate it."
    article = to_article(f"---\npublished: 2024-03-04\n---\n{text}", "a.md", today=TODAY)
    assert (article.published, article.published_inferred, article.not_before) == (
        date(2024, 3, 4),
        False,
        None,
    )


def test_what_the_text_says_is_kept() -> None:
    article = to_article(
        f"ELLERY, May 5 — {STORY}\n\nIn 2023, both towns celebrate it.", "x/a.txt", today=TODAY
    )
    assert (article.id, article.published, article.published_inferred) == ("x/a", date(2023, 5, 5), True)
    assert article.language == "en"


def test_front_matter_of_a_txt_file() -> None:
    read = to_article(f"---\ntitle: x\ndate: 2024-05-06\n---\n{STORY}", "a.txt", today=TODAY)
    assert (read.title, read.published, read.text) == ("x", date(2024, 5, 6), STORY)


@pytest.mark.parametrize(
    "block", ["---\nmood: fine\n---\n", "---\ntitle: x\n", "---\ndate: soon\npublished: no\n---\n"]
)
def test_what_only_looks_like_front_matter_is_text_in_a_txt_file(block: str) -> None:
    assert to_article(f"{block}{STORY}", "a.txt", today=TODAY).text == f"{block}{STORY}"


def test_a_leading_heading_is_the_title_and_markdown_stays() -> None:
    article = to_article(f"# A *new* bridge\n\n{STORY}\n\nIt is **long**.", "a.md", today=TODAY)
    assert article.title == "A *new* bridge"
    assert "It is **long**." in [article.text[a:b] for a, b in article.body]


def test_line_ends_are_normalised_and_the_byte_order_mark_dropped(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", b"\xef\xbb\xbfOne.\r\nTwo.\rThree.\n")
    assert read_article(path, tmp_path).text == "One.\nTwo.\nThree.\n"


def test_accents_are_kept_in_text_and_id(tmp_path: Path) -> None:
    article = read_article(write(tmp_path, "Hà Nội.txt", "Võ Văn An đến Hà Nội."), tmp_path)
    assert (article.id, article.text) == ("Hà Nội", "Võ Văn An đến Hà Nội.")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", "is empty; add the article or remove the file"),
        ("a.txt", b" \n \n", "is empty"),
        ("a.txt", "\ufeff \n".encode(), "holds no text"),
        ("a.txt", "\u3000\n".encode(), "holds no text"),
        ("a.md", b"---\ntitle: x\n---\n\n", "holds no text"),
        ("a.txt", STORY.encode("utf-16"), "is UTF-16, not UTF-8; run iconv -f UTF-16 -t UTF-8"),
        ("a.txt", "“quoted”".encode("cp1252"), "if it is Windows-1252: run iconv -f WINDOWS-1252 -t UTF-8"),
        ("a.txt", bytes(range(256)) * 4, "is binary, not text"),
        ("a.txt", b"x" * 2001, "the limit is 0.002 MB; split it"),
        ("a.md", b"---\ntitle: x\npublished: soon\n---\nBody.", ", line 3: published 'soon' is not a date"),
    ],
)
def test_a_bad_file_is_named_with_its_remedy_and_the_others_are_read(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    bad = write(tmp_path, name, content)
    write(tmp_path, "good.txt")
    corpus = read_corpus(tmp_path, max_bytes=2000)
    assert ids(corpus) == ["good"]
    (problem,) = corpus.problems
    message = str(problem)
    assert message.startswith(str(bad))
    assert reason in message
    assert "\n" not in message
    assert "FILE" not in message
    assert (problem.article_id, problem.exit_code) == ("a", 1)


def test_a_file_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    assert read_article(write(tmp_path, "a.txt", b"x" * 2000), tmp_path, max_bytes=2000).text == "x" * 2000


def test_two_files_of_one_id_are_a_problem(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "First.")
    write(tmp_path, "a.txt", "Second.")
    corpus = read_corpus(tmp_path)
    assert [a.text for a in corpus.articles] == ["First."]
    assert [str(p) for p in corpus.problems] == [
        f"{tmp_path / 'a.txt'} has the same id as a.md; rename one of them"
    ]


def test_a_broken_link_and_a_pipe_are_problems(tmp_path: Path) -> None:
    write(tmp_path, "good.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.txt")
    corpus = read_corpus(tmp_path)
    assert ids(corpus) == ["good"]
    assert [p.article_id for p in corpus.problems] == ["gone", "pipe"]
    assert all("is no ordinary file" in str(p) for p in corpus.problems)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableArticleError, match="is no ordinary file"):
        read_article(tmp_path / "a.txt", tmp_path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (None, "does not exist; give a folder"),
        ("file", "is not a folder"),
        ("empty", "there is no article in"),
        ("others", "there is no article in"),
    ],
)
def test_a_folder_without_articles_is_an_error(tmp_path: Path, make: str | None, reason: str) -> None:
    folder = tmp_path / "articles"
    if make == "file":
        folder.write_text("x")
    elif make:
        folder.mkdir()
        write(folder, "README.md" if make == "others" else ".keep")
    with pytest.raises(CorpusError, match=reason) as caught:
        read_corpus(folder)
    assert str(folder) in str(caught.value)


def test_a_folder_of_bad_files_only_returns_all_problems(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", b"")
    write(tmp_path, "b.txt", b"\x00\x01" * 50)
    corpus = read_corpus(tmp_path)
    assert (corpus.articles, [p.article_id for p in corpus.problems]) == ((), ["a", "b"])


def beir(folder: Path, *lines: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_beir_documents_are_kept_as_they_are(tmp_path: Path) -> None:
    text = "Photo: Ida Holm\n\n  Two. "
    folder = beir(
        tmp_path,
        json.dumps({"_id": "d2", "title": "T", "text": text}),
        "",
        json.dumps({"_id": 1, "text": "One."}),
    )
    assert read_beir_articles(folder) == (
        Article(id="d2", title="T", text=text, body=((0, 15), (19, 23))),
        Article(id="1", title="", text="One.", body=((0, 4),)),
    )


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (['{"_id": "a", "text": "x"}', "{broken"], "line 2: not JSON"),
        (['{"_id": "a", "text": "x"}', '{"_id": "a", "text": "y"}'], "line 2: _id 'a' was given before"),
        (['{"text": "x"}'], 'line 1: needs "_id" and "text"'),
        (['{"_id": "a", "text": null}'], 'line 1: needs "_id" and "text"'),
        (["[1, 2]"], 'line 1: needs "_id" and "text"'),
        ([""], "holds no document"),
    ],
)
def test_a_broken_beir_corpus_names_the_line(tmp_path: Path, lines: list[str], reason: str) -> None:
    with pytest.raises(CorpusError) as caught:
        read_beir_articles(beir(tmp_path, *lines))
    assert reason in str(caught.value)
    assert "corpus.jsonl" in str(caught.value)


def test_a_missing_or_wrongly_encoded_beir_corpus_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        read_beir_articles(tmp_path)
    (tmp_path / "corpus.jsonl").write_bytes(b"\xff\xfe{")
    with pytest.raises(CorpusError, match="not UTF-8"):
        read_beir_articles(tmp_path)


@given(st.text(max_size=80))
def test_beir_spans_are_the_lines(text: str) -> None:
    with TemporaryDirectory() as name:
        (article,) = read_beir_articles(beir(Path(name), json.dumps({"_id": "a", "text": text})))
    assert article == Article(id="a", title="", text=text, body=spans(text))


def spans(text: str) -> tuple[tuple[int, int], ...]:
    """The obvious way: walk over the characters."""
    found: list[tuple[int, int]] = []
    start = 0
    for line in text.split("\n"):
        inside = [i for i, c in enumerate(line) if not c.isspace()]
        if inside:
            found.append((start + inside[0], start + inside[-1] + 1))
        start += len(line) + 1
    return tuple(found)


def test_the_real_articles_are_read_without_a_problem() -> None:
    if not REAL.is_dir():
        pytest.skip("the real articles are not at hand")
    corpus = read_corpus(REAL, today=TODAY)
    assert [a.id[:3] for a in corpus.articles] == ["000", "001", "002", "003", "004"]
    assert corpus.problems == ()
    for article in corpus.articles:
        assert article.text == (REAL / article.path).read_text(encoding="utf-8")
        assert article.body


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("2024-04-02-flood.txt", date(2024, 4, 2)),
        ("20240402 flood.txt", date(2024, 4, 2)),
        ("news/2024_04_02.txt", date(2024, 4, 2)),
        ("2024-04-31-flood.txt", None),
        ("2027-04-02-flood.txt", None),
        ("202404021-flood.txt", None),
        ("flood-2024-04-02.txt", None),
    ],
)
def test_a_date_at_the_head_of_a_name_counts_where_the_text_has_none(name: str, day: date | None) -> None:
    article = to_article(f"The bridge\n\n{STORY}", name, today=TODAY)
    assert (article.published, article.published_inferred) == (day, day is not None)
    dated = to_article(f"The bridge\n\n3 May 2023\n\n{STORY}", name, today=TODAY)
    assert (dated.published, dated.published_inferred) == (date(2023, 5, 3), False)
