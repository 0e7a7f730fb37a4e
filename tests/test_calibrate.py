"""A gate from questions with known answers: its weights, its threshold and its promises."""

import json
import random
import tomllib

import numpy as np
import pytest

from eventqa import InvalidInput, calibrate, questions
from eventqa.calibrate import (
    Sample,
    calibrated,
    fitted,
    judged,
    least_confidence,
    place,
    promises,
)
from eventqa.calibration import Calibration
from eventqa.cli import main
from eventqa.evaluate import opened
from eventqa.gate import Evidence, Weights
from eventqa.questions import Question

MODEL = Calibration.read().model
FIT_ALONE = Weights(1.0, 0.0, 0.0, 0.0, 0.0)


def sample(fit, answerable=True, right=None, timely=True, place=0.0):
    evidence = Evidence(fit, 0.5, 1.0, 0.1, timely)
    return Sample(evidence, answerable, answerable if right is None else right, place)


def many(fit, count, **options):
    """Questions about as many documents."""
    return [sample(fit, place=at / count, **options) for at in range(count)]


def drawn(size, seed=0):
    """Questions whose answerable ones fit better, all over the row."""
    chance = random.Random(seed)
    some = []
    for at in range(size):
        answerable = chance.random() < 0.5
        fit = chance.gauss(0.75 if answerable else 0.35, 0.1)
        some.append(sample(fit, answerable, place=at / size))
    return some


def asked(id, doc_id=None):
    evidence = (questions.Evidence(doc_id, ""),) if doc_id else ()
    return Question(id, "Who?", bool(doc_id), evidence)


def test_questions_about_one_document_stand_at_one_place():
    assert place(asked("1", "release")) == place(asked("2", "release"))
    assert place(asked("1")) != place(asked("2"))
    assert place(asked("1")) == place(asked("1"))


def test_places_are_spread_over_the_row():
    places = sorted(place(asked(str(number))) for number in range(2000))

    assert places[0] >= 0 and places[-1] < 1
    assert np.abs(np.array(places) - np.linspace(0, 1, 2000)).max() < 0.05


def test_what_speaks_for_an_answer_gets_a_positive_weight():
    weights = fitted({"some": drawn(400)})

    assert weights.fit > 1
    assert (weights.coverage, weights.strength, weights.margin) == pytest.approx((0, 0, 0), abs=0.7)
    assert all(round(weight, 2) == weight for weight in weights)


def test_a_large_set_counts_no_more_than_a_small_one():
    small, large = drawn(200), [sample(1 - one.evidence.fit, one.answerable) for one in drawn(200)]

    once = fitted({"small": small, "large": large})
    often = fitted({"small": small, "large": large * 20})

    assert often == pytest.approx(once, abs=0.1)


def test_untimely_evidence_teaches_nothing():
    untimely = [sample(0.9, False, timely=False)] * 500

    assert fitted({"some": drawn(400)}) == fitted({"some": [*drawn(400), *untimely]})


@pytest.mark.parametrize("answerable", [True, False])
def test_a_set_without_one_outcome_is_an_error_that_names_it(answerable):
    with pytest.raises(ValueError, match="quizzes has not both answerable and unanswerable"):
        fitted({"quizzes": [sample(0.5, answerable)] * 50})


def test_without_a_promise_one_right_answer_in_twenty_may_be_lost():
    # Confidences are 1 / (1 + e^-fit): .525 for .1, .731 for 1.
    some = [sample(0.1)] + [sample(1.0)] * 19

    assert least_confidence({"some": some}, FIT_ALONE) == 0.73
    assert least_confidence({"some": some, "other": [sample(0.1)] * 2}, FIT_ALONE) == 0.52
    assert least_confidence({"some": [*some, *[sample(0.1, False)] * 9]}, FIT_ALONE) == 0.73


def test_promises_are_made_by_the_questions_that_did_not_choose():
    right, wrong = many(1.0, 100), many(1.0, 100, answerable=False)

    (*_, last) = promises(right, right, FIT_ALONE)
    assert [one.risk for one in promises(right, right, FIT_ALONE)] == [0.05, 0.1, 0.15, 0.2, 0.3]
    assert (last.answered, last.wrong) == (100, 0)
    assert promises(right, wrong, FIT_ALONE) == ()


def test_an_answerable_question_without_an_answering_source_counts_as_wrong():
    missed = many(1.0, 100, right=False)

    assert promises(missed, missed, FIT_ALONE) == ()


