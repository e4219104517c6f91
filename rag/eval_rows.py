"""One question asked and judged: the row of a result file. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from rag import eval_judging as judging
from rag import eval_metrics as metrics
from rag.day_words import long_day
from rag.eval_judging import Trace
from rag.eval_questions import Question
from rag.eval_trec import listed, retrieval_scores, roll_up
from rag.records import SecondsRecord, hit_record, iso, seconds_record, statement_records
from rag.types import Answer, Article, Evidence, Hit

ARTICLES = 10  # different articles that a retrieval-only row keeps, for scores at 10 after roll-up

JsonRow = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the system gave for one question: all hits that the search found, and the answer.

    ``answer`` is None when only retrieval is measured; ``seconds`` is then the time of the search.
    ``error`` says why the question could not be asked; the row then counts as a miss everywhere.
    """

    found: Sequence[Hit] = ()
    seconds: float = 0.0
    answer: Answer | None = None
    confidence: float | None = None
    error: str | None = None


def build_row(
    question: Question, outcome: Outcome, articles: Mapping[str, Article], by_article: bool, asked: bool
) -> JsonRow:
    """Return the row of one question.

    ``by_article`` judges retrieval by whole articles (BEIR) instead of by evidence; ``asked`` says that
    answers are measured, so that a question without one counts as wrong.
    """
    answer = outcome.answer
    hits = answer.hits if answer else enough(outcome.found, len(articles))
    traces = judging.trace(question, outcome.found, hits if answer else hits[:ARTICLES], answer, articles)
    right = _right(question, outcome) if asked else None
    scores = _retrieval(question, outcome.found, traces, by_article) | (
        _answered(question, outcome, right, traces, articles) if asked else {}
    )
    seconds = _seconds(outcome)
    return {
        "id": question.id,
        "type": question.type,
        "question": question.question,
        "history": [list(turn) for turn in question.history],
        "answerable": question.answerable,
        **_answer_fields(answer),
        "right": right,
        "stage": _stage(question, outcome, traces, right, asked),
        "error": outcome.error,
        "hits": [hit_record(hit) for hit in hits],
        "retrieved": listed(outcome.found) if by_article else [hit.passage.id for hit in outcome.found],
        "seconds": seconds,
        "confidence": outcome.confidence,
        "scores": scores | _times(seconds),
        "expected": [list(group) for group in question.answers] or [[r] for r in question.references],
        "evidence": [_trace_record(t) for t in traces],
        "extra": dict(question.extra),
    }  # fmt: skip


def enough(found: Sequence[Hit], articles: int) -> Sequence[Hit]:
    """Return the hits, at least ten, down to the one that brings the tenth different article, or the last
    where there are fewer than ten ``articles``.
    """
    for size in range(min(ARTICLES, len(found)), len(found) + 1):
        if len(roll_up(found[:size])) >= min(ARTICLES, articles):
            return found[:size]
    return found


def _answer_fields(answer: Answer | None) -> JsonRow:
    if answer is None:
        return {"answer": None, "abstained": None, "reason": None, "statements": [], "dropped": []}
    return {
        "answer": answer.text,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "statements": statement_records(answer),
        "dropped": [statement.text for statement in answer.dropped],
        "standalone_question": answer.standalone_question,
        "interval": answer.interval and [iso(answer.interval.start), iso(answer.interval.end)],
        "signals": {name: round(value, 4) for name, value in answer.signals.items()},
    }


def _seconds(outcome: Outcome) -> SecondsRecord:
    if outcome.answer:
        return seconds_record(outcome.answer.seconds)
    search = None if outcome.error else round(outcome.seconds, 4)
    return {"retrieve": search, "generate": None, "ground": None, "first_token": None, "total": None}


def _times(seconds: SecondsRecord) -> dict[str, float]:
    times = {
        "retrieve": seconds["retrieve"],
        "first_token": seconds["first_token"],
        "total": seconds["total"],
    }
    return {key: value for key, value in times.items() if value is not None}


def _right(question: Question, outcome: Outcome) -> bool | None:
    """Whether the answer is right; None when only model answers are known, which cannot be matched."""
    answer = outcome.answer
    if answer is None:
        return False
    if not question.answerable:
        return answer.abstained
    if not question.answers:
        return None
    return not answer.abstained and metrics.is_right(answer.text, question.answers)


