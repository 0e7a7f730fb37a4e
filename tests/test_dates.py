"""Which day a text names."""

import datetime as dt
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventqa import dates
from eventqa.types import written_date

FIFTH = dt.date(2018, 5, 5)


@pytest.mark.parametrize(
    "text",
    "2018-05-05|2018-5-5|2018/05/05|20180505|2018-05-05T23:59:00-05:00| 2018-05-05 |5 May 2018|"
    "May 5, 2018|5th May 2018|the 5th of May 2018|Saturday, 5 May 2018|05/05/2018|5.5.2018|"
    "5 mai 2018|5 de mayo de 2018|5º de maio de 2018|5. Mai 2018|5 мая 2018|5 مايو 2018|"
    "2018年5月5日|5\u00a0May\u00a02018|5 May\n2018|5 May 2018 23:00 EST".split("|"),
)
def test_a_day_written_out_or_in_iso_is_known(text):
    assert dates.day(text) == FIFTH


@pytest.mark.parametrize(
    "text",
    "5/4/2018|5-4-2018|5/4/18|5.4.18|4/5/2018 10:00|04-05-2018T10:00|5 4 2018|5,4,2018|"
    "5-6 May 2018|3–4 May 2018|May 3-4, 2018|5 May 2018 and 6 May 2018".split("|"),
)
def test_what_could_mean_two_days_is_not_guessed(text):
    assert dates.day(text) is None


def test_a_numeric_date_is_known_when_only_one_reading_is_a_day():
    assert dates.day("13/4/2018") == dates.day("4/13/2018") == dt.date(2018, 4, 13)


def test_with_dots_the_day_comes_first():
    assert dates.day("5.4.2018") == dt.date(2018, 4, 5)


@pytest.mark.parametrize(
    "text",
    "31 April 2018|April 31, 2018|2018-02-30|29 Feb 2019|31/4/2018|32 May 2018|2018-13-01|"
    "2018/13/01|20181301|"
    "10000-01-01|5 May 20180".split("|"),
)
def test_a_day_that_never_was_is_none(text):
    assert dates.day(text) is None


def test_the_leap_day_is_a_day_in_leap_years():
    assert dates.day("29 Feb 2020") == dt.date(2020, 2, 29)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "2018",
        "May 2018",
        "5 May",
        "201812",
        "yesterday",
        "2 days ago",
        "10:30",
        "1525478400",
        "12",
    ],
)
def test_less_or_other_than_a_whole_date_is_none(text):
    assert dates.day(text) is None


@pytest.mark.parametrize(
    "text", ["5 " * 500_000, "5 May 2018 " * 90_000, "1" * 10**6, "5!" * 10**5]
)
def test_a_very_long_text_is_no_date_and_takes_no_time(text):
    began = time.perf_counter()
    assert dates.day(text) is None
    assert time.perf_counter() - began < 1


@settings(deadline=None, max_examples=50)
@given(st.dates(min_value=dt.date(1500, 1, 1), max_value=dt.date(2199, 12, 31)))
def test_any_day_comes_back_from_its_english_and_iso_forms(day):
    for text in (written_date(day), day.isoformat()):
        assert re.fullmatch(dates.WRITTEN, text)
        assert dates.day(text) == day


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=90))
def test_any_text_is_a_day_or_none(text):
    found = dates.day(text)
    assert found is None or type(found) is dt.date
