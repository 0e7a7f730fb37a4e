"""What is kept of a visitor, and how little."""

from __future__ import annotations

import copy
import gc
from dataclasses import replace

from desk import DUSHANBE, Desk, answered, hit, refused, release, source

from eventqa.archive import Filter
from eventqa.listeners import Listeners
from eventqa.render import Turn
from eventqa.visit import SharedReleases, Visit, Visits


def held(visit, *questions):
    """The visit after these questions, each with an answer of its own release."""
    for question, *texts in questions:
        found = answered(question, hit(replace(release(*texts), id=question).passages[0]))
        visit.end(visit.begin(Turn(question, found)))
    return [turn.question for turn in visit.turns]


def test_the_last_twenty_questions_are_kept():
    visit = Visit()
    assert held(visit, *((f"{n}", "Short.") for n in range(50))) == [f"{n}" for n in range(30, 50)]
    assert [turn.id for turn in visit.turns] == list(range(31, 51))
    assert visit.turn(30) is None and visit.turn(31).question == "30"


def test_long_releases_are_kept_for_fewer_questions_and_the_last_one_always():
    long = ("Short.", "x" * 400_000)
    assert held(Visit(), *((f"{n}", *long) for n in range(5))) == ["3", "4"]
    assert held(Visit(), ("1", "Short."), ("2", "Short.", "x" * 2_000_000)) == ["2"]


def test_long_passages_are_kept_for_fewer_questions_since_the_page_shows_them():
    assert held(Visit(), *((f"{n}", "x" * 100_000) for n in range(5))) == ["2", "3", "4"]


def test_a_release_behind_several_answers_counts_once():
    long, visit, releases = release("Short.", "x" * 900_000), Visit(), SharedReleases()
    for number in range(20):
        found = answered("?", hit(replace(long).passages[0]))
        visit.end(visit.begin(Turn(f"{number}", releases.behind(found))))
    assert len(visit.turns) == 20


def test_answers_over_one_release_share_it_whoever_asked():
    releases = SharedReleases()
    one, two = (releases.behind(answered("?", hit(replace(DUSHANBE).passages[0]))) for _ in "12")
    assert one == two and one.hits[0].passage.release is two.hits[0].passage.release
    near = releases.behind(refused("?", "No.", hit(replace(DUSHANBE).passages[1])))
    assert near.nearest[0].passage.release is one.hits[0].passage.release


def test_an_edited_release_is_another_one():
    releases = SharedReleases()
    edited = replace(DUSHANBE, text=DUSHANBE.text + "!")
    before, after = releases.of(DUSHANBE), releases.of(edited)
    assert (before.text, after.text) == (DUSHANBE.text, edited.text)
    retitled = releases.of(replace(edited, title="Another"))
    assert retitled.title == "Another"


def test_a_release_that_no_answer_shows_any_more_is_let_go():
    releases, visit = SharedReleases(), Visit()
    found = releases.behind(answered("?", hit(replace(DUSHANBE).passages[0])))
    visit.end(visit.begin(Turn("?", found)))
    del found
    gc.collect()
    assert list(releases._held) == ["r"]
    del visit
    gc.collect()
    assert list(releases._held) == []


def test_turns_stand_in_the_order_of_asking_whichever_is_done_first():
    visit = Visit()
    first, second = visit.begin(Turn("first", None)), visit.begin(Turn("second", None))
    assert (first.id, second.id, visit.latest) == (1, 2, None)
    visit.end(second)
    visit.end(first)
    assert [turn.question for turn in visit.turns] == ["first", "second"]
    assert visit.is_newest(second) and not visit.is_newest(first)


def test_a_turn_takes_the_place_of_another():
    visit = Visit()
    visit.end(visit.begin(Turn("once", None)))
    visit.end(visit.begin(Turn("again", None)), instead=1)
    assert [turn.question for turn in visit.turns] == ["again"]


def test_each_visitor_begins_with_a_visit_of_their_own():
    first = Visit()
    first.end(first.begin(Turn("?", answered("?", source()))))
    first.browse(Filter("vote"))
    other = copy.deepcopy(first)
    assert other.turns == () and other.chosen == Filter() and other.opened is None


def test_the_last_visits_are_found_again_by_their_keys():
    visits = Visits(capacity=2)
    a, b, c = (letter * 32 for letter in "abc")
    first, second = Visit(), Visit()
    assert visits.of(a, first) is first and visits.of(b, second) is second
    assert visits.of(a, Visit()) is first
    visits.of(c, Visit())  # b was looked for longest ago
    assert visits.of(a, Visit()) is first and visits.of(b, other := Visit()) is other


def test_nothing_that_a_visitor_does_reaches_another():
    listeners, alice, bob = Listeners(Desk()), Visit(), Visit()
    list(listeners.typed("Who hosted Alice's?", alice))
    list(listeners.typed("Who hosted Bob's?", bob))
    assert [turn.question for turn in alice.turns] == ["Who hosted Alice's?"]
    assert [turn.question for turn in bob.turns] == ["Who hosted Bob's?"]
