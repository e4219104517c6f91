"""Prompts read one after another, each from where it differs from the one before."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from rag.lower_layers import empty_cache

CHUNK = 256  # prompt tokens read at a time; a stop is heard at every layer of them

Openings = dict[tuple[int, ...], Any]


class PromptReader:
    """Reads one question's prompts with a language model or its lower layers.

    What two prompts begin with in common is read once, and what all questions' prompts begin with, the system
    message, once for all: ``openings`` holds the caches of those that were met. ``options`` are the model's,
    for all that is read.
    """

    def __init__(self, model: Any, openings: Openings, **options: Any) -> None:
        self._model, self._openings, self._options = model, openings, options
        self._cache: Any = empty_cache(model)
        self.read: list[int] = []  # the tokens whose keys and values the cache holds

    def open(self, opening: list[int]) -> None:
        """Have the cache begin with these tokens, which may have been read for another question."""
        if self.read[: len(opening)] == opening:
            return
        if tuple(opening) in self._openings:
            self._cache = copy.deepcopy(self._openings[tuple(opening)])
        else:
            self._cache = empty_cache(self._model)
            self.forward(opening)
            self._openings[tuple(opening)] = copy.deepcopy(self._cache)
        self.read = list(opening)

    def advance(self, sequence: list[int]) -> Iterator[None]:
        """Read all but the end of a prompt, a chunk at a time, from where it differs from the last one."""
        shared = next(
            (i for i, (a, b) in enumerate(zip(self.read, sequence, strict=False)) if a != b),
            min(len(self.read), len(sequence)),
        )
        self.keep(min(shared, len(sequence) - 1), self.read)
        while len(sequence) - len(self.read) > CHUNK:
            read = len(self.read)
            self.forward(sequence[read : read + CHUNK])
            self.read = sequence[: read + CHUNK]
            yield

    def finish(self, sequence: list[int]) -> Any:
        """Read what ``advance`` has left of a prompt; return what comes out of the model."""
        out = self.forward(sequence[len(self.read) :])
        self.read = list(sequence)
        return out

    def forward(self, tokens: list[int], **options: Any) -> Any:
        """Read tokens on top of the cache; return what comes out of the model. ``read`` is for the caller to
        bring up to date.
        """
        import torch

        with torch.inference_mode():
            return self._model(
                torch.tensor([tokens]),
                past_key_values=self._cache,
                use_cache=True,
                **{**self._options, **options},
            )

    def keep(self, length: int, tokens: list[int]) -> None:
        """Cut the cache back to its first ``length`` tokens, which are the first of ``tokens``."""
        surplus = int(self._cache.get_seq_length()) - length
        if surplus > 0:
            self._cache.crop(-surplus)
        self.read = tokens[:length]
