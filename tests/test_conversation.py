"""A talk about the release that comes with eventqa, with the bundled model."""

from pathlib import Path

import pytest

from eventqa import EventQA
from eventqa.types import InvalidInput, Sureness, Why

CORPUS = Path(__file__).parent.parent / "corpus"

HOST = "hosted by the Government of the Republic of Tajikistan"
COUNTRIES = "attended by representatives from more than 40 countries"
MET = "he met with Mr. Rashid Alimov"
PRESIDENT = "met with H.E. Mr Emomali Rahmon, President of Tajikistan"
OFFICE = "The Office of Counter-Terrorism was established in June 2017 to provide leadership"
THEMES = "Participants discussed a wide range of themes"
ISIL = "ISIL is actively seeking to recruit and radicalize citizens of this region"
# What is asked one after the other, and words of the passage that comes first; None: no answer.
TALK = [
    ("Who hosted the conference in Dushanbe?", HOST),
    ("When was it held?", "on May 3-4, 2018"),
    ("Who attended it?", COUNTRIES),
    ("And how many countries?", COUNTRIES),
    ("What did Mr. Voronkov say about that?", "In his statement, Mr. Voronkov commended"),
    ("And about young people?", ISIL),
    ("Which hotel hosted it?", None),
    ("Whom did he meet?", MET),
    ("And who else did he meet?", PRESIDENT),
    ("And Uzbekistan?", MET),
    ("And France?", None),
    ("And then?", OFFICE),
    ("When was the Office of Counter-Terrorism established?", OFFICE),
    ("Why?", OFFICE),
    ("What was launched in Ashgabat?", "Referring to the launch of the third phase"),
    ("When?", "earlier this week in Ashgabat"),
    ("And in 2019?", None),
    ("Who is the President of Tajikistan?", PRESIDENT),
    ("Did he meet him?", PRESIDENT),
    ("Who is the president of France?", None),
    ("What is the Dushanbe Declaration?", "closed with the adoption of the Dushanbe Declaration"),
    ("Who can I contact?", "please contact"),
    ("How many countries attended the conference?", COUNTRIES),
    ("What themes were discussed?", THEMES),
    ("Who shared good practices?", THEMES),
    ("How much did it cost?", None),
    ("What did Voronkov say about ISIL?", ISIL),
    ("And where does it recruit?", ISIL),
]


@pytest.fixture(scope="module")
def qa(tmp_path_factory):
    with EventQA(CORPUS, tmp_path_factory.mktemp("talk"), watch=False, gaps=False) as qa:
        yield qa


@pytest.fixture(scope="module")
def answers(qa):
    talk = qa.conversation()
    return {question: talk.ask(question) for question, _ in TALK}


@pytest.mark.parametrize(("question", "words"), TALK)
def test_each_turn_of_a_long_talk_gets_its_passage_or_is_refused(answers, question, words):
    answer = answers[question]

    assert answer.answered == (words is not None), answer.reason
    if words:
        assert words in answer.hits[0].passage.text


def test_what_is_carried_over_is_told(answers):
    assert answers["When?"].read_as == "When? (launched, Ashgabat)"
    assert answers["When?"].to_dict()["read_as"] == "When? (launched, Ashgabat)"
    assert "\n\nRead as: When? (launched, Ashgabat)\n\n" in str(answers["When?"])


def test_whom_he_stands_for_is_told(answers):
    assert answers["And who else did he meet?"].read_as.startswith(
        "And who else did he meet? (Voronkov, "
    )
    assert (
        answers["Did he meet him?"].read_as
        == "Did he meet him? (Emomali Rahmon, President, Tajikistan)"
    )


def test_what_stands_alone_and_is_answered_takes_nothing_over_and_is_as_sure_as_alone(qa, answers):
    question = "Who is the President of Tajikistan?"

    assert answers[question] == qa.ask(question)
    assert answers[question].read_as is None
    assert answers[question].sureness == Sureness.STRONG
    assert answers["When was it held?"].sureness is None  # nothing was proved of such


@pytest.mark.parametrize(
    "question",
    [
        "And who is the president of France?",
        "So who is the president of France?",
        "Who is the former president of France?",
        "And the president of France?",
        "Who is the other president, that of France?",
        "Did he meet the president of France?",
        "And who is the Minister of Foreign Affairs of China?",
        "And France?",
    ],
)
def test_a_name_that_no_passage_has_is_not_answered_because_of_what_was_said_before(qa, question):
    before = [qa.ask("Who is the President of Tajikistan?")]

    alone, after = qa.ask(question), qa.ask(question, history=before)

    assert after.answered <= alone.answered
    assert after.confidence <= alone.confidence


