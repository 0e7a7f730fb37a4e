"""What the page shows: which words, in which order, and that no text becomes markup."""

from __future__ import annotations

import datetime as dt
import html as html_lib
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from desk import (
    CHANGED,
    DUSHANBE,
    FRESHNESS,
    HOSTED,
    answered,
    hit,
    refused,
    release,
    shelf,
    source,
)
from hypothesis import given
from hypothesis import strategies as st

from eventqa import render, words
from eventqa.archive import Filter, Order
from eventqa.render import Shelf, Turn, excerpt, marked, sentence, web_address
from eventqa.types import Change, Period, Problem, Sureness

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</blockquote><form action=//evil.example><input name=q></form>",
    '"><a href="javascript:alert(1)">x</a>',
    "' onmouseover='alert(1)",
    "$$x^2$$ **bold** [a](http://evil.example) `code` <!-- c -->",
    "{{ 7 * 7 }} ${7*7} {% raw %}",
    "abc\u202egnp.exe",
    '__i18n__{"__type__": "translation_metadata", "key": "ask"}',
    "<style>* { display: none }</style>",
)
MAY = Period(dt.date(2018, 5, 1), dt.date(2018, 5, 31), "in May of that year")
SENTENCE = "The conference was hosted by the Government of the Republic of Tajikistan."


def shown(answer, question="Who?", **more):
    return render.desk(Turn(question, answer, **more))


# --- an answer ---------------------------------------------------------------------------------


def test_the_answer_comes_first_in_full_and_the_other_sources_are_folded_below():
    html = shown(answered("Who?", source(), hit(DUSHANBE.passages[1])))
    lead, others = html.split("<h3>Other sources</h3>")
    assert HOSTED.replace("'", "&#39;")[:40] in lead and "<details><summary" not in lead
    assert '<blockquote dir="auto" class="large">' in lead
    assert lead.count(">[1]<") == 1 and others.count(">[2]<") == 1
    assert others.index("<details>") < others.index("The Conference closed")


def test_a_source_has_its_title_body_place_date_and_paragraph():
    html = shown(answered("Who?", source()))
    assert "<bdi>UN Office of Counter-Terrorism</bdi>, <bdi>Dushanbe</bdi>, " in html
    assert "<bdi>5 May 2018</bdi>, <bdi>paragraph 1</bdi>, " in html


def test_only_the_answering_sentence_is_marked_and_what_a_reader_hears_is_no_text():
    html = shown(answered("Who?", source()))
    begins = f'data-begins="{words.MARK_BEGINS}" data-ends="{words.MARK_ENDS}"'
    mark = f'<mark class="best" {begins}>{SENTENCE}</mark></blockquote>'
    assert f"took part on May 3-4, 2018. {mark}" in html
    assert html.count("<mark") == 1


def test_of_two_marked_sentences_the_first_that_is_named_is_the_best():
    one, two = (0, 11), (12, 20)
    assert marked("He met her. He left.", [two, one]) == [
        ("He met her.", "also"),
        (" ", ""),
        ("He left.", "best"),
    ]


@given(st.text(), st.lists(st.tuples(st.integers(-3, 30), st.integers(-3, 30)), max_size=5))
def test_marking_changes_no_character(text, spans):
    cut = marked(text, spans)
    assert "".join(piece for piece, _ in cut) == text
    wanted = {at for start, end in spans for at in range(max(start, 0), min(end, len(text)))}
    kinds = [kind for piece, kind in cut for _ in piece]
    assert {at for at, kind in enumerate(kinds) if kind} == wanted


def test_highlights_count_code_points():
    emoji = release("🎈🎈 Ja. Nein.")
    html = shown(answered("?", hit(emoji.passages[0], "Ja.")))
    assert ">🎈🎈 <mark" in html and ">Ja.</mark> Nein.<" in html


def test_how_sure_an_answer_is_is_said_in_words_and_never_as_a_percentage():
    sure = {
        Sureness.STRONG: "Strong match",
        Sureness.FAIR: "Fair match",
        Sureness.WEAK: "Weak match: read it with care",
    }
    for sureness, said in sure.items():
        html = shown(replace(answered("Who?", source()), sureness=sureness))
        assert said in html and "%" not in _text_of(html)
    assert "match" not in shown(answered("Who?", source()))


def test_a_promise_is_shown_with_the_answer_it_is_made_for():
    html = shown(replace(answered("Who?", source()), risk=0.1))
    assert "Promised: of such answers at most 10% have no such passage." in html


