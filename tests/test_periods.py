"""What time a question and a sentence speak of."""

import datetime as dt
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventqa.periods import asked, day_first, fit, overlap, spoken_of, timeless, wants_latest
from eventqa.types import Period

SATURDAY = dt.date(2018, 5, 5)


def days(written: str) -> tuple[dt.date | None, dt.date | None]:
    """`2018-05`, `2018-04-30/2018-05-05`, `2015/` as the first and the last day."""
    first, _, last = written.partition("/")
    last = last if "/" in written else first
    starts = {4: "-01-01", 7: "-01", 10: ""}
    start = dt.date.fromisoformat(first + starts[len(first)]) if first else None
    if not last or len(last) == 10:
        return start, dt.date.fromisoformat(last) if last else None
    year, month = int(last[:4]), int(last[5:] or 12)
    return start, dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(1)


def span(period: Period | None) -> tuple[dt.date | None, dt.date | None] | None:
    return period and (period.start, period.end)


def table(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]


ASKED = table(
    """
    Where did they meet in May 2018?                    | 2018-05-05 | 2018-05
    What was agreed on 5 May 2018?                      | 2018-05-05 | 2018-05-05
    What was agreed on the 5th of May, 2018?            | 2018-05-05 | 2018-05-05
    What was agreed on May 5th 2018?                    | 2018-05-05 | 2018-05-05
    What was agreed on May 3-4, 2018?                   | 2018-05-05 | 2018-05-03/2018-05-04
    What was agreed on 3-4 May 2018?                    | 2018-05-05 | 2018-05-03/2018-05-04
    What was agreed on 3 and 4 May 2018?                | 2018-05-05 | 2018-05-03/2018-05-04
    What was agreed on 3-4 May?                         | 2018-05-05 | 2018-05-03/2018-05-04
    What was agreed on 3-4 May?                         | 2018-05-02 | 2017-05-03/2017-05-04
    What will be discussed on 3-4 May?                  | 2018-05-02 | 2018-05-03/2018-05-04
    What will be discussed on 3-4 May?                  | 2018-05-05 | 2019-05-03/2019-05-04
    What was agreed on April 30 - May 2, 2018?          | 2018-05-05 | 2018-04-30/2018-05-02
    What was agreed from 30 April to 5 May 2018?        | 2018-05-05 | 2018-04-30/2018-05-05
    What was agreed from 30 December to 2 January 2018? | 2018-05-05 | 2017-12-30/2018-01-02
    What was agreed on 2018-05-05?                      | 2018-05-05 | 2018-05-05
    What was agreed on 25/06/2017?                      | 2018-05-05 | 2017-06-25
    What was agreed on 06/25/2017?                      | 2018-05-05 | 2017-06-25
    What was agreed on 5.6.2017?                        | 2018-05-05 | 2017-06-05
    What was agreed on Saturday, 5 May 2018?            | 2020-01-01 | 2018-05-05
    what was agreed on 3-4 may                          | 2018-05-05 | 2018-05-03/2018-05-04
    WHAT WAS AGREED ON 3 JUNE?                          | 2018-05-05 | 2017-06-03
    In what year did he go, 5 mai 2018 ?                | 2018-05-05 | 2018
    Who won in 2019?                                    | 2021-05-05 | 2019
    who won in may 2018                                 | 2021-05-05 | 2018-05
    WHO WON ON MAY 3, 1963?                             | 1963-12-05 | 1963-05-03
    WHO WON IN MAY?                                     | 1963-12-05 | 1963-05
    Who won the 2018 elections?                         | 2021-05-05 | 2018
    Who won the World Cup 2018?                         | 2021-05-05 | 2018
    Who won the War of 1812?                            | 2021-05-05 | 1812
    What is in resolution 1373 (2001)?                  | 2021-05-05 | 2001
    Who owned it from 1811 to 1827?                     | 2021-05-05 | 1811/1827
    Who owned it from Jun 1811 to Oct 1827?             | 2021-05-05 | 1811-06/1827-10
    Who owned it from 1975 to Feb 2016?                 | 2021-05-05 | 1975/2016-02
    Who owned it between March and June 2020?           | 2021-05-05 | 2020-03/2020-06
    Who owned it between November and February 2020?    | 2021-05-05 | 2019-11/2020-02
    Who owned it between 2010 and 2015?                 | 2021-05-05 | 2010/2015
    Who owned it between 2010-2015?                     | 2021-05-05 | 2010/2015
    Who owned it in 1916–20?                            | 2021-05-05 | 1916/1920
    Who owned it in the 1999-00 season?                 | 2021-05-05 | 1999/2000
    Who was held from Feb 1162 to Jul 1174?             | 2021-05-05 | 1162-02/1174-07
    Who born in 1136 ruled from 1163 to 1174?           | 2021-05-05 | 1163/1174
    Who left the 1998 film made again in 2010?          | 2021-05-05 | 2010
    Who ruled in 2010 on 5 May 2010?                    | 2021-05-05 | 2010-05-05
    What changed from 2010 until the fall in 2015?      | 2021-05-05 | 2010/2015
    How do 2010 and 2015 differ?                        | 2021-05-05 | 2010/2015
    What was built in the 1960s?                        | 2021-05-05 | 1960/1969
    What was built in the 1960's?                       | 2021-05-05 | 1960/1969
    What was built in the ’60s?                         | 2021-05-05 | 1960/1969
    What was built in the 2000s?                        | 2021-05-05 | 2000/2009
    What was built in the 1800s?                        | 2021-05-05 | 1800/1899
    What was built in the late 1990s?                   | 2021-05-05 | 1996-09/1999
    What was built in the mid-1990s?                    | 2021-05-05 | 1993-05/1996-08
    What was built in the 19th century?                 | 2021-05-05 | 1801/1900
    What was built in the twentieth century?            | 2021-05-05 | 1901/2000
    What was built in early 2018?                       | 2021-05-05 | 2018-01/2018-04
    What was built at the end of May 2018?              | 2021-05-05 | 2018-05-21/2018-05-31
    What was built before 2010?                         | 2021-05-05 | /2009
    What was built prior to May 2010?                   | 2021-05-05 | /2010-04
    What was built after May 2018?                      | 2021-05-05 | 2018-06-01/
    What was built after 5 May 2018?                    | 2021-05-05 | 2018-05-06/
    What was built since 2015?                          | 2021-05-05 | 2015-01-01/
    What was built since the early 1990s?               | 2021-05-05 | 1990-01-01/
    What was built until 2016?                          | 2021-05-05 | /2016
    What was built from 2015 onwards?                   | 2021-05-05 | 2015-01-01/
    What was built from 2015 to the present?            | 2021-05-05 | 2015-01-01/
    What was built after the 2016 election?             | 2021-05-05 | 2016
    What was built by 2030?                             | 2021-05-05 | 2030
    What was sold in Q3 2019?                           | 2021-05-05 | 2019-07/2019-09
    What was sold in the third quarter of 2019?         | 2021-05-05 | 2019-07/2019-09
    What was sold in the fourth quarter of last year?   | 2021-05-05 | 2020-10/2020-12
    What was sold in the first half of 2020?            | 2021-05-05 | 2020-01/2020-06
    What was sold in H2 2020?                           | 2021-05-05 | 2020-07/2020-12
    What was sold in FY2018?                            | 2021-05-05 | 2018
    What was sold in FY 18?                             | 2021-05-05 | 2018
    What was sold in fiscal year 2018?                  | 2021-05-05 | 2018
    What was sold in FY 2018-19?                        | 2021-05-05 | 2018/2019
    What happened in March?                             | 2018-05-05 | 2018-03
    What happened in March?                             | 2018-03-01 | 2018-03
    What happened in March?                             | 2018-02-28 | 2017-03
    what happened in march                              | 2018-05-05 | 2018-03
    What happened last May?                             | 2018-05-05 | 2017-05
    What happened on 29 February?                       | 2018-05-05 | 2016-02-29
    What happened in January last year?                 | 2018-05-05 | 2017-01
    Who will host the 2025 awards in September?         | 2025-04-18 | 2025-09
    What happened in summer 2019?                       | 2021-05-05 | 2019-06/2019-08
    What happened in the winter of 2019?                | 2021-05-05 | 2019-12/2020-02
    What happened last summer?                          | 2018-05-05 | 2017-06/2017-08
    What happened today?                                | 2018-05-05 | 2018-05-05
    What happened yesterday?                            | 2018-01-01 | 2017-12-31
    What happened yesterday?                            | 2020-03-01 | 2020-02-29
    What happened the day before yesterday?             | 2018-05-05 | 2018-05-03
    What happens tomorrow?                              | 2018-12-31 | 2019-01-01
    What happened last week?                            | 2018-05-05 | 2018-04-23/2018-04-29
    What happened last week?                            | 2018-01-01 | 2017-12-25/2017-12-31
    What happened this week?                            | 2018-05-05 | 2018-04-28/2018-05-05
    What happened this week?                            | 2018-05-07 | 2018-04-30/2018-05-07
    What happened earlier this week?                    | 2018-05-07 | 2018-04-30/2018-05-07
    What happens later this week?                       | 2018-05-03 | 2018-05-03/2018-05-06
    What happens next week?                             | 2018-05-05 | 2018-05-07/2018-05-13
    What happened this weekend?                         | 2018-05-05 | 2018-05-05/2018-05-06
    What happened over the weekend?                     | 2018-05-08 | 2018-05-05/2018-05-06
    What happened last month?                           | 2018-01-31 | 2017-12
    What happened this month?                           | 2018-05-05 | 2018-05
    What happened earlier this month?                   | 2018-05-05 | 2018-05-01/2018-05-05
    What happened this year?                            | 2018-05-05 | 2018
    What happened at last year's summit?                | 2018-05-05 | 2017
    What happened late last year?                       | 2018-05-05 | 2017-09/2017-12
    What happened last Friday?                          | 2018-05-05 | 2018-05-04
    What happened last Saturday?                        | 2018-05-05 | 2018-04-28
    What happened on Friday?                            | 2018-05-05 | 2018-05-04
    What happened on Saturday?                          | 2018-05-05 | 2018-05-05
    What will happen on Friday?                         | 2018-05-05 | 2018-05-11
    On Friday, what will happen?                        | 2018-05-05 | 2018-05-11
    The bank on Friday announced a plan. Who will pay?  | 2018-05-05 | 2018-05-04
    What happens next Friday?                           | 2018-05-05 | 2018-05-11
    What happens next Friday?                           | 2018-12-31 | 2019-01-11
    What happened in the past three days?               | 2018-05-05 | 2018-05-02/2018-05-05
    What happened in the last two weeks?                | 2018-05-05 | 2018-04-21/2018-05-05
    What happened over the last month?                  | 2018-03-31 | 2018-02-28/2018-03-31
    What happened over the past year?                   | 2020-02-29 | 2019-02-28/2020-02-29
    What happened two weeks ago?                        | 2018-05-05 | 2018-04-16/2018-04-22
    What happened 3 days ago?                           | 2018-05-02 | 2018-04-29
    What happened ten years ago?                        | 2018-05-05 | 2008
    What happened a fortnight ago?                      | 2018-05-05 | 2018-04-16/2018-04-22
    What happened in the last fortnight?                | 2018-05-05 | 2018-04-21/2018-05-05
    What happens in the next fortnight?                 | 2018-05-05 | 2018-05-05/2018-05-19
    How did 2016 compare with the previous year?        | 2018-05-05 | 2016
    What happened in May '68?                           | 2018-05-05 | 1968-05
    What happened in May '28?                           | 2018-05-05 | 2028-05
    What happened in May '18 at the workers' union?     | 2021-05-05 | 2018-05
    What is the FY30 target?                            | 2018-05-05 | 2030
    What happened in May '18?                           | 2021-05-05 | 2018-05
    What happened on 5 May ’98?                         | 2021-05-05 | 1998-05-05
    What happened in summer '19?                        | 2021-05-05 | 2019-06/2019-08
    """
)


