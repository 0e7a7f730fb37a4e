"""What stands around releases is kept and cited, and takes no answer's place unless asked for."""

import pytest
from conftest import WordLengths

from eventqa import EventQA
from eventqa.boilerplate import is_asked_for, is_notice


@pytest.mark.parametrize(
    "text",
    [
        "FOR IMMEDIATE RELEASE",
        "For immediate release – 5 May 2018",
        "EMBARGOED UNTIL 10:00 GMT, 5 MAY 2018",
        "ENDS",
        "-- Ends --",
        "# # #",
        "* * *",
        "-30-",
        "Notes to editors:",
        "About us",
        "Contact: Ann Lind, 202/224-5521",
        "Media contacts: Ann Lind, Bo Dahl",
        "Press office: +47 12 34 56 78",
        "For more information, please contact:",
        "Pour plus d’informations, appelez le bureau.",
        "Weitere Informationen unter www.hafen.example",
        "Pressekontakt: Ann Lind",
        "Share this page",
        "Follow us on Facebook and Twitter.",
        "Sign up for our newsletter",
        "Tel: 555 1234",
        "ABOUT ACME CORP",
        "About the Ministry of Transport",
        "Embargo: noon GMT",
    ],
)
def test_notices_are_known_by_their_form(text):
    assert is_notice(text)


@pytest.mark.parametrize(
    "text",
    [
        "30%",
        "30",
        "The end of the war",
        "Embargo against Norland lifted, the minister said.",
        "Contacts between the two governments resumed on Monday.",
        "For more than 40 years the office has called for information to be free.",
        "Share prices fell on Monday.",
        "About 200 people came to the port.",
        "Join us on Sunday at the port for the opening.",
        "Office hours end at noon.",
        "Contact: " + "told at length, " * 30,
        "出版",
        "Embargo: the EU will stop importing oil from Russia on 5 December",
        "For any information leading to arrest the police offers 10,000 dollars.",
        "Contacts: the two presidents met on Monday",
        "Press office: the ministry will close on Monday.",
        "For more on the budget: taxes rise by 3% from May.",
        "Visit us at the fair on 3 May.",
        "Not for release: prisoner X stays in jail",
        "Inquiry: the minister lied",
    ],
)
def test_what_tells_something_is_no_notice(text):
    assert not is_notice(text)


@pytest.mark.parametrize(
    "question",
    ["Whom can I call?", "What is the press office's phone number?", "Who is the media contact?"],
)
def test_a_question_may_ask_for_what_stands_around_releases(question):
    assert is_asked_for(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who opened the new quay?",
        "Where did the president address the UN?",
        "Did aid reach Gaza?",
        "What did the general call for?",
        "What did the oil embargo cover?",
        "How many calls were made?",
        "What did the spokesman say?",
    ],
)
def test_questions_about_events_do_not(question):
    assert not is_asked_for(question)


ABOUT = "The port authority of Aldmar runs the port of Aldmar and its quays for the crown."
NEWS = (
    "A crane of the port fell on Monday.",
    "The fishing fleet of Aldmar returned.",
    "A lighthouse keeper was honoured.",
    "The old quay of Aldmar is repaired by Norland Works.",
)


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Four releases of one office, each with the same paragraph about it and whom to call."""
    place = tmp_path_factory.mktemp("port")
    (place / "corpus").mkdir()
    for number, news in enumerate(NEWS):
        head = f"---\ntitle: News {number}\ndate: 2018-05-0{number + 1}\n---\n"
        text = f"{head}{news}\n\n{ABOUT}\n\nContact: Ann Lind, 0123 456789\n"
        (place / "corpus" / f"{number}.md").write_text(text, encoding="utf-8")
    with EventQA(place / "corpus", place / "embeddings", watch=False, gaps=False) as qa:
        yield qa


def shown(answer) -> list[str]:
    return [hit.passage.text for hit in answer.hits or answer.nearest]


def test_words_that_stand_around_every_release_come_once_and_behind_the_news(port):
    answer = port.ask("Who repairs the quay of the port of Aldmar?", 5)
    assert shown(answer)[0] == NEWS[3]
    assert shown(answer).count(ABOUT) <= 1


def test_boilerplate_that_is_asked_for_is_the_answer_with_the_number_of_its_releases(port):
    answer = port.ask("What is the phone number of the contact Ann Lind?", 5)
    assert answer.answered
    hit = answer.hits[0]
    assert hit.passage.text == "Contact: Ann Lind, 0123 456789"
    assert hit.repeated == 4
    assert hit.to_dict()["repeated"] == 4
    assert hit.receipt.exact == hit.passage.text
    assert [one.passage.text for one in answer.hits].count(hit.passage.text) == 1


def test_a_paragraph_in_copies_of_one_release_is_no_boilerplate(corpus, open_qa):
    words = " ".join(f"word{number}" for number in range(40))
    for name in "abcd":
        text = f"---\ntitle: One\ndate: 2018-05-05\nbody: {name}\n---\n{words}"
        (corpus / f"{name}.md").write_text(text, encoding="utf-8")
    answer = open_qa().ask("word1 word2 word3")
    (hit,) = answer.hits or answer.nearest
    assert hit.repeated == 1
    assert len(hit.also) == 3


def test_two_releases_with_a_paragraph_in_common_are_each_found(corpus, open_qa):
    encoder = WordLengths()
    for name in "ab":
        (corpus / f"{name}.txt").write_text(f"{name * 9} stands alone here.\n\nBoth have this.")
    answer = open_qa(encoder=encoder).ask("Both have this.")
    texts = shown(answer)
    assert texts.count("Both have this.") == 2
