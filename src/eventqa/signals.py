"""What speaks for a passage, and how much each of it counts.

A score is the weighted sum of signals that each mean something by themselves.
"""

from __future__ import annotations

from operator import mul
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
    asks: float = 0.0  # 1 if it only asks, or repeats the question, and so answers none
    boilerplate: float = 0.0  # 1 if it stands around releases and was not asked for

    def weighed(self, weights: Signals) -> float:
        """The sum of the signals, each times its weight, to five decimals.

        What lies beyond is rounding, which depends on where a passage stands in the index: it must
        not decide the order.
        """
        return round(sum(map(mul, self, weights)), 5)


# A conditional logit over the first 50 passages of every question of the five sets below,
# realtimeqa_2022 counting three times: `python benchmarks/weights.py FOLDER --fit`, 24 November
# 2026. Hit@1 / hit@5 in the order of these signals, before any source is left out:
#                       realtimeqa_2022  timeqa_human_train  clapnq_dev  xquad_dev, doc.  time1963
#   all                   .696 .918        .507 .845         .950 1.000    .916 .986     .634 .878
#   without cosine        .693 .911        .519 .839         .913 1.000    .921 .986     .634 .866
#   without words         .698 .913        .508 .846         .950 1.000    .913 .985     .646 .890
#   without coverage      .660 .897        .514 .847         .977 1.000    .902 .982     .659 .866
#   without numbers       .691 .916        .459 .819         .950 1.000    .915 .986     .634 .878
#   without recency       .639 .888        .507 .845         .950 1.000    .916 .986     .646 .878
#   without fit           .628 .878        .547 .828         .833 .967     .882 .975     .646 .829
#   without about         .686 .906        .467 .831         .950 1.000    .916 .986     .634 .878
#   without company       .686 .913        .504 .834         .950 1.000    .916 .986     .610 .890
#   all, by weights that the other half of the questions gave
#                         .684 .916        .506 .848         .940 1.000    .916 .984     .622 .878
# Tried and left out, for they brought nothing or cost elsewhere what they brought: the fit with
# each word weighing by its rarity in the corpus (beside coverage and BM25 its weight is 0), the fit
# of the words that name the time apart from the others, a reading with short forms written out,
# MaxSim of the best sentence, word pairs, the kind of answer asked for, the paragraph's number and
# length, names, its neighbours' fit, token vectors of earlier layers.
#
# `asks` came later and is a rule, with too few cases to fit: it counts more than all others
# together, so that what only asks stands last and is never an answer. News quizzes repeat the
# question asked, and fit it best: with the rule realtimeqa_2022 has .707 .918, and the other sets
# have what they had (25 November 2026).
#
# `boilerplate` is a rule, too. No set asks for what stands around its texts: without it all have
# what they have with it. Of the first five passages .007 would be boilerplate in mtrag_un_dev, and
# .001 in realtimeqa_2022; so it is .001 and .000 (`benchmarks/repeats.py`, 28 November 2026).
WEIGHTS = Signals(
    cosine=0.35,
    words=0.15,
    coverage=0.37,
    numbers=0.20,
    recency=0.56,
    fit=1.60,
    about=0.14,
    company=0.20,
    asks=-4.00,
    boilerplate=-0.30,
)
# Of what is known of a passage before it is read. Among the first 50 in this order an answering
# passage is for .956, .985, 1.000, .997 and .939 of the questions of these sets.
FUSED = Signals(
    cosine=1.0, words=1.0, coverage=0.3, numbers=0.2, recency=0.6, about=0.3, boilerplate=-0.3
)