@pytest.mark.parametrize(("question", "on", "expected"), ASKED)
def test_a_question_asks_for_the_time_it_names(question, on, expected):
    assert span(asked(question, dt.date.fromisoformat(on))) == days(expected)


@pytest.mark.parametrize(
    "question",
    table(
        """
        What does UN resolution 2396 say?
        What does resolution 1540 say?
        Who built the Boeing 737?
        Who flew on flight 2019?
        What does Article 2018 say?
        What is Agenda 2030?
        What is the 2030 Agenda?
        What is Agenda 2063?
        What is Vision 2030?
        What was decided at COP26?
        What did Mr. May say?
        Who followed Theresa May?
        What was written by May?
        Who led the March on Washington?
        May I ask who came?
        Who of type 3 may be sold?
        What may be sold?
        WHAT MAY THEY SELL?
        What was built before 2010 or after 2015?
        What happened this fortnight?
        What did June Smith say?
        What was painted by June Smith?
        What did Anna May Wong act in?
        Who commanded Apollo 11?
        Were there 1,500 people?
        Were there 2000 people?
        Were there more than 2000 in the hall?
        Is it open 24/7?
        What was the 9/11 commission?
        Who answers at 202-224-2019?
        Who answers at (202) 224-2019?
        Did it cost $2000?
        Did it cost 2000 euros?
        Was it 2018% of 1900 dollars?
        Did it grow to 2,018?
        What is COVID-19?
        What is A/RES/72/2018?
        Is it at 10:30?
        What was agreed on 05/06/2018?
        What was agreed on 31 April 2018?
        What was agreed on 29 February 2019?
        What was recently agreed?
        What is the latest report?
        What was the last meeting?
        What did they do on Black Friday?
        What do they do every Friday?
        What do they do on Fridays?
        What did the USA Today report?
        What happened that year?
        What happened the next day?
        Who turned 70 years old after a two-year trial?
        What is the word of the year?
        When did it happen?
        Which fell in 1200 BC?
        What is in room 1900?
        """
    ),
)
def test_a_name_a_number_or_a_verb_is_no_time(question):
    assert asked(question[0], SATURDAY) is None


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("What did Mayor May say in May 2018?", "What did Mayor May say in         ?"),
        ("In May, what did Mrs. May say?", "In    , what did Mrs. May say?"),
        ("Who was held from 2010 to 2012 in 2010?", f"Who was held{' ' * 19}in 2010?"),
        ("Who leads the latest talks?", "Who leads the        talks?"),
        ("Who leads?", "Who leads?"),
    ],
)
def test_without_its_time_a_question_has_blanks_where_the_time_stood(question, left):
    period = asked(question, SATURDAY)
    assert timeless(question, period) == left
    assert period is None or question[period.at :].startswith(period.words)


