"""Ask a folder of news articles; every sentence of the answer stands on a dated, verbatim quotation."""

from rag.errors import RagError
from rag.index import Index
from rag.python import ask, retrieve
from rag.types import Answer, Article, Evidence, Hit, Passage, Statement

__all__ = [
    "Answer",
    "Article",
    "Evidence",
    "Hit",
    "Index",
    "Passage",
    "RagError",
    "Statement",
    "ask",
    "retrieve",
]
