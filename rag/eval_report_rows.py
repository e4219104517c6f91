"""One question of the report: its answer, marked quotations, what was expected, and the hits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from rag.eval_judging import STAGES
from rag.eval_measures import Row
from rag.markup import Html, el, join
from rag.types import Span

SHOWN = 10  # hits of a question that the page shows; the result file holds the rest

Marks = Sequence[tuple[int, int, str]]


def verdict(row: Row) -> str:
    """Return "right", "wrong" or "unjudged". With retrieval only, right means that the evidence was found."""
    if row["right"] is not None:
        return "right" if row["right"] else "wrong"
    if row["stage"]:
        return "wrong"
    found_only = row["abstained"] is None and row["evidence"]
    return "right" if found_only else "unjudged"


def _verdict_words(row: Row) -> str:
    if row["abstained"] is None and not row["error"]:
        return {"right": "✓ found", "wrong": "✗ missed", "unjudged": "– no key"}[verdict(row)]
    return {"right": "✓ right", "wrong": "✗ wrong", "unjudged": "– no key"}[verdict(row)]


def question(row: Row, number: int) -> Html:
    """Return a question as a part that opens and closes; ``number`` keeps its anchors apart from others'."""
    head = el(
        "summary",
        el("span", _verdict_words(row), class_="verdict"),
        el("span", row["question"], class_="asked"),
        el("span", f"{row['type']} · {row['id']}", class_="chip"),
    )
    body = el("div", *_body(row, number), class_="body")
    data = {"data_type": row["type"], "data_verdict": verdict(row), "data_stage": row["stage"] or ""}
    return el("details", head, body, class_=f"question {verdict(row)}", **data)


def _body(row: Row, number: int) -> list[Html | None]:
    return [
        _lost(row),
        _history(row["history"]),
        _answer(row, number),
        _texts("Sentences that the check dropped", row["dropped"]),
        _expected(row),
        _evidence(row["evidence"]),
        _hits(row),
        _facts(row),
    ]


def _lost(row: Row) -> Html | None:
    if not row["stage"]:
        return None
    why = row["error"] or row["reason"]
    stage = STAGES.get(row["stage"], row["stage"])
    return el("p", el("strong", "Why it was lost: "), stage, f" ({why})" if why else "", ".", class_="lost")


def _history(turns: Sequence[Sequence[str]]) -> Html | None:
    if not turns:
        return None
    lines = [
        el("p", el("strong", "Reader: " if role == "user" else "System: "), text) for role, text in turns
    ]
    return join(el("h3", "Said before"), lines)


def _answer(row: Row, number: int) -> Html | None:
    if row["answer"] is None:
        return None
    sentences = row["statements"] or [
        {"text": row["answer"], "supported": bool(row["abstained"]), "citations": []}
    ]
    said = join(*(join(_sentence(s, number), " ") for s in sentences))
    quotes = {c["number"]: c for s in sentences for c in s["citations"]}
    heading = "Refused" if row["abstained"] else "Answer"
    return join(
        el("h3", heading), el("p", said, class_="answer"), (_quote(c, number) for c in quotes.values())
    )


def _sentence(sentence: Row, number: int) -> Html:
    links = (
        el("sup", el("a", f"[{c['number']}]", href=f"#q{number}-{c['number']}"))
        for c in sentence["citations"]
    )
    if sentence["supported"]:
        return join(sentence["text"], links)
    return join(el("span", sentence["text"], class_="unsupported", title="no quotation supports this"), links)


def _quote(citation: Row, number: int) -> Html:
    mark = el("mark", citation["quote"], class_="cited")
    where = el("div", _where(citation), class_="where")
    return el(
        "blockquote", f"[{citation['number']}] “", mark, "”", where, id=f"q{number}-{citation['number']}"
    )


def _where(item: Row) -> str:
    return ", ".join(
        str(x) for x in (item["title"] or item["article_id"], item["source"], item["published"]) if x
    )


