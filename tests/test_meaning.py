"""The bundled model on the release that comes with eventqa: what it answers and what it refuses."""

import shutil
from pathlib import Path

import pytest

from eventqa import EventQA

CORPUS = Path(__file__).parent.parent / "corpus"
SEED = CORPUS / "2018-05-05-counter-terrorism-conference-dushanbe.txt"

# Question, and words of the paragraph that answers it, which must be among the sources.
ANSWERED = [
    ("Who hosted the conference in Dushanbe?", "hosted by the Government of the Republic of"),
    ("Which organisations cooperated with Tajikistan to host the conference?", "hosted by the"),
    ("When was the Office of Counter-Terrorism established?", "established in June 2017"),
    ("Where was the conference held?", "Dushanbe"),
    ("How many countries attended?", "more than 40 countries"),
    ("How many countries were represented?", "more than 40 countries"),
    ("Whom did Mr. Voronkov meet on the margins of the conference?", "Mr. Rashid Alimov"),
    ("Whom did Voronkov meet?", "Mr. Rashid Alimov"),
    ("Who is the President of Tajikistan?", "Emomali Rahmon, President of Tajikistan"),
    ("What was adopted at the end of the conference?", "adoption of the Dushanbe Declaration"),
    ("What is the Dushanbe Declaration?", "adoption of the Dushanbe Declaration"),
    ("What did Voronkov say about ISIL?", "ISIL is actively seeking to recruit"),
    ("Why was the Office of Counter-Terrorism set up?", "to provide leadership"),
    ("What was launched in Ashgabat?", "third phase of the Joint Plan of Action"),
    ("Who can I contact for more information?", "please contact"),
    ("Who hosted the conference on 5 May 2018?", "hosted by the Government of the Republic of"),
    ("Who hosted the conference in May 2018?", "hosted by the Government of the Republic of"),
]
REFUSED = [
    "What is the capital of France?",
    "Who won the World Cup in 2018?",
    "How much did the conference cost?",
    "Which hotel hosted the conference?",
    "Who hosted the conference in Vienna?",
    "How many people were arrested?",
    "When is the next conference?",
    "What was the weather in Dushanbe?",
    "Who is the president of Kazakhstan?",
    "What did Antonio Guterres say about climate change?",
    "How do I bake bread?",
    "Who hosted the conference in 2019?",
    "Who hosted the conference on 7 June 2016?",
    "Who hosted the conference in Dushanbe in 2019?",
    "Who hosted the conference in Dushanbe last week?",
    "How many countries attended the conference this year?",
    "Who is it?",
    "ﷺ",
]


@pytest.fixture(scope="module")
def qa(tmp_path_factory):
    place = tmp_path_factory.mktemp("meaning")
    shutil.copytree(CORPUS, place / "corpus")
    with EventQA(place / "corpus", place / "embeddings", watch=False) as qa:
        yield qa


@pytest.mark.parametrize(("question", "words"), ANSWERED)
def test_a_question_the_release_answers_gets_the_paragraph_that_does(qa, question, words):
    answer = qa.ask(question)

    assert answer.answered, answer.reason
    assert any(words in hit.passage.text for hit in answer.hits)


@pytest.mark.parametrize(
    "question",
    [
        "Who hosted the conference in Dushanbe?",
        "Who hosted the conference in Dushanbe in May 2018?",
        "Who hosted the conference on 5 May 2018?",
    ],
)
def test_the_marked_sentence_tells_what_is_asked_and_not_where_and_when(qa, question):
    best = qa.ask(question).hits[0]

    (mark,) = best.highlights
    assert best.passage.text[slice(*mark)].startswith("The conference was hosted by the Government")


@pytest.mark.parametrize("question", REFUSED)
def test_a_question_the_release_does_not_answer_is_refused_with_a_reason(qa, question):
    answer = qa.ask(question)

    assert not answer.answered
    assert answer.hits == ()
    assert answer.reason
    assert len(answer.nearest) == 5