def test_a_numeric_date_is_read_by_the_habit_that_is_told():
    assert span(asked("on 05/06/2018", SATURDAY, day_first=True)) == days("2018-06-05")
    assert span(asked("on 05/06/2018", SATURDAY, day_first=False)) == days("2018-05-06")
    assert spoken_of("on 05/06/2018", SATURDAY) == ()
    assert [str(p) for p in spoken_of("on 05/06/2018", None, day_first=True)] == ["5 June 2018"]


SPOKEN = table(
    """
    He said so in May 2018.                              | 2018-05
    He said so on May 3 , 2018 in Washington , D.C. .    | 2018-05-03
    HE SAID SO ON MAY 3, 1963 AND MAY SAY MORE.          | 1963-05-03
    IT IS TIME (TIME, DEC. 28).                          | 2017-12-28
    Owner , 1916-1920                                    | 1916/1920
    Owner , 1916–20                                      | 1916/1920
    Owner ( 1992 - 1996 )                                | 1992/1996
    Owner (1964-1965), then none                         | 1964/1965
    Editor ( 1572 – 1602 )                               | 1572/1602
    Editor (1938 – present)                              | 1938-01-01/
    Editor ( 1938– )                                     | 1938-01-01/
    Editor from 1938 to date                             | 1938-01-01/
    He led it from 1992 until his death in 2001 .        | 1992/2001
    He has led it since 1992.                            | 1992-01-01/
    He led it until 1827.                                | /1827
    He led it from 2010 to late 2015.                    | 2010/2015
    It ran in April and May 2018.                        | 2018-04;2018-05
    It ran from 2005 to 2007 and in 2010.                | 2005/2007;2010
    It won in 2001–02, 2004–05 and 2010.                 | 2001/2002;2004/2005;2010
    It opened in the 1960s, as 2010 records show.        | 1960/1969;2010
    The 3-4 May conference ended.                        | 2018-05-03/2018-05-04
    The 3-4 December conference ended.                   | 2017-12-03/2017-12-04
    The court will hear it in December.                  | 2018-12
    Earlier this week in Ashgabat, they met.             | 2018-04-30/2018-05-05
    They met this week.                                  | 2018-04-30/2018-05-06
    They met yesterday.                                  | 2018-05-04
    They met today (5 May).                              | 2018-05-05
    They met on Tuesday.                                 | 2018-05-01
    They met on Saturday.                                | 2018-05-05
    They will meet on Tuesday.                           | 2018-05-08
    He said he will go, a spokesman said on Tuesday.     | 2018-05-01
    They meet next Tuesday.                              | 2018-05-08
    They meet this Sunday.                               | 2018-05-06
    They meet daily, starting Tuesday.                   | 2018-05-08
    They met last month.                                 | 2018-04
    They will meet later this year.                      | 2018-05-05/2018
    They met after Friday's vote.                        | 2018-05-04
    They met over the past two years.                    | 2016-05-05/2018-05-05
    They meet over the next decade.                      | 2018-05-05/2028-05-05
    They met a year ago.                                 | 2017
    They met last summer and in the fall of 2016.        | 2017-06/2017-08;2016-09/2016-11
    The FY 2007 budget and that of fiscal year 2008      | 2007;2008
    Monday, April 30, 2018 to Wednesday, May 2, 2018     | 2018-04-30/2018-05-02
    On Friday, May 4, they met.                          | 2018-05-04
    The Act of 2007 (S. 2168) cost $2010 at 1900 hours.  | 2007
    It grew from 970 to 1000 m² in the 2015/16 season.  | 2015/2016
    With 2000 soldiers, Resolution 2018, 2030 Agenda     |
    In the last week of talks, the next year, every day  |
    ( Apr 16 , 2018–Jun 30 , 2018 )                      | 2018-04-16/2018-06-30
    Used since at least 1978 , and in c . 1541 .         | 1978-01-01/;1541
    The June meeting is no June Smith.                   | 2018-06
    It was founded in November.                          | 2017-11
    They met last December and early in 2018.            | 2017-12;2018-01/2018-04
    It grew over the last twenty years.                  | 1998-05-05/2018-05-05
    The vote last month of Republicans                   | 2018-04
    In the last two weeks of talks, the last day of it   |
    The next year he left; it did so the following week. |
    From the late 1960s until at least 1978 , it stood   | 1966-09/1978
    They have met since August, and all this winter.     | 2017-08-01/;2017-12/2018-02
    Several years ago, in recent weeks, on the last day  |
    Every Wednesday the fan may march on.                |
    They met on Dec. 3. This Monday they left.           | 2017-12-03;2018-04-30
    1. January 6                                         | 2018-01-06
    See Act 3. January 2018 was cold.                    | 2018-01
    The 1787 Lake Road, the 2016 vote, some 1500 men.     | 2016
    The team is better than the 2016 one; over 2000 came. | 2016
    Published as S. 1932, Law 170/1973                   |
    He said in May '10 men were arrested'.               | 2018-05
    He said last March '20 villages are burning,' twice. | 2018-03
    In a speech in April ’40 years of peace’ was held.   | 2018-04
    In April, in the workers' May '68, they met.         | 2018-04;1968-05
    It rose in Q1 '18, not in May ’17.                   | 2018-01/2018-03;2017-05
    In May ‘18 the ministers' meeting was held.          | 2018-05
    It is dated 31 May '2s, and May '456 not at all.     | 2018-05-31
    """
)


