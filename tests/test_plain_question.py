import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.plain_question import plain
from rag.text import words

ASKED = "How many people of Osaka saw Mr. Le's ferry?"
INDIRECT = ASKED[0].lower() + ASKED[1:-1]


@pytest.mark.parametrize(
    "typed",
    [
        "Hi! {q}",
        "Hello there, {q}",
        "{q} Thanks!",
        "{q} Thank you very much in advance.",
        "Quick question: {q}",
        "How are you? {q}",
        "Good evening. {q} Many thanks indeed.",
        "{q} Please answer in one sentence.",
        "{q} Keep it short.",
        "According to the articles, {q}",
        "{q} I have looked everywhere and found nothing.",
        "My teacher asked us this in class, and nobody knew. {q} Give your source, please.",
        "I'm sure that you've read it all. {q}",
        "Could you check something for me? {q}",
    ],
)
def test_talk_beside_a_question_is_left_out(typed: str) -> None:
    assert words(plain(typed.format(q=ASKED))) == words(ASKED)


@pytest.mark.parametrize(
    "typed",
    [
        "Can you tell me {i}?",
        "could u please tell me {i}",
        "I was wondering {i}.",
        "I would like to know {i}, please.",
        "Do you happen to know {i}?",
        "Does anyone know {i}?",
        "hey {i} thx",
        "Please tell me {i}. Thank you.",
        "ok so this is probably a dumb question but {i}",
        "You wouldn't happen to know {i}, would you?",
        "Let me ask you something: {i}? Short answer is fine.",
        "I am writing a report, so could you tell me {i}?",
        "from what's in the folder, {i}? cheers",
        "Based on what was reported in the news, {i}?",
        "Does it say anywhere {i}?",
        "Hello. What I need to know is {i}. Bye.",
    ],
)
def test_an_indirect_question_is_made_direct(typed: str) -> None:
    assert words(plain(typed.format(i=INDIRECT))) == words(ASKED)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("Can you give me the name of the ferry?", "the name of the ferry?"),
        ("Could you tell me if the ferry sank?", "if the ferry sank?"),
        ("Quick question: did the ferry sink?", "did the ferry sink?"),
        ("I'm from Osaka. Did it sink? Thanks!", "I'm from Osaka. Did it sink?"),  # it names something
        ("I left in 2023. Who followed me there?", "I left in 2023. Who followed me there?"),  # a figure
        ("Who was on it? Name them all.", "Who was on it? Name them all."),
        ("Who was on it? No rush.", "Who was on it?"),
        ("The ferry sank. Who was on it? Thanks", "The ferry sank. Who was on it?"),  # it tells something
        ("Did a ranger die? I'd like his name", "Did a ranger die? I'd like his name"),  # two questions
    ],
)
def test_what_names_or_asks_something_stays(typed: str, asked: str) -> None:
    assert plain(typed) == asked


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("who saw the ferry", "who saw the ferry?"),
        ("In which year did it sink.", "In which year did it sink?"),
        ("did it sink", "did it sink?"),
        ("and when", "and when?"),
        ("hey can you tell me who saw the ferry thx", "who saw the ferry?"),
        ("ferry to osaka", "ferry to osaka"),
        ("Name the ferry.", "Name the ferry."),
    ],
)
def test_a_question_gets_its_mark(typed: str, asked: str) -> None:
    assert plain(typed) == asked


@pytest.mark.parametrize(
    "question",
    [
        ASKED,
        "Thanks!",
        "Hi, how are you?",
        "Please help me.",
        "Thanks to which treaty did trade grow?",
        "According to which minister did trade grow?",
        "Based on what did trade grow?",
        "From what is it no business of the state to shield faiths, in the judges' view?",
        "In which year did it close?",
        "The passage of what act gave the island its own government?",
        "When did the league stop the club from signing anyone?",
        "What are members allowed to do as they please?",
        "In the US, who decides?",
        'Who said, "Here I stand. I can do no other"?',
        "If you do not know the force on an object, what do you measure?",
        "Hello Kitty opened a shop where?",
        "Who is our ambassador, and what did I miss?",
        "ferry times osaka",
        "",
    ],
)
def test_a_question_without_talk_comes_back_as_it_is(question: str) -> None:
    assert plain(question) == question


@given(st.text(max_size=80))
def test_nothing_is_added_and_something_is_left(text: str) -> None:
    asked = words(plain(text))
    assert set(asked) <= set(words(text))
    assert bool(asked) == bool(words(text))


@given(st.text(alphabet="Hi, who? I am. Thanks! me the 2023 Osaka", max_size=60))
def test_it_is_done_at_once(text: str) -> None:
    assert plain(plain(text)) == plain(text)