def test_the_buttons_copy_the_sentence_the_paragraph_and_the_link():
    html = shown(answered("Who?", source()))
    cited = f"\n— {source().citation}"
    copied = [dict(attrs).get("data-copy") for tag, attrs in _parsed(html) if tag == "button"]
    assert [one for one in copied if one] == [
        f"“{SENTENCE}”{cited}",
        f"“{HOSTED}”{cited}",
        "https://example.org/dushanbe?a=1&b=2#:~:text=The%20conference%20was%20hosted%20by,"
        "of%20the%20Republic%20of%20Tajikistan.",
    ]


def test_a_paragraph_of_one_sentence_is_copied_by_one_button():
    html = shown(answered("Who?", hit(DUSHANBE.passages[1], DUSHANBE.passages[1].text)))
    assert words.COPY_SENTENCE not in html and words.COPY_PARAGRAPH in html


def test_a_folded_source_shows_the_beginning_of_its_best_sentence():
    assert excerpt(source()) == SENTENCE
    assert excerpt(source(), mark=False) == HOSTED
    long = release("A. " + "word " * 100)
    assert excerpt(hit(long.passages[0])) == ("A. " + "word " * 100)[:300] + "…"
    assert sentence(hit(long.passages[0])) is None


def test_every_answer_says_how_fresh_its_corpus_is():
    assert f"Drawn from {FRESHNESS}" in shown(answered("Who?", source()))
    assert f"Drawn from {FRESHNESS}" in shown(refused("Who?", "No."))


# --- the time asked for ------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [answered("Who?", source()), refused("Who?", "Why.", source())])
def test_the_time_that_was_asked_for_can_be_changed_and_removed(answer):
    html = shown(replace(answer, period=MAY), id=3)
    assert "Time asked for: <strong>May 2018</strong> <bdi>“in May of that year”</bdi>" in html
    assert 'name="since" value="2018-05-01"' in html and 'name="until" value="2018-05-31"' in html
    assert 'data-do="time" data-turn="3"' in html and 'data-do="timeless" data-turn="3"' in html


def test_a_time_can_be_given_where_the_question_names_none():
    html = shown(answered("Who?", source()))
    assert "Time asked for: any</summary>" in html and 'name="since" value=""' in html
    assert "timeless" not in html


def test_a_time_that_was_removed_can_be_restored():
    html = shown(answered("Who?", source()), time=False)
    assert words.NO_TIME in html and 'data-do="timely"' in html


def test_the_time_of_an_earlier_question_is_only_said():
    old = Turn("Who?", replace(answered("Who?", source()), period=MAY))
    html = render.earlier((old, Turn("Next?", None, "Failed.")))
    assert "Time asked for: <strong>May 2018</strong>" in html and "<input" not in html


# --- how it was read ---------------------------------------------------------------------------


def test_what_a_question_was_read_with_is_told_and_can_be_undone():
    answer = replace(
        answered("When & where?", source()), read_as="When & where? (Rome, <i>talks</i>)"
    )
    html = shown(answer, id=3)
    assert (
        "Read as: <bdi>When &amp; where?</bdi> <strong><bdi>(Rome, &lt;i&gt;talks&lt;/i&gt;)"
        in html
    )
    assert 'data-do="alone" data-turn="3">Ask exactly as typed</button>' in html
    assert render.outcome(Turn("?", answer))[1].endswith(f" Read as: {answer.read_as}")
    old = render.earlier((Turn("?", answer), Turn("Next?", None, "Failed.")))
    assert "Read as:" in old and "data-do" not in old[old.index("Read as") : old.index("lead")]


def test_a_question_asked_as_typed_can_be_read_with_those_before_again():
    html = shown(answered("When?", source()), id=3, alone=True)
    assert "Read exactly as typed" in html and 'data-do="together" data-turn="3"' in html


def test_of_a_question_that_took_nothing_over_nothing_is_told():
    html = shown(answered("When?", source()))
    assert "reading" not in html and words.AS_TYPED not in html


# --- no answer ---------------------------------------------------------------------------------


def test_a_refusal_gives_its_reason_and_folds_the_nearest_passages():
    html = shown(refused("Who?", "Nothing here is about that.", source()))
    assert "No answer" in html and "Nothing here is about that." in html
    folded = html[html.index('<details class="nearest">') :]
    assert "they do not answer" in folded and ">nearest</span>" in folded and HOSTED[:30] in folded
    assert "[1]" not in html and "<mark" not in html


def test_a_refusal_without_nearest_passages_shows_none():
    assert "nearest" not in shown(refused("Who?", "The corpus is empty."))


