"""What a line of a raw article is by its place among the others: headline, byline, teaser, heading. Pure.

Each rule takes the text and its pieces and gives a kind to some that have none. When in doubt a line stays
story.
"""

from __future__ import annotations

import re
from itertools import pairwise

from rag import layout_lines as furniture
from rag.layout_pieces import Piece, Pieces, breaks, marked, open_places
from rag.text import fold

_HEADLINE_LENGTH, _HEADING_LENGTH, _CAPTION_LENGTH, _BLURB_LENGTH = 200, 100, 250, 300
_TOP, _LONGEST_NAME = 12, 14  # lines; spaces in one that may be a headline
_LIST_NAME = re.compile(r"[^\W\d_][^\d.!?…:;,\n]{0,40}")  # "Women", "Results of the final"
_FIRST_ENTRY = re.compile(r"1[.)]\s|[-*•]\s")
_PARAGRAPH_LENGTH = 60  # shorter blocks are no sign of a story


def mark_top(text: str, pieces: Pieces) -> Pieces:
    """Above the story a line that lists sections is a menu, one that is a paper's name the source, where
    another is left that may be the headline.
    """
    head = []
    for i, piece in enumerate(pieces[:_TOP]):
        if piece.of(text).count(" ") > _LONGEST_NAME or furniture.ends_sentence(piece.of(text)):
            break
        head += [i] if piece.kind is None else []
    pieces = marked(pieces, [i for i in head if furniture.is_menu_bar(pieces[i].of(text))], "menu")
    open_ = [i for i in head if pieces[i].kind is None]
    papers = [i for i in open_ if furniture.is_masthead(pieces[i].of(text))]
    other = len(papers) < len(open_) or _hashed(text, pieces) is not None
    return marked(pieces, papers, "source") if other else pieces


def mark_headline(text: str, pieces: Pieces, title: str | None) -> tuple[Pieces, str | None]:
    """Set the headline and its copies aside; return it too, None where there is none.

    ``title`` is the headline where it is known from elsewhere.
    """
    place = _headline_place(text, pieces, title)
    if place is None and title is None:
        return pieces, None
    shown = title or ""
    if place is not None:
        pieces = _set(pieces, place, "headline")
        pieces = marked(pieces, range(place), "menu")  # the name of a section
        shown = _plain(pieces[place].of(text))
    copies = [i for i, p in enumerate(pieces) if p.kind in (None, "heading") and _same(text, p, shown)]
    for copy in copies:
        pieces = _set(pieces, copy, "headline repeated")
    return pieces, shown


def _set(pieces: Pieces, place: int, kind: str) -> Pieces:
    piece = pieces[place]
    return [*pieces[:place], Piece(piece.start, piece.end, kind), *pieces[place + 1 :]]


def _hashed(text: str, pieces: Pieces) -> int | None:
    """Return where a headline of Markdown ("# ") stands among the lines above the story."""
    for place, piece in enumerate(pieces[:_TOP]):
        line = piece.of(text)
        if line.startswith("# "):
            return place
        if piece.kind is None and furniture.ends_sentence(line):
            return None
    return None


def _headline_place(text: str, pieces: Pieces, title: str | None) -> int | None:
    """Return where the headline stands: the first open line that looks like one, or is the known title."""
    first = [i for i, p in enumerate(pieces) if p.kind in (None, "heading")][:2]
    if title is not None:
        return next((i for i in first if _same(text, pieces[i], title)), None)
    if (hashed := _hashed(text, pieces)) is not None:
        return hashed
    if first and pieces[first[0]].kind == "heading":
        return first[0]
    if (
        len(first) == 2
        and _is_section_name(pieces[first[0]].of(text))
        and _is_headline(text, pieces, first[1])
    ):
        return first[1]
    return first[0] if first and _is_headline(text, pieces, first[0]) else None


def _is_headline(text: str, pieces: Pieces, place: int) -> bool:
    """Whether a line reads like a headline and a story follows it; a dateline in front means it does not."""
    piece = pieces[place]
    line = piece.of(text)
    if place and pieces[place - 1].kind == "dateline" and not breaks(text, pieces[place - 1], piece):
        return False
    if (
        len(line) > _HEADLINE_LENGTH
        or "\n" in line
        or line.count(" ") < 2
        or line.endswith((".", ":", ";", ","))
    ):
        return False
    return any(p.kind is None and _is_paragraph(p.of(text)) for p in pieces[place + 1 :])


def _is_section_name(line: str) -> bool:
    return line.count(" ") < 2 and not furniture.ends_sentence(line)


def _same(text: str, piece: Piece, title: str) -> bool:
    close = piece.end - piece.start <= 3 * len(title) + 20  # twice over, with marks and spaces
    return close and fold(_plain(piece.of(text))) == fold(_plain(title))


def _plain(line: str) -> str:
    """Return a headline once, without Markdown's marks and with single spaces."""
    line = furniture.halved(line) or line
    return " ".join(re.sub(r"^#{1,6}\s+|\s+#+$|[*_]{2,}", "", line).split()).strip("*_")


