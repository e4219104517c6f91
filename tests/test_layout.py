"""The parts of raw articles, on texts of our own and, where they are at hand, on real ones."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.layout import Layout, lines_set_aside, read_layout

TODAY = date(2026, 6, 1)
REAL = Path(__file__).parents[1].parent / "shared" / "articles"

FIRST = "The council of Port Ellery voted on Sunday to build a bridge over the harbour."
SECOND = "It will cost 48 million euros, and the mayor hopes to cross it on foot herself."
THIRD = "Ferries have carried the town's people since 1998, and the queues grow every summer."


def read(*lines: str, title: str | None = None) -> Layout:
    return read_layout("\n".join(lines), TODAY, title)


def story(text: str, layout: Layout) -> list[str]:
    return [text[a:b] for a, b in layout.body]


def parts(*lines: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The paragraphs of the story, and what was set aside with its reason."""
    text = "\n".join(lines)
    layout = read_layout(text, TODAY)
    return story(text, layout), [(s.reason, text[s.start : s.end]) for s in layout.set_aside]


def test_a_plain_article_keeps_every_paragraph() -> None:
    text = f"{FIRST}\n\n{SECOND}\n{THIRD}\n"
    layout = read_layout(text, TODAY)
    assert story(text, layout) == [FIRST, SECOND, THIRD]
    assert layout.set_aside == ()
    assert layout.title == "The council of Port Ellery voted on Sunday to build a bridge over the harbour"
    assert (layout.source, layout.published, layout.published_inferred) == (None, None, False)
    assert layout.language == "en"


def test_a_headline_is_the_title_and_its_copies_are_set_aside() -> None:
    head = "Harbour town votes for a “new” bridge"
    lines = (head, FIRST, 'HARBOUR TOWN votes for a "new" bridge', SECOND)
    assert parts(*lines) == (
        [FIRST, SECOND],
        [("headline", head), ("headline repeated", lines[2])],
    )
    assert read(*lines).title == head


def test_a_doubled_headline_is_read_once() -> None:
    assert read("Town votes for bridge Town votes for bridge", FIRST).title == "Town votes for bridge"


def test_a_section_name_above_the_headline_is_menu() -> None:
    body, aside = parts("POLITICS", "Harbour town votes for a bridge", FIRST)
    assert body == [FIRST]
    assert aside == [("menu", "POLITICS"), ("headline", "Harbour town votes for a bridge")]


def test_a_short_text_has_no_headline() -> None:
    assert parts("Harbour town votes for a bridge", "Nobody knows why.") == (
        ["Harbour town votes for a bridge", "Nobody knows why."],
        [],
    )


def test_without_a_headline_the_first_sentence_is_cut_at_a_word_of_meaning() -> None:
    long = (
        "The municipal council of the old harbour town of Port Ellery, after a debate of nine hours in the "
        "presence of many citizens, voted for the bridge."
    )
    title = read(long).title
    assert (
        title == "The municipal council of the old harbour town of Port Ellery, after a debate of nine hours…"
    )
    assert len(title) <= 91


def test_a_known_title_is_looked_for_and_no_other_line_is_taken_for_it() -> None:
    lines = ("Harbour town votes for a bridge", FIRST, SECOND)
    known = read(*lines, title="Harbour Town votes for a bridge")
    other = read(*lines, title="Something else")
    assert [s.reason for s in known.set_aside] == ["headline"]
    assert other.set_aside == ()
    assert (known.title, other.title) == ("Harbour Town votes for a bridge", "Something else")


@pytest.mark.parametrize(
    ("mark", "source", "published"),
    [
        ("PORT ELLERY, March 3, 2024 (Reuters) - ", "Reuters", date(2024, 3, 3)),
        ("ELLERYLAND, March 3, 2024 - PORT ELLERY — ", None, date(2024, 3, 3)),
        ("Port Ellery, 3 March 2024 – ", None, date(2024, 3, 3)),
        ("Port Ellery (VNA)﷽ – ", "Vietnam News Agency (VNA)", None),
        ("Port Ellery (VNA/VNS) - ", "Viet Nam News (VNS)", None),
        ("(AP) — ", "Associated Press (AP)", None),
        ("PORT ELLERY -- ", None, None),
        ("NDO - ", "Nhan Dan Online (NDO)", None),
        ("date 2024-03-03 ELLERYLAND, March 3 - ", None, date(2024, 3, 3)),
        ("Published: 3 March 2024 10:26 ", None, date(2024, 3, 3)),
    ],
)
def test_a_dateline_is_cut_off_and_read(mark: str, source: str | None, published: date | None) -> None:
    assert parts(mark + FIRST, SECOND) == ([FIRST, SECOND], [("dateline", mark.strip())])
    layout = read(mark + FIRST, SECOND)
    assert (layout.source, layout.published, layout.published_inferred) == (source, published, False)