@pytest.mark.parametrize(("text", "expected"), SPOKEN)
def test_a_sentence_speaks_of_every_time_in_it(text, expected):
    found = [span(period) for period in spoken_of(text, SATURDAY)]
    assert found == [days(each) for each in expected.split(";") if each]


def test_without_a_day_of_publication_relative_times_are_left_out():
    text = "Yesterday, last week, on Tuesday, in March and two years ago, not in 2015."
    assert [str(period) for period in spoken_of(text, None)] == ["2015"]


def test_without_a_day_of_publication_the_last_year_written_holds():
    text = "In July 1889 he came . In August he left . In 1895 it closed on 3 May ."
    assert [str(p) for p in spoken_of(text, None)] == [
        "July 1889",
        "August 1889",
        "1895",
        "3 May 1895",
    ]


def test_the_words_are_those_that_make_the_period():
    text = "Since the early 1990s, from 2010 to 2015, before May 2018; in late 2016, on 3 May."
    assert [period.words for period in spoken_of(text, SATURDAY)] == [
        "Since the early 1990s",
        "from 2010 to 2015",
        "before May 2018",
        "late 2016",
        "3 May",
    ]


@pytest.mark.parametrize(
    "question",
    "What is the latest report?|the most recent summit|newest rules|Which show was recently sold?|"
    "the last meeting|When did they last meet?|Where were the last two meetings?".split("|"),
)
def test_a_question_can_want_the_latest(question):
    assert wants_latest(question)


