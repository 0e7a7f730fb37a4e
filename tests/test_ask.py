"""The contract of `ask`, with an encoder whose vectors can be worked out by hand."""

import datetime as dt
import json
import shutil

import pytest
from conftest import WordLengths

import eventqa.answer
from eventqa import EventQA, EventQAError, InvalidInput
from eventqa.request import LONGEST_QUESTION, MOST_HITS
from eventqa.retrieve import Question, retrieve
from eventqa.types import InvalidType, Period, Why

MAY = """A conference closes

Dushanbe, 5 May 2018— The ministers adopted a declaration in the evening.

Delegates of forty countries travelled home.
"""


@pytest.fixture
def qa(corpus, open_qa):
    (corpus / "may.md").write_text(
        "---\nbody: Office of Events\nurl: https://example.org/may\nlanguage: en\n---\n" + MAY
    )
    (corpus / "june.txt").write_text(
        "A summit opens\n\nVienna, 1 June 2019 — Presidents gathered under heavy rain.\n"
    )
    return open_qa()


def test_the_first_question_builds_the_store(qa, encoder):
    assert qa.freshness.generation == 0

    qa.ask("Delegates of forty countries travelled home.")

    assert qa.freshness.generation == 1
    assert len(encoder.encoded) == 3


def test_an_answer_holds_everything_the_contract_names(qa):
    answer = qa.ask("Delegates of forty countries travelled home.", k=1)
    (hit,) = answer.hits

    assert (answer.answered, answer.reason, answer.nearest) == (True, None, ())
    assert 0 <= answer.confidence <= 1
    assert hit.score == pytest.approx(score_of_the_best(qa))
    assert hit.passage.text == "Delegates of forty countries travelled home."
    assert hit.passage.number == 2
    assert MAY[hit.passage.start : hit.passage.end] == hit.passage.text
    assert hit.highlights == ((0, 44),)
    release = hit.passage.release
    assert (release.id, release.path) == ("may.md", "may.md")
    assert (release.title, release.place) == ("A conference closes", "Dushanbe")
    assert (release.date, release.url) == (dt.date(2018, 5, 5), "https://example.org/may")
    assert str(hit.citation) == (
        "“A conference closes”, Office of Events, Dushanbe, 5 May 2018, paragraph 2, "
        "https://example.org/may"
    )
    assert hit.receipt.exact == hit.passage.text
    assert hit.receipt.prefix == "d a declaration in the evening.\n\n"[-32:]
    assert hit.receipt.suffix == "\n"
    assert (answer.freshness.releases, answer.freshness.passages) == (2, 3)
    assert answer.freshness.newest == dt.date(2019, 6, 1)


def score_of_the_best(qa) -> float:
    """What the best passage is worth to `retrieve` itself, asked by hand."""
    text = "Delegates of forty countries travelled home."
    question = Question(text, WordLengths().encode_query(text), dt.date.today(), None)
    with qa._derived.snapshot() as (view, indexes):
        return retrieve(question, view, indexes, 5)[0].hit.score


def test_a_refusal_has_a_reason_and_shows_what_came_nearest(qa):
    answer = qa.ask("Xylophone zebras?")

    assert (answer.answered, answer.hits) == (False, ())
    assert answer.reason == "No title or passage mentions “Xylophone” or “zebras”."
    assert answer.why is Why.UNKNOWN
    assert len(answer.nearest) == 3


def test_an_answer_becomes_plain_json_and_back(qa):
    for question in ("Delegates of forty countries travelled home.", "Xylophone zebras?"):
        answer = qa.ask(question)
        values = json.loads(json.dumps(answer.to_dict()))

        assert values == answer.to_dict()
        assert values["answered"] is answer.answered
        assert len(values["hits"]) == len(answer.hits)


def test_a_terminal_shows_numbered_passages_with_their_citations(qa):
    shown = str(qa.ask("Delegates of forty countries travelled home.", k=1))

    assert shown.startswith("[1] Delegates of forty countries travelled home.\n    — “A conf")
    assert "2 releases · 3 passages · newest from 1 June 2019" in shown


