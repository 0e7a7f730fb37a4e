"""How a question is read that follows others."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from desk import release

from eventqa import periods, talk
from eventqa.encoder import EncodedText, Tokens
from eventqa.followup import Reading, in_own_words, readings, taking, together
from eventqa.history import Turn
from eventqa.request import check
from eventqa.retrieve import Found, Question, Steps
from eventqa.signals import Signals
from eventqa.thread import leant_on, thread, unknown
from eventqa.types import Hit, Period
from eventqa.view import Encoded

HOSTED = Turn(
    "Who hosted the conference in Dushanbe?",
    "The terrorism conference on terrorism was hosted by Tajikistan. Tajikistan hosted 40 states.",
    "dushanbe",
)
SPANS = np.empty((0, 2), np.int32)
ENCODED = EncodedText(np.empty((0, 0), np.float32), Tokens(np.empty((0, 0), np.float32), SPANS))
DAY = dt.date(2026, 1, 1)
MAY = Period(dt.date(2018, 5, 1), dt.date(2018, 5, 31), "May 2018", 16)


def test_words_of_the_question_and_of_the_passage_are_carried_as_they_are_written():
    said, shown = readings("Who attended it?", [HOSTED])

    assert said == Reading(("hosted", "conference", "Dushanbe"), None)
    assert shown == Reading(("terrorism", "hosted", "Tajikistan"), None, shown=True)
    assert said.of("Who attended it?") == "Who attended it? hosted conference Dushanbe"


def test_what_a_question_says_itself_is_not_carried():
    said, shown = readings("Which conferences did Tajikistan host, and where?", [HOSTED])

    assert said.carried == ("Dushanbe",)
    assert shown.carried == ("terrorism",)


def test_a_question_with_words_of_its_own_is_not_answered_by_the_words_of_a_passage_it_has_seen():
    assert readings("Who attended it?", [HOSTED])[1].shown
    assert not readings("Why?", [HOSTED])[1].shown


def test_without_anything_before_it_there_is_no_other_reading():
    assert readings("Who attended it?", []) == []
    assert readings("Why?", [Turn("When?")]) == []


def test_a_time_named_before_is_carried_until_another_is_named():
    before = thread([Turn("Who gathered in May 2018?")], DAY)
    assert before == [Turn("Who gathered in May 2018?", period=MAY)]

    (said,) = readings("And who left?", before)
    text = "And who left? gathered May 2018"
    assert said.of("And who left?") == text
    assert said == Reading(("gathered",), replace(MAY, at=text.index("May")), "May 2018")

    june = Period(dt.date(2018, 6, 1), dt.date(2018, 6, 30), "June 2018", 7)
    assert readings("And in June 2018?", before, june) == [Reading(("gathered",), june)]


def test_where_a_time_is_carried_nothing_else_is_taken_for_its_words():
    before = thread([Turn("In May 2018, who gathered, and where was it that they met?")], DAY)
    (said,) = readings("What did he commend?", before)

    text = said.of("What did he commend?")
    assert text == "What did he commend? gathered met May 2018"
    assert periods.timeless(text, said.period) == f"{text[:-8]}        "


def test_a_time_by_itself_is_carried_too_also_one_that_no_words_name():
    chosen = replace(MAY, words="", at=0)  # by `ask(time=…)`
    (said,) = readings("And who left?", [Turn("Who was there?", period=chosen)])

    assert said == Reading((), replace(MAY, at=len("And who left? ")), "May 2018")


def test_a_time_named_before_is_left_out_where_none_is_to_count():
    before = [Turn("Who gathered in May 2018?", period=MAY)]

    assert readings("And who left?", before, timed=False) == [Reading(("gathered",), None)]


def test_a_question_that_takes_over_a_time_asks_for_it_and_tells_so():
    question = Question("And who left?", ENCODED, DAY, None)
    (said,) = readings(question.text, [Turn("Who gathered in May 2018?", period=MAY)])

    taken = taking(question, [said, Reading(("Gathered", "Rome"), None)])

    assert taken.read_as == "And who left? (gathered, Rome, May 2018)"
    assert taken.period == replace(MAY, words="", at=0)
    assert taking(question, [Reading(("Rome",), None)]).period is None


RAHMON = Turn("Who is President of Tajikistan?", "Mr. Voronkov met Emomali Rahmon and Ms. Lee.")


def test_he_and_she_stand_for_the_last_one_asked_about_else_for_the_first_one_shown_last():
    voronkov = Turn("What did Vladimir Voronkov say about Mr. Alimov?", "Kofi Annan came.")

    assert leant_on("Whom did he meet?", [voronkov, Turn("And then?")]) == ("Alimov",)
    assert leant_on("Whom did she meet?", [voronkov]) == ("Vladimir Voronkov",)
    assert leant_on("Whom did he meet?", [RAHMON]) == ("Voronkov",)
    assert leant_on("What is her view?", [RAHMON]) == ("Emomali Rahmon",)
    assert leant_on("What did they say?", [RAHMON]) == ()


def test_whom_he_stands_for_is_carried_first_and_as_one_name():
    (said,) = readings("What did he adopt?", [RAHMON])
    assert said.carried == ("Voronkov", "President", "Tajikistan")

    question = Question("What did he say?", ENCODED, DAY, None)
    (said,) = readings(question.text, [Turn("Did Vladimir Voronkov meet Mr. Rahmon Alimov?")])
    assert said.carried == ("Rahmon Alimov", "Vladimir", "Voronkov", "meet", "Rahmon", "Alimov")
    assert taking(question, [said]).carried == ("Rahmon Alimov", "Vladimir", "Voronkov", "meet")


def test_where_nobody_was_spoken_of_a_question_about_him_takes_nothing_over():
    gas = Turn("And about gas imports?", "Parliament calls for an end of gas imports.")

    assert readings("What did he say?", [gas]) == []
    assert readings("What did he say about gas?", [gas]) != []
    assert readings("What did he say?", [Turn("Who is the president of Azerbaijan?")]) != []


@pytest.mark.parametrize("name", ["COP28", "G20", "O’Brien", "H5N1", "d’Ivoire"])
def test_names_with_figures_and_apostrophes_are_carried(name):
    (said,) = readings("And when?", [Turn(f"Who spoke of {name}?")])

    assert said == Reading(("spoke", name), None)


def test_numbers_and_forms_of_address_are_not_carried():
    before = [Turn("Why did Mr. Voronkov meet 40 ministers?", "In 2018, 2018 and 2018")]

    assert readings("And when?", before) == [Reading(("Voronkov", "meet", "ministers"), None)]


def test_a_thread_begins_with_the_last_question_that_stood_alone():
    turns = [HOSTED, Turn("When was it?"), Turn("What did MEPs adopt?"), Turn("And why?")]

    assert thread(turns, DAY) == turns[2:]
    assert thread(turns[:2], DAY) == turns[:2]
    assert thread([], DAY) == []


def test_a_time_that_is_known_is_not_looked_for_again():
    asked = Turn("Who gathered in May 2018?", timed=True)  # and time was not to count

    assert thread([asked], DAY) == [asked]


CAME = Turn("Who came in May 2018?", "Many came.", "r", MAY, timed=True)


def test_a_time_that_was_removed_is_not_carried_from_before():
    removed = Turn("And who left?", "Some left.", "r", None, timed=True)
    assert readings("And when?", [CAME])[0].time == "May 2018"
    assert readings("And when?", [CAME, removed])[0].time == ""
    untold = Turn("And who left?")
    assert readings("And when?", [CAME, untold])[0].time == "May 2018"


MACRON = Turn("Who is Macron?", refused=True)


def test_a_refused_question_is_passed_over_unless_it_began_to_speak_of_something_else():
    hotel = Turn("Which hotel in Tajikistan had a swimming pool?", refused=True)
    leaning = Turn("And what did it cost?", refused=True)

    assert thread([HOSTED, hotel, leaning], DAY) == [HOSTED]
    adding = Turn("And Macron?", refused=True)
    assert thread([HOSTED, adding], DAY) == [HOSTED, adding]
    assert thread([HOSTED, MACRON], DAY) == [MACRON]
    assert thread([HOSTED, MACRON, leaning], DAY) == [MACRON]


def test_after_a_refused_name_he_is_that_one_and_must_be_there():
    adding = Turn("And Macron?", refused=True)

    assert leant_on("What did he say?", [RAHMON, adding]) == ("Macron",)
    assert unknown("What did he say?", [RAHMON, adding]) == ("Macron",)
    assert unknown("What did he say?", [MACRON]) == ("Macron",)
    assert unknown("Where was it?", [MACRON]) == ("Macron",)
    assert unknown("Where was it?", [HOSTED, adding]) == ()
    (said, *_) = readings("Where was it held?", [HOSTED, adding])
    assert said.carried == ("hosted", "conference", "Dushanbe")


def test_who_went_back_to_a_subject_stays_there_and_a_new_one_is_a_thread_of_its_own():
    bridge = Turn("What did the bridge repairs cost?", "They cost 7 million.", "bridge")
    chess = Turn("Who gave the chess prize?", "The bank did.", "chess")
    again = Turn("And the repairs?", "The repairs cost 7 million.", "bridge")
    hunger = Turn("What about hunger?", "Hunger grows.", "food")

    assert thread([bridge, chess, again], DAY, "Who paid it?") == [bridge, again]
    assert thread([bridge, chess, hunger], DAY, "Why?") == [hunger]
    assert thread([bridge, replace(hunger, release="bridge")], DAY)[0] == bridge


def test_a_month_is_no_word_to_go_back_to():
    chess = Turn("Who gave the chess prize?", "It was given in June.", "chess")
    ferry = Turn("Who opened the ferry line?", "Elin did.", "ferry")

    assert thread([chess, ferry], DAY, "And in June?") == [ferry]


def test_to_a_question_that_only_adds_a_word_passages_that_have_it_come_first():
    snow, rain = found("a", 0.9, "It rained."), found("b", 0.5, "It snowed.")

    def ordered(question):
        some = in_own_words(Question(question, ENCODED, DAY, None), [snow, rain])
        return [one.hit.passage.text for one in some]

    assert ordered("And snow?") == ["It snowed.", "It rained."]
    assert ordered("And hail?") == ordered("When did it snow?") == ["It rained.", "It snowed."]


def test_a_question_that_only_adds_a_word_goes_back_to_where_it_was_spoken_of():
    ferry = Turn("Who built the new ferry?", "The ferry was built by Elin.")
    talk = [HOSTED, ferry, Turn("When?")]

    assert thread(talk, DAY, "And the conference?") == [HOSTED]
    assert thread(talk, DAY, "What about Tajikistan?") == [HOSTED]
    assert thread(talk, DAY, "And Elin?") == talk[1:]
    assert thread(talk, DAY, "And France?") == talk[1:]
    assert thread(talk, DAY, "When was the conference?") == talk[1:]
    assert thread(talk, DAY, "And its conference?") == talk[1:]


def found(name, score, *text, matched=0.5, number=1):
    passage = replace(release(*text or ["Nobody came."], title=name), id=name).passages[number - 1]
    encoded = Encoded(np.empty((0, 0), np.float32), np.empty((0, 0), np.uint8), SPANS)
    signals = Signals(score, 0, 0, 0, 0)
    return Found(Hit(passage, score), signals, matched, True, encoded)


def order(hits):
    return [(one.hit.passage.release.title, one.hit.score) for one in hits]


def test_a_passage_is_as_good_as_the_mean_of_its_scores_and_where_it_is_missing_the_last_one():
    asked = [found("a", 0.8), found("b", 0.6, matched=0.3)]
    with_words = [found("b", 0.9, matched=0.9), found("c", 0.5)]

    merged = together(asked, [(Reading(("x",), None), with_words)], 5)

    assert order(merged) == [("b", 0.75), ("a", 0.65), ("c", 0.55)]
    assert order(together(asked, [(Reading(("x",), None), with_words)], 1)) == [("b", 0.75)]


def test_what_speaks_for_a_passage_is_what_does_so_where_that_is_most():
    asked = [found("a", 0.8, matched=0.4), found("b", 0.6, matched=0.3)]
    with_words = [found("b", 0.9, matched=0.2), found("c", 0.5)]

    first, second, third = together(asked, [(Reading(("x",), None), with_words)], 5)

    assert (first.signals.cosine, first.matched) == (0.9, 0.3)
    assert (second.signals.cosine, second.matched) == (0.8, 0.4)
    assert (third.signals.cosine, third.matched) == (0.5, 0.5)


def test_words_of_a_passage_do_not_speak_for_that_passage():
    asked = [found("a", 0.8, "It rained."), found("b", 0.6, "It snowed.")]
    with_words = [found("b", 1.6, "It snowed."), found("a", 0.7, "It rained.")]

    def merged(release, shown=True):
        reading = Reading(("snowed",), None, shown=shown)
        return order(together(asked, [(reading, with_words)], 5, Turn("?", "It snowed.", release)))

    assert merged("b") == merged("") == [("a", 0.75), ("b", 0.6)]
    assert merged("") == [("a", 0.75), ("b", 0.6)]
    assert merged("b", shown=False) == merged("c") == [("b", 1.1), ("a", 0.75)]


def test_of_a_very_long_passage_the_beginning_tells_that_it_is_the_one_shown():
    long = "It snowed. " * 1_000
    asked = [found("a", 0.8), found("b", 0.6, long)]
    with_words = [found("b", 1.6, long), found("a", 0.7)]
    reading, last = Reading(("snowed",), None, shown=True), Turn("?", long[:10_000])

    assert order(together(asked, [(reading, with_words)], 5, last)) == [("a", 0.75), ("b", 0.6)]


def test_the_release_shown_last_is_preferred_unless_all_of_it_has_been_shown():
    one, other = found("a", 0.8, "It rained.", "It snowed."), found("b", 0.85)
    readings = [(Reading(("x",), None), [one, other])]

    def merged(last):
        return order(together([other, one], readings, 5, last))

    assert merged(None) == [("b", 0.85), ("a", 0.8)]
    assert merged(Turn("Why?", "", "a")) == [("a", 0.9), ("b", 0.85)]
    assert merged(Turn("Why?", "He said: It rained.")) == [("a", 0.9), ("b", 0.85)]
    assert merged(Turn("Why?", "Nobody came.")) == [("b", 0.85), ("a", 0.8)]


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("Who is Voronkov?", ["Who is Voronkov?"]),
        ("Who met there?", ["Who met there?", "Who met there? hosted conference Dushanbe"]),
    ],
)
def test_what_stands_alone_by_a_name_is_encoded_once(question, texts):
    encoded = []
    before = ["Who hosted the conference in Dushanbe?"]

    def encode(text):
        encoded.append(text)
        return ENCODED

    talk.read(check(question, 5, history=before), DAY, Steps(), encode)

    assert encoded == texts


def test_a_reading_that_finds_nothing_counts_for_nothing():
    asked = [found("a", 0.8)]

    assert order(together(asked, [(Reading(("x",), None), [])], 5)) == [("a", 0.8)]