@pytest.mark.parametrize(
    "line",
    [
        "NATO – the alliance of 32 states – met in Madrid, and it agreed on nothing at all.",
        "Tokyo - the capital - was calm on Sunday, and so were all of the other large towns.",
        "The Harbour Trade Organization (HTO) – founded in 1958 – keeps the figures of the port.",
        "Vietnam – Japan relations have grown since 1973, according to all who were asked there.",
        "On March 3 - a Sunday - the council voted for the bridge, and the mayor was delighted.",
        "Wimbledon 2019 – the final of it above all – is remembered by everyone who was there.",
    ],
)
def test_dashes_of_sentences_are_no_datelines(line: str) -> None:
    assert parts(line, SECOND) == ([line, SECOND], [])


def test_a_dateline_on_lines_of_its_own_may_come_in_two_steps() -> None:
    body, aside = parts("date 2024-03-03 ELLERYLAND, March 3 -", "", "PORT ELLERY — " + FIRST)
    assert body == [FIRST]
    assert [r for r, _ in aside] == ["dateline", "dateline"]


@pytest.mark.parametrize(
    ("end", "mark", "source"),
    [
        (" — VNS", "— VNS", "Viet Nam News (VNS)"),
        (" – VNA/VNS", "– VNA/VNS", "Viet Nam News (VNS)"),
        ("/.", "/.", None),
        ("\n###", "###", None),
        ("\n-ENDS-", "-ENDS-", None),
    ],
)
def test_after_an_end_mark_come_other_stories(end: str, mark: str, source: str | None) -> None:
    teaser = "A whole sentence about another town, in which a museum has been closed for years."
    body, aside = parts(FIRST, SECOND + end, teaser, teaser)
    assert body == [FIRST, SECOND]
    assert aside == [("end mark", mark), ("teaser", teaser), ("teaser", teaser)]
    assert read(FIRST, SECOND + end, teaser).source == source


def test_of_several_end_marks_the_last_counts() -> None:
    body, _ = parts(f"{FIRST} — VNS", f"{SECOND} — VNS", THIRD)
    assert body == [FIRST, SECOND]


def test_an_end_mark_inside_a_line_ends_the_story_there() -> None:
    assert parts(f"{FIRST}/. {SECOND}") == ([FIRST], [("end mark", "/."), ("teaser", SECOND)])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("The mayor speaks after the vote. (Photo: VNA)", "caption"),
        ("The mayor speaks after the vote. — VNA/VNS Photo Ida Holm", "caption"),
        ("The mayor speaks after the vote. REUTERS/Ida Holm", "caption"),
        ("Thị trưởng phát biểu sau cuộc bỏ phiếu. (Ảnh: TTXVN)", "caption"),
        ("![the bridge](bridge.png)", "caption"),
        ("Photo: Ida Holm", "caption"),
        ("By Mara Lindqvist and Tom Okafor", "byline"),
        ("(Reporting by Mara Lindqvist; editing by Tom Okafor)", "byline"),
        ("Tác giả: Trần Văn An", "byline"),
        ("Source: Ellery Post", "source"),
        ("Share Facebook Twitter Email", "menu"),
        ("Phiên bản di động", "menu"),
        ("Home > News > Politics", "menu"),
        ("Sign up for our newsletter", "menu"),
        ("© 2024 The Ellery Post. All rights reserved.", "menu"),
        ("https://example.org/bridge", "menu"),
        ("Tags: bridge, harbour", "menu"),
        ("Read more: Ferry line cuts its winter timetable", "teaser"),
        ("Xem thêm: Cây cầu mới của thành phố cảng", "teaser"),
        ("## Why a bridge", "heading"),
        ("Why a bridge is needed", "heading"),
        ("* * *", "separator"),
        ("March 3, 2024 | 10:26", "date"),
        ("Updated: Sunday, 3 March 2024, 10:26 am GMT+7", "date"),
        ("VNA Sunday, March 03, 2024 10:26", "date"),
    ],
)
def test_lines_that_are_not_the_story(line: str, reason: str) -> None:
    assert parts(FIRST, "", line, "", SECOND) == ([FIRST, SECOND], [(reason, line)])