def _is_paragraph(line: str) -> bool:
    return len(line) >= _PARAGRAPH_LENGTH and furniture.ends_sentence(line)


def _is_titular(line: str) -> bool:
    """Whether a block could be another story's headline: several words, no full stop, no item of a list."""
    item = re.match(r"[-*•·–—+]\s|\d+[.)]\s|[\"“'‘]", line) or ":" in line or "\n" in line
    return 20 <= len(line) <= 160 and line.count(" ") >= 3 and not furniture.ends_sentence(line) and not item


def mark_credits(text: str, pieces: Pieces) -> Pieces:
    """The line right above a bare "Photo: …" is the caption, unless it is a paragraph of an unspaced text."""
    spaced = sum(breaks(text, a, b) > 1 for a, b in pairwise(pieces)) * 2 >= len(pieces) - 1
    above = [
        (i, a.of(text))
        for i, (a, b) in enumerate(pairwise(pieces))
        if b.kind == "caption" and breaks(text, a, b) == 1 and furniture.is_bare_credit(b.of(text))
    ]
    chosen = [
        i
        for i, line in above
        if len(line) <= _CAPTION_LENGTH and (spaced or not furniture.ends_sentence(line))
    ]
    return marked(pieces, chosen, "caption")


def mark_names(text: str, pieces: Pieces) -> Pieces:
    """A name alone is a byline right under the headline and as the last line; two in a row are a list."""
    ends = open_places(pieces)
    pairs = [(ends[-1], ends[-2])] if len(ends) > 1 else []
    if pairs and any(p.kind == "headline" for p in pieces):
        pairs.append((ends[0], ends[1]))
    chosen = [
        i
        for i, beside in pairs
        if furniture.is_person(pieces[i].of(text)) and not furniture.is_person(pieces[beside].of(text))
    ]
    return marked(pieces, chosen, "byline")


def mark_after_end(pieces: Pieces) -> Pieces:
    """After the last end mark come other stories."""
    last = max((i for i, p in enumerate(pieces) if p.kind == "end mark"), default=len(pieces))
    return marked(pieces, range(last + 1, len(pieces)), "teaser")


def mark_doubled(text: str, pieces: Pieces) -> Pieces:
    """A line that says its words twice is a link to another story, the block after it that story's opening:
    certainly where only such pairs are left to the end, elsewhere when the block breaks off in "...".
    """
    open_ = open_places(pieces)
    doubles = {i for i in open_ if furniture.halved(pieces[i].of(text))}
    after = {j for i, j in pairwise(open_) if i in doubles and j not in doubles}
    tail: list[int] = []
    for i in reversed(open_):
        if i not in doubles and not (i in after and len(pieces[i].of(text)) <= _BLURB_LENGTH):
            break
        tail.append(i)
    broken = [j for j in after if pieces[j].of(text).endswith(("...", "…"))]
    return marked(pieces, [*doubles, *tail, *broken], "teaser")


def mark_related(text: str, pieces: Pieces) -> Pieces:
    """Headlines right under "Related news" are links; a paragraph ends the list."""
    chosen: list[int] = []
    listing = False
    for i, piece in enumerate(pieces):
        if piece.kind is None:
            listing = listing and _is_titular(piece.of(text))
            chosen += [i] if listing else []
        elif piece.kind == "teaser" and furniture.is_related_label(piece.of(text)):
            listing = True
    return marked(pieces, chosen, "teaser")


def mark_title_run(text: str, pieces: Pieces) -> Pieces:
    """Three or more headlines in a row at the very end, after a paragraph, are links to other stories."""
    run: list[int] = []
    for i in reversed(open_places(pieces)):
        if not _is_titular(pieces[i].of(text)):
            return (
                marked(pieces, run, "teaser")
                if len(run) >= 3 and _is_paragraph(pieces[i].of(text))
                else pieces
            )
        run.append(i)
    return pieces


def mark_headings(text: str, pieces: Pieces) -> Pieces:
    """A short line without a full stop between two paragraphs is the heading of the second.

    One with a figure stays: it may be a fact, or the date in a chronology. So is one right above the entries
    of a list.
    """
    open_ = open_places(pieces)
    lists = [
        a
        for a, b in pairwise(open_)
        if b == a + 1
        and breaks(text, pieces[a], pieces[b]) == 1
        and _LIST_NAME.fullmatch(pieces[a].of(text))
        and _FIRST_ENTRY.match(pieces[b].of(text))
    ]
    pieces = marked(pieces, lists, "heading")
    open_ = open_places(pieces)
    chosen = [
        b
        for a, b, c in zip(open_, open_[1:], open_[2:], strict=False)
        if pieces[b].end - pieces[b].start <= _HEADING_LENGTH
        and not re.search(r"[.!?…:;,\"'”’)]$|[\d\n]|^[-*•·–—+]\s", pieces[b].of(text))
        and _is_paragraph(pieces[a].of(text))
        and _is_paragraph(pieces[c].of(text))
    ]
    return marked(pieces, chosen, "heading")
