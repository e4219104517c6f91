"""Articles to passages: runs of whole sentences within one paragraph, with exact offsets. Pure."""

from __future__ import annotations

import re

from rag.text import sentences
from rag.types import Article, Passage, Span

_ENTRY = re.compile(r"(?:[-*•–]|\d{1,3}[.)])\s")
_WORD = re.compile(r"\S+")
TARGET_WORDS = 110  # measured: the best for the top 5 and as good as 90 for words read, see eval/NOTES.md


def split(article: Article, target_words: int = TARGET_WORDS) -> list[Passage]:
    """Cut the body of an article into passages of whole sentences.

    Neighbouring short paragraphs are joined up to ``target_words``: news paragraphs are often one sentence,
    which says too little alone; a list that fits is not parted from the line that leads to it. A longer
    paragraph is cut evenly between sentences; a sentence is never cut, unless it is as long as two passages:
    that is a list or a table, and is cut between its lines or, where it has none, between words. Ids are the
    article's id, "#" and the place of the passage, from 0.
    """
    groups: list[list[Span]] = []
    for start, end in article.body:
        pieces = _cut(article.text, start, end, target_words)
        if groups and len(pieces) == 1 and _fit(article.text, groups[-1], pieces[0], target_words):
            groups[-1] += pieces[0]
            continue
        lead = _list_before(article.text, groups[-1], pieces[0]) if groups else []
        if lead and _fit(article.text, lead, pieces[0], target_words):
            del groups[-1][-len(lead) :]
            pieces = [lead + pieces[0], *pieces[1:]]
        groups += pieces
    return [
        Passage(
            f"{article.id}#{i}", article.id, g[0][0], g[-1][1], article.text[g[0][0] : g[-1][1]], tuple(g)
        )
        for i, g in enumerate(groups)
    ]


def is_entry(text: str) -> bool:
    """Whether a sentence is an entry of a list: "- two cranes", "3. Mamani"."""
    return bool(_ENTRY.match(text))


def _fit(text: str, one: list[Span], other: list[Span], target: int) -> bool:
    """Whether two runs of sentences make one passage: nothing set aside between them, and not too long."""
    joined = text[one[0][0] : other[-1][1]]
    return not text[one[-1][1] : other[0][0]].strip() and len(joined.split()) <= target


def _list_before(text: str, group: list[Span], entry: list[Span]) -> list[Span]:
    """Return the end of a passage that a list's entry belongs to: the entries before it and the line that
    leads to them ("councillors:"); nothing where it is no entry, or they are all that the passage holds.
    """
    first = len(group)
    if _ENTRY.match(text, entry[0][0]):
        while first and _ENTRY.match(text, group[first - 1][0]):
            first -= 1
        led = first and text[group[first - 1][1] - 1] == ":"
        return group[first - 1 :] if led and first > 1 else []
    return []


def _cut(text: str, start: int, end: int, target: int) -> list[list[Span]]:
    """Group the sentences of a paragraph evenly: as few groups as the target allows, of about one length."""
    spans = [part for span in sentences(text, start, end) for part in _short(text, span, target)]
    parts = [(span, len(text[span[0] : span[1]].split())) for span in spans]
    total = sum(n for _, n in parts)
    limit = total / max(1, -(-total // target))
    groups: list[list[Span]] = []
    count = 0.0
    for span, n in parts:
        if groups and count + n / 2 <= limit and count + n <= target:
            groups[-1].append(span)
            count += n
        else:
            groups.append([span])
            count = n
    return groups


def _short(text: str, sentence: Span, target: int) -> list[Span]:
    """Return a sentence, or the pieces of one that is as long as two passages, each of a line or more."""
    start, end = sentence
    if len(text[start:end].split()) < 2 * target:
        return [sentence]
    pieces: list[Span] = []
    count = target
    for word in _WORD.finditer(text, start, end):
        new_line = pieces and "\n" in text[pieces[-1][1] : word.start()]
        if count >= target or (new_line and count >= target // 2):
            pieces.append(word.span())
            count = 1
        else:
            pieces[-1] = (pieces[-1][0], word.end())
            count += 1
    return pieces


def heading_of(passage: Passage, article: Article) -> str:
    """Return the heading that a passage stands under, the last before it, without Markdown's marks; "" where
    there is none.
    """
    above = (s for s in reversed(article.set_aside) if s.reason == "heading" and s.end <= passage.start)
    return next((article.text[s.start : s.end].strip("#*_ \n") for s in above), "")


def article_of(passage_id: str) -> str:
    """Return the id of the article that a passage is from."""
    return passage_id.rpartition("#")[0]
