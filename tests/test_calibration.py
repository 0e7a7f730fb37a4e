"""How sure the gate must be: the file it is read from, and the promise that is kept to."""

import os
import re
from dataclasses import replace

import pytest

from eventqa import InvalidInput, calibration
from eventqa.calibration import BUNDLED, Calibration
from eventqa.gate import Evidence, Gate, Weights
from eventqa.promise import Promise

SURE = Evidence(fit=0.7, coverage=1.0, strength=1.9, margin=0.3, timely=True)
SOME = Calibration(
    model="a/model@abc",
    questions='quizzes "of" C:\\2022',
    weights=Weights(2.65, 1.26, 2.53, 1.81, -7.42),
    least=0.21,
    promises=(Promise(0.05, 0.63, 120, 2), Promise(0.1, 0.4, 170, 9)),
)


def test_what_is_written_is_read_back(tmp_path):
    SOME.write(tmp_path / "gate.toml", "make calibrate")

    assert Calibration.read(tmp_path / "gate.toml") == SOME


def test_the_file_tells_a_reader_who_made_it_and_from_what(tmp_path):
    text = SOME.to_toml("eventqa calibrate mine.jsonl")

    assert text.startswith("# How sure eventqa must be before it answers. Made by `eventqa calib")
    assert 'model = "a/model@abc"' in text
    assert "fit = 2.65\n" in text
    assert "95% certainty" in text


def test_the_bundled_file_is_what_its_own_writing_would_be():
    made = BUNDLED.read_text(encoding="utf-8")

    assert Calibration.read().to_toml("make calibrate") == made


def test_a_store_with_its_own_calibration_goes_by_it(tmp_path):
    assert calibration.of(tmp_path, SOME.model) == Calibration.read()

    SOME.write(tmp_path / "gate.toml", "a test")

    assert calibration.of(tmp_path, SOME.model) == SOME


def test_a_calibration_of_another_model_is_not_used_and_that_is_logged(tmp_path, caplog):
    SOME.write(tmp_path / "gate.toml", "a test")

    assert calibration.of(tmp_path, "another/model") == Calibration.read()
    assert "is for a/model@abc and not used with another/model" in caplog.text


def test_a_name_cannot_add_lines_to_the_file(tmp_path):
    SOME.write(tmp_path / "gate.toml", "eventqa calibrate q\nleast = 0.0 #")

    assert Calibration.read(tmp_path / "gate.toml") == SOME


@pytest.mark.parametrize("kind", ["folder", "dangling link", "pipe"])
def test_what_is_no_file_is_an_error_and_not_passed_over(tmp_path, kind):
    if kind == "folder":
        (tmp_path / "gate.toml").mkdir()
    elif kind == "pipe":
        os.mkfifo(tmp_path / "gate.toml")
    else:
        (tmp_path / "gate.toml").symlink_to(tmp_path / "nowhere")

    with pytest.raises(InvalidInput, match="gate.toml' is"):
        calibration.of(tmp_path, SOME.model)


def test_a_byte_order_mark_is_no_damage(tmp_path):
    (tmp_path / "gate.toml").write_text(SOME.to_toml("x"), encoding="utf-8-sig")

    assert calibration.of(tmp_path, SOME.model) == SOME


DAMAGED = {
    "": "model must be text",
    "least = ": "Invalid value",
    "\0": "gate.toml' is no calibration",
    SOME.to_toml("x").replace(
        "least = 0.21", "least = 1.5"
    ): "least is 1.5, it must be from 0 to 1",
    SOME.to_toml("x").replace("least = 0.21", ""): "least must be a number",
    SOME.to_toml("x").replace("fit = 2.65", "fit = nan"): "fit must be a number",
    SOME.to_toml("x").replace("fit = 2.65", "fit = true"): "fit must be a number",
    SOME.to_toml("x").replace("[weights]", "[wights]"): r"there is no table \[weights\]",
    SOME.to_toml("x").replace("risk = 0.05", ""): "risk must be a number",
    SOME.to_toml("x").replace("risk = 0.05", "risk = 1"): "for a risk of 1.0",
    SOME.to_toml("x").replace("wrong = 2", "wrong = 200"): "of 120 answers 200 are wrong",
    SOME.to_toml("x").replace("fit = 2.65", "fit = 1e300"): "fit is 1e.300, it must be from -100",
    SOME.to_toml("x").replace("fit = 2.65", f"fit = {'9' * 400}"): "is no calibration",
    f"a = {'[' * 5000}": "is no calibration",
    'model = "a"\nquestions = "b"\nleast = 0.2\nweights = 3': r"there is no table \[weights\]",
}


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_file_is_an_error_that_names_it_and_what_is_wrong(tmp_path, text):
    (tmp_path / "gate.toml").write_text(text)

    with pytest.raises(InvalidInput, match=DAMAGED[text]) as error:
        calibration.of(tmp_path, SOME.model)
    assert f"{str(tmp_path / 'gate.toml')!r} is no calibration" in str(error.value)
    assert str(error.value).endswith("Remove it or calibrate again")


