"""Questions that passages seem to answer, by rules over the author's sentences. Pure.

A rule turns a sentence round: "The Conference was hosted by …" gives "Who hosted the Conference?".
It understands nothing, so whoever offers a question first asks it, and keeps it if the corpus
answers with the passage that it was drawn from (`EventQA.suggest`). What a rule cannot turn safely
gives no question: a pronoun as the subject, a sentence that asks, a text that is not English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from types import MappingProxyType

from eventqa import sentences, terms
from eventqa.leaning import pronoun
from eventqa.people import may_be
from eventqa.types import Passage, one_line, written_date

# Of so many passages so much is read, in code points: what is offered should be quick to find.
_PASSAGES = 60
_READ = 2_000
_TOLD = 20_000  # of a release, in which a name is looked for again
_TOPICS = 10  # names in a passage
_LONGEST = 120  # code points of a question
_OTHERS = 40  # questions, of which those are taken first that begin with the right word


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question, and the passage that it was drawn from."""

    question: str
    passage: Passage


def candidates(passages: Iterable[Passage], asked: str = "") -> Iterator[Suggestion]:
    """Questions that some passages seem to answer, those of different kinds in turn, topics last.

    No two have the same telling words, and none has those of the question just asked.
    """
    english = [one for one in islice(passages, _PASSAGES) if _is_english(one)]
    kinds = ([one for passage in english for one in rule(passage)] for rule in _RULES)
    topics = (one for passage in english for one in _of_topics(passage))
    seen = {_telling(asked)}
    for one in chain(chain.from_iterable(zip_longest(*kinds)), topics):
        if one and _can_be_asked(one.question) and _telling(one.question) not in seen:
            seen.add(_telling(one.question))
            yield one


def meanings(question: str, passages: Iterable[Passage]) -> Iterator[Suggestion]:
    """What could be asked in place of a question that leans on nothing said.

    First the question with names in place of its pronoun: "What did he say?" gives "What did
    Vladimir Voronkov say?". Then other questions, those that begin with the same word first.
    """
    english = [one for one in islice(passages, _PASSAGES) if _is_english(one)]
    named = list(_with_names(question, english))
    yield from named
    told = {one.question for one in named}
    others = [one for one in candidates(english, question) if one.question not in told]
    yield from sorted(others[:_OTHERS], key=lambda one: _first(one.question) != _first(question))


def _with_names(question: str, english: Sequence[Passage]) -> Iterator[Suggestion]:
    found = pronoun(question)
    rules = _MEANT.get(found[0].lower(), ()) if found else ()
    if found is None or not rules:
        return
    word = found[0].lower()
    before, after = question[: found.start()], question[found.end() :]
    owning = word in _OWNING and after.lstrip()[:1].isalpha()
    made = {_MADE[one] for one in re.findall(r"\w+", question.lower()) if one in _MADE}
    seen = set[str]()
    for rule in rules:
        for passage in english:
            for name in rule(passage, made):
                last = name.rpartition(" ")[2]
                if last in seen or not may_be(word, name):
                    continue
                seen.add(last)
                put = f"{name}’{'' if name.endswith('s') else 's'}" if owning else name
                yield Suggestion(f"{before}{put}{after}", passage)


def _first(question: str) -> str:
    return question.partition(" ")[0].rstrip("?").casefold()


_CAPITAL = r"(?:(?:Mr|Mrs|Ms|Dr|Sens?|Reps?|Gov|Gen|Amb|(?:[A-Z]\.)*[A-Z])\.|[A-ZÀ-ÖØ-Þ][\w'’&-]*)"
_NAME = rf"(?<![\w.])(?:[Tt]he )?{_CAPITAL}(?: (?:of |on |for |and )?(?:the )?{_CAPITAL}){{0,6}}"
# After a name that stands for itself and does not describe another word.
_ALONE = r"(?=[,;:.)]|$| (?:and|in|on|at|to|for|from|with|by|as|is|was|were|has|who|which)\b)"
_MONTH = (
    r"(?:\d{1,2} )?(?:January|February|March|April|May|June|July|August|September|October"
    r"|November|December)\b|\d{4}\b"
)

# What was done to something, as it was done: "was held" asks "Who held".
_MADE = {
    **{past: past for past in (
        "hosted attended adopted organized organised established created founded launched opened "
        "signed approved convened chaired published sponsored elected appointed nominated funded "
        "released introduced presented awarded"
    ).split()},
    "held": "held", "led": "led", "built": "built", "written": "wrote", "given": "gave",
}  # fmt: skip
# What somebody did or does, and how it is asked for.
_VERBS = (
    "commend praise underline announce welcome condemn stress emphasize emphasise highlight "
    "launch sign adopt open approve introduce endorse propose present publish reaffirm "
    "criticize oppose urge demand reject outline unveil establish award support visit address "
    "discuss express"
).split()
_DID = {f"{base.removesuffix('e')}ed": base for base in _VERBS} | {
    "met with": "meet",
    "called for": "call for",
}
_DOES = {f"{base}{'es' if base.endswith(('s', 'sh')) else 's'}": base for base in _VERBS} | {
    "meets with": "meet",
    "calls for": "call for",
}

