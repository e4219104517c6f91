from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.spelling import Speller

TEXTS = [
    "The ferry to Đà Nẵng left Tokyo. Premier Naidoo and Kowalska met lawmakers in Tokyo.",
    "Lawmakers of the parliament saw the ferry; the parties saw the programme of the visit.",
]


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(TEXTS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("When did the fery leave?", "When did the ferry leave?"),  # a letter left out
        ("When did the ferrry leave?", "When did the ferry leave?"),  # added
        ("What did lawmakurs see?", "What did lawmakers see?"),  # another
        ("What did lawmkaers see?", "What did lawmakers see?"),  # swapped
        ("who met in tokio", "who met in Tokyo"),
        ("who saw the Parliamnet?", "who saw the Parliament?"),
        ("WHO SAW THE PARLIAMNET?", "Who saw the parliament?"),
        ("What did Premier Niadoo say?", "What did Premier Naidoo say?"),
        ("What did Kowalsak say?", "What did Kowalska say?"),
        ("Lawmakrs met whom?", "Lawmakers met whom?"),
        ("Who ran the goverment?", "Who ran the government?"),  # a word that no article has
        ("Who left Tokyo on theferry?", "Who left Tokyo on the ferry?"),  # run together
        ("who met in inTokyo", "who met in in Tokyo"),
        ("whats the ferry", "what's the ferry"),
        ("When was Kowalskas visit?", "When was Kowalska's visit?"),
        ("which partys met", "which parties met"),
        ("Who saw the fery, and the parliamnet?", "Who saw the ferry, and the parliament?"),
    ],
)
def test_a_misspelt_word_is_spelt_as_the_articles_spell(speller: Speller, typed: str, meant: str) -> None:
    assert speller.corrected(typed) == meant


@pytest.mark.parametrize(
    "question",
    [
        "What did Baidoo say?",  # another name: its first letter differs
        "What did Naizoo say?",  # a consonant is another
        "What did naizoo say?",  # however it is typed
        "Where is Ferri now?",  # a name is no word
        "Did the feri leave?",  # of four letters three are not enough
        "Was the merry one late?",  # an English word that no article has
        "What did Tokyo's lawmakers see?",
        'Who wrote "The Fery" and “Lawmakrs”?',
        "What is the birthdate of the ferryman?",  # two English words
        "Was the colour of the theatre recognised?",  # British
        "Người ta đã tới nơi nào?",  # another language, with accents
        "Nguoi ta da toi noi nao hom qua?",  # and without
        "Which visa is that of Ms O'Neil?",
        "",
    ],
)
def test_what_may_be_meant_is_left(speller: Speller, question: str) -> None:
    assert speller.corrected(question) == question


class Watched(list[str]):
    """Texts that say whether they were read."""

    read = False

    def __iter__(self) -> Iterator[str]:
        self.read = True
        return super().__iter__()


@pytest.mark.parametrize(
    ("typed", "meant", "read"),
    [
        ("When did Kowalska see the parliament?", "When did Kowalska see the parliament?", False),
        ("When did Niadoo see the parliament?", "When did Naidoo see the parliament?", True),
        ("when did naidoo see the parliament?", "when did Naidoo see the parliament?", True),
    ],
)
def test_texts_are_read_only_where_a_word_is_not_known_or_no_name_has_its_capital(
    typed: str, meant: str, read: bool
) -> None:
    texts = Watched([*TEXTS, "Premier Naidoo left."])
    assert Speller(texts, {"kowalska"}.__contains__).corrected(typed) == meant
    assert texts.read is read


def test_of_two_words_of_the_articles_the_more_frequent_is_meant() -> None:
    speller = Speller(["A farmer and farmed land, farmed fish."])
    assert speller.corrected("who farmef it") == "who farmed it"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("who met in tokyo", "who met in Tokyo"),
        ("where is kowalska's ferry", "where is Kowalska's ferry"),
        ("When did premier naidoo see da nang?", "When did Premier Naidoo see da Nang?"),
        ("who met in tokyo, Naidoo?", "who met in tokyo, Naidoo?"),  # there are capitals
        ("WHEN DID NAIDOO SEE THE FERRY?", "When did Naidoo see the ferry?"),
        ("the NATO", "the NATO"),
        ("the news from tokyo", "the news from Tokyo"),  # a common word that a headline has with a capital
    ],
)
def test_names_get_the_capitals_of_the_articles(typed: str, meant: str) -> None:
    texts = [*TEXTS, "Good News for All", "Yesterday Premier Naidoo met Kowalska near Đà Nẵng."]
    assert Speller(texts).corrected(typed) == meant


def test_capitals_are_those_of_the_articles() -> None:
    assert Speller(["In Osaka."]).corrected("who is in osakka") == "who is in Osaka"
    assert Speller(["A ministry. The Ministry."]).corrected("which minisstry") == "which ministry"


@given(st.lists(st.sampled_from("The ferry to left Premier and met lawmakers in saw".split()), min_size=1))
def test_the_words_of_the_articles_are_left(chosen: list[str]) -> None:
    assert Speller(TEXTS).corrected(" ".join(chosen)) == " ".join(chosen)


@given(st.text(max_size=60))
def test_it_is_done_at_once(text: str) -> None:
    speller = Speller(TEXTS)
    once = speller.corrected(text)
    assert speller.corrected(once) == once
