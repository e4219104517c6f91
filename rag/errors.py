"""What can go wrong, as a small tree. Each message names the value and the remedy in one line.

RagError            exit 1: a problem was found
├── UsageError      exit 2: the question, option or setting cannot be used as it is
├── CorpusError     an article or folder cannot be read
├── BrokenIndexError  an index is missing, damaged, or made by another encoder or schema
├── ModelError      weights are missing, damaged or cannot be fetched
└── EvalError       a question or result file cannot be used
"""

from __future__ import annotations


class RagError(Exception):
    """Any problem that the user can act on; the command line prints it as one line."""

    exit_code = 1


class UsageError(RagError):
    """The question, option or setting cannot be used as it is."""

    exit_code = 2


class CorpusError(RagError):
    """An article or a folder of articles cannot be read."""


class BrokenIndexError(RagError):
    """An index is missing, damaged, or was made by another encoder or schema."""


class ModelError(RagError):
    """Weights are missing, damaged or cannot be fetched."""


class EvalError(RagError):
    """A question file, a result file or a BEIR folder cannot be used."""
