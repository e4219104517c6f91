"""What the page offers to programs: a search and an answer, with what their callers are told of each.

Gradio, which serves them, reads names, annotations and docstrings: a language model that has them as tools
sees nothing else.
"""

# No ``from __future__ import annotations`` here: Gradio reads the annotations as they stand.

from collections.abc import Callable
from typing import Any

from rag.errors import RagError, UsageError
from rag.page_events import Callbacks
from rag.page_forms import read_day
from rag.records import answer_record, hit_record

MOST = 100  # passages of one search: more would keep all others waiting


def endpoints(
    callbacks: Callbacks, shown: Callable[[RagError], Exception]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the functions that search and that answer. What a caller did wrong they raise as ``shown``
    makes it.
    """

    def search(
        question: str,
        k: int = 5,
        source: str | None = None,
        published_from: str | None = None,
        published_to: str | None = None,
    ) -> list[dict]:  # type: ignore[type-arg]  # Gradio reads this annotation and knows none narrower
        """Find the passages of the news articles that fit a question best. No language model runs.

        Args:
            question: what to look for, in plain words
            k: how many passages to return, 100 at most
            source: only articles of this source
            published_from: only articles published on this day or later, as YYYY-MM-DD
            published_to: only articles published on this day or earlier, as YYYY-MM-DD

        """
        try:
            first, last = read_day(published_from, "published_from"), read_day(published_to, "published_to")
            if not isinstance(k, int) or k > MOST:
                raise UsageError(f"k is {k!r}: ask for 1 to {MOST} passages")
            return [dict(hit_record(h)) for h in callbacks.engine.search(question, k, source, first, last)]
        except RagError as problem:
            raise shown(problem) from problem

    def ask(
        question: str,
        source: str | None = None,
        published_from: str | None = None,
        published_to: str | None = None,
    ) -> dict:  # type: ignore[type-arg]  # as above
        """Answer a question from the news articles, every sentence with verbatim, dated quotations.

        Args:
            question: the question, in plain words
            source: only articles of this source
            published_from: only articles published on this day or later, as YYYY-MM-DD
            published_to: only articles published on this day or earlier, as YYYY-MM-DD

        """
        try:
            return answer_record(callbacks.ask_once(question, source, published_from, published_to))
        except RagError as problem:
            raise shown(problem) from problem

    return search, ask