def test_what_can_be_asked_has_the_heading_that_fits():
    good, bad = Turn("?", answered("?", source())), Turn("?", refused("?", "No."))
    vague = replace(bad, answer=replace(bad.answer, could_mean=("Who?",)))
    for turn, heading in (
        (good, words.FOLLOW_UP),
        (bad, words.INSTEAD),
        (vague, words.COULD_MEAN),
        (None, words.TRY),
    ):
        html = render.more(("Who met?",), turn)
        assert f"<h2>{heading}</h2>" in html
        assert 'data-do="ask" data-question="Who met?">Who met?</button>' in html
    assert render.more((), good) == ""


# --- the source --------------------------------------------------------------------------------


def opened(turn, number=1, kind="hits"):
    return render.source(Shelf.of(turn, kind, number))


def test_a_source_shows_the_release_as_published_with_the_cited_paragraph_marked():
    html = opened(Turn("?", answered("?", source(), hit(DUSHANBE.passages[1])), id=7))
    published = html[html.index('<div class="published"') : html.rindex("</div>")]
    published = published[published.index(">") + 1 :]
    assert _text_of(published) == DUSHANBE.text.strip()
    cited = published[published.index('<span class="cited"') :]
    assert _text_of(cited[: cited.index("</span>")]) == HOSTED
    assert "Source 1 of 2" in html and ">5 May 2018</bdi>, 2 paragraphs" in html
    assert 'href="https://example.org/dushanbe?a=1&amp;b=2"' in html


def test_the_first_source_has_none_before_it_and_the_last_one_none_after_it():
    turn = Turn("?", answered("?", source(), hit(DUSHANBE.passages[1])), id=7)
    first, last = opened(turn, 1), opened(turn, 2)
    assert 'data-number="0" disabled' in first and 'data-number="2">' in first
    assert 'data-number="1">' in last and 'data-number="3" disabled' in last


@pytest.mark.parametrize("number", [0, -1, 3])
def test_a_source_that_a_turn_does_not_have_is_not_opened(number):
    turn = Turn("?", answered("?", source(), hit(DUSHANBE.passages[1])))
    assert Shelf.of(turn, "hits", number) is None and Shelf.of(None, "hits", 1) is None
    assert words.SOURCE_EMPTY in render.source(None)


def test_a_nearest_passage_is_opened_without_a_mark():
    html = opened(Turn("?", refused("?", "No.", source())), kind="nearest")
    assert 'class="cited"' in html and "<mark" not in html


def test_title_and_dateline_of_a_text_are_told_apart_and_the_text_stays_whole():
    one = replace(
        DUSHANBE, text="A title\n\nRome, 5 May — Talks.\n", title_span=(0, 7),
        dateline_span=(9, 20), paragraphs=((9, 29),),
    )  # fmt: skip
    parts = Shelf(one).parts
    assert "".join(part.text for part in parts) == one.text.strip()
    assert [(part.text, part.kind) for part in parts if part.kind] == [
        ("A title", "title"),
        ("Rome, 5 May", "dateline"),
    ]


def test_of_a_very_long_release_the_part_around_the_cited_paragraph_is_shown():
    long = release(*("x" * 1000 for _ in range(1000)))
    shelf = Shelf(long, hit(long.passages[500]))
    text = "".join(part.text for part in shelf.parts)
    assert len(text) == 1000 + 2 * 200_000 and text in long.text
    assert words.SHORTENED in render.source(shelf)
    assert words.SHORTENED not in opened(Turn("?", answered("?", source())))


def test_all_of_a_very_long_release_can_be_opened():
    long = replace(release(*("x" * 1000 for _ in range(1000))), id="a&b")
    shelf = Shelf(long, hit(long.passages[500]))
    assert 'data-do="release" data-id="a&amp;b">' + words.OPEN_ALL in render.source(shelf)
    assert words.OPEN_ALL not in render.source(replace(shelf, note=words.GONE_SINCE))
    in_full = render.source(Shelf(long))
    assert long.text.strip() in in_full
    assert words.SHORTENED not in in_full and words.BEGINNING not in in_full


def test_a_release_that_no_browser_could_lay_out_shows_its_beginning_and_says_so():
    huge = Shelf(release("x" * 6_000_000))
    assert "".join(part.text for part in huge.parts) == "x" * 5_000_000
    assert words.BEGINNING in render.source(huge) and words.OPEN_ALL not in render.source(huge)


# --- the archive -------------------------------------------------------------------------------


