"""From a draft to the statements that are shown: each on its quotations, or dropped. Pure but for similarity.

The sentence that the question turned to most is at hand all the while: it takes the place of a draft that
says nothing, or that no quotation carries.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.figures import change, leading
from rag.grounding import Candidate, Check, Similarity, contrasts, coverage, ground, is_fragment
from rag.question_dates import QuestionDates
from rag.reading import Reading
from rag.text import content_words, sentences
from rag.types import Statement, TimelineEntry

_PREAMBLE = re.compile(r"^(?:according to|based on) the (?:passages?|articles?|text),? ", re.IGNORECASE)
LONGEST_QUOTE = 45  # words of a quoted sentence that may stand as an answer


@dataclass(frozen=True, slots=True)
class Grounded:
    """The statements to show (at least one), those dropped, and how the draft's first sentence fared."""

    shown: tuple[Statement, ...]
    dropped: tuple[Statement, ...]
    check: Check


def grounded(read: Reading, draft: str, similarity: Similarity) -> Grounded:
    """Find the quotations of each sentence of a draft: among the chosen sentences, else among all.

    A draft of which nothing is supported is repaired once: by the sentence that it misses least when only
    words of the question are missing there, else by the one that fits the question best.
    """
    shown: list[Statement] = []
    dropped: list[Statement] = []
    checks: list[Check] = []
    draft = _without_preamble(draft)
    for start, end in sentences(draft):
        sentence = draft[start:end]
        statement, check = ground(sentence, read.question, read.chosen, similarity)
        if not statement.supported:
            statement, check = ground(sentence, read.question, read.pool, similarity)
        if statement.supported and not repeats(sentence, read.question):
            shown.append(_made_whole(statement))
        else:
            dropped.append(Statement(sentence))
        checks.append(check)
    if not shown:
        near = checks[0].nearest if checks and _only_strays(checks[0], read.question) else None
        shown.append(quotation(near or read.chosen[0]))
    return Grounded(tuple(shown), tuple(dropped), checks[0] if checks else Check(1.0))


def _only_strays(check: Check, question: str) -> bool:
    """Whether all that a sentence's quotation lacks are words of the question: then it is the right one."""
    return all(coverage(term, question) == 1 for term in check.missing)


def repeats(sentence: str, question: str) -> bool:
    """Whether a sentence only says the question again."""
    return all(coverage(word, question) == 1 for word in content_words(sentence))


def quotation(candidate: Candidate) -> Statement:
    """Return a sentence of the articles as a statement of its own."""
    return Statement(_one_line(candidate.text), (candidate.evidence(),), supported=True)


def newest_first(
    shown: Sequence[Statement], changed: Sequence[TimelineEntry], dates: QuestionDates
) -> tuple[Statement, ...]:
    """Let the value of the right time lead, and tell the others unless one time was asked for."""
    lead = leading(changed, dates)
    first = shown[0]
    if lead.evidence not in first.evidence:
        first = Statement(_one_line(lead.evidence.quote), (lead.evidence,), supported=True)
    others = [] if dates.words else [change(e, lead) for e in reversed(changed) if e.value != lead.value]
    return (first, *others[:2])


def _made_whole(statement: Statement) -> Statement:
    """Put the quoted sentence in the place of a bare figure or name, and of one of two contrasted figures."""
    if len(statement.evidence) != 1:
        return statement
    quote = _one_line(statement.evidence[0].quote)
    unclear = is_fragment(statement.text) or contrasts(quote, statement.text)
    return replace(statement, text=quote) if unclear and len(quote.split()) <= LONGEST_QUOTE else statement


def _without_preamble(draft: str) -> str:
    """Take away "According to the passages,": the citation says it better."""
    text = _PREAMBLE.sub("", draft)
    return text[:1].upper() + text[1:] if text != draft else draft


def _one_line(text: str) -> str:
    return " ".join(text.split())
