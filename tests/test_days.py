"""Days from parts, and the weeks, months and years around a day."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventqa.days import length, moved, parts, span, third, weekend, whole, yearly

DAY = dt.date.fromisoformat
SATURDAY = DAY("2018-05-05")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ((2018, 0, 0), (2018, 0, 0), "2018-01-01 2018-12-31"),
        ((2018, 2, 0), (2018, 2, 0), "2018-02-01 2018-02-28"),
        ((2020, 2, 0), (2020, 2, 0), "2020-02-01 2020-02-29"),
        ((2018, 4, 30), (2018, 5, 0), "2018-04-30 2018-05-31"),
        ((2018, 4, 31), (2018, 4, 31), None),
        ((2018, 13, 0), (2018, 13, 0), None),
        ((0, 5, 0), (0, 5, 0), None),
        ((10_000, 0, 0), (10_000, 0, 0), None),
        ((2019, 0, 0), (2018, 0, 0), None),
    ],
)
def test_parts_are_all_days_they_can_mean(low, high, expected):
    days = span(low, high)
    assert (days and f"{days[0]} {days[1]}") == expected


@pytest.mark.parametrize(
    ("day", "unit", "number", "expected"),
    [
        ("2018-05-05", "day", -5, "2018-04-30"),
        ("2018-05-05", "week", 2, "2018-05-19"),
        ("2018-03-31", "month", -1, "2018-02-28"),
        ("2018-11-30", "month", 3, "2019-02-28"),
        ("2020-02-29", "year", 1, "2021-02-28"),
        ("2018-05-05", "decade", -2, "1998-05-05"),
        ("2018-05-05", "quarter", 3, "2019-02-05"),
    ],
)
def test_a_day_moves_by_units_and_never_past_the_end_of_a_month(day, unit, number, expected):
    assert moved(DAY(day), unit, number) == DAY(expected)


@pytest.mark.parametrize("unit", ["day", "week", "month", "century"])
def test_there_are_no_days_beyond_the_calendar(unit):
    with pytest.raises(OverflowError):
        moved(dt.date.max, unit, 1)
    with pytest.raises(OverflowError):
        moved(dt.date.min, unit, -1)


@pytest.mark.parametrize(
    ("unit", "step", "expected"),
    [
        ("week", 0, "2018-04-30 2018-05-06"),
        ("week", -1, "2018-04-23 2018-04-29"),
        ("weekend", 1, "2018-05-12 2018-05-13"),
        ("month", -5, "2017-12-01 2017-12-31"),
        ("quarter", 0, "2018-04-01 2018-06-30"),
        ("year", 1, "2019-01-01 2019-12-31"),
        ("decade", 0, "2010-01-01 2019-12-31"),
    ],
)
def test_a_day_is_in_a_whole_week_month_or_year(unit, step, expected):
    first, last = whole(unit, SATURDAY, step)
    assert f"{first} {last}" == expected


@given(
    st.dates(dt.date(2, 1, 1), dt.date(9998, 12, 31)), st.sampled_from(["week", "month", "year"])
)
def test_what_a_day_is_in_joins_what_is_before_and_after(day, unit):
    before, here, after = (whole(unit, day, step) for step in (-1, 0, 1))
    assert here[0] <= day <= here[1]
    assert before[1] + dt.timedelta(1) == here[0]
    assert here[1] + dt.timedelta(1) == after[0]


@pytest.mark.parametrize(
    ("day", "ahead", "expected"),
    [
        ("2018-05-05", False, "2018-05-05"),
        ("2018-05-06", True, "2018-05-05"),
        ("2018-05-07", False, "2018-05-05"),
        ("2018-05-07", True, "2018-05-12"),
        ("2018-05-04", False, "2018-04-28"),
    ],
)
def test_a_weekend_is_this_one_or_the_last_or_the_next(day, ahead, expected):
    assert weekend(DAY(day), ahead) == (DAY(expected), DAY(expected) + dt.timedelta(1))


def test_thirds_are_of_days_or_of_months_and_fill_the_whole():
    may = DAY("2018-05-01"), DAY("2018-05-31")
    year = DAY("2018-01-01"), DAY("2018-12-31")
    assert third(may, 2) == (DAY("2018-05-21"), may[1])
    assert third(year, 1) == (DAY("2018-05-01"), DAY("2018-08-31"))
    assert third(year, None) == year
    for days in (may, year):
        assert sum(length(*third(days, which)) for which in range(3)) == length(*days)


@pytest.mark.parametrize(
    ("low", "high", "way", "expected"),
    [
        ((0, 12, 0), (0, 12, 0), "nearest", "2017-12-01 2017-12-31"),
        ((0, 10, 0), (0, 10, 0), "nearest", "2018-10-01 2018-10-31"),
        ((0, 10, 0), (0, 10, 0), "mostly past", "2017-10-01 2017-10-31"),
        ((0, 5, 0), (0, 5, 0), "last", "2017-05-01 2017-05-31"),
        ((0, 5, 0), (0, 5, 0), "latest", "2018-05-01 2018-05-31"),
        ((0, 5, 0), (0, 5, 0), "next", "2019-05-01 2019-05-31"),
        ((0, 5, 3), (0, 5, 4), "coming", "2019-05-03 2019-05-04"),
        ((0, 12, 0), (0, 12, 0), "this", "2018-12-01 2018-12-31"),
        ((0, 12, 0), (0, 2, 0), "last", "2017-12-01 2018-02-28"),
        ((0, 2, 29), (0, 2, 29), "latest", "2016-02-29 2016-02-29"),
        ((0, 4, 31), (0, 4, 31), "latest", None),
    ],
)
def test_of_what_comes_every_year_one_is_meant(low, high, way, expected):
    days = yearly(low, high, SATURDAY, way)
    assert (days and f"{days[0]} {days[1]}") == expected


@given(st.dates())
def test_a_day_comes_back_from_its_parts(day):
    assert span(parts(day), parts(day)) == (day, day)
