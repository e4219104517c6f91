"""The corpus at a glance, and the log of adding to it."""

from __future__ import annotations

from datetime import date

from rag.page_corpus import adding_log, corpus_view, headline_facts, lines_set_aside
from rag.types import (
    Article,
)
from tests.fakes_chat import (
    ARTICLES,
    FERRY_2022,
    FERRY_2023,
    FERRY_UNDATED,
    HARBOUR,
    TODAY,
)
from tests.markup import Reader


def test_the_corpus_at_a_glance() -> None:
    assert headline_facts(ARTICLES) == "5 articles from 3 sources, 14 March 2022 to 30 June 2025"
    assert headline_facts([FERRY_UNDATED]) == "1 article from 1 source"
    assert headline_facts([FERRY_2022]) == "1 article from 1 source, 14 March 2022"
    assert headline_facts([]) == "No articles are indexed yet"
    assert [lines_set_aside(a) for a in ARTICLES] == [0, 0, 0, 2, 0]


def test_the_corpus_lists_its_articles_newest_first() -> None:
    view = corpus_view(ARTICLES, TODAY)
    titles = [a.title for a in (ARTICLES[4], HARBOUR, FERRY_2023, FERRY_2022, FERRY_UNDATED)]
    places = [view.index(f"<summary>{title}</summary>") for title in titles]
    assert places == sorted(places)
    assert "1 article without a date cannot be placed here." in view
    assert "Northern Courier: 2; The Halvik Post: 2; Baltic Freight Weekly: 1" in view
    assert "Nothing is indexed yet." in corpus_view([], TODAY)


def test_a_long_corpus_says_how_much_of_it_is_listed() -> None:
    many = [Article(f"a{n}", f"Title {n}", "Text.", published=date(2024, 1, 1)) for n in range(201)]
    assert "The newest 200 of 201 are listed; all are searched." in corpus_view(many, TODAY)


def test_the_log_of_adding_shows_progress_and_refusals() -> None:
    read = Reader(adding_log(["a.txt read"], 0.5, None))
    assert read.all("progress")[0]["value"] == "0.50"
    done = Reader(adding_log(["a.txt read"], None, "b.txt refused"))
    assert done.all("progress") == []
    assert done.all("p", "notice")[0]["role"] == "alert"
