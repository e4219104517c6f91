"""Saved web pages: what is the article, what the page says of it, and what is no page."""

from __future__ import annotations

import logging
import quopri
from datetime import date
from pathlib import Path

import pytest

from rag.corpus import UnreadableArticleError, read_article, read_corpus, to_article
from rag.corpus_html import NoArticleError, is_page, read_page

TODAY = date(2026, 6, 1)
LEAD = (
    "The port of Halvik will put a second crane to work in September, its director said on Tuesday, doubling "
    "what it can unload in a day."
)
COST = "The crane costs 41 million kroner, of which the county pays half."
VOTE = (
    "The council votes on the quay on 3 June. Last year it put the vote off because of the storm damage to "
    "the breakwater, which is now repaired."
)
HEAD = """<meta charset="utf-8"><title>Harbour gets a second crane - The Halvik Post</title>
<meta property="og:title" content="Harbour gets a second crane">
<meta property="og:site_name" content="The Halvik Post">
<meta property="article:published_time" content="2024-05-14T08:10:00+02:00">
<meta property="article:modified_time" content="2024-05-16T08:10:00+02:00">
<link rel="canonical" href="https://halvikpost.example/news/second-crane">"""
PAGE = f"""<!DOCTYPE html>
<html lang="en-GB"><head>{HEAD}<style>p {{color: red}}</style><script>var menu = "no article";</script></head>
<body><header><nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav></header>
<main><article><h1>Harbour gets a second crane</h1>
<p class="lead">{LEAD}</p>
<figure><img src="x.jpg" alt=""><figcaption>The first crane. Photo: Jon Vik</figcaption></figure>
<p>The crane costs 41&nbsp;million kroner,
   of which the <b>county</b> pays half.</p>
<h2>Work for thirty</h2>
<ul><li>Twelve drivers will be trained from June in two shifts.</li>
<li>Eight mechanics come from the yard.</li></ul>
<table><tr><th>Year</th><th>Ships</th></tr><tr><td>2023</td><td>355</td></tr></table>
<p>{VOTE}</p>
<aside class="related"><h3>Read more</h3><ul><li><a href="/a">Ferry fills up</a></li></ul></aside>
</article></main>
<section class="comments"><h3>Comments</h3><p>Great news for the town if you ask me.</p></section>
<footer><p>© 2026 The Halvik Post. All rights reserved.</p></footer></body></html>"""


def page(body: str, head: str = "<title>Harbour</title>") -> str:
    return f"<html><head>{head}</head><body><article>{body}</article></body></html>"


def test_the_article_is_told_from_what_stands_around_it() -> None:
    assert read_page(PAGE, TODAY).text.split("\n\n") == [
        "Harbour gets a second crane",
        LEAD,
        COST,
        "Work for thirty",
        "- Twelve drivers will be trained from June in two shifts.\n- Eight mechanics come from the yard.",
        "Year | Ships\n2023 | 355",
        VOTE,
    ]


def test_the_page_says_what_it_is() -> None:
    found = read_page(PAGE, TODAY)
    assert (found.title, found.source) == ("Harbour gets a second crane", "The Halvik Post")
    assert found.published == date(2024, 5, 14)  # not the day on which it was changed
    assert (found.url, found.language) == ("https://halvikpost.example/news/second-crane", "en")


def test_an_article_of_a_page_has_exact_spans() -> None:
    article = to_article(PAGE, "2024/crane.html", today=TODAY)
    assert (article.id, article.path) == ("2024/crane", "2024/crane.html")
    body = [article.text[start:end] for start, end in article.body]
    assert body[:2] == [LEAD, COST]
    assert "Harbour gets a second crane" not in body
    assert (article.source, article.published) == ("The Halvik Post", date(2024, 5, 14))
    assert article.published_inferred is False


@pytest.mark.parametrize(
    ("head", "source"),
    [
        ('<link rel="canonical" href="https://halvikpost.example/a">', "halvikpost.example"),
        ('<link rel="canonical" href="javascript:alert(1)">', None),
        ("", None),
    ],
)
def test_without_a_name_the_source_is_the_host_of_the_address(head: str, source: str | None) -> None:
    found = read_page(page(f"<p>{LEAD}</p><p>{VOTE}</p>", head), TODAY)
    assert (found.source, found.url) == (source, "https://halvikpost.example/a" if source else None)


def test_a_day_that_is_yet_to_come_is_not_believed() -> None:
    later = page(f"<p>{LEAD}</p><p>{VOTE}</p>", HEAD.replace("2024", "2027"))
    assert read_page(later, TODAY).published is None
    assert read_page(later, date(2027, 5, 20)).published == date(2027, 5, 14)


def test_a_break_behind_a_sentence_ends_a_paragraph_any_other_is_a_space() -> None:
    found = read_page(page(f"<p>{LEAD}<br><br>The union<br/>wants a shorter shift. <br>{VOTE}</p>"), TODAY)
    assert found.text.split("\n\n") == [LEAD, "The union wants a shorter shift.", VOTE]


