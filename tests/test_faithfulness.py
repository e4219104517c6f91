from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.faithfulness import contrasts, says_more, unsaid


@pytest.mark.parametrize(
    ("sentence", "quote", "expected"),
    [
        ("The harbour signed a paper.", "It signs all papers of harbours.", []),
        ("The foreign minister is Rome.", "The Foreign Ministry of Rome spoke.", ["minister"]),
        ("Joy cost 40 million in 2022.", "The bridge cost 40 million.", ["joy"]),
        ("Viet Nam has it.", "Vietnam has it.", []),
        ("Vietnam has it.", "Viet Nam has it.", []),
        ("Vietnamese people came.", "People came from Việt Nam.", []),
        ("It came on 30 November.", "It came on the thirtieth.", []),
        ("The car is new.", "The care is new.", ["car"]),
        ("Rome invests the most in Hue.", "Of Rome's investments in Hue many pay.", ["most"]),
        ("A trade, trade deal.", "Nothing.", ["trade", "deal"]),
    ],
)
def test_words_that_a_quotation_has_not(sentence: str, quote: str, expected: list[str]) -> None:
    assert unsaid(sentence, quote) == expected


@given(st.text())
def test_a_text_says_all_its_own_words(text: str) -> None:
    assert unsaid(text, text) == []


@pytest.mark.parametrize(
    ("sentence", "quote", "expected"),
    [
        ("Vietnam gave the cars to Japan.", "In May Japan gave Vietnam the cars.", True),
        ("Japan gave Vietnam the cars in May.", "In May Japan gave Vietnam the cars.", False),
        ("Vietnam was given the cars.", "In May Japan gave Vietnam the cars.", True),
        ("The cars came from Japan to Hue.", "The cars came from Japan to Hue, Vietnam.", False),
        ("Three cars.", "Three cars were there for all to see.", True),
        ("The cars that came cost joy.", "The cars that came were new.", True),
        ("Some 620 guests visit Japan a year.", "Some 620 guests a year visit Japan, and 710 Hue.", True),
        ("Viet Nam showed a new Vietnam there.", "He showed a new Viet Nam there.", True),
        ("He showed a new Vietnam there.", "He showed a new Viet Nam there.", False),
        ("Hue showed Hue a new car there.", "There Hue showed Hue a new car.", False),
        ("The Greens won the 2022 harbour cup.", "The Greens won the harbour cup 14 times.", True),
        ("The Greens won the harbour cup in 2022.", "In 2022 the Greens won the harbour cup.", False),
        ("In 2024 the harbour gave this paper away.", "In 2023 the harbour gave this paper away.", True),
        ("Hue beat Rome in the final.", "Hue beat Rome in the heat and reached the final.", True),
        ("Hue beat Rome in the final.", "Hue, the old champion, beat Rome in the final.", False),
        ("Hue beat Rome in the final.", "Hue, the champion of last year beat Rome in the final.", True),
        ("Hue won the cup of Rome.", "Hue (population 400) won the cup of Rome, it is said.", False),
        ("Hue won the cup of Rome.", "They said that Hue won the cup of Rome on penalties.", False),
        ("Vietnam won the new harbour cup.", "Viet Nam, of all, won the new harbour cup.", False),
        ("Hue won the new cup there.", "The new cup of Rome was won there by Hue.", True),
        ("The 15 cars came to the harbour then.", "The cars came to the harbour then.", True),
        ("Then 630 guests came to the harbour.", "Then around 630 guests came to the harbour.", True),
        ("Then some 630 guests came to the harbour.", "Then around 630 guests came to the harbour.", False),
        ("Then around 630 guests came to the harbour.", "Then 630 guests came to the harbour.", True),
    ],
)
def test_when_a_quotation_says_it_more_surely(sentence: str, quote: str, expected: bool) -> None:
    """Names in another order, a bare figure, what is not there, a figure made exact, one of two figures."""
    assert says_more(sentence, quote) is expected


@pytest.mark.parametrize(
    ("sentence", "quote", "published", "expected"),
    [
        ("They met there on 2 November 2023.", "They met there on 2 November.", date(2023, 11, 7), False),
        ("They met there on 2 November 2022.", "They met there on 2 November.", date(2023, 11, 7), True),
        ("They met there on 2 December 2023.", "They met there on 2 December.", date(2024, 1, 7), False),
        ("They met there on 2 November 2023.", "They met there on 2 November.", None, True),
        ("They met there in November 2023.", "They met there on 2 November.", date(2023, 11, 7), False),
        ("They met there on 2 November 2023.", "They met there in November.", date(2023, 11, 7), True),
        ("They were there from 27 to 30 May.", "They were there from May 27-30.", None, False),
        ("They were there from 27 to 31 May.", "They were there from May 27-30.", None, True),
    ],
)
def test_a_date_is_the_quotations_own(
    sentence: str, quote: str, published: date | None, expected: bool
) -> None:
    assert says_more(sentence, quote, published) is expected


@pytest.mark.parametrize(
    ("quote", "sentence", "expected"),
    [
        ("620 tourists visit Japan, and 710 visit Vietnam.", "620 tourists visit Japan.", True),
        ("620 tourists visit Japan, and 710 visit Vietnam.", "620 visit Japan and 710 visit Vietnam.", False),
        ("620 tourists visit Japan each year.", "620 tourists visit Japan.", False),
        ("In 2023, 40 delegations came.", "40 delegations came.", False),
        ("70% want to stay, while 15 firms left.", "70% want to stay.", False),
        ("Ties began in 1973 and were upgraded in 2002.", "Ties were upgraded in 1973.", True),
        ("Ties began in 1973 and were upgraded in 2002.", "From 1973 to 2002 ties grew.", False),
        ("Ties began in 1973 and were upgraded in 2002.", "Ties were upgraded.", False),
        ("They met on 3 May 2022.", "They met in May 2022.", False),
    ],
)
def test_contrasted_figures_and_dates(quote: str, sentence: str, expected: bool) -> None:
    assert contrasts(quote, sentence) is expected