@pytest.mark.parametrize(
    ("period", "ids"),
    [
        ({"since": "2019-01-01"}, {"june.txt"}),
        ({"until": dt.date(2018, 5, 5)}, {"may.md"}),
        ({"since": "5 May 2018", "until": "5 May 2018"}, {"may.md"}),
        ({"since": dt.datetime(2018, 5, 5, 12, 0)}, {"may.md", "june.txt"}),
    ],
)
def test_since_and_until_keep_to_releases_dated_in_the_period(qa, period, ids):
    answer = qa.ask("Xylophone zebras?", **period)

    assert {hit.passage.release.id for hit in answer.nearest} == ids


@pytest.mark.parametrize(
    "asking",
    [
        "Which town hosted the ministers?",
        "It was in all papers this week. Which town hosted the ministers?",
    ],
)
def test_a_passage_that_only_asks_stands_behind_one_that_says_something(corpus, open_qa, asking):
    (corpus / "quiz.txt").write_text(
        f"A quiz\n\n{asking}\n\nVienna hosted the ministers of Iceland."
    )

    answer = open_qa().ask(asking)

    assert [hit.passage.number for hit in answer.nearest or answer.hits][0] == 2


def test_a_passage_that_asks_is_near_but_no_answer(corpus, open_qa):
    (corpus / "quiz.txt").write_text("A quiz\n\nWhich town hosted the ministers?")

    answer = open_qa().ask("Which town hosted the ministers?")

    assert not answer.answered
    assert [hit.passage.number for hit in answer.nearest] == [1]


def test_a_period_without_releases_is_the_reason(qa):
    answer = qa.ask("Who gathered?", since="2020-01-01")

    assert answer.reason == (
        "No release here is dated on or after 1 January 2020. The newest is from 1 June 2019."
    )
    assert answer.nearest == ()


def test_an_empty_corpus_says_so(open_qa):
    answer = open_qa().ask("Who gathered?")

    assert answer.reason == (
        "The corpus has no releases yet. Put some into its folder and ask again."
    )


def test_a_store_inside_the_corpus_is_no_part_of_it(tmp_path, encoder):
    (tmp_path / "a.txt").write_text("Some words.")
    with EventQA(tmp_path, tmp_path / "embeddings", encoder=encoder, watch=False) as qa:
        qa.ask("Which words?")
        assert qa.problems == ()
        assert qa.build().unchanged == 1

    with pytest.raises(InvalidInput, match="corpus and embeddings are both"):
        EventQA(tmp_path, tmp_path)


def test_a_file_named_like_a_store_hides_nothing(qa, corpus):
    (corpus / "eventqa.sqlite").touch()

    qa.build()

    assert qa.freshness.releases == 2
    assert [problem.path for problem in qa.problems] == ["eventqa.sqlite"]


def test_a_store_is_not_built_over_by_another_corpus(qa, tmp_path, encoder):
    qa.build()
    (tmp_path / "other").mkdir()

    with (
        EventQA(tmp_path / "other", tmp_path / "embeddings", encoder=encoder) as other,
        pytest.raises(EventQAError, match="was built from the corpus .*--embeddings"),
    ):
        other.build()
    assert qa.freshness.releases == 2


def test_a_corpus_and_its_store_can_be_moved_together(qa, corpus, tmp_path, encoder):
    qa.build()
    (tmp_path / "new").mkdir()
    shutil.copytree(corpus, tmp_path / "new" / "corpus")
    shutil.copytree(tmp_path / "embeddings", tmp_path / "new" / "embeddings")

    with EventQA(
        tmp_path / "new" / "corpus", tmp_path / "new" / "embeddings", encoder=encoder
    ) as moved:
        report = moved.build()

    assert (report.unchanged, report.encoded) == (2, 0)


def test_a_paragraph_of_a_megabyte_is_found_and_costs_a_question_little(
    corpus, open_qa, encoder, monkeypatch
):
    marked: list[tuple[int, int]] = []  # characters and word pieces
    best_sentences = eventqa.answer.best_sentences

    def measured(question, tokens, text, matches, said):
        marked.append((len(text), len(matches.values)))
        return best_sentences(question, tokens, text, matches, said)

    monkeypatch.setattr(eventqa.answer, "best_sentences", measured)
    (corpus / "long.txt").write_text("Bells rang over the harbour. " * 40_000)
    qa = open_qa()
    qa.build()
    encoder.encoded.clear()
    answer = qa.ask("Bells rang over the harbour?")

    assert len(answer.hits[0].passage.text) == 1_159_999
    assert marked == [(10_000, 2_500)]
    assert encoder.encoded == []  # what was read of it at the build is kept