_DONE = re.compile(
    rf"(?P<what>{_NAME}) (?P<be>was|were) (?P<made>{'|'.join(_MADE)}) "
    rf"(?:(?P<by>by) |(?:in|on) (?P<when>{_MONTH})|(?:in|at) (?P<where>{_NAME}))"
)
_DOER = re.compile(
    rf"(?P<who>{_NAME}),? (?:(?:also|further|today|has|have|jointly|unanimously) )?"
    rf"(?P<did>{'|'.join(_DID | _DOES)}) (?=(?:the|a|an|that|its|his|her|their|all|H\.E|[A-Z])\b)"
)
_SAID = "said|stated|added|told|explained|warned|noted|declared"
_SPEAKER = re.compile(
    rf"(?P<before>{_NAME}) (?:{_SAID})\b|[,.!?][\"”’] (?:{_SAID}) (?P<after>{_NAME}){_ALONE}"
)
_OFFICE = (
    "President|Prime Minister|Minister|Secretary-General|Director-General|Chair|Chairman|Director"
    "|Head|Governor|Commissioner|Ambassador|Speaker|Mayor"
)
_ROLE = re.compile(
    rf"{_CAPITAL} {_CAPITAL}, (?:the )?(?P<role>(?:{_CAPITAL} )?(?:{_OFFICE}) (?:of|for) {_NAME})"
    rf"{_ALONE}"
)
_PERSON = re.compile(
    rf"((?:Mr|Mrs|Ms|Dr)\.? (?!{_OFFICE}|Vice){_CAPITAL}(?: {_CAPITAL}){{0,3}})"
    rf"|({_CAPITAL} {_CAPITAL}), (?:the )?(?:{_CAPITAL} )?(?:{_OFFICE}) (?:of|for) "
)
_THING = re.compile(
    r"\b(?:Conference|Summit|Forum|Assembly|Meeting|Session|Festival|Dialogue|Declaration|Resolution"
    r"|Act|Pact|Initiative|Agreement|Treaty|Convention|Charter|Report|Plan|Programme|Program|Agenda"
    r"|Strategy|Law|Bill|Directive|Fund|Day|Prize|Award|Medal)$"
)
_ABOUT = "What is said about "
# A name in full: of "the International Climate and Energy Summit" no piece.
_TOPIC = re.compile(rf"{_NAME}(?! (?:of |on |for |and )?(?:the )?[A-Z]){_ALONE}")
# A sentence's first word is a capital in any case, and these are no names at all.
_NO_NAME = re.compile(
    r"(?:In|On|At|During|Following|After|Before|As|For|With|Today|Earlier|Last|While|By|From|Since"
    r"|To|And|But|Also|He|She|It|They|We|You|I|This|That|These|Those|There|His|Her|Its|Their|Our"
    r"|Then|My|Both|Some|Many|Most|Several|When|Where|If|Under|An?|All|Each|Other|Another|Such|No|Not)\b"
)
_BROKEN = re.compile(r" (?:I|Mr|Mrs|Ms|Dr|Sens?|Reps?|Gov|Gen|Amb)\.?$")
_HEADLINE = re.compile(r"[A-Z]{6,}|[A-Z]{2,} [A-Z]{3,}")
_PLAIN = re.compile(r"[\w .,'’&–-]+\?")


def _of_what_was_done(passage: Passage) -> Iterator[Suggestion]:
    """From `X was hosted by …`, `… established in June 2017` and `… held in Rome`."""
    for match in _found(_DONE, passage):
        what, be, made = _name(match["what"]), match["be"], match["made"]
        if what and match["by"]:
            yield Suggestion(f"Who {_MADE[made]} {what}?", passage)
        elif what:
            yield Suggestion(f"{'When' if match['when'] else 'Where'} {be} {what} {made}?", passage)


def _of_what_somebody_did(passage: Passage) -> Iterator[Suggestion]:
    """From `Mr. Voronkov commended …`, `The Council urges …`, `The Minister met with …`."""
    for match in _found(_DOER, passage):
        if who := _name(match["who"]):
            did = "did" if match["did"] in _DID else "does"
            base = (_DID | _DOES)[match["did"]]
            yield Suggestion(f"{'Whom' if base == 'meet' else 'What'} {did} {who} {base}?", passage)