@pytest.mark.parametrize(
    "question",
    "What happened last week?|in the last two weeks|last Friday|last May|How long did it last?|"
    "What is his last name?|At last they met|Who met in 2018?|Did the war last four years?|"
    "the last few days|last night|blast off|Will it last?".split("|"),
)
def test_a_question_that_wants_no_latest(question):
    assert not wants_latest(question)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["on 25/06/2018", "and 05/06/2018"], True),
        (["on 06/25/2018"], False),
        (["on 06-25-18"], False),
        (["on 05/06/2018"], None),
        (["on 25/06/2018", "on 06/25/2018"], None),
        (["on 25.06.2018, 31/31/2018, 1/25/06/2018"], None),
        ([], None),
    ],
)
def test_a_release_s_own_habit_shows_in_its_unmistakable_dates(texts, expected):
    assert day_first(texts) is expected


def period(written: str) -> Period:
    return Period(*days(written), words=written)


@pytest.mark.parametrize(
    ("asked_for", "spoken", "expected"),
    [
        ("2018", "2018", 1),
        ("2018", "2018-05", 1),
        ("2018", "2019", 0),
        ("2017", "2014/2017", (365 / 1461) ** 0.5),
        ("2017/2018", "2018/2019", 0.5 * 0.5**0.5),
        ("2018-05-01/2018-05-10", "2018-05-10/2018-05-19", 0.1 * 0.1**0.5),
        ("2018-05-05", "2018-05", (1 / 31) ** 0.5),
    ],
)
def test_the_overlap_is_the_share_of_what_is_asked_by_the_root_of_the_share_of_what_is_said(
    asked_for, spoken, expected
):
    assert overlap(period(asked_for), period(spoken)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("asked_for", "spoken", "expected"),
    [
        ("2018", "2018-01-01/", 1),
        ("2017", "2014-01-01/", (365 / 1461) ** 0.5),
        ("2017", "/2020", (365 / 1461) ** 0.5),
        ("2018", "/2015", 0),
        ("2014", "2015-01-01/", 0),
        ("2015-01-01/", "2018", 1),
        ("2017-01-01/", "2014/2017", (365 / 1461) ** 0.5),
        ("/2015", "2010-01-01/2015", 1),
        ("2015-01-01/", "2015-01-01/", 1),
        ("2015-01-01/", "/2018", 1),
        ("2015-01-01/", "/2014", 0),
    ],
)
def test_an_open_end_reaches_as_far_as_the_other_time(asked_for, spoken, expected):
    assert overlap(period(asked_for), period(spoken)) == pytest.approx(expected)