def test_an_untimely_answer_is_never_given_and_so_never_wrong():
    some = [*many(1.0, 100), *many(9.0, 300, answerable=False, timely=False)]

    assert promises(some, some, FIT_ALONE)[0].answered == 100


def test_questions_about_one_document_count_once():
    assert promises(many(1.0, 100), [sample(1.0, place=0.5)] * 100, FIT_ALONE) == ()


@pytest.mark.parametrize(("answerable", "lacks"), [(True, "without"), (False, "with")])
def test_a_file_of_one_kind_proves_nothing_and_says_so(answerable, lacks):
    with pytest.raises(InvalidInput, match=f"mine.jsonl has no question {lacks} an answer"):
        calibrated(many(1.0, 100, answerable=answerable), MODEL, "mine.jsonl")


def test_a_calibration_of_ones_own_is_the_same_to_the_digit_every_time():
    one, other = (calibrated(drawn(500), "a/model", "mine.jsonl") for _ in range(2))

    assert one.to_toml("a test") == other.to_toml("a test")
    assert (one.model, one.questions) == ("a/model", "mine.jsonl")
    assert [promise.risk for promise in one.promises] == [0.1, 0.15, 0.2, 0.3]


def test_too_few_questions_keep_the_bundled_weights_and_promise_nothing():
    few = calibrated(drawn(20), MODEL, "mine.jsonl")

    assert few.weights == Calibration.read().weights
    assert few.promises == ()
    assert "risk 0.05: uncalibrated; 59 right answers and no wrong one" in calibrate.report(few, [])


def test_another_model_needs_questions_enough_for_weights_of_its_own():
    with pytest.raises(InvalidInput, match=r"mine.jsonl has too few questions .* another/model"):
        calibrated(drawn(40), "another/model", "mine.jsonl")


@pytest.fixture
def archive(corpus, tmp_path):
    """Sixty releases, and for each a question that it answers and one that none does."""
    names = [f"{a}{b}" for a in ("Bor", "Kel", "Mar", "Tul", "Vor", "Zan") for b in "acdefghijk"]
    rows = []
    for at, name in enumerate(names):
        text = f"Minister {name}ov opened the harbour of {name}ville with {at + 2} ships."
        (corpus / f"{name}.txt").write_text(f"News of {name}ville\n\n{text}")
        found = [{"doc_id": f"{name}.txt", "text": text}]
        who = f"Who opened the harbour of {name}ville?"
        rows.append({"id": f"a{at}", "question": who, "evidence": found})
        rows.append({"id": f"u{at}", "question": f"What does bread cost on planet {at}?"})
    file = tmp_path / "mine.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_judging_asks_every_question_and_refuses_only_what_is_untimely(
    archive, corpus, tmp_path, encoder
):
    asked = questions.read(archive)
    free = Calibration.read().lenient()
    with opened(corpus, tmp_path / "e", encoder=encoder, k=5, calibration=free) as bench:
        bench.build()
        (ask,) = bench.askers.values()
        done = []
        samples = judged(asked, ask, lambda *counts: done.append(counts))

    assert len(samples) == 120
    assert done[-1] == (120, 120)
    assert [one.answerable for one in samples[:4]] == [True, False, True, False]
    assert all(one.right == one.answerable for one in samples)
    assert not (tmp_path / "e" / "gaps.jsonl").exists()


def test_the_command_writes_a_gate_that_the_next_question_goes_by(
    archive, corpus, tmp_path, capsys
):
    places = ["--corpus", str(corpus), "--embeddings", str(tmp_path / "e")]

    assert main(["calibrate", str(archive), *places]) == 0
    out = capsys.readouterr().out
    first = (tmp_path / "e" / "gate.toml").read_text("utf-8")
    assert main(["calibrate", str(archive), *places]) == 0

    assert (tmp_path / "e" / "gate.toml").read_text("utf-8") == first
    assert "risk 0.01: uncalibrated; 299 right answers" in out
    assert f"Written to {tmp_path / 'e' / 'gate.toml'}" in out
    made = tomllib.loads(first)
    assert (made["model"], made["questions"]) == (MODEL, "mine.jsonl")
    (ten,) = [one for one in made["promises"] if one["risk"] == 0.1]
    assert ten["answered"] >= 29

    capsys.readouterr()
    who = "Who opened the harbour of Borcville?"
    assert main(["ask", who, "--risk", "0.1", "--json", *places]) == 0
    assert json.loads(capsys.readouterr().out)["risk"] == 0.1
    assert main(["ask", who, "--risk", "0.01", *places]) == 2
    assert "risk 0.01 is uncalibrated: no promise so strict was proved" in capsys.readouterr().err
