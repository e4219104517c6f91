"""The chat page: a Gradio door over the engine, on this computer only unless passwords are set.

``build`` lays the page out and ties each event to a function of rag/page_events.py; ``serve`` opens it. The
conversation is our own HTML in gr.HTML, not gr.Chatbot: that strips the attributes and labels which tie a
citation to its source, and reads a message's markup aloud as the message's name.
"""

# No ``from __future__ import annotations`` here: Gradio finds the parameter that wants the event's data by
# its annotation, which must be the class itself, because gradio is imported inside the functions below.

import os
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rag.corpus import SUFFIXES
from rag.errors import UsageError
from rag.markup import el
from rag.page_auth import allows, read_accounts
from rag.page_desk import Desk
from rag.page_endpoints import endpoints
from rag.page_events import Callbacks, Engine
from rag.page_forms import article_files, filters_label
from rag.page_guard import check_port, is_loopback, launch_options
from rag.page_visit import Page, Visit

__all__ = ["Engine", "build", "serve"]

TITLE = "Ask the articles"
_CONNECT = """
window.articles.connect({
  pick: (data) => trigger('pick', data),
  rate: (data) => trigger('rate', data),
  show: (data) => trigger('show', data),
});
watch('value', () => window.articles.answered(element));
"""
_PROGRESS = "watch('value', () => window.articles.progressed(element));"
_SOURCES = "watch('value', () => window.articles.arrived(element));"
_DATE = """
const field = element.querySelector('input');
field.addEventListener('change', () => {
  props.value = field.validity.badInput ? 'an unfinished date' : field.value;
  trigger('change');
});
"""
_SAVE = "(text) => { window.articles.save(text); }"


def serve(
    engine: Engine,
    host: str = "127.0.0.1",
    port: int = 7860,
    auth: Path | None = None,
    *,
    feedback: Path | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Open the page and serve it until Ctrl+C; ``ready`` is called with its address.

    ``auth`` is a file of password lines (see rag/page_auth.py), ``feedback`` the file that ratings are
    added to. Raises UsageError when the host is not this computer and there is no ``auth``, when the file
    cannot be used, and when the port is taken.
    """
    accounts = read_accounts(auth) if auth else None
    if accounts is None and not is_loopback(host):
        raise UsageError(
            f"{host} lets other computers in, which needs passwords: add --auth FILE, or use --host 127.0.0.1"
        )
    check_port(host, port)
    callbacks = Callbacks(engine, Desk(), feedback)
    page = _build(callbacks)
    options = launch_options(None if accounts else host)
    if accounts:
        options["auth"] = lambda user, password: allows(accounts, user, password)
    _, address, _ = page.launch(server_name=host, server_port=port, prevent_thread_lock=True, **options)
    try:
        if ready:
            ready(address)
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        page.close(verbose=False)
        callbacks.desk.close()


def build(engine: Engine, *, feedback: Path | None = None, today: Callable[[], date] = date.today) -> Any:
    """Return the page as gr.Blocks. Launch it with ``launch_options()``, which hold its style and privacy."""
    return _build(Callbacks(engine, Desk(), feedback, today))


# The layout


def _build(callbacks: Callbacks) -> Any:
    # Before the import: Gradio reads it there, and would call home when it is not set.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(600, 600)) as page:
        visit = gr.State(Visit())
        masthead = _html("masthead", "watch('value', () => window.articles.themed());")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Ask"):
                asking = _ask_tab()
            with gr.Tab("Corpus") as tab:
                adding = _corpus_tab(tab)
        _wire_asking(callbacks, asking, visit)
        _wire_adding(callbacks, adding, masthead, asking)
        _wire_load(callbacks, page, masthead, asking)
        _add_endpoints(callbacks)
    return page


def _html(elem_id: str, script: str | None = None, value: str | None = None) -> Any:
    import gradio as gr

    return gr.HTML(value, elem_id=elem_id, js_on_load=script, apply_default_css=False)


def _date(label: str) -> Any:
    """The browser's own date field. gr.DateTime has no label that a screen reader could find."""
    import gradio as gr

    return gr.HTML(
        "",
        html_template="<label>${label}<input type='date'></label>",
        js_on_load=_DATE,
        apply_default_css=False,
        label=label,
        elem_classes="date",
    )


def _ask_tab() -> SimpleNamespace:
    import gradio as gr

    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="left"):
            with gr.Column(elem_id="thread"):
                past, now = _html("past", _CONNECT), _html("now", _PROGRESS)
            with gr.Column(elem_id="composer"):
                note = _html("note")
                with gr.Row(elem_id="ask-row"):
                    box = gr.Textbox(
                        label="Your question",
                        show_label=False,
                        placeholder="Ask about the articles",
                        max_lines=5,
                        elem_id="question",
                        autofocus=True,
                    )
                    ask = gr.Button("Ask", variant="primary", elem_id="ask")
                    stop = gr.Button("Stop", elem_id="stop")
                with gr.Row(elem_id="tools"):
                    filters = gr.Accordion(filters_label("", "", ""), open=False, elem_id="filters")
                    with filters, gr.Row(elem_id="filter-row"):
                        source = gr.Dropdown([("All sources", "")], value="", label="Source")
                        start, end = _date("Published from"), _date("Published to")
                    new = gr.Button("New conversation", size="sm", variant="secondary")
                    save = gr.Button("Save as Markdown", size="sm", variant="secondary")
                saved = gr.Textbox(visible="hidden", show_label=False, elem_id="saved")
        sources = _html("sources", _SOURCES)
    return SimpleNamespace(
        past=past, now=now, note=note, sources=sources, box=box, ask=ask, stop=stop, new=new, save=save,
        saved=saved, filters=filters, source=source, start=start, end=end,
    )  # fmt: skip


