"""Which words the releases have, and where: what a refusal can say for certain."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from eventqa import forms, terms
from eventqa.derived import Indexes
from eventqa.retrieve import Question
from eventqa.types import Passage
from eventqa.view import Place, View

# A compound can be found by a part of it: so many of the best are looked at for all of it.
_LOOKED_AT = 20
# The sum of the parts of a whole is rounded.
_WHOLE = 0.999


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the releases that one question is asked of.

    A word is there in any of its forms: `met` for `meet`, `Müller` for `Muller`, and a short form
    for what the corpus says that it stands for.
    """

    question: Question
    view: View
    indexes: Indexes | None
    without: Collection[Place] = ()  # passages that are not to be found

    def lacking(self, words: Sequence[str], passages: Iterable[Passage]) -> list[str]:
        """The words that none of some passages and their titles has, in order."""
        texts = [f"{one.release.title}\n{one.text}" for one in passages]
        return [word for word in words if not any(self._has(word, text) for text in texts)]

    def where(self, word: str) -> Passage | None:
        """The passage that a word tells most about, or None if no release asked of has it."""
        if self.indexes is None:
            return None
        asked = self.question
        limits = (asked.since, asked.until)
        among = self.indexes.between(self.view, limits) if any(limits) else None
        count = _LOOKED_AT + len(self.without)
        ids, _ = self.indexes.words.search(word, count, among, self._also(word))
        places: dict[int, list[Place]] = {}
        for id, release, number, _, _ in self.view.places(np.unique(ids), *limits):
            places.setdefault(id, []).append((release, number))
        for place in (place for id in ids.tolist() for place in sorted(places.get(id, ()))):
            release = None if place in self.without else self.view.release(place[0])
            passage = release.passages[place[1] - 1] if release else None
            if passage and not self.lacking([word], [passage]):
                return passage
        return None

    def _has(self, word: str, text: str) -> bool:
        if self.indexes is None:
            return False
        return bool(self.indexes.words.shared(word, [text], self._also(word))[0] >= _WHOLE)

    def _also(self, word: str) -> list[tuple[str, str]]:
        """What a word is short for, as the corpus explains it."""
        if self.indexes is None:
            return []
        used = self.indexes.acronyms.used(word, terms.is_word)
        return [(word[start:end], other) for (start, end), other in used.items()]


def telling(text: str) -> list[str]:
    """The words that tell what a text is about, as written, compounds whole, each once."""
    return list(dict.fromkeys(word for word in forms.words_of(text) if not forms.is_small(word)))