@pytest.mark.parametrize(
    ("before", "after"), [("2.65", "2.85"), ("= 0.21", "= 0.01"), ("@abc", "@abd"), ("170", "190")]
)
def test_a_value_that_is_not_the_one_that_was_written_is_an_error(tmp_path, before, after):
    text = SOME.to_toml("x")
    assert text.count(before) == 1
    (tmp_path / "gate.toml").write_text(text.replace(before, after))
    with pytest.raises(InvalidInput, match="not those that were written.*Remove it"):
        calibration.of(tmp_path, SOME.model)


def test_a_file_of_an_eventqa_that_wrote_no_checksum_is_read(tmp_path):
    text = SOME.to_toml("x")
    (tmp_path / "gate.toml").write_text(re.sub("checked = .*\n", "", text))
    assert calibration.of(tmp_path, SOME.model) == SOME


@pytest.mark.parametrize("text", ["promises = 3", "promises = [3]"])
def test_promises_that_are_none_are_an_error(tmp_path, text):
    head = SOME.to_toml("x").partition("[weights]")
    (tmp_path / "gate.toml").write_text(
        f"{text}\n{head[0]}{replace(SOME, promises=()).to_toml('x').partition('[weights]')[1]}\n"
        "fit = 1\ncoverage = 1\nstrength = 1\nmargin = 1\nconstant = 1"
    )

    with pytest.raises(InvalidInput, match="promises must be tables"):
        calibration.of(tmp_path, SOME.model)


def test_a_bundled_file_that_is_gone_says_how_to_get_it_back(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "BUNDLED", tmp_path / "gate.toml")

    with pytest.raises(InvalidInput, match=r"gate.toml' is not there. Install eventqa again"):
        calibration.of(tmp_path, SOME.model)


def test_bytes_that_are_no_text_are_an_error(tmp_path):
    (tmp_path / "gate.toml").write_bytes(b"\xff\xfe\0")

    with pytest.raises(InvalidInput, match="is no calibration"):
        calibration.of(tmp_path, SOME.model)


def test_the_question_says_which_file_is_damaged_and_nothing_is_answered(corpus, open_qa, tmp_path):
    (corpus / "may.txt").write_text("A title\n\nMinisters adopted a declaration.")
    (tmp_path / "embeddings").mkdir()
    (tmp_path / "embeddings" / "gate.toml").write_text("least = 2")

    with pytest.raises(InvalidInput, match="gate.toml' is no calibration"):
        open_qa().ask("Who adopted a declaration?")


