"""Which words the titles and passages have, and where: what a refusal can say for certain."""

from __future__ import annotations

import re
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
_ENDING = re.compile(r"['’]?s?$", re.IGNORECASE)  # "Tajikistan's", "e-mails"
_NOT = re.compile(r"\w+n[’']t\b", re.IGNORECASE)  # "won't" is no "won"
_JOINT = re.compile(r"['’‐‑-]")
# "1,500" may also be written "1 500": nothing is said of it.
_PARTED_NUMBER = re.compile(r"\d[.,]\d")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the titles and passages that one question is asked of.

    A word is there in any of its forms: `met` for `meet`, `Müller` for `Muller`, and a short form
    for what the corpus says that it stands for. A compound is there as a whole.
    """

    question: Question
    view: View
    indexes: Indexes | None
    without: Collection[Place] = ()  # passages that are not to be found

    def has(self, word: str, text: str) -> bool:
        """Whether a text has a word."""
        if self.indexes is None:
            return False
        parts = _JOINT.split(_ENDING.sub("", word))
        if len(parts) > 1 and not re.search(r"\W?".join(map(re.escape, parts)), text, re.I):
            return False
        text = _NOT.sub(" ", text)
        return bool(self.indexes.words.shared(word, [text], self._also(word))[0] >= _WHOLE)

    def lacking(self, words: Sequence[str], passages: Iterable[Passage]) -> list[str]:
        """The words that neither some passages nor their titles have, in order."""
        texts = [f"{one.release.title}\n{one.text}" for one in passages]
        return [word for word in words if not any(self.has(word, text) for text in texts)]

    def where(self, word: str) -> tuple[Passage | None, bool]:
        """The passage that a word tells most about, and whether it is certain that there is none.

        A passage whose own words have it goes before one whose title alone does.
        """
        if self.indexes is None:
            return None, True
        asked = self.question
        limits = (asked.since, asked.until)
        among = self.indexes.between(self.view, limits) if any(limits) else None
        count = _LOOKED_AT + len(self.without)
        ids, _ = self.indexes.words.search(word, count, among, self._also(word))
        places: dict[int, list[Place]] = {}
        for one in self.view.places(np.unique(ids), *limits):
            places.setdefault(one.id, []).append(one.place)
        titled: Passage | None = None
        for place in (place for id in ids.tolist() for place in sorted(places.get(id, ()))):
            release = None if place in self.without else self.view.release(place[0])
            passage = release.passage(place[1]) if release else None
            if passage and self.has(word, passage.text):
                return passage, False
            if passage and titled is None and self.has(word, passage.release.title):
                titled = passage
        return titled, titled is None and len(ids) < count

    def _also(self, word: str) -> list[tuple[str, str]]:
        """What a word is short for, as the corpus explains it."""
        if self.indexes is None:
            return []
        used = self.indexes.acronyms.used(word, terms.is_word)
        return [(word[start:end], other) for (start, end), other in used.items()]


def telling(text: str) -> list[str]:
    """The words that tell what a text is about, as written, compounds whole, each once."""
    words = (word for word in forms.words_of(text) if not forms.is_small(word))
    return list(dict.fromkeys(word for word in words if not _PARTED_NUMBER.search(word)))


def says(word: str, texts: Iterable[str]) -> bool:
    """Whether any of some texts has a word as written, but for capitals."""
    pattern = re.compile(rf"(?<!\w){re.escape(word)}(?![\w’'])", re.IGNORECASE)
    return any(pattern.search(text) for text in texts)
