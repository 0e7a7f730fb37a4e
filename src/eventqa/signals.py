"""What speaks for a passage, and how much each of it counts.

A score is the weighted sum of signals that each mean something by themselves.
"""

from __future__ import annotations

from typing import NamedTuple


class Signals(NamedTuple):
    """What speaks for a passage, higher is better. All but cosine and fits are 0..1."""

    cosine: float  # of question and passage, -1..1
    words: float  # BM25, as a share of what a passage could have at most
    coverage: float  # share of the question's telling words that it has beyond its title's
    numbers: float  # share of the question's numbers that it has; 0 if there are none
    recency: float  # 1 on the day of asking, 0 from three weeks before
    fit: float = 0.0  # MaxSim: how well each word piece of the question is matched, -1..1
    about: float = 0.0  # how well a time that it speaks of fits the time in question
    company: float = 0.0  # the fit of the best other passage of its release, -1..1

    def weighed(self, weights: Signals) -> float:
        """The sum of the signals, each times its weight."""
        return sum(signal * weight for signal, weight in zip(self, weights, strict=True))


WEIGHTS = Signals(
    cosine=0.35,
    words=0.15,
    coverage=0.37,
    numbers=0.20,
    recency=0.56,
    fit=1.60,
    about=0.14,
    company=0.20,
)
# Of what is known of a passage before it is read.
FUSED = Signals(cosine=1.0, words=1.0, coverage=0.3, numbers=0.2, recency=0.6, about=0.3)
