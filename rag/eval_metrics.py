"""Scores of one answer, and curves over many. Pure: no files, no models, no result format.

Conventions (each also stands beside its metric in every report):

- *Right*: every group of aliases has one alias in the answer after folding, at word boundaries.
- *Token F1*: SQuAD's (Rajpurkar et al. 2016), after folding.
- *Citation recall and precision*: ALCE's (Gao et al. 2023), with quotations for cited passages and a fixed
  lexical test in place of its entailment model. The test is not the check that chose the citations.
- *Risk-coverage*: El-Yaniv and Wiener 2010; its area is AURC (Geifman et al. 2019).
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from rag.quantities import quantities
from rag.text import content_words, fold

Groups = Sequence[Sequence[str]]

# Share of a statement's own content words that its quotations must hold to support it. A stand-in for
# entailment: half lets in sentences that share only the topic, four fifths fails plain paraphrases.
SUPPORT = 0.6


def holds(text: str, alias: str) -> bool:
    """Whether the alias stands in the text after folding, at word boundaries.

    A figure is one word: "500" does not stand in "500,000", nor "5" in "1.5". An alias that begins or ends
    with a sign ("$50") needs no boundary there.
    """
    needle = fold(alias)
    if not needle:
        return False
    before = r"(?<!\w)(?<!\d[.,])" if needle[0].isdigit() else r"(?<!\w)" if needle[0].isalnum() else ""
    after = r"(?!\w)(?![.,]\d)" if needle[-1].isdigit() else r"(?!\w)" if needle[-1].isalnum() else ""
    return re.search(before + re.escape(needle) + after, fold(text)) is not None


def missing_groups(text: str, groups: Groups) -> list[int]:
    """Return the places of the groups of which no alias stands in the text."""
    return [i for i, group in enumerate(groups) if not any(holds(text, alias) for alias in group)]


def is_right(text: str, groups: Groups) -> bool:
    """Whether every group has one alias in the text. Without groups nothing can be right."""
    return bool(groups) and not missing_groups(text, groups)


def squad_tokens(text: str) -> list[str]:
    """Return the words that SQuAD compares: folded, without punctuation ("U.S." is "us") and articles."""
    plain = "".join(c for c in fold(text) if c not in string.punctuation)
    return [w for w in plain.split() if w not in ("a", "an", "the")]


def token_f1(text: str, gold: str) -> float:
    """Return SQuAD's F1 of the words of an answer against one reference answer (0 to 1)."""
    said, wanted = squad_tokens(text), squad_tokens(gold)
    if not said or not wanted:
        return float(said == wanted)
    shared = sum((Counter(said) & Counter(wanted)).values())
    return 2 * shared / (len(said) + len(wanted))


def best_f1(text: str, groups: Groups, references: Sequence[str] = ()) -> float:
    """Return the F1 against the nearest reference, as SQuAD takes the best of its answers.

    With groups, the reference is the aliases that fit best, one of each group, side by side.
    """
    golds = [r for r in references if r]
    if groups:
        golds.append(" ".join(max(group, key=lambda alias: token_f1(text, alias)) for group in groups))
    return max((token_f1(text, gold) for gold in golds), default=0.0)


def supports(statement: str, premises: Sequence[str], question: str = "") -> bool:
    """Whether the premises hold what the statement says, by a fixed lexical test.

    Every figure of the statement must be in a premise (any spelling), and so must ``SUPPORT`` of its content
    words; words of the question count for nothing, unless the statement has no others. A premise is a
    quotation together with the headline and date of its article, as ALCE's premises hold their titles.
    """
    if not premises:
        return False
    given = {q.value for p in premises for q in quantities(p)}
    if any(value not in given for value in _figures(statement)):
        return False
    own = set(content_words(statement))
    told = own - set(content_words(question)) or own
    known = {word for p in premises for word in content_words(p)}
    return len(told & known) >= SUPPORT * len(told)


def _figures(text: str) -> set[Fraction]:
    """Values of figures in digits, or above twelve: "two countries" and "one of them" claim no figure."""
    found = quantities(text)
    return {q.value for q in found if q.value > 12 or any(c.isdigit() for c in text[q.start : q.end])}


def citation_recall(statements: Sequence[tuple[str, Sequence[str]]], question: str = "") -> float:
    """Return ALCE's citation recall of one answer: the share of its statements that all their premises
    together support. ``statements`` pairs each sentence with its premises; an uncited one counts 0.
    """
    if not statements:
        return 0.0
    return sum(supports(text, premises, question) for text, premises in statements) / len(statements)


def citation_precision(statements: Sequence[tuple[str, Sequence[str]]], question: str = "") -> float:
    """Return ALCE's citation precision of one answer: the share of its citations that belong there.

    A citation counts when its statement is supported and it is not irrelevant; it is irrelevant when it
    does not support the statement alone and the other citations support it without it. An answer without
    citations has precision 0.
    """
    kept = [c for text, premises in statements for c in _citations_kept(text, premises, question)]
    return sum(kept) / len(kept) if kept else 0.0


def _citations_kept(text: str, premises: Sequence[str], question: str) -> list[bool]:
    if not supports(text, premises, question):
        return [False] * len(premises)
    others = [[*premises[:i], *premises[i + 1 :]] for i in range(len(premises))]
    return [
        supports(text, [premise], question) or not supports(text, rest, question)
        for premise, rest in zip(premises, others, strict=True)
    ]


def risk_coverage(answered: Sequence[tuple[float, bool, str]], total: int) -> list[tuple[float, float]]:
    """Return the points (coverage, risk) as ever less confident answers are let through.

    ``answered`` holds the confidence, whether the answer is wrong, and the question's id of each answer
    given; ``total`` counts all questions, so a system that abstains never reaches coverage 1. Ties break by
    id.
    """
    points, wrong = [], 0
    for i, (_, is_wrong, _) in enumerate(sorted(answered, key=lambda a: (-a[0], a[2])), start=1):
        wrong += is_wrong
        points.append((i / total, wrong / i))
    return points


def abstention_curve(rows: Sequence[tuple[float, bool]]) -> list[tuple[float, float, float]]:
    """Return (threshold, precision, recall) of abstaining by confidence alone.

    ``rows`` holds the confidence and whether the question is answerable. At a threshold every question with
    at most that confidence is refused: precision is the share of the refused that are unanswerable, recall
    the share of the unanswerable that are refused. Without an unanswerable question there is no curve.
    """
    null = sum(not answerable for _, answerable in rows)
    if not null:
        return []
    curve = []
    for threshold in sorted({confidence for confidence, _ in rows}):
        refused = [answerable for confidence, answerable in rows if confidence <= threshold]
        caught = sum(not answerable for answerable in refused)
        curve.append((threshold, caught / len(refused), caught / null))
    return curve