@pytest.mark.parametrize(
    "line",
    [
        "Why a bridge?",
        "Top 10 reasons for a bridge",
        "The reasons for a bridge are:",
        "- a reason for a bridge",
        '"A bridge, at last"',
        "By 2030 the town will have forgotten its ferries.",
        "Share prices of the ferry line fell by a third.",
        "The photo (in colour) was shown to the council.",
        "Copyright law was changed for the sake of it.",
        "Related: all of the councillors, by blood or marriage, to the builder of the bridge, so that no one "
        "was surprised by the vote, least of all the three who had left the room before it was taken.",
    ],
)
def test_lines_in_doubt_stay_in_the_story(line: str) -> None:
    assert parts(FIRST, "", line, "", SECOND) == ([FIRST, line, SECOND], [])


def test_the_line_above_a_bare_credit_is_the_caption() -> None:
    body, aside = parts(FIRST, "", "The mayor after the vote.", "Photo: Ida Holm", "", SECOND)
    assert body == [FIRST, SECOND]
    assert aside == [("caption", "The mayor after the vote."), ("caption", "Photo: Ida Holm")]


def test_a_paragraph_above_a_bare_credit_stays_where_lines_are_not_spaced() -> None:
    body, aside = parts(FIRST, SECOND, "Photo: Ida Holm", THIRD)
    assert body == [FIRST, SECOND, THIRD]
    assert aside == [("caption", "Photo: Ida Holm")]


def test_doubled_headlines_at_the_end_take_their_blurbs_along() -> None:
    double = "Ferry line cuts its timetable Ferry line cuts its timetable"
    blurb = "The ferry line of Port Ellery will run every other hour in winter."
    lines = (FIRST, SECOND, double, blurb, double, "The line has been losing money for ...", "Jan Berg")
    body, aside = parts(*lines)
    assert body == [FIRST, SECOND]
    assert [r for r, _ in aside] == ["teaser"] * 4 + ["byline"]


def test_a_doubled_headline_in_the_middle_takes_no_paragraph_along() -> None:
    double = "Ferry line cuts its timetable Ferry line cuts its timetable"
    body, aside = parts(FIRST, double, SECOND, THIRD)
    assert body == [FIRST, SECOND, THIRD]
    assert aside == [("teaser", double)]


def test_related_headlines_end_at_the_next_paragraph() -> None:
    links = ["Ferry line cuts its winter timetable", "Council raises the harbour fee for visitors"]
    body, aside = parts(FIRST, "Related news", *links, SECOND)
    assert body == [FIRST, SECOND]
    assert [r for r, _ in aside] == ["teaser"] * 3


def test_a_run_of_headlines_at_the_end_is_links_but_an_announced_list_is_not() -> None:
    links = [f"{town} votes against a bridge" for town in ("Old Ellery", "New Ellery", "Ellery Bay")]
    assert parts(FIRST, *links) == ([FIRST], [("teaser", line) for line in links])
    announced = "The other towns decided otherwise, as everyone in the harbour had expected:"
    assert parts(FIRST, announced, *links) == ([FIRST, announced, *links], [])


def test_a_list_of_names_at_the_end_stays() -> None:
    assert parts(FIRST, "Jan Berg", "Lis Dahl") == ([FIRST, "Jan Berg", "Lis Dahl"], [])


def test_the_dates_of_a_chronology_stay() -> None:
    lines = ("2023-03-01", FIRST, "2023-03-15", SECOND, "2023-04-02", THIRD)
    assert parts(*lines) == (list(lines), [])


def test_hand_wrapped_paragraphs_are_joined() -> None:
    text = (
        "The lighthouse keepers of the coast retire one by one,\n"
        "and nobody is hired in their place. The last of them,\n"
        "who has lived on the rock for years, leaves in June.\n"
        "\n"
        "He says that the lamp has run by itself for years, and\n"
        "that what he will miss most of all is the radio.\n"
    )
    layout = read_layout(text, TODAY)
    assert story(text, layout) == text.strip().split("\n\n")
    assert layout.set_aside == ()


def test_a_text_of_nothing_but_furniture_is_all_story() -> None:
    assert parts("Photo: Ida Holm", "Share") == (["Photo: Ida Holm", "Share"], [])


def test_white_space_alone_gives_an_empty_layout() -> None:
    layout = read_layout(" \n\t\n", TODAY)
    assert (layout.title, layout.body, layout.set_aside, layout.language) == ("", (), (), None)


