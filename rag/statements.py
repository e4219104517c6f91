"""From a draft to the statements that are shown: each on its quotations, or dropped. Pure but for similarity.

The sentence that it was written from is at hand all the while: it takes the place of a draft that says
nothing, or that it does not carry.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.beside import LONGEST_ANSWER, led_anew, once, quotes, with_rivals
from rag.excerpts import excerpt, length, one_line
from rag.faithfulness import says_more
from rag.figures import change, leading
from rag.grounding import Candidate, Similarity, ground
from rag.listed import list_of
from rag.matching import added_words, coverage
from rag.prompts import heading
from rag.reading import Reading
from rag.text import sentences
from rag.types import Statement, TimelineEntry

_PREAMBLE = re.compile(r"^(?:according to|based on) the (?:passages?|articles?|text),? ", re.IGNORECASE)
LONGEST_QUOTE = 60  # words of a quoted sentence that stand as an answer; of a longer one, a part


@dataclass(frozen=True, slots=True)
class Grounded:
    """The statements to show (at least one) and those dropped."""

    shown: tuple[Statement, ...]
    dropped: tuple[Statement, ...]


def grounded(read: Reading, draft: str, similarity: Similarity, words: int = LONGEST_ANSWER) -> Grounded:
    """Find the quotation of each sentence of a draft in the sentence that it was written from.

    A draft of which nothing is supported gives way to that sentence. Those that could not be told from it are
    quoted beside it, all within so many ``words``.
    """
    shown: list[Statement] = []
    dropped: list[Statement] = []
    draft = _without_preamble(draft)
    for start, end in sentences(draft):
        sentence = draft[start:end]
        statement, _ = ground(sentence, read.question, [read.best], similarity)
        if statement.supported and not _says_nothing(sentence, read):
            shown.append(_made_whole(statement, read))
        else:
            dropped.append(Statement(sentence))
    shown = once(shown, quotes)
    if not shown:
        most = max(LONGEST_QUOTE, words)
        listed = list_of(read.best, read.question, most) or [read.best]
        shown += [quotation(c, f"{read.question} {draft}", read, most) for c in listed]
    return Grounded(tuple(with_rivals(shown, read, draft, words)), tuple(dropped))


def _says_nothing(sentence: str, read: Reading) -> bool:
    """Whether a sentence only says the question again, or copies a headline as the model was shown it."""
    headline = heading(read.best.hit.article)
    return repeats(sentence, read.question) or coverage(sentence, headline) == 1


def repeats(sentence: str, question: str) -> bool:
    """Whether a sentence only says the question again."""
    return not added_words(sentence, question)


def quotation(candidate: Candidate, about: str, read: Reading, most: int) -> Statement:
    """Return a sentence of the articles as a statement of its own; of one with more than ``most`` words the
    part that has an answer, or else is ``about`` these words.
    """
    text = excerpt(candidate.text, about, most, read.given)
    return Statement(text, (candidate.evidence(),), supported=True)


def newest_first(
    shown: Sequence[Statement], changed: Sequence[TimelineEntry], read: Reading
) -> tuple[Statement, ...]:
    """Let the value of the right time lead, and tell the others unless one time was asked for. What stood
    beside the first and says something else stays where it fits into the words of an answer.
    """
    dates = read.found.dates
    lead = leading(changed, dates)
    first = shown[0]
    if lead.evidence not in first.evidence:
        first = Statement(
            excerpt(lead.evidence.quote, lead.value, LONGEST_QUOTE), (lead.evidence,), supported=True
        )
    others = [] if dates.words else [change(e, lead) for e in reversed(changed) if e.value != lead.value]
    told = [first, *others[:2]]
    values = {entry.evidence for entry in changed}
    for statement in (led_anew(s, first, read) for s in shown[1:]):
        words = sum(length(s.text) for s in [*told, statement])
        if values.isdisjoint(statement.evidence) and words <= LONGEST_ANSWER:
            told.append(statement)
    return tuple(told)


def _made_whole(statement: Statement, read: Reading) -> Statement:
    """Put the quoted sentence, or the part that matters of a long one, in the place of a statement that it
    says more surely.
    """
    if len(statement.evidence) != 1:
        return statement
    quote = one_line(statement.evidence[0].quote)
    if not says_more(statement.text, quote, statement.evidence[0].published):
        return statement
    return replace(statement, text=excerpt(quote, statement.text, LONGEST_QUOTE, read.given))


def _without_preamble(draft: str) -> str:
    """Take away "According to the passages,": the citation says it better."""
    text = _PREAMBLE.sub("", draft)
    return text[:1].upper() + text[1:] if text != draft else draft