def test_a_file_that_cannot_be_written_is_an_error_that_names_it(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be written"):
        SOME.write(tmp_path / "nowhere" / "gate.toml", "a test")


def test_without_a_risk_nothing_is_promised():
    assert SOME.gate(None, "another/model") == Gate(SOME.weights, 0.21, None)


@pytest.mark.parametrize(
    ("risk", "least", "kept"),
    [(0.05, 0.63, 0.05), (0.07, 0.63, 0.05), (0.1, 0.4, 0.1), (0.5, 0.4, 0.1)],
)
def test_a_risk_is_kept_by_the_promise_that_answers_most(risk, least, kept):
    gate = SOME.gate(risk, "a/model@abc")
    assert (gate.weights, gate.least, gate.risk) == (SOME.weights, least, kept)


def test_how_sure_an_answer_is_goes_by_what_was_proved():
    gate = SOME.gate(None, "a/model@abc")  # proved are 5 % from .63 and 10 % from .4
    assert [gate.sureness(one) for one in (0.7, 0.4, 0.39, 0.21)] == [
        "strong", "strong", "weak", "weak",
    ]  # fmt: skip
    fair = Gate(SOME.weights, 0.1, strong=0.5, fair=0.3)
    assert [fair.sureness(one) for one in (0.5, 0.49, 0.3, 0.29)] == [
        "strong", "fair", "fair", "weak",
    ]  # fmt: skip


def test_nothing_is_said_of_how_sure_an_answer_is_where_nothing_was_proved():
    assert SOME.gate(None, "another/model").sureness(0.99) is None
    assert replace(SOME, promises=()).gate(None, SOME.model).sureness(0.99) is None


def test_a_risk_that_was_never_proved_is_refused_and_the_strictest_named():
    with pytest.raises(
        InvalidInput, match=r"risk 0.01 is uncalibrated: no promise so strict .* is 0.05"
    ):
        SOME.gate(0.01, "a/model@abc")
    with pytest.raises(InvalidInput, match=r"no promise so strict was proved\. Allow more"):
        replace(SOME, promises=()).gate(0.05, "a/model@abc")


def test_a_promise_is_not_kept_by_another_model():
    with pytest.raises(InvalidInput, match="proved for a/model@abc, not for another/model"):
        SOME.gate(0.05, "another/model")


@pytest.mark.parametrize("risk", [0, 1, -0.1, 5, float("nan")])
def test_a_risk_outside_what_is_possible_is_an_error(open_qa, risk):
    with pytest.raises(InvalidInput, match="it must be a share over 0 and under 1"):
        open_qa(risk=risk)


@pytest.mark.parametrize(
    ("options", "said"),
    [({"k": 4}, "k is 4, but risks are proved for 5"), ({"time": False}, "time")],
)
def test_a_promise_is_kept_only_for_what_it_was_proved_for(corpus, open_qa, options, said):
    (corpus / "may.txt").write_text("A title\n\nMinisters adopted a declaration.")

    with pytest.raises(InvalidInput, match=said):
        open_qa(risk=0.1, calibration=SOME).ask("Who adopted it?", **options)


@pytest.mark.parametrize("risk", ["0.05", True, [0.1]])
def test_a_risk_that_is_no_number_is_an_error(open_qa, risk):
    with pytest.raises(TypeError, match="risk is"):
        open_qa(risk=risk)


def test_the_gate_lets_through_what_is_sure_enough_and_of_the_time_asked_for():
    confidence = SURE.confidence(SOME.weights)

    # 1 / (1 + e^-1.045), for 2.65 * .7 + 1.26 * 1 + 2.53 * 1.9 + 1.81 * .3 - 7.42 is 1.045.
    assert confidence == pytest.approx(0.740, abs=0.001)
    assert Gate(SOME.weights, confidence).lets(SURE)
    assert not Gate(SOME.weights, confidence + 1e-9).lets(SURE)
    assert not Gate(SOME.weights, 0.0).lets(replace(SURE, timely=False))


def test_what_is_of_another_time_is_less_sure():
    untimely = replace(SURE, timely=False)

    assert untimely.confidence(SOME.weights) == pytest.approx(SURE.confidence(SOME.weights) / 5)


def test_evidence_survives_being_written_down():
    assert Evidence.from_dict(SURE.to_dict()) == SURE


def test_an_answer_says_what_was_promised_and_what_speaks_for_it(corpus, open_qa, encoder):
    (corpus / "may.txt").write_text("A title\n\nMinisters adopted a declaration.")
    own = replace(SOME, model="word-lengths")

    answer = open_qa(risk=0.06, calibration=own).ask("Ministers adopted a declaration.")

    assert (answer.answered, answer.risk) == (True, 0.05)
    assert Evidence.from_dict(answer.evidence).confidence(own.weights) == pytest.approx(
        answer.confidence, abs=1e-3
    )
    assert answer.to_dict()["risk"] == 0.05
    assert "Promised: of such answers at most 5% have no such passage" in str(answer)
    assert open_qa(calibration=own).ask("Ministers adopted a declaration.").risk is None