@pytest.mark.parametrize(
    ("lines", "published"),
    [
        (("Updated: 5 March 2024", "Published: 3 March 2024", FIRST), date(2024, 3, 3)),
        (("March 4, 2024", "Posted on 3 March 2024", FIRST), date(2024, 3, 3)),
        (("Updated: 5 March 2024", FIRST), date(2024, 3, 5)),
        (("By Mara Lindqvist, March 3, 2024", FIRST), date(2024, 3, 3)),
        ((FIRST, SECOND, "Published: 3 March 2024"), date(2024, 3, 3)),
        (("3 March 2094", FIRST), None),
    ],
)
def test_stamps_are_believed_in_order(lines: tuple[str, ...], published: date | None) -> None:
    assert read(*lines).published == published


def test_a_vietnamese_article_is_read() -> None:
    body = (
        "Theo ban tổ chức, đây là lần thứ ba chương trình được thực hiện với sự tham gia của hơn 200 người."
    )
    lines = (
        "Chương trình trao quà cho học sinh",
        "Thứ Hai, 07/11/2023, 10:26 (GMT+7)",
        f"Hà Nội (TTXVN) - {body}",
        "Ảnh: Trần Văn An",
        "Tin liên quan",
        "Khai mạc hội sách mùa thu tại thủ đô",
    )
    layout = read(*lines)
    assert story("\n".join(lines), layout) == [body]
    assert layout.title == "Chương trình trao quà cho học sinh"
    assert (layout.source, layout.published, layout.language) == (
        "Vietnam News Agency (VNA)",
        date(2023, 11, 7),
        "vi",
    )


def test_lines_set_aside_counts_whole_lines_only() -> None:
    text = f"PORT ELLERY — {FIRST}\nPhoto: Ida Holm\nShare\n{SECOND} — VNS"
    assert lines_set_aside(text, read_layout(text, TODAY).set_aside) == Counter(caption=1, menu=1)


LINES = st.sampled_from(
    (
        *(FIRST, SECOND, THIRD, "PORT ELLERY — " + FIRST, f"{SECOND} — VNS", f"{THIRD}/. And more"),
        *("Harbour town votes for a bridge", "Why a bridge is needed", "Jan Berg", "2024-03-03"),
        *("Photo: Ida Holm", "Share", "###", "./.", "Related news", "***", "“", "", "  ", "x " * 30),
        "A town B town C town A town B town C town",
    )
)


@given(st.one_of(st.lists(LINES, max_size=12).map("\n".join), st.text(max_size=200)))
@example(".")
def test_every_character_belongs_to_exactly_one_part(text: str) -> None:
    layout = read_layout(text, TODAY)
    spans = sorted([*layout.body, *((s.start, s.end) for s in layout.set_aside)])
    assert list(layout.body) == sorted(layout.body)
    covered = 0
    for start, end in spans:
        assert covered <= start < end <= len(text)
        assert not text[covered:start].strip()
        assert text[start:end] == text[start:end].strip()
        covered = end
    assert not text[covered:].strip()
    assert bool(layout.body) == bool(text.strip())
    assert bool(layout.title) == bool(text.strip())


SENTENCES = st.lists(st.text("abcdefghij", min_size=2, max_size=9), min_size=12, max_size=40).map(
    lambda words: " ".join(words).capitalize() + "."
)


@given(st.lists(SENTENCES, min_size=1, max_size=6), st.sampled_from(["\n", "\n\n"]))
def test_plain_paragraphs_are_never_lost(paragraphs: list[str], gap: str) -> None:
    text = gap.join(paragraphs)
    layout = read_layout(text, TODAY)
    assert layout.set_aside == ()
    assert " ".join(" ".join(story(text, layout)).split()) == " ".join(paragraphs)


# Real articles: their text is not ours to repeat here, so only a few words of each are named.


def real(number: str) -> tuple[str, Layout]:
    found = sorted(REAL.glob(f"{number}_*.txt"))
    if not found:
        pytest.skip("the real articles are not at hand")
    text = found[0].read_text(encoding="utf-8")
    return text, read_layout(text, TODAY)