def test_no_line_of_a_passage_can_pass_for_another_answer_in_a_terminal(corpus, open_qa):
    (corpus / "forged.txt").write_text("Bells rang.\n    — “An official release”\n[2] Bells fell.")

    shown = str(open_qa().ask("Bells rang?"))

    assert [line for line in shown.splitlines() if line.startswith("[")] == ["[1] Bells rang."]
    assert [line for line in shown.splitlines() if line.startswith("    —")] == [
        "    — paragraph 1, forged.txt"
    ]


def test_a_missing_corpus_leaves_no_store_behind(tmp_path, encoder):
    with (
        EventQA(tmp_path / "nowhere", tmp_path / "store", encoder=encoder) as qa,
        pytest.raises(EventQAError),
    ):
        qa.build()

    assert not (tmp_path / "store").exists()


def test_a_missing_corpus_is_named_with_what_to_do(tmp_path, encoder):
    with (
        EventQA(tmp_path / "nowhere", tmp_path / "store", encoder=encoder) as qa,
        pytest.raises(EventQAError, match=r"nowhere.*cannot be read.*put releases into it"),
    ):
        qa.ask("Who gathered?")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"question": ""}, "has no word in it"),
        ({"question": " \n\t "}, "has no word in it"),
        ({"question": "?!… —"}, "has no word in it"),
        ({"question": "x" * 100_000}, "has 100,000 characters, at most 1,000"),
        ({"question": None}, "the question is None, it must be text"),
        ({"question": b"who"}, "the question is b'who', it must be text"),
        ({"k": 0}, "k is 0, a whole number from 1 to 1,000 is allowed"),
        ({"k": -3}, "k is -3"),
        ({"k": 1_000_000}, "k is 1000000"),
        ({"k": 10**5000}, "k is a very large number"),
        ({"k": 2.0}, "k is 2.0"),
        ({"k": True}, "k is True"),
        ({"k": "5"}, "k is '5'"),
        ({"since": "2019-01-01", "until": "2018-01-01"}, "since 2019-01-01 is after until 2018"),
        ({"since": "lately"}, "since is 'lately', which names no one day"),
        ({"until": "4/5/2018"}, "until is '4/5/2018', which names no one day"),
        ({"until": 2018}, "until is 2018, it must be a date"),
        ({"asked_on": "someday"}, "asked_on is 'someday'"),
        ({"history": "earlier"}, "history is 'earlier', it must be a list"),
        ({"history": 7}, "history is 7"),
        ({"time": None}, "time is None, it must be True, False, or the first"),
        ({"time": "no"}, "time is 'no', it must be True, False, or the first"),
        ({"time": 1}, "time is 1, it must be True, False, or the first"),
    ],
)
def test_bad_input_is_an_error_that_names_the_value_and_what_is_allowed(qa, values, message):
    with pytest.raises(InvalidInput) as error:
        qa.ask(**{"question": "Who gathered?"} | values)

    assert message in str(error.value)


def test_the_wrong_type_is_a_type_error_and_the_wrong_value_a_value_error(qa):
    with pytest.raises(TypeError):
        qa.ask(7)
    with pytest.raises(ValueError, match="k is 0"):
        qa.ask("Who gathered?", k=0)


def test_control_characters_and_half_characters_in_a_question_are_spaces(qa, encoder):
    answer = qa.ask("Who\x00 gathered\ud800\x1b[31m in\r\nVienna?")

    assert answer.question == "Who gathered [31m in Vienna?"
    assert encoder.asked == [answer.question]


def test_the_longest_question_and_the_most_hits_are_allowed(qa):
    assert len(qa.ask("x" * LONGEST_QUESTION, k=MOST_HITS).nearest) == 3


def test_a_history_is_accepted(qa):
    plain = qa.ask("Who gathered?")

    assert qa.ask("Who gathered?", history=[("q", "a")]) == plain
    with pytest.raises(InvalidType, match=r"^history\[1\] is 7\. It must be an earlier question"):
        qa.ask("Who gathered?", history=["Who?", 7])


def first_of(answer) -> str:
    return (answer.hits or answer.nearest)[0].passage.release.id