def _stage(
    question: Question, outcome: Outcome, traces: Sequence[Trace], right: bool | None, asked: bool
) -> str | None:
    if outcome.error:
        return "failed"
    if not asked:
        return judging.retrieval_stage(question, traces)
    answer = outcome.answer
    if answer is None or right or (right is None and not answer.abstained):
        return None
    return judging.failure_stage(question, traces, answer)


def _retrieval(
    question: Question, found: Sequence[Hit], traces: Sequence[Trace], by_article: bool
) -> dict[str, float]:
    if by_article:
        judgements, ranking = dict(question.judged), [[id_] for id_ in listed(found)]
    else:
        units = judging.units_of(found, [t.places for t in traces])
        judgements = {str(i): 1 for i in range(len(traces))}
        ranking = [[str(i) for i in held] for held in units]
    return retrieval_scores({question.id: judgements}, {question.id: ranking}).get(question.id, {})


def _answered(
    question: Question,
    outcome: Outcome,
    right: bool | None,
    traces: Sequence[Trace],
    articles: Mapping[str, Article],
) -> dict[str, float]:
    answer = outcome.answer
    abstained = answer is not None and answer.abstained
    said = answer.text if answer and not abstained else ""
    scores = _abstention(question, abstained) | (_shown(traces) if traces and question.answerable else {})
    if right is not None:
        scores |= {"right": float(right)} | (
            {"right_answerable": float(right)} if question.answerable else {}
        )
    if question.answerable and (question.answers or question.references):
        scores["f1"] = metrics.best_f1(said, question.answers, question.references)
    if question.fakes:
        scores["fooled"] = float(not right and any(metrics.holds(said, fake) for fake in question.fakes))
    if answer and not abstained:
        scores |= _citations(question, answer, traces, articles) | {"words": float(len(said.split()))}
    if outcome.confidence is not None:
        scores["confidence"] = outcome.confidence
        if right is not None and not abstained:
            scores["wrong"] = float(not right)
    return {name: round(value, 6) for name, value in scores.items()}


def _shown(traces: Sequence[Trace]) -> dict[str, float]:
    """Whether evidence stands among the first passages that are shown with an answer."""
    ranks = [trace.prompt_rank for trace in traces if trace.prompt_rank is not None]
    return {f"shown@{k}": float(min(ranks, default=k + 1) <= k) for k in (1, 5)}


def _abstention(question: Question, abstained: bool) -> dict[str, float]:
    if question.answerable:
        return {"refused_answerable": float(abstained)} | ({"abstention_precision": 0.0} if abstained else {})
    return {"abstention_recall": float(abstained)} | ({"abstention_precision": 1.0} if abstained else {})


def _citations(
    question: Question, answer: Answer, traces: Sequence[Trace], articles: Mapping[str, Article]
) -> dict[str, float]:
    pairs = [(s.text, [premise(e, articles) for e in s.evidence]) for s in answer.statements]
    pairs = pairs or [(answer.text, [])]
    recall = metrics.citation_recall(pairs, question.question)
    scores = {
        "citation_recall": recall,
        "citation_precision": metrics.citation_precision(pairs, question.question),
        "fully_cited": float(recall == 1.0),
    }
    if traces:
        scores["evidence_cited"] = float(any(t.cited for t in traces))
    quoted = [e for s in answer.statements for e in s.evidence]
    if quoted:
        scores["verbatim"] = sum(is_verbatim(e, articles) for e in quoted) / len(quoted)
    return scores


def is_verbatim(item: Evidence, articles: Mapping[str, Article]) -> bool:
    """Whether a quotation is exactly its article's text at its offsets, and not empty."""
    article = articles.get(item.article_id)
    return bool(item.quote) and article is not None and article.text[item.start : item.end] == item.quote


def premise(item: Evidence, articles: Mapping[str, Article]) -> str:
    """Return what a quotation is judged with: the headline of its article, its day or, where that is not
    known, the earliest that it can be, and the words.
    """
    article = articles.get(item.article_id)
    day = article.day if article else item.published
    return f"{item.title}. {_day(day)} {item.quote}"


def _day(day: date | None) -> str:
    return f"{long_day(day)}." if day else ""


def _trace_record(item: Trace) -> JsonRow:
    record = asdict(item)
    return {
        "article": item.gold.article,
        "quote": item.gold.quote,
        **{key: record[key] for key in ("places", "retrieved_rank", "prompt_rank", "cited")},
    }
