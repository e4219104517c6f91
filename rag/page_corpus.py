"""The corpus as HTML: what is indexed, when it was published, what was set aside. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from rag.day_words import long_day
from rag.markup import Html, el, join
from rag.page_cards import whole_article
from rag.page_charts import coverage_chart
from rag.page_wording import count, dated
from rag.types import Article

MOST_LISTED = 200


def headline_facts(articles: Sequence[Article]) -> str:
    """Return "5 articles from 3 sources, 26 November 2023 to 29 April 2025"."""
    if not articles:
        return "No articles are indexed yet"
    days = sorted(a.published for a in articles if a.published)
    named = {a.source for a in articles if a.source}
    text = count(len(articles), "article") + (f" from {count(len(named), 'source')}" if named else "")
    if not days:
        return text
    return f"{text}, {long_day(days[0])}" + (f" to {long_day(days[-1])}" if days[-1] != days[0] else "")


def lines_set_aside(article: Article) -> int:
    """Return how many lines of the article are wholly or partly captions, teasers and the like."""
    before = article.text.count
    lines = {
        line
        for s in article.set_aside
        for line in range(before("\n", 0, s.start), before("\n", 0, s.start) + _rows(article, s.start, s.end))
    }
    return len(lines)


def _rows(article: Article, start: int, end: int) -> int:
    return article.text[start:end].strip("\n").count("\n") + 1


def corpus_view(articles: Sequence[Article], today: date) -> Html:
    """Return the corpus at a glance, its coverage over time, and its articles, newest first."""
    if not articles:
        return el("p", "Nothing is indexed yet. Add articles below.", class_="small")
    undated = sum(a.published is None for a in articles)
    ordered = sorted(articles, key=lambda a: (-(a.published or date.min).toordinal(), a.id))
    chart = coverage_chart(articles)
    gap = f" {count(undated, 'article')} without a date cannot be placed here." if undated else ""
    return join(
        el("h2", "What is indexed"),
        el("p", headline_facts(articles), "."),
        el("figure", chart, el("figcaption", f"Articles by date of publication.{gap}")) if chart else None,
        _by_source(articles),
        _table(ordered[:MOST_LISTED], today),
        el("p", f"The newest {MOST_LISTED} of {len(ordered):,} are listed; all are searched.", class_="small")
        if len(ordered) > MOST_LISTED
        else None,
    )


def _by_source(articles: Sequence[Article]) -> Html:
    counts = Counter(a.source or "no source named" for a in articles)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return el("p", "; ".join(f"{name}: {n:,}" for name, n in ordered), class_="small")


def _table(articles: Sequence[Article], today: date) -> Html:
    heads = ("Article", "Source", "Published", "Words", "Lines set aside")
    return el(
        "div",
        el(
            "table",
            el("caption", "Articles, newest first", class_="unseen"),
            el(
                "thead",
                el(
                    "tr",
                    [
                        el("th", h, scope="col", class_="number" if n > 2 else None)
                        for n, h in enumerate(heads)
                    ],
                ),
            ),
            el("tbody", [_row(a, today) for a in articles]),
        ),
        class_="table",
        tabindex="0",
        role="region",
        aria_label="Articles, newest first",
    )


def _row(article: Article, today: date) -> Html:
    story = sum(len(article.text[s:e].split()) for s, e in article.body) or len(article.text.split())
    opened = el(
        "details", el("summary", article.title), el("div", whole_article(article, ()), class_="whole")
    )
    return el(
        "tr",
        el("th", opened, scope="row"),
        el("td", article.source or "not named"),
        el("td", dated(article, today)),
        el("td", f"{story:,}", class_="number"),
        el("td", str(lines_set_aside(article)), class_="number"),
    )


def adding_log(lines: Sequence[str], share: float | None, problem: str | None = None) -> Html:
    """Return what adding articles has done so far; ``share`` is the part done, 0 to 1, None at the end."""
    bar = None
    if share is not None:
        bar = el("progress", value=f"{share:.2f}", max="1", aria_label="Adding articles")
    notes = el("ul", [el("li", line) for line in lines]) if lines else None
    refused = el("p", problem, class_="notice", role="alert") if problem else None
    return el("div", bar, notes, refused, class_="adding", role="status")