def test_the_day_of_asking_decides_what_is_recent_and_which_week_was_the_last(qa):
    # Of equal words; without a day of asking today counts.
    question = "Who gathered under the rain last week?"
    answer = qa.ask(question, asked_on="2019-06-05")

    assert answer.period == Period(dt.date(2019, 5, 27), dt.date(2019, 6, 2), "last week")
    assert first_of(answer) == "june.txt"
    assert answer.to_dict()["period"] == {
        "start": "2019-05-27",
        "end": "2019-06-02",
        "words": "last week",
    }
    assert "Time asked for: 27 May to 2 June 2019" in str(answer)


def test_where_a_question_comes_without_a_day_it_is_asked_today(corpus, open_qa):
    (corpus / "a.txt").write_text("A title\n\nBells rang.")
    qa = open_qa(today=lambda: dt.date(2019, 6, 5))

    assert qa.ask("Which bells rang last month?").period == Period(
        dt.date(2019, 5, 1), dt.date(2019, 5, 31), "last month"
    )


def test_a_question_that_names_no_time_has_no_period(qa):
    answer = qa.ask("Who gathered?")

    assert answer.period is None
    assert answer.to_dict()["period"] is None
    assert "Time asked for" not in str(answer)


def test_without_time_neither_the_period_nor_the_day_of_asking_counts(corpus, open_qa):
    for day in ("2019-06-01", "2019-05-01"):
        (corpus / f"{day}.md").write_text(f"---\ndate: {day}\n---\nBells rang over the harbour.")
    qa = open_qa()

    for question in ("Which bells rang in May 2019?", "Which bells rang in June 2019?"):
        answer = qa.ask(question, time=False)
        (one, other) = answer.hits or answer.nearest
        assert answer.period is None
        assert one.score == other.score
        assert qa.ask(question, time=False, asked_on="2019-06-02") == answer
    assert first_of(qa.ask("Which bells rang in May 2019?")) == "2019-05-01.md"
    assert first_of(qa.ask("Which bells rang in June 2019?")) == "2019-06-01.md"
    assert first_of(qa.ask("Which bells rang?", asked_on="2019-06-02")) == "2019-06-01.md"
    assert first_of(qa.ask("Which bells rang?", asked_on="2019-05-02")) == "2019-05-01.md"


@pytest.mark.parametrize("day", ["0001-01-01", dt.date.min, dt.date.max])
@pytest.mark.parametrize("question", ["Who gathered?", "the latest rain", "Who met in May 2018?"])
def test_a_question_may_be_asked_on_any_day(qa, question, day):
    assert len(qa.ask(question, asked_on=day).nearest) in (0, 3)


def test_the_model_can_be_named_by_the_environment(tmp_path, corpus, monkeypatch):
    monkeypatch.setenv("EVENTQA_MODEL", str(tmp_path / "no-such-model"))
    (corpus / "a.txt").write_text("Some words.")

    with (
        EventQA(corpus, tmp_path / "store", watch=False) as qa,
        pytest.raises(EventQAError, match="no-such-model.*cannot be loaded"),
    ):
        qa.ask("Which words?")


def test_the_module_level_ask_reads_the_folders_here(tmp_path, corpus, monkeypatch, default_qas):
    monkeypatch.chdir(tmp_path)

    assert eventqa.ask("Who gathered?").reason.startswith("The corpus has no releases yet")
    assert (tmp_path / "embeddings" / "eventqa.sqlite").exists()


def test_given_days_are_the_time_asked_for_in_place_of_what_the_question_names(corpus, open_qa):
    for year in (2017, 2018):
        text = f"---\ndate: {year}-05-05\n---\nTalks\n\nMinisters gathered for talks on trade."
        (corpus / f"{year}.md").write_text(text)
    qa = open_qa()

    def first(question, **more):
        answer = qa.ask(question, asked_on="2018-05-06", **more)
        return (answer.hits or answer.nearest)[0].passage.release.date.year, answer.period

    assert first("Which ministers gathered for talks on trade in 2018?")[0] == 2018
    year, period = first(
        "Which ministers gathered for talks on trade in 2018?", time=("2017-01-01", "2017-12-31")
    )
    assert (year, str(period), period.words) == (2017, "2017", "2018")
    year, period = first("Which ministers gathered for talks?", time=(None, dt.date(2017, 6, 1)))
    assert (year, str(period), period.words) == (2017, "until 1 June 2017", "")
