"""The parts of a raw article: headline, source, date and story, with all that is not the story set aside.

Pure. The text is never changed: the parts are spans of it, and every character that is not white space
belongs to exactly one span, of the body or set aside. What a line is by itself is decided in
layout_lines.py, by its place in layout_places.py, the date in layout_dates.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date

from rag import layout_lines as furniture
from rag import layout_places as placing
from rag.dates import DateMention, mentions, within
from rag.layout_dates import Publication, publication
from rag.layout_pieces import Piece, Pieces, cut, lines, unwrapped
from rag.layout_stamps import stamp
from rag.text import fold, sentences
from rag.types import SetAside, Span

_TITLE_LENGTH, _LONGEST_OPENING = 90, 400
_STAMP_BLOCKS, _DATELINE_BLOCKS = 4, 8  # a stamp or a dateline stands among so many blocks from the top
_CHRONOLOGY = 3  # so many bare dates are headings of a chronology, not stamps
_FUNCTION_WORDS = frozenset(
    "a an the of to in on at by for from with and or but that which who as is are was were be been not only "
    "has have had its their his her this these into between".split()
)
_LITTLE_WORDS = {
    "en": frozenset("the of and to in that for on with was were said by from has have".split()),
    "vi": frozenset("và của là các có cho được trong với những không đã ngày tại người này".split()),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """What a text's form says; the fields are those of Article.

    ``title`` is the headline, or the first sentence cut short where there is none. ``body`` and ``set_aside``
    are in order and disjoint.
    """

    title: str
    source: str | None
    published: date | None
    published_inferred: bool
    not_before: date | None
    language: str | None
    body: tuple[Span, ...]
    set_aside: tuple[SetAside, ...]


def read_layout(text: str, today: date, title: str | None = None) -> Layout:
    """Find the parts of a raw article.

    ``title`` is the headline where it is known from elsewhere (front matter); ``today`` bounds the dates that
    are believed. A text without marks of any kind is all body. A text in which nothing but furniture is found
    is all body too: it is better indexed than lost.
    """
    found = mentions(text)
    pieces = placing.mark_top(text, [replace(p, kind=_kind(text, p, found)) for p in lines(text)])
    pieces = _keep_stamps(text, unwrapped(text, pieces), found)
    pieces, headline = placing.mark_headline(text, _split_marks(text, pieces, found), title)
    pieces = _placed(text, pieces)
    if all(p.kind for p in pieces):
        pieces = [replace(p, kind=None) for p in pieces]
    body = tuple((p.start, p.end) for p in pieces if p.kind is None)
    dated = _publication(text, pieces, found, today)
    return Layout(
        title=title or headline or _opening(text, body),
        source=_source(text, pieces),
        published=dated.day,
        published_inferred=dated.inferred,
        not_before=dated.not_before,
        language=_language(text),
        body=body,
        set_aside=tuple(SetAside(p.start, p.end, p.kind) for p in pieces if p.kind),
    )


def lines_set_aside(text: str, set_aside: Iterable[SetAside]) -> Counter[str]:
    """Count the lines that were set aside whole, by reason; marks inside a line of the story do not count."""
    counts: Counter[str] = Counter()
    for part in set_aside:
        newline = text.find("\n", part.end)
        before = text[text.rfind("\n", 0, part.start) + 1 : part.start]
        after = text[part.end : newline if newline >= 0 else len(text)]
        if not before.strip() and not after.strip():
            counts[part.reason] += 1 + text.count("\n", part.start, part.end)
    return counts


def _placed(text: str, pieces: Pieces) -> Pieces:
    pieces = placing.mark_names(text, placing.mark_credits(text, pieces))
    pieces = placing.mark_doubled(text, placing.mark_after_end(pieces))
    return placing.mark_headings(text, placing.mark_title_run(text, placing.mark_related(text, pieces)))


def _kind(text: str, piece: Piece, found: list[DateMention]) -> str | None:
    line = piece.of(text)
    if furniture.is_end_line(line):
        return "end mark"
    return "date" if stamp(text, piece.start, piece.end, found) else furniture.line_kind(line)


def _keep_stamps(text: str, pieces: Pieces, found: list[DateMention]) -> Pieces:
    """Take a bare date for a stamp only near the top or with a label, and not where the text has many."""
    many = sum(p.kind == "date" for p in pieces) >= _CHRONOLOGY
    kept: Pieces = []
    story = 0
    for piece in pieces:
        story += piece.kind is None
        read = stamp(text, piece.start, piece.end, found) if piece.kind == "date" else None
        bare = read is not None and not read.labelled
        kept.append(replace(piece, kind=None) if bare and (many or story > _STAMP_BLOCKS) else piece)
    return kept


def _split_marks(text: str, pieces: Pieces, found: list[DateMention]) -> Pieces:
    """Cut datelines off the heads of blocks near the top, and end marks out of any block."""
    split: Pieces = []
    last = max((p.end for p in pieces if p.kind is None), default=0)
    story, begun = 0, False
    for piece in pieces:
        marks: Pieces = []
        if piece.kind is None:
            story += 1
            head = piece.start
            if story <= _DATELINE_BLOCKS and not begun:
                head = furniture.dateline_end(text, piece.start, piece.end, found)
            begun = begun or piece.start < head < piece.end
            ends = furniture.end_marks(text[head : piece.end], last=piece.end == last)
            marks = [Piece(head + a, head + b, "end mark") for a, b in ends]
            marks += [Piece(piece.start, head, "dateline")] if head > piece.start else []
        split += cut(text, piece, marks)
    return split


def _opening(text: str, body: tuple[Span, ...]) -> str:
    """Make a title of the first sentence: whole, or cut at a word that carries meaning."""
    if not body:
        return ""
    start, end = body[0]
    first = sentences(text, start, min(end, start + _LONGEST_OPENING))[0]
    words = text[slice(*first)].split()
    whole = " ".join(words)
    if len(whole) <= _TITLE_LENGTH:
        return whole.rstrip(".") or whole
    while words and (len(" ".join(words)) > _TITLE_LENGTH or fold(words[-1]).strip(",;:") in _FUNCTION_WORDS):
        words.pop()
    return (" ".join(words).rstrip(",;:–—- ") or whole[:_TITLE_LENGTH]) + "…"


def _source(text: str, pieces: Pieces) -> str | None:
    """Return the agency of the dateline or the end mark, or what a line "Source: …" says."""
    readers: list[tuple[str, Callable[[str], str | None]]] = [
        ("dateline", furniture.agency_in),
        ("end mark", furniture.agency_in),
        ("date", furniture.agency_in),
        *((kind, furniture.paper_in) for kind in ("dateline", "date", "byline")),
        ("source", furniture.source_of),
    ]
    named = (read(p.of(text)) for kind, read in readers for p in pieces if p.kind == kind)
    return next((name for name in named if name), None)


def _publication(text: str, pieces: Pieces, found: list[DateMention], today: date) -> Publication:
    """Gather what tells the date: stamps, best first, the dateline and the story with its captions."""
    read = [s for p in pieces if p.kind == "date" and (s := stamp(text, p.start, p.end, found))]
    datelines, bylines = (_dates_in(pieces, kind, found) for kind in ("dateline", "byline"))
    whole = [m.first for m in (*datelines, *bylines) if m.day and m.first]
    ordered = sorted(read, key=lambda s: not s.labelled)
    return publication(
        text,
        stamps=[*(s.day for s in ordered if not s.updated), *whole, *(s.day for s in ordered if s.updated)],
        dateline=datelines[-1] if datelines else None,
        story=[(p.start, p.end) for p in pieces if p.kind in (None, "caption")],
        found=found,
        today=today,
    )


def _dates_in(pieces: Pieces, kind: str, found: list[DateMention]) -> list[DateMention]:
    return [m for p in pieces if p.kind == kind for m in within(found, p.start, p.end)]


def _language(text: str) -> str | None:
    """Return the language whose commonest little words make up a twentieth of the text, if either's do."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    counts = {code: sum(w in little for w in words) for code, little in _LITTLE_WORDS.items()}
    best = max(counts, key=lambda code: counts[code])
    return best if words and counts[best] * 20 >= len(words) else None
