"""Articles to passages: runs of whole sentences within one paragraph, with exact offsets. Pure."""

from __future__ import annotations

from rag.text import sentences
from rag.types import Article, Passage, Span

TARGET_WORDS = 100  # about 140 word pieces: room for a headline within MiniLM's 256


def split(article: Article, target_words: int = TARGET_WORDS) -> list[Passage]:
    """Cut the body of an article into passages of whole sentences.

    A passage holds as many sentences of one paragraph as fit into ``target_words``, and at least one
    however long. Ids are the article's id, "#" and the place of the passage, from 0.
    """
    groups = [
        group for start, end in article.body for group in _group(article.text, start, end, target_words)
    ]
    return [
        Passage(
            f"{article.id}#{i}", article.id, g[0][0], g[-1][1], article.text[g[0][0] : g[-1][1]], tuple(g)
        )
        for i, g in enumerate(groups)
    ]


def _group(text: str, start: int, end: int, target: int) -> list[list[Span]]:
    """Group sentences evenly: as few passages as the target allows, of about the same length."""
    parts = [((a, b), len(text[a:b].split())) for a, b in sentences(text, start, end)]
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