@pytest.mark.parametrize(
    ("number", "title", "source", "published", "inferred", "not_before"),
    [
        ("000", "The upcoming visit to", "Viet Nam News (VNS)", date(2023, 11, 26), True, None),
        ("001", "President Võ Văn Thưởng's", "Viet Nam News (VNS)", date(2023, 12, 1), False, None),
        ("002", "New milestone in", None, None, False, date(2023, 1, 1)),
        ("003", "Japan prioritises", "Vietnam News Agency (VNA)", None, False, date(2024, 10, 11)),
        ("004", "Local Cooperation - An", None, date(2023, 11, 7), False, None),
    ],
)
def test_real_articles_are_dated(
    number: str,
    title: str,
    source: str | None,
    published: date | None,
    inferred: bool,
    not_before: date | None,
) -> None:
    _, layout = real(number)
    assert layout.title.startswith(title)
    assert (layout.source, layout.published, layout.published_inferred, layout.not_before) == (
        source,
        published,
        inferred,
        not_before,
    )
    assert layout.language == "en"


@pytest.mark.parametrize(
    ("number", "paragraphs", "first", "last", "aside"),
    [
        ("000", 9, "The upcoming visit", "localities of the two countries.", {}),
        ("001", 16, "President Võ Văn Thưởng's", "in these priority realms.", {"dateline": 1}),
        (
            "002", 12, "At the invitation", "extensive strategic partnership.",
            {"headline": 1, "headline repeated": 1},
        ),
        (
            "003", 17, "Cooperation in international forums", "Ishiba’s visit to Vietnam.",
            {"headline": 1, "caption": 2, "heading": 1, "teaser": 23},
        ),
        (
            "004", 20, "According to Foreign Minister", "exchanges of the two countries.",
            {"headline": 1, "headline repeated": 4, "date": 1, "caption": 4, "heading": 1, "teaser": 6}
            | {"byline": 1, "menu": 1},
        ),
    ],
)  # fmt: skip
def test_real_articles_keep_their_story_and_nothing_else(
    number: str, paragraphs: int, first: str, last: str, aside: dict[str, int]
) -> None:
    text, layout = real(number)
    body = story(text, layout)
    assert len(body) == paragraphs
    assert body[0].startswith(first)
    assert body[-1].endswith(last)
    assert lines_set_aside(text, layout.set_aside) == aside


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("000", "HÀ NỘI"), ("000", "VNS"), ("001", "VNS"), ("003", "Vientiane"), ("003", "(Photo:"),
        ("003", "﷽"),
        ("003", "Three pillars"), ("003", "Angola"), ("003", "Phong Chau"), ("003", "./."), ("004", "Photo:"),
        ("004", "Ha Nam"), ("004", "Shiga"), ("004", "Hai Dang"), ("004", "Phiên bản"), ("004", "10:26"),
    ],
)  # fmt: skip
def test_what_is_not_the_story_of_a_real_article_is_out_of_its_body(number: str, words: str) -> None:
    text, layout = real(number)
    assert words in text
    assert not [p for p in story(text, layout) if words in p]


def test_a_run_of_spaces_is_read_in_no_time_at_all() -> None:
    """Patterns that try each space of a run again take the square of its length, here hours."""
    text = "The ferry sank." + " " * 100_000 + "It was full."
    layout = read_layout(text, date(2026, 1, 1))
    assert "".join(text[a:b] for a, b in layout.body).replace(" ", "") == "Theferrysank.Itwasfull."


HEAD = "Charity treasurer jailed for five years"


@pytest.mark.parametrize(
    ("line", "source", "day"),
    [
        ("The Ellery Post, 21 April 2023", "The Ellery Post", date(2023, 4, 21)),
        ("The Ellery Post | 14.11.2023 | Sinead Kallas", "The Ellery Post", date(2023, 11, 14)),
        ("The Gda\u0144sk Gazette, Opinion, March 4, 2026", "The Gda\u0144sk Gazette", date(2026, 3, 4)),
        ("*Kinshasa Courier, 2 April 2024*", "Kinshasa Courier", date(2024, 4, 2)),
        ("2 April 2024 - Times of Orsa", "Times of Orsa", date(2024, 4, 2)),
        ("By Odette Mbuyi, Kinshasa Courier | 3 May 2024", "Kinshasa Courier", date(2024, 5, 3)),
    ],
)
def test_a_paper_and_a_date_in_one_line(line: str, source: str, day: date) -> None:
    layout = read(HEAD, line, "", FIRST, SECOND)
    assert (layout.title, layout.source, layout.published) == (HEAD, source, day)
    assert story("\n".join((HEAD, line, "", FIRST, SECOND)), layout) == [FIRST, SECOND]