def test_what_he_said_is_not_what_another_one_said_after_a_refused_question(qa):
    talk = qa.conversation()
    assert talk.ask("Who is the President of Tajikistan?").answered
    assert not talk.ask("Who is Macron?").answered
    answer = talk.ask("What did he say?")

    assert not answer.answered
    assert answer.read_as == "What did he say? (Macron)"


@pytest.mark.parametrize(
    "questions",
    [
        ("What did Mr. Voronkov say?", "And Macron?", "What did he say?"),
        ("What did Mr. Voronkov say?", "Did he meet Macron?", "What did he say?"),
        ("Who is Macron?", "What did he say?", "What did he say about terrorism?"),
        ("Who is Macron?", "And what did he say about ISIL?", "Whom did he meet?"),
        ("Who attended the Paris conference?", "Who attended?"),
    ],
)
def test_what_is_asked_of_a_name_that_was_not_found_is_not_answered_of_another(qa, questions):
    talk = qa.conversation()
    *_, last = [talk.ask(question) for question in questions]

    assert not last.answered
    assert last.reason.startswith("No title or passage mentions")


def test_and_then_leaves_the_time_of_the_talk_as_it_was(qa):
    talk = qa.conversation()
    talk.ask("What happened in Dushanbe in May 2018?")

    assert talk.ask("And then?").period is None
    assert str(talk.ask("Who attended it?").period) == "May 2018"


def test_what_is_offered_in_place_of_a_vague_question_keeps_to_the_days_asked_for(qa):
    assert len(qa.ask("Who?", since="2018-01-01").could_mean) == 3
    assert qa.ask("What did he say?", until="2018-12-31").could_mean[0].startswith("What did Mr. V")


def test_a_pronoun_and_a_time_are_no_subject(qa):
    for question in (
        "What did he say in May 2018?",
        "What did he say in 2031?",
        "What did ſhe say?",
    ):
        assert qa.ask(question).why == Why.VAGUE


def test_a_time_that_was_removed_stays_removed(qa):
    talk = qa.conversation()
    talk.ask("Who hosted the conference in Dushanbe in May 2018?")
    assert talk.ask("Who attended it?", time=False).period is None

    assert talk.ask("And whom did he meet?").period is None


def test_a_refusal_tells_a_time_that_was_carried_over_from_one_that_was_asked_for(qa):
    before = ["Who hosted the conference in Dushanbe in 2014?"]
    assert qa.ask("Who attended it?", history=before).reason == (
        "The best passages are not of the time asked for before (2014)."
    )
    before = ["Who hosted the conference in Dushanbe in 2031?"]
    assert qa.ask("Who attended it?", history=before).reason == (
        "The newest release is from 5 May 2018; the time asked for before is 2031."
    )


@pytest.mark.parametrize(
    "question", ["when?", "Who?", "why?", "Where?", "And?", "What is this about?"]
)
def test_a_question_that_names_nothing_gets_three_others_to_ask(qa, question):
    answer = qa.ask(question)

    assert answer.why == Why.VAGUE
    assert len(answer.could_mean) == 3


def test_what_stands_alone_is_not_answered_because_of_what_was_said_before(qa):
    talk = qa.conversation()
    talk.ask("Who is the President of Tajikistan?")
    talk.ask("Whom did Mr. Voronkov meet?")

    assert not talk.ask("Who is the president of France?").answered


def test_a_time_is_carried_over_and_then_counts_as_if_it_had_been_asked_for(qa):
    talk = qa.conversation()
    first = talk.ask("Who hosted the conference in Dushanbe in May 2018?")
    assert first.answered

    then = talk.ask("Who attended it?")
    assert then.answered
    assert then.read_as == "Who attended it? (hosted, conference, Dushanbe, Terrorism, May 2018)"
    assert str(then.period) == "May 2018"

    talk.ask("Who hosted it in 2018?")
    other = talk.ask("And who attended it?", time=("2021-01-01", "2021-12-31"))
    assert (other.answered, other.why) == (False, Why.LATER)


def test_a_time_carried_over_refuses_what_is_of_another_time(qa):
    before = ["Who hosted the conference in Dushanbe in 2014?"]
    answer = qa.ask("Who attended it?", history=before)

    assert (answer.answered, answer.why) == (False, Why.OTHER_TIME)
    assert qa.ask("Who attended it?", history=before, time=False).answered


def test_and_then_is_the_next_paragraph_of_the_release_shown_last_until_it_ends(qa):
    talk = qa.conversation()
    passage = talk.ask("What is the Dushanbe Declaration?").hits[0].passage
    assert passage.number == 7

    for number in range(8, 13):
        answer = talk.ask("And then?")
        assert [hit.passage for hit in answer.hits] == [passage.release.passages[number - 1]]
        assert answer.read_as == "And then? (the next paragraph)"

    ended = talk.ask("And then?")
    assert (ended.answered, ended.why) == (False, Why.END)
    assert ended.reason == (
        "“Head of the UN Office of Counter-Terrorism participates in the High-Level Confer…”"
        " (5 May 2018) ends with the paragraph shown last."
    )
    assert ended.nearest[0].passage.number == 12


