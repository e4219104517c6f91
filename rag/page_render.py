"""Questions with their answers, drafts, refusals or places in the line, as HTML. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from rag.day_words import long_day
from rag.markup import Html, el, join
from rag.page_cards import hits_of, sources
from rag.page_charts import timeline_chart
from rag.page_visit import Exchange
from rag.page_wording import asked_as, count, dated, scope
from rag.types import Answer, Article, Evidence, Statement, citation_numbers


def thread(exchanges: Iterable[Exchange], today: date, *, feedback: bool = False) -> Html:
    """Return questions with what has become of them, one under another."""
    return join([exchange_html(e, today, feedback=feedback) for e in exchanges])


def exchange_html(exchange: Exchange, today: date, *, feedback: bool = False) -> Html:
    """Return one question and its answer, draft, refusal or place in the line."""
    number, answer = exchange.number, exchange.answer
    if answer is not None:
        body = _refusal(exchange, answer, today) if answer.abstained else _answer(exchange, answer)
        body = join(body, _next_questions(exchange), _feedback(exchange) if feedback else None)
    elif exchange.finished:
        body = el("p", exchange.problem or "Stopped. No answer was finished.", class_="notice")
    else:
        body = _in_progress(exchange)
    return el(
        "article",
        el("h2", exchange.question, class_="question", id=f"question-{number}", tabindex="-1"),
        _asked(exchange),
        body,
        class_=f"exchange {exchange.status}",
        data_turn=number,
        data_say=_spoken(exchange),
        aria_labelledby=f"question-{number}",
    )


def _asked(exchange: Exchange) -> Html:
    """What was really asked, and within which filters."""
    told = exchange.answer or exchange.searched
    standalone = told.standalone_question if told else ""
    interval = (told.interval if told else None) or exchange.interval
    differs = standalone and standalone.casefold().strip(" ?") != exchange.question.casefold().strip(" ?")
    return join(
        el("p", "Asked as: ", el("q", asked_as(standalone)), class_="asked") if differs else None,
        el("p", "Searched: ", scope(exchange.source, interval), class_="scope"),
    )


def _answer(exchange: Exchange, answer: Answer) -> Html:
    numbers = citation_numbers(answer)
    sentences = [_sentence(s, exchange.number, numbers) for s in answer.statements]
    spaced = [x for sentence in sentences for x in (" ", sentence)][1:]
    return join(
        el("div", el("p", spaced or answer.text), class_="answer"),
        el("p", f"{answer.reason[:1].upper()}{answer.reason[1:]}", class_="small") if answer.reason else None,
        timeline_chart(answer.timeline, lambda e: _cite(e, exchange.number, numbers[e])),
        _left_out(len(answer.dropped)),
        el("p", _how(exchange, answer, numbers), class_="small"),
    )


def _sentence(statement: Statement, turn: int, numbers: dict[Evidence, int]) -> Html:
    """One sentence with its citations, which stay on the line of its last word."""
    rest, space, last = statement.text.rstrip().rpartition(" ")
    cites = [_cite(item, turn, numbers[item]) for item in statement.evidence]
    if not statement.supported:
        cites.append(el("span", " (no quotation supports this)", class_="unsupported"))
    return join(rest, space, el("span", last, cites, class_="last"))


def _cite(item: Evidence, turn: int, number: int) -> Html:
    where = ", ".join(x for x in (item.title, item.source, item.published and long_day(item.published)) if x)
    return el(
        "button",
        str(number),
        type="button",
        class_="cite",
        data_turn=turn,
        data_n=number,
        title=where,
        aria_label=f"Source {number}: {where}",
    )


def _left_out(dropped: int) -> Html | None:
    if not dropped:
        return None
    verb = "was" if dropped == 1 else "were"
    text = f"{count(dropped, 'drafted sentence')} {verb} left out: no quotation supports it."
    return el("p", text if dropped == 1 else text.replace("supports it", "supports them"), class_="small")


def _how(exchange: Exchange, answer: Answer, numbers: dict[Evidence, int]) -> str:
    articles = len({e.article_id for e in numbers})
    by = "" if answer.model == "none" else f" by {answer.model}"
    quoted = f"{count(len(numbers), 'quotation')} from {count(articles, 'article')}"
    return f"Answered in {exchange.seconds:.1f} s{by}. {quoted}, checked word for word."


def _refusal(exchange: Exchange, answer: Answer, today: date) -> Html:
    nearest = [_nearest(s.article, exchange.number, today) for s in sources(answer.hits, {})[:3]]
    looked_for = answer.standalone_question or exchange.question
    return join(
        el(
            "div",
            el("p", answer.text, class_="refused"),
            el("p", "Looked for: ", el("q", asked_as(looked_for)), class_="reason"),
            el("p", "Why: ", answer.reason, class_="reason") if answer.reason else None,
            class_="answer",
        ),
        join(el("h3", "The nearest passages are in"), el("ul", nearest, class_="nearest"))
        if nearest
        else None,
    )


def _nearest(article: Article, turn: int, today: date) -> Html:
    button = el(
        "button", article.title, type="button", class_="to-card", data_turn=turn, data_card=article.id
    )
    return el("li", button, el("span", ", ".join(x for x in (article.source, dated(article, today)) if x)))


def _next_questions(exchange: Exchange) -> Html | None:
    if not exchange.next_questions:
        return None
    refused = exchange.answer is not None and exchange.answer.abstained
    title = "Questions that the articles answer" if refused else "You could ask next"
    return join(el("h3", title, class_="next"), question_list(exchange.next_questions))


def question_list(questions: Iterable[str]) -> Html:
    """Return questions as buttons that ask them."""
    return el("ul", [el("li", ask_button(q)) for q in questions], class_="questions")


def ask_button(question: str) -> Html:
    """Return a button that asks the question."""
    return el("button", question, type="button", class_="ask", data_question=question)


def _feedback(exchange: Exchange) -> Html:
    if exchange.verdict:
        said = {"right": "right", "wrong": "wrong", "missing": "missing something"}[exchange.verdict]
        text = f"You marked this answer as {said}. Thank you; it is kept on this computer."
        return el("p", text, class_="small")
    choices = [("right", "Right"), ("wrong", "Wrong"), ("missing", "Something is missing")]
    radios = [
        el("label", el("input", type="radio", name="verdict", value=value, required=True), f" {said}")
        for value, said in choices
    ]
    comment = el("label", "Comment (optional)", el("textarea", name="comment", rows=2, maxlength=2000))
    return el(
        "form",
        el("fieldset", el("legend", "Is this answer right?"), radios),
        el("div", comment, el("button", "Save on this computer", type="submit"), class_="comment"),
        class_="rate",
        data_turn=exchange.number,
    )


def _in_progress(exchange: Exchange) -> Html:
    hits = hits_of(exchange)
    line = el(
        "p",
        el("span", class_="pulse", aria_hidden="true"),
        doing(exchange),
        el("span", f" {exchange.seconds:.0f} s", class_="clock", aria_hidden="true"),
        class_="progress",
    )
    draft = el(
        "div",
        el("p", "Unchecked draft. Its quotations are checked when it is complete.", class_="draft-label"),
        el("p", exchange.draft),
        class_="draft",
    )
    titles = list(dict.fromkeys(h.article.title for h in hits))[:5]
    found = el("ul", [el("li", t) for t in titles], class_="found") if titles else None
    return join(line, draft if exchange.draft else found)


def doing(exchange: Exchange) -> str:
    """Say in words what is happening to a question that is not finished."""
    hits = hits_of(exchange)
    found = f"{count(len(hits), 'passage')} in {count(len({h.article.id for h in hits}), 'article')}"
    match exchange.status:
        case "waiting" if exchange.ahead == 0:
            return "Waiting for its turn."
        case "waiting":
            return f"Waiting: {count(exchange.ahead, 'question')} ahead of this one."
        case "searching":
            return "Searching the articles."
        case "reading":
            return f"Found {found}. Reading them."
        case _:
            return f"Found {found}. Writing a draft."


def _spoken(exchange: Exchange) -> str:
    """What a screen reader says when the exchange gets this far."""
    if not exchange.finished:
        return doing(exchange)
    if exchange.answer is None:
        return exchange.problem or "Stopped."
    return exchange.answer.text