def test_what_is_quoted_is_a_paragraph_of_its_own() -> None:
    found = read_page(page(f"<p>{LEAD}</p><blockquote><p>{COST}</p></blockquote><p>{VOTE}</p>"), TODAY)
    assert found.text.split("\n\n") == [LEAD, COST, VOTE]


def test_a_page_without_an_article_is_refused_without_a_word_beside(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(
        NoArticleError, match=r"holds no article that can be made out; save its text as a \.txt"
    ):
        read_page("<html><body></body></html>", TODAY)
    assert all(logging.getLogger(name).handlers for name in ("trafilatura", "htmldate"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!DOCTYPE html><p>x", True),
        ("\n  <!-- saved --><html lang=en>", True),
        ("<?xml version='1.0'?>\n<html>", True),
        ("<p>A paragraph", False),
        ("The tag <html> begins a page.", False),
        ("<htmlx>", False),
    ],
)
def test_what_a_page_begins_with(text: str, expected: bool) -> None:
    assert is_page(text) is expected


@pytest.mark.parametrize("name", ["a.html", "a.HTM", "a.txt", "a.md"])
def test_a_page_is_a_page_whatever_its_file_is_called(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(PAGE, encoding="utf-8")
    corpus = read_corpus(tmp_path, today=TODAY)
    assert corpus.problems == ()
    assert [(a.id, a.title, a.path) for a in corpus.articles] == [("a", "Harbour gets a second crane", name)]


OLD = page(f"<p>{LEAD}</p><p>“Café” cranes: {VOTE}</p>", '<meta charset="iso-8859-1"><title>Cranes</title>')


@pytest.mark.parametrize(
    "data",
    [
        OLD.encode("cp1252"),  # what a browser takes it for
        OLD.encode(),  # what it says is wrong
        OLD.replace(' charset="iso-8859-1"', ' charset="utf-8"').encode("cp1252"),
        OLD.replace('<meta charset="iso-8859-1">', "").encode("cp1252"),
        OLD.replace("iso-8859-1", "windows-1258").encode("cp1258"),
        OLD.encode("utf-16"),
    ],
)
def test_a_page_is_read_in_the_encoding_that_it_is_in(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(data)
    article = read_article(tmp_path / "a.html", tmp_path, today=TODAY)
    assert article.text == f"{LEAD}\n\n“Café” cranes: {VOTE}"


ARCHIVE = """From: <Saved by Blink>
Subject: Harbour gets a second crane
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html"; boundary="----frame"

------frame
Content-Type: CONTENT_TYPE
Content-Transfer-Encoding: quoted-printable
Content-Location: https://halvikpost.example/news/second-crane

BODY
------frame
Content-Type: image/png
Content-Transfer-Encoding: base64

iVBORw0KGgo=
------frame--
"""


def archive(html: bytes, content_type: str) -> bytes:
    made = ARCHIVE.replace("CONTENT_TYPE", content_type).encode()
    return made.replace(b"BODY", quopri.encodestring(html))


@pytest.mark.parametrize(
    ("html", "content_type"),
    [
        (OLD.encode(), "text/html; charset=utf-8"),
        (OLD.encode("cp1252"), "text/html; charset=windows-1252"),
        (OLD.encode("cp1252"), "text/html"),
    ],
)
@pytest.mark.parametrize("name", ["a.mhtml", "a.MHT"])
def test_a_page_saved_with_its_pictures_in_one_file(
    html: bytes, content_type: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(archive(html, content_type))
    corpus = read_corpus(tmp_path, today=TODAY)
    assert corpus.problems == ()
    assert [(a.id, a.title, a.text) for a in corpus.articles] == [
        ("a", "Cranes", f"{LEAD}\n\n“Café” cranes: {VOTE}")
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (archive(b"plain", "text/plain"), "holds no web page"),
        (archive(b"<html>", "text/html; charset=klingon"), "names an encoding that is not known, 'klingon'"),
        (b"", "holds no web page"),
    ],
)
def test_an_archive_without_a_page_is_named_in_one_line(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.mhtml").write_bytes(data)
    with pytest.raises(UnreadableArticleError, match=said):
        read_article(tmp_path / "a.mhtml", tmp_path, today=TODAY)


def test_what_a_browser_saves_beside_a_page_is_no_article(tmp_path: Path) -> None:
    for name in ("crane.html", "crane_files/frame.html", "other_files/b.html", "old.htm", "old_files/x.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(PAGE, encoding="utf-8")
    corpus = read_corpus(tmp_path, today=TODAY)
    assert [a.id for a in corpus.articles] == ["crane", "old", "other_files/b"]
    assert corpus.ignored == ()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            OLD.replace("iso-8859-1", "klingon").encode("cp1252"),
            "names an encoding that is not known, 'klingon'",
        ),
        (b"%PDF-1.7", "is a PDF file"),
        (b"", "is empty"),
        (b"<html></html>", "holds no article that can be made out"),
    ],
)
def test_what_is_no_page_is_named_in_one_line(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(data)
    with pytest.raises(UnreadableArticleError) as refused:
        read_article(tmp_path / "a.html", tmp_path, today=TODAY)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.article_id == "a"
