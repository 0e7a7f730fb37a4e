"""The words of a question that tell what it is about, in a form that can be looked for.

The only home of simplemma and PyStemmer (Snowball).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

# Words that ask or link, those with which any event can be asked for ("when was it held"), and
# forms of address.
_SMALL_WORDS = frozenset(
    "a about after against all also am an and any are as at be been before being between both but "
    "by can come could did do does doing during each else end ended event ever find for from get "
    "give given had happen happened happening has have having he held her here him his hold how i "
    "if in into is it its just know last made make many may me might more most much must my name "
    "named new no nor not now of off on one only or other our out over own place please said say "
    "says shall she should show so some such take taken takes talk tell than that the their them "
    "then there these they this those time to today told too took under until up us use used very "
    "was we week were what when where whether which while who whom whose why will with would year "
    "yes you your mr mrs ms dr".split()
)
# Forms of verbs that the dictionary takes for something rarer, such as a currency.
_VERBS = {"won": "win", "shot": "shoot", "broke": "break", "thought": "think", "laid": "lay"}
# "Tajikistan's" and "they've", and all of "didn't", which says nothing of an event.
_SHORT_FORM = re.compile(r".*n[’']t$|[’'](?:s|re|ve|ll|d|m)?$", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)*")


def telling_words(question: str) -> tuple[str, ...]:
    """The words of a question that carry its subject, as written, each once and in order."""
    words = (_SHORT_FORM.sub("", word) for word in _WORD.findall(question))
    return tuple(dict.fromkeys(w for w in words if len(w) > 1 and w.casefold() not in _SMALL_WORDS))


def is_word(word: str) -> bool:
    """Whether English has a word: `care` and `meetings`, not `unoct`."""
    import simplemma

    return bool(word) and simplemma.is_known(word, lang="en")  # which raises at nothing


def stem(word: str) -> str:
    """What a word shares with its other forms: `meet` and `met`, `adopted` and `adoption`."""
    return _stem(word.casefold())


def stems(texts: Iterable[str]) -> frozenset[str]:
    """The stems of all words of some texts."""
    words = {word.casefold() for text in texts for word in _WORD.findall(text)}
    # "Tajikistan's" is also found by "Tajikistan".
    parts = {part for word in words if not word.isalnum() for part in re.split(r"[’']", word)}
    return frozenset(map(_stem, words | parts))


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    import simplemma

    # The dictionary knows irregular forms, the stemmer brings nouns and verbs together.
    lemma = _VERBS.get(word) or simplemma.lemmatize(word, lang="en")
    return _stemmer().stemWord(lemma.casefold())


@cache
def _stemmer() -> Any:
    import Stemmer

    # Without a cache of its own the stemmer holds no state that threads could disturb.
    return Stemmer.Stemmer("english", 0)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