@pytest.mark.parametrize("wide", ["1801/1900", "1820/1890", "1843/1850", "1800-01-01/"])
def test_a_much_wider_time_fits_less_than_the_very_one(wide):
    assert 0 < overlap(period("1850"), period(wide)) < 0.4 < overlap(period("1850"), period("1850"))


def test_the_fit_is_the_best_overlap():
    assert fit(period("2017/2018"), [period("2019"), period("2018/2019")]) == 0.5**1.5
    assert fit(period("2018"), []) == 0


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2018-05", "May 2018"),
        ("2018", "2018"),
        ("2018-05-05", "5 May 2018"),
        ("2018-04-30/2018-05-05", "30 April to 5 May 2018"),
        ("2018-05-03/2018-05-04", "3 to 4 May 2018"),
        ("2017-12-30/2018-01-02", "30 December 2017 to 2 January 2018"),
        ("2010/2015", "2010 to 2015"),
        ("2020-03/2020-06", "March to June 2020"),
        ("2018-01-01/2018-05-05", "1 January to 5 May 2018"),
        ("2020-03-03/", "since 3 March 2020"),
        ("2015-01-01/", "since 2015"),
        ("/2016", "until 2016"),
        ("/2018-05", "until May 2018"),
        ("/2018-05-05", "until 5 May 2018"),
    ],
)
def test_a_period_reads_as_a_person_would_write_it(written, expected):
    assert str(period(written)) == expected