def test_what_was_shown_last_is_found_again_by_its_words(qa):
    shown = qa.ask("What is the Dushanbe Declaration?").hits[0].passage
    spoken = [("What is the Dushanbe Declaration?", shown.text)]

    assert qa.ask("What happened next?", history=spoken).hits[0].passage.number == 8
    other = [("What is the Dushanbe Declaration?", "Words that nobody wrote.")]
    unknown = qa.ask("What happened next?", history=other)
    assert (unknown.answered, unknown.why) == (False, Why.END)
    assert unknown.reason.startswith("What was shown last is no paragraph of a release here")
    assert not qa.ask("And then?").answered


def test_what_comes_next_keeps_to_the_days_that_are_asked_for(qa):
    talk = qa.conversation()
    talk.ask("What is the Dushanbe Declaration?")

    assert talk.ask("And then?", since="2018-05-05", until="2018-05-05").hits[0].passage.number == 8
    assert talk.ask("And then?", since="2020-01-01").why == Why.UNDATED
    assert talk.ask("And then?", time=("2025-01-01", None)).why == Why.LATER


def test_what_comes_next_is_not_taken_from_an_answer_before_the_last(qa):
    before = [qa.ask("What is the Dushanbe Declaration?"), "Who is Macron?"]

    assert "(the next paragraph)" not in (qa.ask("And then?", history=before).read_as or "")


def test_a_question_without_a_subject_and_without_a_history_is_asked_back(qa):
    answer = qa.ask("What did he say?")

    assert answer.reason == (
        "By itself the question does not say who or what “he” is, and it names nothing else to "
        "look for. Say who, what or where it is about."
    )
    assert answer.could_mean == (
        "What did Mr. Voronkov say?",
        "What did Mr Emomali Rahmon say?",
        "What did Mr. Rashid Alimov say?",
    )
    assert all(qa.ask(question).answered for question in answer.could_mean)
    assert answer.to_dict()["could_mean"] == list(answer.could_mean)
    assert "\n\nYou could ask: What did Mr. Voronkov say?\n\n" in str(answer)
    assert qa.suggest(answer, 2) == answer.could_mean[:2]


def test_a_question_that_names_something_is_not_asked_back(qa):
    assert qa.ask("Which hotel was it?").could_mean == ()


def test_read_exactly_as_typed_a_question_takes_nothing_over_and_replaces_the_other_reading(qa):
    talk = qa.conversation()
    first = talk.ask("Who hosted the conference in Dushanbe?")
    assert talk.ask("Who attended it?").read_as

    alone = talk.ask("Who attended it?", alone=True)

    assert alone == qa.ask("Who attended it?")
    assert talk.history == (first, alone)


def test_a_talk_keeps_its_last_fifty_answers(qa):
    talk = qa.conversation()
    for _ in range(52):
        last = talk.ask("Who hosted the conference in Dushanbe?")

    assert talk.history == (last,) * 50


def test_read_as_typed_and_refused_a_question_takes_the_place_of_the_other_reading(qa):
    talk = qa.conversation()
    first = talk.ask("Who hosted the conference in Dushanbe?")
    assert talk.ask("Who attended it?").answered
    refused = talk.ask("Who attended it?", alone=True, since="2020-01-01")

    assert not refused.answered
    assert talk.history == (first, refused)


def test_whoever_keeps_the_history_himself_gets_the_same_answer(qa):
    before = qa.ask("Who hosted the conference in Dushanbe?")
    spoken = [
        {"role": "user", "content": before.question},
        {"role": "assistant", "content": before.hits[0].passage.text},
    ]
    question = "Who attended it?"
    answer = qa.ask(question, history=[before])

    assert answer.read_as == "Who attended it? (hosted, conference, Dushanbe, Terrorism)"
    assert qa.ask(question, history=spoken) == answer
    assert qa.ask(question, history=[before.to_dict()]) == answer


def test_a_question_that_cannot_be_asked_leaves_a_talk_as_it_was(qa):
    talk = qa.conversation()
    with pytest.raises(InvalidInput, match="k is 0"):
        talk.ask("Who attended?", k=0)

    assert talk.history == ()


def test_a_risk_is_not_promised_of_a_question_with_a_history(tmp_path):
    refused = pytest.raises(InvalidInput, match="there is a history, but risks are proved for")
    with EventQA(CORPUS, tmp_path, risk=0.2, watch=False) as qa, refused:
        qa.ask("Who attended it?", history=["Who hosted the conference?"])
