"""The question sets, the stores of their corpora, and questions as they are searched for."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from eventqa import periods, questions
from eventqa.derived import Derived, Indexes
from eventqa.encoder import Encoder
from eventqa.evaluate import opened
from eventqa.measures import answers
from eventqa.retrieve import Question
from eventqa.store import Store
from eventqa.types import Passage
from eventqa.view import View

STORES = Path("embeddings/bench")


@dataclass(frozen=True, slots=True)
class Set:
    """What of a folder is asked, of which corpus, and what counts as found."""

    name: str
    corpus: str = "corpus.jsonl"
    where: Mapping[str, str] = field(default_factory=dict[str, str])
    apart: str = ""  # a type of question that has a line of its own
    documents: bool = False  # any passage of the right document is found
    share: int = 1  # how much it counts when weights are fitted

    def questions(self, folder: Path) -> tuple[questions.Question, ...]:
        """The questions in a folder of sets, in order."""
        return questions.read(folder / self.name / "questions.jsonl", self.where)

    def finds(self, passage: Passage, asked: questions.Question) -> bool:
        """Whether a passage is what is looked for."""
        if self.documents:
            return passage.release.id in {one.doc_id for one in asked.evidence}
        return answers(passage, asked)


SETS = (
    # A rule labelled its other questions by the words they share, which flatters a word index.
    # Questions about the news are what eventqa is for.
    Set("realtimeqa_2022", apart="news-quiz-gold", share=3),
    Set("timeqa_human_train"),
    Set("clapnq_dev"),
    Set("xquad_dev", corpus="corpus.en_hard.jsonl", where={"lang": "en"}, documents=True),
    Set("time1963", documents=True),
    # Last turns of conversations, as asked: half of what is meant stands in the turns before.
    Set("mtrag_un_dev", share=0),
    Set("cast2021", share=0),
)


def there(folder: Path, names: Sequence[str] = ()) -> list[Set]:
    """The sets of these names, or all, that are in a folder; what is missing is said.

    Raises:
        SystemExit: there is no set of that name.
    """
    if unknown := [name for name in names if name not in {one.name for one in SETS}]:
        sys.exit(f"no set {unknown[0]!r}. Choose among {', '.join(one.name for one in SETS)}")
    wanted = [one for one in SETS if not names or one.name in names]
    for one in wanted:
        if not (folder / one.name).is_dir():
            print(f"{one.name}: left out, there is no folder {str(folder / one.name)!r}\n")
    return [one for one in wanted if (folder / one.name).is_dir()]


@contextmanager
def searchable(folder: Path, one: Set, encoder: Encoder) -> Generator[tuple[View, Indexes | None]]:
    """A set's store and its indexes; encodes only what is not kept from an earlier run."""
    store = STORES / one.name
    with opened(folder / one.name / one.corpus, store, encoder=encoder) as bench:
        with bar(f"{one.name}: encoding", "passage") as show:
            bench.build(show)
        with Derived(Store(store)).snapshot() as snapshot:
            yield snapshot


def read(asked: questions.Question, encoder: Encoder) -> Question:
    """A question of a set as `ask` would search for it."""
    day = dt.date.fromisoformat(asked.date) if asked.date else dt.date.today()
    text = asked.question
    return Question(text, encoder.encode_query(text), day, periods.asked(text, day))


@contextmanager
def bar(doing: str, unit: str) -> Generator[Callable[[int, int], None]]:
    """Shows how much is done, once that takes longer than a moment."""
    with tqdm(desc=doing, unit=unit, delay=0.5, disable=None) as shown:

        def show(done: int, total: int) -> None:
            shown.total = total
            shown.update(done - shown.n)

        yield show


def named(text: str) -> list[str]:
    """The names in a list with commas."""
    return [name.strip() for name in text.split(",") if name.strip()]