def _corpus_tab(tab: Any) -> SimpleNamespace:
    import gradio as gr

    with gr.Column(elem_id="corpus"):
        view = _html("corpus-view")
        _html("add-title", value=str(el("h2", "Add articles")))
        with gr.Row():
            with gr.Column():
                files = gr.File(
                    label="Drop texts (.txt, .md) or saved web pages (.html, .mhtml) here",
                    file_count="multiple",
                    file_types=list(SUFFIXES),
                    elem_id="files",
                )
            with gr.Column():
                title = gr.Textbox(label="Headline of a pasted article")
                with gr.Row():
                    source = gr.Textbox(label="Source (optional)")
                    published = _date("Published (optional)")
                text = gr.Textbox(label="Its text", lines=4, max_lines=12)
        with gr.Row():
            add = gr.Button("Add to the index", variant="primary")
            refresh = gr.Button("Read the index again")
        log = _html("adding")
    fields = [files, title, source, published, text]
    return SimpleNamespace(tab=tab, view=view, fields=fields, add=add, refresh=refresh, log=log)


# The events. All are private: programs use the named endpoints.

_EVENT: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_QUICK: dict[str, Any] = _EVENT | {"queue": False, "trigger_mode": "multiple"}


def _wire_asking(callbacks: Callbacks, parts: SimpleNamespace, visit: Any) -> None:
    import gradio as gr

    page = [parts.note, parts.past, parts.now, parts.sources]
    filters = [parts.source, parts.start, parts.end]

    def take(
        seen: Visit, question: str, source: str, start: str | None, end: str | None
    ) -> tuple[object, ...]:
        taken = callbacks.take(seen, question, source, start, end)
        # The visit goes out as well as in: Gradio forgets only such states as it was once handed.
        return "" if taken else question, seen, *_parts(seen.page)

    def pick(
        event: gr.EventData, seen: Visit, source: str, start: str | None, end: str | None
    ) -> tuple[object, ...]:
        return take(seen, event._data["question"], source, start, end)[1:]

    def answer(seen: Visit) -> Iterator[tuple[str, ...]]:
        yield from map(_parts, callbacks.answer(seen))

    def show(event: gr.EventData, seen: Visit) -> tuple[str, ...]:
        return _parts(callbacks.show(seen, event._data["turn"], event._data.get("focus")))

    def rate(event: gr.EventData, seen: Visit) -> tuple[str, ...]:
        given = event._data
        return _parts(callbacks.rate(seen, given["turn"], given["verdict"], given["comment"]))

    many: dict[str, Any] = _EVENT | {"trigger_mode": "multiple", "concurrency_limit": 32}
    asking, given = [parts.box.submit, parts.ask.click], [visit, parts.box, *filters]
    gr.on(asking, take, given, [parts.box, visit, *page], **_QUICK).then(answer, visit, page, **many)
    parts.past.pick(pick, [visit, *filters], [visit, *page], **_QUICK).then(answer, visit, page, **many)
    parts.past.show(show, visit, page, **_QUICK)
    parts.past.rate(rate, visit, page, **_QUICK)
    parts.stop.click(lambda seen: _parts(callbacks.stop(seen)), visit, page, **_QUICK)
    parts.new.click(lambda seen: _parts(callbacks.forget(seen)), visit, page, **_QUICK)
    parts.save.click(callbacks.markdown, visit, parts.saved, **_QUICK).then(
        None, parts.saved, None, js=_SAVE, api_visibility="private"
    )
    for part in filters:
        part.change(lambda *given: gr.update(label=filters_label(*given)), filters, parts.filters, **_QUICK)


def _parts(page: Page) -> tuple[str, ...]:
    """The page's parts as Gradio wants them. All are values, for Gradio keeps a copy of every part that it is
    told to leave alone.
    """
    return page.note, page.past, page.now, page.sources


def _wire_adding(
    callbacks: Callbacks, parts: SimpleNamespace, masthead: Any, asking: SimpleNamespace
) -> None:
    def add(
        paths: list[str] | None, title: str, source: str, published: str | None, text: str
    ) -> Iterator[str]:
        try:
            yield from callbacks.add(article_files(paths or [], title, source, published, text))
        except UsageError as problem:
            yield el("p", str(problem), class_="notice", role="alert")

    def fresh() -> list[Any]:
        return [callbacks.masthead(), _choices(callbacks), callbacks.corpus()]

    shown = [masthead, asking.source, parts.view]
    parts.add.click(add, parts.fields, parts.log, concurrency_limit=1, **_EVENT).then(
        fresh, None, shown, **_QUICK
    )
    parts.refresh.click(callbacks.engine.reload, None, None, **_QUICK).then(fresh, None, shown, **_QUICK)
    parts.tab.select(fresh, None, shown, **_QUICK)


def _wire_load(callbacks: Callbacks, page: Any, masthead: Any, asking: SimpleNamespace) -> None:
    def load() -> list[Any]:
        return [callbacks.masthead(), _choices(callbacks), *_parts(callbacks.forget(Visit()))]

    shown = [asking.note, asking.past, asking.now, asking.sources]
    page.load(load, None, [masthead, asking.source, *shown], **_QUICK)


def _choices(callbacks: Callbacks) -> Any:
    import gradio as gr

    return gr.update(choices=[("All sources", ""), *((name, name) for name in callbacks.engine.sources())])


# The endpoints for programs


def _add_endpoints(callbacks: Callbacks) -> None:
    import gradio as gr

    search, ask = endpoints(callbacks, lambda problem: gr.Error(str(problem), print_exception=False))
    gr.api(search, api_name="search", concurrency_limit=8)
    gr.api(ask, api_name="ask", concurrency_limit=32)