def test_missing_and_future_dates_are_told_in_the_list():
    tomorrow = dt.date.today() + dt.timedelta(1)
    html = render.listing(
        shelf(
            replace(DUSHANBE, id="none", date=None),
            replace(DUSHANBE, id="late", date=dt.date(2999, 1, 2)),
            replace(DUSHANBE, id="soon", date=tomorrow),  # elsewhere it is today
        ).listed(),
        Filter(),
    )
    assert "<strong>no date</strong>" in html
    assert "<strong>2 January 2999 (in the future?)</strong>" in html
    assert html.count("<strong>") == 2
    assert '1 release without a date <button type="button" data-do="undated">' in html
    undated = render.listing(shelf(replace(DUSHANBE, date=None)).listed(), Filter(undated=True))
    assert 'data-do="undated"' not in undated


def test_the_list_has_a_row_for_each_release_with_its_facts():
    html = render.listing(shelf(DUSHANBE).listed(), Filter())
    assert ">5 May 2018</td>" in html and "<bdi>Dushanbe</bdi></td>" in html
    assert 'data-do="release" data-id="r">Head of the UN Office' in html
    assert '<td class="count" data-label="Passages">2</td>' in html
    assert "1 to 1 of 1 release<" in html
    assert "5 May 2018: 1 release<" in html


@pytest.mark.parametrize(
    ("order", "sort", "offered"),
    [
        (Order.NEWEST, "descending", "oldest"),
        (Order.OLDEST, "ascending", "newest"),
        (Order.TITLE, "ascending", "newest"),
    ],
)
def test_the_list_says_how_it_is_sorted_and_offers_another_order(order, sort, offered):
    html = render.listing(shelf(DUSHANBE).listed(), Filter(order=order))
    assert html.count(f'aria-sort="{sort}"') == 1 == html.count("aria-sort")
    assert f'data-order="{offered}">Date<' in html


def test_a_list_without_a_match_says_so():
    nothing = shelf(DUSHANBE).listed(Filter(words="nowhere"))
    assert words.NO_RELEASES in render.listing(nothing, Filter())


def test_bars_are_as_high_as_their_share_and_one_release_can_be_seen():
    many = [replace(DUSHANBE, id=str(n), date=dt.date(2018, 5, 5 if n else 7)) for n in range(101)]
    html = render.listing(shelf(*many).listed(), Filter())
    assert html.count("block-size: 100%") == 1 and html.count("block-size: 4%") == 1
    assert html.count("block-size: 0%") == 1 and html.count("disabled><span") == 1


def test_the_filters_keep_what_was_chosen():
    chosen = Filter("talks", dt.date(2018, 5, 1), None, "Dushanbe", None)
    html = render.filters(chosen, ("Dushanbe", "Rome"), ("UN",))
    assert 'value="talks"' in html and 'name="since" value="2018-05-01"' in html
    assert '<option value="Dushanbe" selected>' in html and '<option value="Rome">' in html
    assert '<option value="UN">' in html


def test_the_last_change_is_told_with_its_first_releases():
    rows = shelf(DUSHANBE).rows(("r", "gone"))
    html = render.holdings(Change(CHANGED, 2, 0, 0, 1, ("r",)), rows, ())
    assert ": 2 added, 1 removed</summary>" in html
    assert html.count('data-do="release"') == 1 and 'data-id="r"' in html
    assert 'data-do="rebuild"' in html


def test_the_archive_names_files_that_could_not_be_read():
    problems = (
        Problem("a.txt", None, "is not UTF-8", lost=True),
        Problem("b.jsonl", 3, "has no text", lost=True),
        Problem("b.jsonl", 9, "has no text", lost=True),
        Problem("c.txt", None, "has no title", lost=False),
    )
    told = "2 files could not be read, 1 read with a reservation"
    html = render.holdings(None, (), problems)
    assert f"<summary>{told}</summary>" in html and "b.jsonl, line 3: has no text" in html
    assert f"{told} (see Archive)" in render.state(None, None, FRESHNESS, problems)


def test_a_thousand_problems_do_not_flood_the_page():
    problems = tuple(Problem(f"{n}.txt", None, "is empty", lost=True) for n in range(1000))
    html = render.holdings(None, (), problems)
    assert html.count("<li") == 51 and "950 more: `eventqa build` lists them all." in html