def _texts(heading: str, texts: Sequence[str]) -> Html | None:
    return join(el("h3", heading), (el("p", text) for text in texts)) if texts else None


def _expected(row: Row) -> Html:
    if not row["answerable"]:
        return join(el("h3", "Expected"), el("p", "A refusal: the articles do not say."))
    groups = "; and ".join(" / ".join(group) for group in row["expected"])
    return join(el("h3", "Expected in the answer"), el("p", groups or "not given"))


def _evidence(entries: Sequence[Row]) -> Html | None:
    if not entries:
        return None
    return join(el("h3", "Where the answer stands"), (_entry(e) for e in entries))


def _entry(entry: Row) -> Html:
    quote = join("“", el("mark", entry["quote"], class_="gold"), "”") if entry["quote"] else None
    found = (
        f"found at rank {entry['retrieved_rank']}" if entry["retrieved_rank"] else "not found by the search"
    )
    steps = [str(entry["article"] or "any article"), found if entry["places"] else "not in the corpus"]
    if entry["cited"]:
        steps.append("cited")
    elif entry["prompt_rank"] and entry["prompt_rank"] != entry["retrieved_rank"]:
        steps.append(f"read as number {entry['prompt_rank']}")
    return el("blockquote", quote, el("div", "; ".join(steps), class_="where"))


def _hits(row: Row) -> Html:
    hits = row["hits"][:SHOWN]
    if not hits:
        return join(el("h3", "Passages found"), el("p", "None."))
    heading = f"Passages found, best first ({len(hits)} of {len(row['hits'])})"
    return join(el("h3", heading), el("ol", (_hit(hit, row) for hit in hits), class_="hits"))


def _hit(hit: Row, row: Row) -> Html:
    text = marked(hit.get("text", ""), hit["start"], list(_marks(row, hit["article_id"])))
    where = _where({"title": "", "source": None, "published": None} | dict(hit))
    return el("li", el("div", where, class_="where"), el("div", text, class_="passage"))


def _marks(row: Row, article_id: str) -> Iterable[tuple[int, int, str]]:
    """Yield what to mark in a passage of an article: quotations cited and evidence expected."""
    for statement in row["statements"]:
        for c in statement["citations"]:
            if c["article_id"] == article_id:
                yield c["start"], c["end"], "cited"
    for entry in row["evidence"]:
        if entry["quote"]:
            yield from ((start, end, "gold") for id_, start, end in entry["places"] if id_ == article_id)


def marked(text: str, start: int, marks: Marks) -> Html:
    """Return a text that begins at offset ``start`` with the marks that fall into it; they may overlap."""
    spans = [(max(a - start, 0), min(b - start, len(text)), kind) for a, b, kind in marks]
    spans = [span for span in spans if span[0] < span[1]]
    edges = sorted({0, len(text), *(a for a, _, _ in spans), *(b for _, b, _ in spans)})
    return join(*(_segment(text, (a, b), spans) for a, b in pairwise(edges)))


def _segment(text: str, span: Span, marks: Marks) -> str | Html:
    kinds = sorted({kind for a, b, kind in marks if a <= span[0] and span[1] <= b})
    piece = text[span[0] : span[1]]
    return el("mark", piece, class_=" ".join(kinds)) if kinds else piece


def _facts(row: Row) -> Html:
    shown: dict[str, Any] = {
        f"seconds, {k.replace('_', ' ')}": v for k, v in row["seconds"].items() if v is not None
    }
    if row.get("standalone_question", row["question"]) not in ("", row["question"]):
        shown = {"asked as": row["standalone_question"]} | shown
    timed = ("retrieve", "first_token", "total")
    shown |= {name: f"{value:.3g}" for name, value in row["scores"].items() if name not in timed}
    pairs = (el("div", el("dt", name), el("dd", str(value))) for name, value in shown.items())
    return join(el("h3", "Figures"), el("dl", pairs, class_="figures-small"))
