"""Articles as source cards, with the words that an answer quotes marked in them. Pure: ``today`` is given.

The page's script finds its way by attributes: ``data-turn`` (which question), ``data-n`` (which quotation, by
its number in the answer) and ``data-card`` (which article's card). See chat.js.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from rag.markup import Html, el, join
from rag.page_visit import Exchange
from rag.page_wording import count, dated
from rag.types import Article, Evidence, Hit, Span, citation_numbers

Mark = tuple[int, int, int]  # start, end and number of a quotation, in the article's text


# Texts with quotations marked in them


def marked(text: str, span: Span, marks: Sequence[Mark], grey: Sequence[Span] = ()) -> Html:
    """Return ``text[start:end]`` with the quotations in <mark> and the grey stretches in a span.

    Quotations may overlap: the text is cut where any of them begins or ends, and every piece names the
    numbers that cover it, so the words themselves are never repeated or lost.
    """
    start, end = span
    bounds = {b for s, e, *_ in (*marks, *grey) for b in (s, e) if start < b < end}
    cuts = sorted(bounds | {start, end})
    pieces = itertools.pairwise(cuts)
    return join([_piece(text[a:b], a, b, marks, grey) for a, b in pieces])


def _piece(text: str, start: int, end: int, marks: Sequence[Mark], grey: Sequence[Span]) -> str:
    numbers = sorted({n for s, e, n in marks if s <= start and end <= e})
    opens = sorted({n for s, _, n in marks if s == start})
    piece: str = text
    if any(s <= start and end <= e for s, e in grey):
        piece = el("span", text, class_="aside")
    if not numbers:
        return piece
    label = " ".join(str(n) for n in opens)
    return el("mark", piece, data_n=" ".join(map(str, numbers)), data_label=label or None)


def whole_article(article: Article, marks: Sequence[Mark]) -> Html:
    """Return every line of the article as a paragraph, quotations marked and what was set aside greyed."""
    grey = [(s.start, s.end) for s in article.set_aside]
    paragraphs, start = [], 0
    for line in article.text.split("\n"):
        if line.strip():
            paragraphs.append(el("p", marked(article.text, (start, start + len(line)), marks, grey)))
        start += len(line) + 1
    note = "Grey lines are captions, teasers and the like: not searched." if grey else None
    return join(el("p", note, class_="small") if note else None, paragraphs)


# The sources panel


@dataclass(frozen=True, slots=True)
class _Source:
    """An article with what the answer quotes from it and what the search found in it."""

    article: Article
    quotes: tuple[tuple[Evidence, int], ...]
    hits: tuple[Hit, ...]

    @property
    def marks(self) -> list[Mark]:
        return [(e.start, e.end, n) for e, n in self.quotes]

    @property
    def excerpts(self) -> list[Span]:
        """The passages to show: those quoted from, or else the best one found."""
        if not self.quotes:
            return [(h.passage.start, h.passage.end) for h in self.hits[:1]]
        return sorted({self._around(e) for e, _ in self.quotes})

    def _around(self, quote: Evidence) -> Span:
        for hit in self.hits:
            if hit.passage.start <= quote.start and quote.end <= hit.passage.end:
                return hit.passage.start, hit.passage.end
        return quote.start, quote.end


def sources(hits: Sequence[Hit], numbers: dict[Evidence, int]) -> list[_Source]:
    """Group hits and quotations by article: the quoted ones first, by number, then the rest by rank."""
    articles = {h.article.id: h.article for h in hits}
    found = {id_: tuple(h for h in hits if h.article.id == id_) for id_ in articles}
    order = dict.fromkeys([e.article_id for e in numbers if e.article_id in articles] + list(articles))
    return [
        _Source(articles[id_], tuple((e, n) for e, n in numbers.items() if e.article_id == id_), found[id_])
        for id_ in order
    ]


def sources_panel(exchange: Exchange | None, today: date, focus: int | str | None = None) -> Html:
    """Return the cards of one question; ``focus`` is the quotation or card to bring forward when shown."""
    hits = hits_of(exchange)
    if exchange is None or not hits:
        return _no_sources(exchange)
    numbers = citation_numbers(exchange.answer) if exchange.answer else {}
    found = sources(hits, numbers)
    cards = [source_card(s, exchange.number, i, today) for i, s in enumerate(found, start=1)]
    quoted = sum(bool(s.quotes) for s in found)
    return el(
        "div",
        el("h2", _panel_title(exchange, quoted), tabindex="-1"),
        el("p", exchange.question, class_="panel-question"),
        cards[:quoted],
        el("h3", "Also found, not quoted", class_="more") if 0 < quoted < len(cards) else None,
        cards[quoted:],
        class_="panel",
        data_turn=exchange.number,
        data_focus=focus if isinstance(focus, int) else None,
        data_focus_card=focus if isinstance(focus, str) else None,
    )


def source_card(source: _Source, turn: int, place: int, today: date) -> Html:
    """Return one article's card: headline, source, date and age, passages, and the whole article folded."""
    article = source.article
    passages = [
        el("blockquote", marked(article.text, span, source.marks), class_="passage")
        for span in source.excerpts
    ]
    body = join(
        passages,
        el(
            "details",
            el("summary", "Read the whole article", el("span", f": {article.title}", class_="unseen")),
            el("div", whole_article(article, source.marks), class_="whole"),
        ),
    )
    return el(
        "article",
        el("h3", [_badge(turn, n) for _, n in source.quotes], article.title, id=f"card-{turn}-{place}"),
        el("p", _byline(article, today), class_="byline"),
        body if source.quotes else el("details", el("summary", "Show the passage"), body, class_="folded"),
        _copies(source.hits),
        class_="card quoted" if source.quotes else "card",
        data_card=article.id,
        aria_labelledby=f"card-{turn}-{place}",
        tabindex="-1",
    )


def safe_link(url: str | None) -> str | None:
    """Return the address when it is an http or https one with a host, or None."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def _byline(article: Article, today: date) -> list[str]:
    parts: list[str] = [el("span", article.source, class_="source")] if article.source else []
    parts.append(dated(article, today))
    if link := safe_link(article.url):
        parts.append(el("a", "original", href=link, target="_blank", rel="noopener noreferrer"))
    return [x for part in parts for x in (" · ", part)][1:]


def _badge(turn: int, number: int) -> Html:
    label = f"Quotation {number}: back to the answer"
    return el(
        "button", str(number), type="button", class_="badge", data_turn=turn, data_n=number, aria_label=label
    )


def _copies(hits: Iterable[Hit]) -> Html | None:
    copies = len({c for h in hits for c in h.copies})
    return (
        el("p", f"The same words are in {count(copies, 'other passage')}.", class_="small")
        if copies
        else None
    )


def _panel_title(exchange: Exchange, quoted: int) -> str:
    if quoted:
        return "Sources"
    return "Nearest passages" if exchange.answer else "Passages found"


def _no_sources(exchange: Exchange | None) -> Html:
    idle = exchange is None or not exchange.finished
    text = (
        "The articles that an answer quotes appear here." if idle else "Nothing was found for this question."
    )
    return el("div", el("h2", "Sources"), el("p", text, class_="small"), class_="panel empty")


def hits_of(exchange: Exchange | None) -> Sequence[Hit]:
    """Return the passages that belong to a question: the answer's, or else what the search found."""
    if exchange is None:
        return ()
    if exchange.answer is not None and exchange.answer.hits:
        return exchange.answer.hits
    return exchange.searched.hits if exchange.searched else ()