def _of_roles(passage: Passage) -> Iterator[Suggestion]:
    """From `Emomali Rahmon, President of Tajikistan`."""
    for match in _found(_ROLE, passage):
        yield Suggestion(f"Who is the {match['role']}?", passage)


def _of_speakers(passage: Passage) -> Iterator[Suggestion]:
    """From `Mr. Voronkov told …` and `“…,” said Mr. Voronkov`."""
    for match in _found(_SPEAKER, passage):
        if who := _name(match["before"] or match["after"]):
            yield Suggestion(f"What did {who} say?", passage)


def _of_place_and_time(passage: Passage) -> Iterator[Suggestion]:
    """From the dateline of a release, whose first paragraph tells most of it."""
    release = passage.release
    if passage.number == 1 and release.place and release.date:
        _, _, month = written_date(release.date).partition(" ")
        yield Suggestion(f"What happened in {release.place} in {month}?", passage)


def _of_topics(passage: Passage) -> Iterator[Suggestion]:
    """From a name that its release mentions again, such as `the Black Sea Initiative`."""
    told = one_line(f"{passage.release.title}\n{passage.release.text[:_TOLD]}")
    for match in islice(_TOPIC.finditer(one_line(passage.text[:_READ])), _TOPICS):
        name = _name(match[0])
        bare = (name or "").removeprefix("the ")
        if name and " " in bare and not _BROKEN.search(bare) and told.count(bare) > 1:
            yield Suggestion(f"{_ABOUT}{name}?", passage)


_RULES = (_of_what_was_done, _of_what_somebody_did, _of_roles, _of_speakers, _of_place_and_time)


# What somebody or something is called in a passage. A question whether "it" was hosted means first
# what was `made` so, and nothing that is only spoken of.


def _speaking(passage: Passage, made: Collection[str]) -> Iterator[str]:
    for match in _found(_SPEAKER, passage):
        if (name := _name(match["before"] or match["after"])) and not name.startswith("the "):
            yield name


def _in_office(passage: Passage, made: Collection[str]) -> Iterator[str]:
    for match in _found(_PERSON, passage):
        if name := _name(match[1] or match[2]):
            yield name


def _made_so(passage: Passage, made: Collection[str]) -> Iterator[str]:
    return (name for name, how in _done(passage) if how in made)


def _made(passage: Passage, made: Collection[str]) -> Iterator[str]:
    return (name for name, _ in _done(passage))


def _done(passage: Passage) -> Iterator[tuple[str, str]]:
    """What something was done to, and what that was, such as "hosted"."""
    for match in _found(_DONE, passage):
        if name := _name(match["what"]):
            yield name, _MADE[match["made"]]


def _named_things(passage: Passage, made: Collection[str]) -> Iterator[str]:
    for one in () if made else _of_topics(passage):
        name = one.question.removeprefix(_ABOUT).rstrip("?")
        if _THING.search(name):
            yield name


def _bodies(passage: Passage, made: Collection[str]) -> Iterator[str]:
    for match in _found(_DOER, passage):
        name = _name(match["who"])
        if name and name.startswith("the "):
            yield name


def _places(passage: Passage, made: Collection[str]) -> Iterator[str]:
    if passage.release.place:
        yield f"in {passage.release.place}"


# What each pronoun may stand for, the likeliest first.
_Rule = Callable[[Passage, Collection[str]], Iterator[str]]
_MEANT: Mapping[str, tuple[_Rule, ...]] = MappingProxyType(
    dict.fromkeys(("he", "him", "his", "she", "her", "hers"), (_speaking, _in_office))
    | dict.fromkeys(("they", "them", "their", "theirs"), (_bodies,))
    | dict.fromkeys(("it", "its"), (_made_so, _made, _named_things))
    | {"there": (_places,)}
)
_OWNING = ("his", "her", "its", "their")


def _found(pattern: re.Pattern[str], passage: Passage) -> Iterator[re.Match[str]]:
    """The first match in each of a passage's sentences that say something."""
    text = passage.text[:_READ]
    for start, end in sentences.spans(text):
        sentence = one_line(text[start:end])
        match = None if sentences.ends_asking(sentence) else pattern.search(sentence)
        if match:
            yield match


def _name(words: str) -> str | None:
    """A name as it stands inside a sentence, None where it is none for certain."""
    if _NO_NAME.match(words) or _HEADLINE.search(words):
        return None
    if words.startswith("The "):
        return f"the{words[3:]}"
    # One capital alone may only begin the sentence: "Participants discussed".
    return words if " " in words else None


def _can_be_asked(question: str) -> bool:
    return len(question) <= _LONGEST and _PLAIN.fullmatch(question) is not None


def _telling(question: str) -> frozenset[str]:
    return terms.stems(terms.telling_words(question))


def _is_english(passage: Passage) -> bool:
    return (passage.release.language or "en").lower().startswith("en")
