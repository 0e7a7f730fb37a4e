"""Questions that passages seem to answer: what a rule makes of a sentence, and what none does."""

import datetime as dt
import time

import pytest
from desk import release
from hypothesis import given
from hypothesis import strategies as st

from eventqa.corpus import Corpus
from eventqa.leaning import pronoun
from eventqa.suggest import candidates, meanings


def asked_of(*paragraphs, asked="", **facts):
    return [one.question for one in candidates(release(*paragraphs, **facts).passages, asked)]


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("The Conference was attended by many.", "Who attended the Conference?"),
        ("Later, the Peace Treaty was written by them.", "Who wrote the Peace Treaty?"),
        (
            "The Office of Counter-Terrorism was established in June 2017.",
            "When was the Office of Counter-Terrorism established?",
        ),
        ("The World Summit was held on 3 May.", "When was the World Summit held?"),
        ("The World Summit was held in New York.", "Where was the World Summit held?"),
        ("The Peace Talks were hosted at Camp David.", "Where were the Peace Talks hosted?"),
        ("In Rome, Mr. Voronkov commended the efforts.", "What did Mr. Voronkov commend?"),
        ("The Security Council adopted a text.", "What did the Security Council adopt?"),
        ("Mr. Voronkov, underlined the need.", "What did Mr. Voronkov underline?"),
        ("The Prime Minister met with H.E. Mr. Rahmon.", "Whom did the Prime Minister meet?"),
        ("Sen. Ann Lee called for a vote.", "What did Sen. Ann Lee call for?"),
        (
            "He met Emomali Rahmon, President of Tajikistan, there.",
            "Who is the President of Tajikistan?",
        ),
        ("Vladimir Voronkov told the press.", "What did Vladimir Voronkov say?"),
        ("“It is so,” said Ms. Ann Lee in Rome.", "What did Ms. Ann Lee say?"),
        ("The U.S. Senate approved the bill.", "What did the U.S. Senate approve?"),
        ("The Security Council urges the parties.", "What does the Security Council urge?"),
        ("The Prime Minister meets with H.E. Mr. Rahmon.", "Whom does the Prime Minister meet?"),
        ("Mr. Ali stresses that all is well.", "What does Mr. Ali stress?"),
        (
            "We need the Black Sea Initiative, or another Black Sea Initiative.",
            "What is said about the Black Sea Initiative?",
        ),
    ],
)
def test_a_sentence_is_turned_round(sentence, question):
    assert asked_of(sentence) == [question]


SPEECH = (
    "Mr. Vladimir Voronkov told the press that the World Summit was held in Rome. The Security "
    "Council adopted the Rome Declaration. Ms. Ann Lee left. So "
    "did Rashid Alimov, Secretary-General of the Rome Forum. “So it is,” said Mr. Voronkov."
)


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("What did he say?", ["Mr. Vladimir Voronkov", "Rashid Alimov"]),
        ("Whom did She meet?", ["Ms. Ann Lee", "Rashid Alimov"]),
        ("What is his view?", ["Mr. Vladimir Voronkov’s", "Rashid Alimov’s"]),
        ("Where was it held?", ["the World Summit"]),
        ("Who hosted it?", ["the World Summit"]),
        ("Where is that?", []),
        ("What were its goals?", ["the World Summit’s"]),
        ("What did they adopt?", ["the Security Council"]),
        ("What happened there?", ["in Rome"]),
    ],
)
def test_a_pronoun_is_replaced_by_the_names_it_may_stand_for_the_likeliest_first(question, meant):
    passages = release(SPEECH, place="Rome").passages
    word = pronoun(question)
    before, after = question[: word.start()], question[word.end() :]

    found = [one.question for one in meanings(question, passages)]

    assert found[: len(meant)] == [f"{before}{name}{after}" for name in meant]
    assert len(set(found)) == len(found)
    if not meant:
        assert not [one for one in found if one.startswith(before) and one.endswith(after)]


def test_a_name_that_ends_in_s_owns_with_an_apostrophe_alone():
    passages = release("“So it is,” said Ms. Ann Jones.").passages
    first = next(meanings("What is her view?", passages))
    assert first.question == "What is Ms. Ann Jones’ view?"