def test_the_state_says_what_is_being_done_and_how_far_it_is():
    html = render.state("Encoding: 3 of 11", (3, 11), FRESHNESS, ())
    assert '<progress value="3" max="11" aria-label="Encoding: 3 of 11">' in html
    assert str(FRESHNESS) in html and "could not be read" not in html
    assert "<progress" not in render.state("Reading the corpus", None, FRESHNESS, ())


# --- nothing becomes markup --------------------------------------------------------------------


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_becomes_markup(hostile):
    evil = release(hostile, title=hostile, body=hostile, place=hostile, url=hostile)
    evil = replace(evil, path=hostile, language=hostile, id=hostile)
    hits = (hit(evil.passages[0], hostile), hit(evil.passages[0]))
    period = replace(MAY, words=hostile)
    failed = Turn(hostile, None, hostile)
    turns = (
        Turn(hostile, replace(answered("?", *hits), period=period), id=1),
        Turn(hostile, replace(refused("?", hostile, *hits), period=period), id=2),
        failed,
    )
    archive = shelf(evil)
    listed = archive.listed()
    chosen = Filter(hostile, place=hostile, body=hostile)
    problems = (Problem(hostile, None, hostile, True),)
    html = [
        render.earlier((*turns, failed)),
        *map(render.desk, turns),
        *(render.said(*render.outcome(turn)) for turn in turns),
        render.hint(hostile),
        render.state(hostile, (1, 2), FRESHNESS, problems),
        render.more((hostile,), turns[0]),
        render.source(Shelf.of(turns[0], "hits", 1)),
        render.source(Shelf(evil, note=hostile)),
        render.source(None, hostile),
        render.holdings(archive.last_change, listed.rows, problems),
        render.filters(chosen, (hostile,), (hostile,)),
        render.listing(listed, chosen),
    ]
    assert _tags("".join(html)) <= {
        "article", "h2", "h3", "ol", "ul", "li", "span", "div", "blockquote", "mark", "p", "bdi",
        "details", "summary", "section", "strong", "button", "input", "label", "select", "option",
        "table", "thead", "tbody", "tr", "th", "td", "progress",
    }  # fmt: skip
    assert _attributes("".join(html)) <= {
        "class", "dir", "lang", "role", "style", "title", "type", "name", "value", "max", "scope",
        "selected", "disabled", "autocomplete", "maxlength", "tabindex", "aria-label", "aria-live",
        "aria-hidden", "aria-sort", "data-begins", "data-ends", "data-copy", "data-do",
        "data-turn", "data-kind", "data-number", "data-question", "data-id", "data-form",
        "data-live", "data-submit", "data-since", "data-until", "data-order", "data-start",
        "data-label", "data-back", "data-again", "data-landing",
        "data-looking", "data-failed", "data-told",
    }  # fmt: skip
    assert all("__i18n__" not in one for one in html)  # Gradio would put another text in its place
    assert hostile in _text_of(html[1])


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd",
     "//evil.example", "ftp://a.example", "https://", "http://[", " javascript:x", "", None],
)  # fmt: skip
def test_only_web_addresses_become_links(url):
    turn = Turn("?", answered("?", hit(release("A.", url=url).passages[0])))
    html = render.desk(turn) + opened(turn)
    assert "<a " not in html and html.count('<bdi class="path">dushanbe.txt</bdi>') == 2
    assert words.COPY_LINK not in html and web_address(url) is None


def test_a_web_address_is_a_link_that_tells_nobody_where_it_was_clicked():
    html = shown(answered("?", source()))
    href = 'href="https://example.org/dushanbe?a=1&amp;b=2"'
    assert f'<a {href} target="_blank" rel="noopener noreferrer">' in html


def test_earlier_questions_are_listed_newest_first_without_the_latest():
    turns = tuple(Turn(name, refused(name, "No.")) for name in ("one", "two", "three"))
    html = render.earlier(turns)
    assert html.index("two") < html.index("one") and "three" not in html
    assert render.earlier(turns[:1]) == ""


def test_the_answer_is_heard_with_its_citation():
    html = render.said(*render.outcome(Turn("?", answered("?", source()))))
    assert "1 passage." in html
    assert f'<span class="heard">{SENTENCE} {html_lib.escape(str(source().citation))}' in html


# --- helpers -----------------------------------------------------------------------------------


def _tags(html):
    return {tag for tag, _ in _parsed(html)}


def _attributes(html):
    return {name for _, attributes in _parsed(html) for name, _ in attributes}


def _parsed(html):
    reader = _Reader()
    reader.feed(html)
    return reader.found


def _text_of(html):
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.text)


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, attrs))

    def handle_data(self, data):
        self.text.append(data)