@pytest.mark.parametrize(
    ("question", "time"),
    [
        ("Who hosted the conference in Dushanbe in 2019?", "2019"),
        ("Which hotel hosted the conference last year?", "2025"),
        ("What happened in June 2018?", "June 2018"),
    ],
)
def test_a_time_that_no_release_is_of_is_the_reason_whatever_else_is_missing(qa, question, time):
    answer = qa.ask(question, asked_on="2026-11-24")

    assert not answer.answered
    assert answer.reason == f"The newest release is from 5 May 2018; you asked about {time}."
    assert answer.confidence <= 0.2


# What a stranger might ask: also in keywords, misspelt, with wrong names and wrong years.
KNOWN = """
Who hosted the conference in Dushanbe?
Which organisations cooperated with Tajikistan to host the conference?
When was the Office of Counter-Terrorism established?
Where was the conference held?
How many countries attended?
Whom did Mr. Voronkov meet on the margins of the conference?
Who is the President of Tajikistan?
What was adopted at the end of the conference?
What is the Dushanbe Declaration?
What did Voronkov say about ISIL?
Why was the Office of Counter-Terrorism set up?
What was launched in Ashgabat?
Who can I contact for more information?
Who hosted the conference in May 2018?
who hosted the conferense in dushanbe
dushanbe declaration
voronkov ISIL central asia
countries attended conference dushanbe
Who is the foreign minister of Tajikistan?
Who is the Secretary-General of the Shanghai Cooperation Organization?
Who is Thomas Greminger?
Who represented Qatar?
Which Indian minister did Voronkov meet?
What themes did participants discuss?
When did the conference take place?
What did Voronkov say about human rights?
did the foreign minister of uzbekistan meet voronkov
What did participants share about foreign terrorist fighters?
What is the e-mail address of the press contact?
What did Mr Voronkov praise?
prezident of tajikistan
What was the name of the conference?
What is the mandate of the UN Office of Counter-Terrorism?
"""
UNKNOWN = """
What is the capital of France?
Who won the World Cup in 2018?
How much did the conference cost?
Which hotel hosted the conference?
Who hosted the conference in Vienna?
How many people were arrested?
When is the next conference?
What was the weather in Dushanbe?
Who is the president of Kazakhstan?
What did Antonio Guterres say about climate change?
How old is Vladimir Voronkov?
How do I bake bread?
Who hosted the conference in 2019?
Who hosted the conference in Dushanbe last week?
What is the budget of the Office of Counter-Terrorism?
How many staff does the Office of Counter-Terrorism have?
What did Ban Ki-moon say in Dushanbe?
What did Vladimir Putin say about ISIL?
Who hosted the conference in Paris in 2015?
Which treaty was signed by Tajikistan and China?
Who is the Minister of Defence of Tajikistan?
What did Voronkov say about cybercrime?
How many terrorists were killed?
What happened in Dushanbe in 2003?
When did Voronkov resign?
price of bitcoin
best restaurants in dushanbe
What did Angela Merkel say about terrorism?
Who attended the wedding?
Who funded the conference?
Did NATO take part in the conference?
"""
NONSENSE = """
asdf qwer zxcv
lorem ipsum dolor sit amet
1234567
What is that?
blah blah blah
?!a
the the the
xkcd foobar 42
"""


def asked(questions: str) -> list[str]:
    return questions.strip().splitlines()


def test_of_what_a_stranger_asks_and_the_release_tells_most_is_answered(qa):
    refused = [question for question in asked(KNOWN) if not qa.ask(question).answered]

    assert len(asked(KNOWN)) == 33
    assert len(refused) <= 4, refused


def test_of_what_a_stranger_asks_and_the_release_does_not_tell_little_is_answered(qa):
    answered = [question for question in asked(UNKNOWN) if qa.ask(question).answered]

    assert len(asked(UNKNOWN)) == 31
    assert len(answered) <= 2, answered


@pytest.mark.parametrize("question", asked(NONSENSE))
def test_nonsense_is_never_answered(qa, question):
    answer = qa.ask(question)

    assert not answer.answered
    assert answer.confidence < 0.1