def test_in_place_of_a_question_of_one_word_those_come_first_that_begin_with_it():
    passages = release(SPEECH).passages
    found = [one.question for one in meanings("where?", passages)]
    assert found[0] == "Where was the World Summit held?"
    assert "What did the Security Council adopt?" in found[1:]


@pytest.mark.parametrize(
    "sentence",
    [
        "He commended the efforts.",
        "This Conference was attended by many.",
        "Participants discussed the themes.",
        "Who said that Mr. Voronkov commended the efforts?",
        "In Rome was held in May.",
        "SENATOR SMITH ANNOUNCES: HIGHWAY FUNDS ARE announced the day.",
        "The <b>Bold</b> Council adopted the text.",
        "the conference was attended by many.",
        "For the World Court Project of Rome they met; that World Court Project of Rome began.",
        "The Secretary-General and I spoke, the Secretary-General and I.",
        "Всеобщая конференция приняла резолюцию.",
        "",
    ],
)
def test_what_cannot_be_turned_for_certain_gives_no_question(sentence):
    assert asked_of(sentence or " ") == []


def test_the_dateline_gives_a_question_of_its_first_paragraph():
    facts = {"place": "Dushanbe", "date": dt.date(2018, 5, 5)}
    (one,) = candidates(release("Talks.", "More talks.", **facts).passages)
    assert (one.question, one.passage.number) == ("What happened in Dushanbe in May 2018?", 1)


def test_kinds_take_turns_and_each_question_knows_its_passage():
    found = list(
        candidates(
            release(
                "The First Summit was attended by many. Mr. Ali commended the plan.",
                "The Second Summit was attended by many.",
            ).passages
        )
    )
    assert [(one.question, one.passage.number) for one in found] == [
        ("Who attended the First Summit?", 1),
        ("What did Mr. Ali commend?", 1),
        ("Who attended the Second Summit?", 2),
    ]


def test_nothing_is_asked_twice_nor_what_was_just_asked():
    text = "The First Summit was attended by many."
    topic = "What is said about the First Summit?"
    assert asked_of(text, text) == ["Who attended the First Summit?", topic]
    assert asked_of(text, asked="who ATTENDED the first summit") == []
    assert asked_of(text, text, asked="And the first summit?") == ["Who attended the First Summit?"]


@pytest.mark.parametrize(("language", "count"), [("en", 1), ("en-GB", 1), (None, 1), ("de", 0)])
def test_only_english_is_turned_into_english(language, count):
    text = "The First Summit was attended by many."
    assert len(asked_of(text, language=language)) == count


def test_the_release_that_comes_with_eventqa_gives_these_questions():
    corpus = Corpus("corpus")
    (path,) = corpus.changes({}).files
    (one,) = corpus.read(path)[0].releases
    assert [found.question for found in candidates(one.passages)] == [
        "Who attended the Conference?",
        "What did Mr. Voronkov commend?",
        "Who is the President of Tajikistan?",
        "What did Mr. Voronkov say?",
        "What happened in Dushanbe in May 2018?",
        "When was the Office of Counter-Terrorism established?",
        "What did Mr. Voronkov underline?",
        "Who is the Secretary-General of OSCE?",
        "Whom did the Under-Secretary-General meet?",
        "What did Mr. Voronkov discuss?",
        "What is said about Central Asia?",
        "What is said about the Republic of Tajikistan?",
        "What is said about the Office of Counter-Terrorism?",
        "What is said about Member States?",
        "What is said about United Nations Office of Counter-Terrorism?",
    ]


PIECES = st.sampled_from(
    ["The ", "Mr. ", "U.S. ", "Conference ", "of ", "and ", "was held in ", "May 2018", "said ",
     "“", ",” ", ". ", "adopted the ", "met with ", "President of ", "A" * 50, "\u202e", "<b>",
     "$", "\n"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=9), max_size=60).map("".join))
def test_whatever_a_text_is_its_questions_are_short_and_plain(text):
    for question in asked_of(text or " "):
        assert len(question) <= 120 and question.endswith("?") and question.isprintable()
        assert not set(question) & set('<>{}$`|\\\n“”"')


@pytest.mark.parametrize("piece", ["The ", "Aa ", "A of the ", "Mr. ", "A", "was held in ", "U.S."])
def test_an_endless_text_costs_no_more_than_its_beginning(piece):
    began = time.perf_counter()
    asked_of(*[piece * (200_000 // len(piece))] * 60)
    assert time.perf_counter() - began < 3
