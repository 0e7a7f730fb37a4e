"""Configurations side by side: who is asked when, and what the tables and the JSON say."""

import json

import pytest

from eventqa.evaluate import evaluate, figure, opened, table
from eventqa.questions import Evidence, Question
from eventqa.types import Answer, Freshness, Hit, InvalidInput, Release

FRESHNESS = Freshness(releases=1, passages=2, newest=None, built_at=None, generation=1)
RELEASE = Release("r", "r", None, "Hosts\n\nRain", ((0, 5), (7, 11)))
HOSTS, RAIN = RELEASE.passages


def ask(id, *, evidence="Hosts", type="", cut=False):
    texts = (Evidence("r", evidence),) if evidence else ()
    return Question(id, f"Who is {id}?", bool(texts), texts, type, cut=cut)


def answering(*passages, confidence=0.5):
    def asker(question):
        hits = tuple(Hit(one, 0.5) for one in passages)
        return Answer(question.question, True, hits, (), None, confidence, FRESHNESS)

    return asker


def refusing(question):
    return Answer(question.question, False, (), (Hit(HOSTS, 0.1),), "Too far", 0.1, FRESHNESS)


class Clock:
    """Every look at it is a second after the one before."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        self.now += 1
        return self.now


def test_each_question_is_asked_of_all_configurations_who_take_turns_to_be_first():
    order = []

    def recording(name):
        def asker(question):
            order.append((question.id, name))
            return refusing(question)

        return asker

    evaluate(
        [ask(str(number)) for number in range(4)], {name: recording(name) for name in ("a", "b")}
    )

    warm_up = [(id, name) for name in "ab" for id in "012"]
    assert order == [
        *warm_up,
        *(("0", "a"), ("0", "b"), ("1", "b"), ("1", "a")),
        *(("2", "a"), ("2", "b"), ("3", "b"), ("3", "a")),
    ]


def test_each_configuration_has_its_own_measures_and_outcomes():
    questions = [ask("q1", type="host"), ask("q2", evidence="", type="open")]
    askers = {"first": answering(HOSTS, RAIN), "second": answering(RAIN, HOSTS), "no": refusing}

    evaluation = evaluate(questions, askers, clock=Clock())

    found = {
        one.name: (one.total.passage.at_1, one.total.passage.mrr) for one in evaluation.results
    }
    assert found == {"first": (1, 1), "second": (0, 0.5), "no": (1, 1)}
    counts = {
        one.name: (one.total.answered_right, one.total.refused_right) for one in evaluation.results
    }
    assert counts == {"first": (1, 0), "second": (1, 0), "no": (0, 1)}
    assert {one.total.p50 for one in evaluation.results} == {1000}
    assert [(one["configuration"], one["id"], one["passage"]) for one in evaluation.outcomes()] == [
        *(("first", "q1", 1), ("first", "q2", None)),
        *(("second", "q1", 2), ("second", "q2", None)),
        *(("no", "q1", 1), ("no", "q2", None)),
    ]


def test_progress_counts_answers():
    told = []

    evaluate(
        [ask("q1"), ask("q2")],
        {"a": refusing, "b": refusing},
        progress=lambda done, total: told.append((done, total)),
    )

    assert told == [(2, 4), (4, 4)]


@pytest.mark.parametrize(("questions", "askers"), [([], {"a": refusing}), ([ask("q1")], {})])
def test_nothing_to_ask_is_an_error(questions, askers):
    with pytest.raises(ValueError, match="questions and . configurations to ask"):
        evaluate(questions, askers)


def test_the_tables_show_every_configuration_and_type():
    questions = [ask("q1", type="host"), ask("q2", evidence="", cut=True)]
    askers = {"all": answering(RAIN, HOSTS, confidence=0.25), "no": refusing}

    text = str(evaluate(questions, askers, clock=Clock()))

    assert text == (
        "2 questions. 1 too long to ask whole, cut at a word. 1 release · 2 passages\n"
        "\n"
        "| configuration | type | answerable | hit@1 | hit@5 | hit@10 | MRR@10 "
        "| doc@1 | doc@5 | doc@10 | doc MRR |\n"
        "| ------------- | ---- | ---------: | ----: | ----: | -----: | -----: "
        "| ----: | ----: | -----: | ------: |\n"
        "| all           |      |          1 |  .000 | 1.000 |  1.000 |   .500 "
        "| 1.000 | 1.000 |  1.000 |   1.000 |\n"
        "|               | host |          1 |  .000 | 1.000 |  1.000 |   .500 "
        "| 1.000 | 1.000 |  1.000 |   1.000 |\n"
        "| no            |      |          1 | 1.000 | 1.000 |  1.000 |  1.000 "
        "| 1.000 | 1.000 |  1.000 |   1.000 |\n"
        "|               | host |          1 | 1.000 | 1.000 |  1.000 |  1.000 "
        "| 1.000 | 1.000 |  1.000 |   1.000 |\n"
        "\n"
        "| configuration | type   | questions | answered right | wrong | refused right | wrong "
        "| AUROC | p50 ms | p95 ms |\n"
        "| ------------- | ------ | --------: | -------------: | ----: | ------------: | ----: "
        "| ----: | -----: | -----: |\n"
        "| all           |        |         2 |              1 |     1 |             0 |     0 "
        "|  .500 | 1000.0 | 1000.0 |\n"
        "|               | host   |         1 |              1 |     0 |             0 |     0 "
        "|     – | 1000.0 | 1000.0 |\n"
        "|               | (none) |         1 |              0 |     1 |             0 |     0 "
        "|     – | 1000.0 | 1000.0 |\n"
        "| no            |        |         2 |              0 |     0 |             1 |     1 "
        "|  .500 | 1000.0 | 1000.0 |\n"
        "|               | host   |         1 |              0 |     0 |             0 |     1 "
        "|     – | 1000.0 | 1000.0 |\n"
        "|               | (none) |         1 |              0 |     0 |             1 |     0 "
        "|     – | 1000.0 | 1000.0 |"
    )


def test_without_answerable_questions_only_refusing_is_shown():
    text = str(evaluate([ask("q1", evidence="")], {"no": refusing}))

    assert "hit@1" not in text
    assert "refused right" in text


def test_the_json_names_what_the_figures_depend_on():
    facts = {"model": "m", "switches": {"all": {"dates": True}}}

    values = evaluate([ask("q1", type="host")], {"all": answering(HOSTS)}, facts=facts).to_dict()

    assert json.loads(json.dumps(values)) == values
    assert values.keys() >= {"eventqa", "python", "machine", "cpus", "date"}
    assert (values["model"], values["switches"]) == ("m", {"all": {"dates": True}})
    assert values["corpus"]["passages"] == 2
    assert values["results"]["all"]["passage"]["at_1"] == 1
    assert values["results"]["all"]["types"]["host"]["questions"] == 1


def test_an_unknown_configuration_is_named_with_those_there_are(tmp_path):
    with (
        pytest.raises(InvalidInput, match="no configuration 'best'. Choose among all"),
        opened(tmp_path / "corpus", tmp_path / "embeddings", ["best"]),
    ):
        pass


def test_columns_of_figures_stand_to_the_right():
    rows = [("name", "n"), ("a", "1,200"), ("b | c", "–")]

    assert table(rows) == (
        "| name   |     n |\n| ------ | ----: |\n| a      | 1,200 |\n| b \\| c |     – |"
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (0, ".000"), (0.6416, ".642"), (1, "1.000"), (0.9999, "1.000")],
)
def test_a_share_is_shown_with_three_places(value, shown):
    assert figure(value) == shown
