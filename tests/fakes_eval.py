"""A tiny world for the tests of evaluation: two articles, six passages, and answers written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rag.eval_questions import Gold, Question
from rag.eval_sets import QuestionSet
from rag.evaluate import Ask, System
from rag.types import Answer, Article, Evidence, Hit, Passage, Seconds, Statement, Turn

STORM = Article(
    "storm",
    "Storm over Hà Nội",
    "Rain fell on Hà Nội. Some 40 trees came down. The mayor is Lan Tran.",
    source="Daily",
    published=date(2023, 11, 27),
)
BRIDGE = Article(
    "bridge", "A new bridge", "The bridge cost 7 million dollars. It opened in 2024. Boats pass."
)
ARTICLES = {a.id: a for a in (STORM, BRIDGE)}


def passage(article: Article, number: int) -> Passage:
    """Return the numbered sentence of an article, from 0, as a passage."""
    sentence = [s.strip(". ") + "." for s in article.text.split(". ")][number]
    start = article.text.index(sentence)
    return Passage(f"{article.id}#{number}", article.id, start, start + len(sentence), sentence)


def hits(*wanted: tuple[Article, int]) -> tuple[Hit, ...]:
    """Return hits of numbered sentences, best first, with scores 1, 1/2, 1/3, ..."""
    return tuple(Hit(passage(a, n), a, 1 / rank, rank) for rank, (a, n) in enumerate(wanted, start=1))


def quoted(article: Article, quote: str) -> Evidence:
    """Return a quotation of an article as a citation."""
    start = article.text.index(quote)
    return Evidence(
        article.id, f"{article.id}#0", start, start + len(quote), quote, article.title, article.source,
        article.published,
    )  # fmt: skip


ALL = hits((STORM, 0), (STORM, 1), (BRIDGE, 0), (BRIDGE, 1), (STORM, 2), (BRIDGE, 2))

TREES = Question(
    "trees",
    "How many trees fell?",
    "fact",
    answers=(("40", "forty"),),
    evidence=(Gold("storm", "40 trees came down"),),
)
MAYOR = Question(
    "mayor",
    "Who is the mayor?",
    "fact",
    answers=(("Lan Tran",),),
    evidence=(Gold("storm", "mayor is Lan Tran"),),
)
MOON = Question("moon", "What is the moon made of?", "null", answerable=False)
QUESTIONS = QuestionSet("tiny", (TREES, MAYOR, MOON))


def search(question: str, history: Sequence[Turn], k: int) -> Sequence[Hit]:
    """Find the same six passages for every question."""
    return ALL[:k]


def refusal(question: str, shown: Sequence[Hit] = ALL[:3], dropped: Sequence[str] = ()) -> Answer:
    """Return a refusal."""
    return Answer(
        question,
        "The articles do not say.",
        abstained=True,
        reason="nothing found",
        hits=tuple(shown),
        dropped=tuple(Statement(text) for text in dropped),
    )


def answered(question: str, text: str, *evidence: Evidence, shown: Sequence[Hit] = ALL[:3]) -> Answer:
    """Return an answer of one sentence with its quotations."""
    return Answer(
        question,
        text,
        (Statement(text, evidence, bool(evidence)),),
        hits=tuple(shown),
        seconds=Seconds(retrieve=0.25, generate=1.5, ground=0.25, first_token=0.5, total=2.0),
    )


def ask(question: str, history: Sequence[Turn]) -> Answer:
    """Answer about the trees, wrongly about the mayor, and refuse the rest."""
    if "trees" in question:
        return answered(question, "Some 40 trees fell.", quoted(STORM, "Some 40 trees came down."))
    if "mayor" in question:
        return answered(question, "The mayor is Minh.")
    return refusal(question)


def system(ask: Ask | None = ask) -> System:
    """Return the tiny world as something to measure."""
    return System(search, ask, ARTICLES, {"k": 3}, {"generator": "by hand"})
