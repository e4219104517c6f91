"""Several quotations within the words of one answer. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag.antecedents import antecedent, refers_back
from rag.day_words import long_day, month
from rag.excerpts import CUT, Cuttable, cut_together, length, one_line
from rag.figures import at_once
from rag.grounding import Candidate
from rag.reading import Reading
from rag.rivals import repeated
from rag.types import Article, Statement
from rag.wanted import asks_for_list

LONGEST_ANSWER = 60  # words that several sentences may have together
LIST_WORDS = 40  # that an answer may have beyond those where a list is asked for, which must be complete
LEFT = 0.3  # share of a quotation that is left at least when it is cut for another to stand beside it
FEWEST, MOSTLY = 8, 0.6  # and words, or the share of a short one: less mostly says nothing by itself


def beyond(question: str) -> int:
    """Return how many words an answer may have beyond those of others."""
    return LIST_WORDS if asks_for_list(question) else 0


def least(words: int) -> int:
    """Return how many of a quotation's words must stay when it is cut."""
    return max(math.ceil(LEFT * words), min(FEWEST, math.ceil(MOSTLY * words)))


def whole(statement: Statement) -> bool:
    """Whether a statement is its quotation, word for word."""
    return bool(statement.evidence) and statement.text == one_line(statement.evidence[0].quote)


def quotes(statement: Statement) -> bool:
    """Whether a statement is its quotation, or a part of it that is marked as such."""
    return CUT in (statement.text[:1], statement.text[-1:]) or whole(statement)


def uncut(statement: Statement) -> Statement:
    """Return a statement that is part of its quotation with all of it; any other as it is."""
    lead, said = led(statement.text)
    quote = one_line(statement.evidence[0].quote) if statement.evidence else ""
    if CUT not in (said[:1], said[-1:]) or said.strip(f"{CUT} ") not in quote:
        return statement
    return replace(statement, text=lead + quote)


def once(statements: Sequence[Statement], tells: Callable[[Statement], bool]) -> list[Statement]:
    """Show each statement once, and beside one that ``tells`` its quotation nothing else that has it."""
    told = {s.evidence: s for s in reversed(statements) if tells(s)}
    return [s for s in dict.fromkeys(statements) if told.get(s.evidence, s) == s]


def with_rivals(
    shown: Sequence[Statement], read: Reading, draft: str, most: int = LONGEST_ANSWER
) -> Sequence[Statement]:
    """Show the rivals of the best sentence beside it, all cut to ``most`` words together; fewer where too
    little would be left of each.
    """

    def cuttable(told: Statement) -> Cuttable:
        return Cuttable.of(told.evidence[0].quote, f"{read.question} {draft}", read.given)

    said = _said(shown)
    pieces = [_Piece(s, cuttable(s) if quotes(s) else None) for s in shown]
    for rival in read.rivals:
        if not repeated(rival.text, said):
            told = Statement(one_line(rival.text), (rival.evidence(),), supported=True)
            pieces.append(_Piece(told, cuttable(told), _lead(rival, read.best)))
    fits = sum(length(s.text) for s in shown) <= most
    for kept in range(len(pieces), len(shown) if fits else len(shown) - 1, -1):
        together = pieces[:kept]
        left = most - sum(piece.fixed for piece in together)
        cut = cut_together([piece.quote for piece in together if piece.quote], left, least)
        if cut is not None:
            parts = iter(cut)
            return [piece.telling(next(parts)) if piece.quote else piece.statement for piece in together]
    return shown


def introduced(
    shown: Sequence[Statement], read: Reading, most: int = LONGEST_ANSWER
) -> tuple[Statement, ...]:
    """Put before the first statement the sentence that says who its "he" is or what "they" are, where all
    have ``most`` words together; one that is shown already comes first.
    """
    first = shown[0]
    quoted = read.quoted_by(first) if refers_back(first.text) else []
    before = antecedent(quoted[0]) if quoted else None
    if before is None:
        return tuple(shown)
    evidence = before.evidence()
    told = next((s for s in shown if evidence in s.evidence), None)
    if told is None:
        told = Statement(one_line(before.text), (evidence,), supported=True)
        if repeated(before.text, _said(shown)) or sum(length(s.text) for s in (told, *shown)) > most:
            return tuple(shown)
    return (told, *(s for s in shown if s != told))


def _said(shown: Sequence[Statement]) -> list[str]:
    """Return what statements say, and what their quotations do."""
    return [text for s in shown for text in (s.text, *(e.quote for e in s.evidence))]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A statement of several; where it is a quotation that can be cut, but for the words that lead to it."""

    statement: Statement
    quote: Cuttable | None
    lead: str = ""

    @property
    def fixed(self) -> int:
        """How many words cannot be cut."""
        return len((self.lead if self.quote else self.statement.text).split())

    def telling(self, part: str) -> Statement:
        """Return the statement with this part of its quotation."""
        return replace(self.statement, text=self.lead + part)


def _lead(rival: Candidate, first: Candidate) -> str:
    """Return the words that lead to another sentence, its date when it is of another time: who was ambassador
    two years ago must not stand beside who is now as if both were.
    """
    article, other = rival.hit.article, first.hit.article
    same = article.day == other.day or at_once(article.day, other.day)
    return "" if same else f"{_reported(article)}: "


_LEAD = re.compile(r"(?:Reported [^:]+|Undated): ")


def led(text: str) -> tuple[str, str]:
    """Return the words that lead to a quotation of another time (``_lead``), "" where there are none, and
    what it says.
    """
    lead = _LEAD.match(text)
    at = lead.end() if lead else 0
    return text[:at], text[at:]


def led_anew(statement: Statement, first: Statement, read: Reading) -> Statement:
    """Return a statement with the words that lead to its quotation beside another first one."""
    its, other = read.quoted_by(statement), read.quoted_by(first)
    lead = _lead(its[0], other[0]) if its and other else ""
    return replace(statement, text=lead + led(statement.text)[1])


def _reported(article: Article) -> str:
    if article.day is None:
        return "Undated"
    if article.published is None:
        return f"Reported {month(article.day)} or later"
    return f"Reported {long_day(article.day)}"