def test_a_period_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="neither a start nor an end"):
        Period(None, None, "ever")
    with pytest.raises(ValueError, match="starts on 2018-05-05, after 2018-05-04"):
        Period(SATURDAY, dt.date(2018, 5, 4), "backwards")


PIECES = st.sampled_from(
    "from to until since before after between and in on the of - – ( ) ? , . ’s 's early late mid- "
    "last this next past week weeks month year weekend days ago today yesterday tomorrow Friday "
    "Monday May may MAY March June Sept. 3 4 5th 29 30 31 99 0 2018 1996 1000 2199 9999 96 1990s "
    "’60s 5/6/2018 25/06/2018 2018-05-05 2018-02-30 1916-20 0000-00-00 Q3 FY2018 19th century "
    "first half quarter summer winter two few 999 decades centuries present мая "
    "٢٠١٨ ٥ will said over weekend hours second".split()
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map(" ".join))
DAYS = st.one_of(st.dates(), st.sampled_from([dt.date.min, dt.date.max, dt.date(2020, 2, 29)]))


@settings(deadline=None, max_examples=400)
@given(TEXTS, DAYS, st.sampled_from([None, True, False]))
def test_any_text_has_valid_periods_whose_words_stand_in_it_in_order(text, day, habit):
    for published in (day, None):
        found = spoken_of(text, published, habit)
        assert found == spoken_of(text, published, habit)
        at = 0
        for each in found:
            assert each.words
            assert str(each)
            at = text.index(each.words, at) + 1
    question = asked(text, day, habit)
    assert question == asked(text, day, habit)
    assert question is None or (question.words in text and overlap(question, question) == 1)
    assert wants_latest(text) in (True, False)
    assert day_first([text]) in (True, False, None)


@settings(deadline=None, max_examples=200)
@given(st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)))
def test_what_a_period_is_called_is_read_as_that_period(day):
    later = day + dt.timedelta(40)
    for one in (Period(day, day, ""), Period(day, later, ""), Period(day, None, "")):
        (found,) = spoken_of(f"It was {one}.", None)
        assert (found.start, found.end) == (one.start, one.end)


@pytest.mark.parametrize(
    "piece",
    "May |1992-|3 |3-4 May, |2018 to |last |on Friday |early |until |?- |5/6/|. |will |in |1|'|"
    "2018 |a few |from 1992 until his |the end of ".split("|"),
)
def test_a_very_long_text_takes_no_longer_than_its_length(piece):
    text = piece * (100_000 // len(piece)) + "2018"
    began = time.perf_counter()
    spoken_of(text, SATURDAY)
    asked(text, SATURDAY)
    wants_latest(text)
    day_first([text])
    assert time.perf_counter() - began < 20  # a second on a slow day; hours if it were quadratic


def test_a_run_of_white_space_takes_no_longer_than_its_length():
    text = re.sub("x", " " * 30_000, "MayxMay 3x, x2018xto xlastxweek")
    began = time.perf_counter()
    spoken_of(text, SATURDAY)
    assert time.perf_counter() - began < 20
