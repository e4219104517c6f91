"""When an article was published: stamps, datelines without a year, and the bound where no date can be had."""

from __future__ import annotations

from datetime import date

import pytest

from rag.layout import read_layout

TODAY = date(2026, 6, 1)


def dated(*lines: str) -> tuple[date | None, bool, date | None]:
    layout = read_layout("\n\n".join(lines), TODAY)
    return layout.published, layout.published_inferred, layout.not_before


def test_the_year_of_a_dateline_is_that_of_which_the_story_speaks_as_the_present() -> None:
    assert dated("ELLERY, May 5 — The line opened.", "In 2023, both towns celebrate its 50 years.") == (
        date(2023, 5, 5),
        True,
        None,
    )
    assert dated("ELLERY, May 5 — The line opened.", "In 2023, it has carried a million people so far.") == (
        date(2023, 5, 5),
        True,
        None,
    )


def test_the_year_is_that_of_a_whole_date_told_shortly_before() -> None:
    assert dated("ELLERY, Jan 3 — The line opened.", "The vote was on December 20, 2023.") == (
        date(2024, 1, 3),
        True,
        None,
    )


@pytest.mark.parametrize(
    "lines",
    [
        ("In 2023, the town bought the line.",),  # past, and perhaps long past
        ("In 2023, both towns celebrate.", "In 2024, both towns celebrate again."),  # two candidates
        (
            "In 2023, both towns celebrate.",
            "The bridge fell on June 4, 2024.",
        ),  # later than the dateline's day
        ("By 2023 the line will have opened.",),
        ("The line is 50 years old.",),
        ("In 2094, both towns celebrate.",),
    ],
)
def test_a_year_in_doubt_is_not_inferred(lines: tuple[str, ...]) -> None:
    published, inferred, _ = dated("ELLERY, May 5 — The line opened.", *lines)
    assert (published, inferred) == (None, False)


def test_a_dateline_without_a_year_sharpens_the_bound() -> None:
    assert dated("ELLERY, May 5 — The line opened.", "It was bought on March 1, 2022.") == (
        None,
        False,
        date(2022, 5, 5),
    )


@pytest.mark.parametrize(
    ("line", "bound"),
    [
        ("The vote was on March 3, 2024.", date(2024, 3, 3)),
        ("The town bought the line in 2023.", date(2023, 1, 1)),
        ("The town bought the line in March 2023.", date(2023, 3, 1)),
        ("It was shut from May 4 to May 9, 2023.", date(2023, 5, 4)),
        ("The line (2009) and the bridge (2014) were gifts.", date(2014, 1, 1)),
        ("The line is 50 years old (1973-2023).", date(1973, 1, 1)),
        ("It was founded in 1958 and sold on March 3, 2024.", date(2024, 3, 3)),
        ("The vote was on March 3.", None),
        ("The bridge will open on March 3, 2024.", None),
        ("The town plans to open it in 2023.", None),
        ("The line ran until 2023.", None),
        ("Ellery Fair 2023 was opened by the mayor.", None),
        ("The comet came on March 3, 2094.", None),
        ("The vote was on March 3, 2024, and the next is due.", None),
    ],
)
def test_the_bound_is_the_latest_day_that_is_told_as_past(line: str, bound: date | None) -> None:
    assert dated("The bridge over the harbour of the town was built.", line) == (None, False, bound)


def test_captions_bound_the_date_and_teasers_do_not() -> None:
    assert dated(
        "The bridge over the harbour of the town was built in 1998.",
        "The mayor on the bridge on May 4, 2021. (Photo: VNA)",
        "Nobody has crossed it since then./.",
        "A museum was opened in another town on June 6, 2023.",
    ) == (None, False, date(2021, 5, 4))


def test_a_published_article_has_no_bound() -> None:
    assert dated("ELLERY, May 5, 2024 — The line opened.", "It was sold on March 3, 2024.") == (
        date(2024, 5, 5),
        False,
        None,
    )


def test_a_dateline_of_29_february_takes_no_other_day() -> None:
    published, _, bound = dated("ELLERY, February 29 — The line opened.", "It was sold on March 3, 2022.")
    assert (published, bound) == (None, date(2023, 2, 28))