def test_a_question_of_a_time_and_nothing_else_is_answered_from_the_releases_of_that_time(qa):
    answer = qa.ask("What happened in May 2018?")

    assert answer.answered
    assert str(answer.period) == "May 2018"


def test_every_shown_word_is_a_slice_of_the_release(qa):
    text = SEED.read_text(encoding="utf-8")
    for question, _ in ANSWERED:
        for hit in qa.ask(question).hits:
            assert text[hit.passage.start : hit.passage.end] == hit.passage.text
            for start, end in hit.highlights:
                assert hit.passage.text[start:end] in text


def test_the_sentence_that_answers_is_marked(qa):
    (hit,) = qa.ask("Who did the Under-Secretary-General meet on the margins?", k=1).hits
    (first, *_) = qa.ask("When was the Office of Counter-Terrorism established?").hits
    (isil, *_) = qa.ask("What did Voronkov say about ISIL?").hits

    assert all(one.highlights for one in (hit, first, isil))
    start, end = isil.highlights[0]
    assert isil.passage.text[start:end].startswith("We know that ISIL is actively seeking")


def test_a_refusal_names_words_that_no_release_has(qa):
    answer = qa.ask("Which hotel hosted the conference?")

    assert answer.reason == (
        "No title or passage mentions “hotel”; “hosted” and “conference” can be found."
    )
    assert "hotel" not in SEED.read_text(encoding="utf-8")


def test_the_same_question_gets_the_same_answer(qa):
    assert qa.ask(ANSWERED[0][0]) == qa.ask(ANSWERED[0][0])


def test_no_question_is_logged_or_sent_anywhere(qa, capfd):
    qa.ask("Who is the President of Tajikistan?")

    assert capfd.readouterr() == ("", "")


def test_a_question_that_names_the_time_is_answered_like_one_that_does_not(qa):
    answer = qa.ask("Who hosted the conference in Dushanbe in May 2018?")

    assert answer.answered
    assert str(answer.period) == "May 2018"
    assert "hosted by the Government" in answer.hits[0].passage.text


def test_last_week_is_understood_from_the_day_of_asking(qa):
    answer = qa.ask("What was launched last week?", asked_on="2018-05-08")

    assert str(answer.period) == "30 April to 6 May 2018"
    assert "earlier this week in Ashgabat" in answer.hits[0].passage.text


def test_a_refusal_says_that_the_nearest_passages_are_of_another_time(qa):
    answer = qa.ask("Who hosted the conference in 1999?")

    assert answer.reason == "The best passages are not of the time asked for (1999)."


def test_with_time_switched_off_no_period_is_understood(qa):
    assert qa.ask("Who hosted the conference in Dushanbe in May 2018?", time=False).period is None


@pytest.mark.parametrize("question", [ANSWERED[4][0], REFUSED[3]])
def test_the_verdict_is_the_same_however_few_are_asked_for(qa, question):
    few, many = qa.ask(question, k=1), qa.ask(question, k=12)

    assert (few.answered, few.confidence) == (many.answered, many.confidence)
    assert len(few.hits or few.nearest) == 1


def test_the_best_marked_sentence_says_who_hosted_and_not_only_where(qa):
    hit = qa.ask("Who hosted the conference in Dushanbe?").hits[0]
    start, end = hit.highlights[0]
    assert hit.passage.text[start:end].startswith("The conference was hosted by the Government")


def test_every_question_that_is_suggested_is_answered(qa):
    assert qa.suggest() == (
        "Who attended the Conference?",
        "What did Mr. Voronkov commend?",
        "Who is the President of Tajikistan?",
        "What did Mr. Voronkov say?",
    )
    answer = qa.ask("Who attended the Conference?")
    follow_up = qa.suggest(answer, count=2)
    assert follow_up == ("What did Mr. Voronkov commend?", "Who is the President of Tajikistan?")
    assert all(qa.ask(question).answered for question in (*qa.suggest(), *follow_up))
