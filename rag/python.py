"""What Python programs call: `retrieve` and `ask`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from threading import Lock

from rag.answer import Answerer, Filters, load_model
from rag.arithmetic import set_up
from rag.index import Index
from rag.search import find, open_index
from rag.settings import settings
from rag.types import Answer, ChatModel, Hit, Turn

set_up()  # before anything below loads torch


def retrieve(
    question: str,
    k: int = 5,
    *,
    index: Index | str | Path | None = None,
    history: Sequence[Turn] = (),
    source: str | None = None,
    published_from: date | None = None,
    published_to: date | None = None,
    rerank: bool = True,
    skim: ChatModel | str | None = None,
) -> list[Hit]:
    """Return the best k passages for a question, best first.

    ``index`` is an opened index or a folder; by default the folder of the settings (RAG_INDEX, else "index"),
    opened once. ``history`` holds (role, text) turns before the question. ``source`` and the two days narrow
    the search, and ``rerank`` takes up to a second to order it better, as in ``Index.search``,
    which also says when two passages are one hit. No generator is loaded, unless ``skim`` names one (or is
    one that was loaded): it skims the first twenty passages, some three seconds more, where none of their
    sentences stands out. That finds far better what a question says in other words than the articles, and
    worse all the passages that one question needs (eval/NOTES.md).
    Raises UsageError for a question or filter that cannot be used, BrokenIndexError when there is no sound
    index, ModelError without the weights.
    """
    opened = _opened(index)
    only: Filters = {"source": source, "published_from": published_from, "published_to": published_to}
    if skim is None:
        found = find(opened, question, k, history=history, rerank=rerank, **only)
    else:
        found = Answerer(opened, _loaded(skim)).skimmed(question, k, history, **only)
    return list(found.hits)


def ask(
    question: str,
    *,
    index: Index | str | Path | None = None,
    model: ChatModel | str | None = None,
    history: Sequence[Turn] = (),
    source: str | None = None,
    published_from: date | None = None,
    published_to: date | None = None,
) -> Answer:
    """Answer a question from an index; ``str(answer)`` reads well.

    ``index`` is an opened index or a folder (default: the settings'), ``model`` a loaded model or a name as
    for ``--model`` (default: the settings'; "none" answers in the articles' own sentences). What is given by
    name is loaded once: the model last asked for stays in memory, some two gigabytes for the default, until
    another is named. Raises UsageError, BrokenIndexError or ModelError.
    """
    opened = _opened(index)
    return Answerer(opened, _loaded(model or settings().model)).answer(
        question, history, source=source, published_from=published_from, published_to=published_to
    )


def _opened(index: Index | str | Path | None) -> Index:
    return index if isinstance(index, Index) else open_index(Path(index or settings().index))


class _Named:
    """The generator that was last asked for by name. Only one is kept: two would take the memory of both."""

    def __init__(self) -> None:
        self._lock = Lock()  # who asks first while it is loaded waits for it
        self._name: str | None = None
        self._model: ChatModel | None = None

    def get(self, name: str) -> ChatModel | None:
        """Return the generator of that name, loaded if it is not the last; None for "none"."""
        with self._lock:
            if name != self._name:
                self._name = self._model = None
                self._model = load_model(name)
                self._name = name
            return self._model


_NAMED = _Named()


def _loaded(model: ChatModel | str) -> ChatModel | None:
    return _NAMED.get(model) if isinstance(model, str) else model