@pytest.mark.parametrize(
    "line", ["The mayor, 21 April 2023, spoke in the Ellery Post", "World News, Sport, Weather, Travel"]
)
def test_what_is_no_paper_and_date_stays(line: str) -> None:
    assert read(HEAD, line, "", FIRST, SECOND).source is None


def test_a_paper_alone_and_a_bar_of_sections_are_not_the_headline() -> None:
    lines = ("Kinshasa Courier", "Home | Politics | Provinces | Sport", "", HEAD, "", FIRST, SECOND)
    assert parts(*lines) == (
        [FIRST, SECOND],
        [("source", lines[0]), ("menu", lines[1]), ("headline", HEAD)],
    )
    assert (read(*lines).title, read(*lines).source) == (HEAD, "Kinshasa Courier")


def test_a_headline_that_ends_like_a_paper_is_the_headline_where_there_is_no_other() -> None:
    layout = read("Storm Hits Daily Mail", "", FIRST, SECOND)
    assert (layout.title, layout.source) == ("Storm Hits Daily Mail", None)


def test_the_cells_of_a_table_are_no_menu() -> None:
    lines = (HEAD, "", FIRST, "Team | Played | Won", "Ellery | 12 | 9", SECOND)
    assert parts(*lines)[0] == [FIRST, lines[3], lines[4], SECOND]


def test_two_names_are_a_byline_and_so_is_a_name_with_its_work() -> None:
    for line in ("Odette Mbuyi and Christian Lutete", "Alasdair Munro, local democracy reporter"):
        assert parts(HEAD, line, "", FIRST, SECOND) == (
            [FIRST, SECOND],
            [("headline", HEAD), ("byline", line)],
        )


@pytest.mark.parametrize("line", ["PORT ELLERY - ", "AARHUS (BBW) - "])
def test_a_dateline_may_end_in_a_hyphen_and_have_an_agency_that_nobody_knows(line: str) -> None:
    assert parts(HEAD, "", line + FIRST, SECOND)[0] == [FIRST, SECOND]
    assert parts(HEAD, "", "Port Ellery - " + FIRST, SECOND)[0] == ["Port Ellery - " + FIRST, SECOND]


def test_the_agency_in_a_dateline_may_be_a_paper() -> None:
    assert read(HEAD, "", "MANILA, Aug 19, 2023 (Pacific Press) - " + FIRST, SECOND).source == "Pacific Press"


def test_a_line_all_in_bold_is_a_heading() -> None:
    lines = (HEAD, "", FIRST, "**Why now?**", "Because it is late.", "**Who pays?**", SECOND)
    assert parts(*lines) == (
        [FIRST, lines[4], SECOND],
        [("headline", HEAD), ("heading", lines[3]), ("heading", lines[5])],
    )


def test_a_line_right_above_a_list_is_its_heading() -> None:
    lines = (HEAD, "", FIRST, "", "Women", "1. Saida Chepkemoi 2:46", "2. Gladys Huanca 2:48", "", SECOND)
    assert parts(*lines) == (
        [FIRST, lines[5], lines[6], SECOND],
        [("headline", HEAD), ("heading", "Women")],
    )
    led = (HEAD, "", FIRST, "", "The council:", "- voted", "", "Women", "", "1. Saida Chepkemoi 2:46", SECOND)
    assert [part for part in parts(*led)[1] if part[0] == "heading"] == []


@pytest.mark.parametrize("above", ["**OPINION**", "[Home](/) > [Weekend](/weekend) > Interviews", "*Kultur*"])
def test_a_headline_of_markdown_is_the_headline_whatever_stands_above_it(above: str) -> None:
    text = f"{above}\n\n# Leave the crane where it stands\n\nThe crane in the harbour was built in 1931."
    made = read_layout(text, TODAY)
    assert made.title == "Leave the crane where it stands"
    assert [text[a:b] for a, b in made.body] == ["The crane in the harbour was built in 1931."]


def test_a_paper_and_a_date_above_a_headline_of_markdown() -> None:
    made = read_layout("21 April 2023\n\nThe Ellery Post\n\n# Crane moved\n\nThe crane was moved.", TODAY)
    assert (made.title, made.source, made.published) == ("Crane moved", "The Ellery Post", date(2023, 4, 21))


def test_a_heading_of_markdown_below_the_first_sentence_is_not_the_headline() -> None:
    made = read_layout("Crane moved\n\nThe crane was moved on Monday.\n\n# Background\n\nIt is old.", TODAY)
    assert made.title == "Crane moved"
