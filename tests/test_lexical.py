"""The best passages for some words, against BM25 worked out in plain Python."""

import math
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from states import DAMAGES, broken

import eventqa.forms
import eventqa.lexical
from eventqa.lexical import FILE, Entry, LexicalIndex, saved_as

# Words that are their own stems, so that nothing here depends on how terms are made.
WORDS = ("bank", "border", "drum", "forum", "grain", "guard", "lamp", "sand")
NONE = np.empty(0, np.int64)


def of(*texts: str) -> LexicalIndex:
    """An index of texts without titles, under 1, 2, 3 and so on."""
    return LexicalIndex.of(Entry(id, "", text) for id, text in enumerate(texts, 1))


def found(index: LexicalIndex, query: str, **options) -> list[int]:
    return index.search(query, 10, **options)[0].tolist()


def bm25(texts: dict[int, str], query: str) -> list[tuple[int, float]]:
    """Every text with a score, best first, ties by id. Robertson's formula, k1 = .6 and b = .3."""
    words = {id: text.split() for id, text in texts.items()}
    average = sum(map(len, words.values())) / len(words) or 1
    scores = dict.fromkeys(words, 0.0)
    for word in dict.fromkeys(query.split()):
        holders = sum(word in held for held in words.values())
        rarity = math.log(1 + (len(words) - holders + 0.5) / (holders + 0.5))
        for id, held in words.items():
            often = held.count(word)
            damping = 0.6 * (1 - 0.3 + 0.3 * len(held) / average)
            scores[id] += rarity * often * 1.6 / (often + damping)
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return [(id, score) for id, score in ranked if score > 0]


texts = st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join)


# What is found


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, min_size=1, max_size=12), texts)
def test_the_scores_are_those_of_bm25(written, query):
    index = of(*written)
    ids, scores = index.search(query, 100)
    expected = dict(bm25(dict(enumerate(written, 1)), query))
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)
    assert sorted(ids.tolist()) == sorted(expected)
    # In this order, too: but where two texts tie, rounding may part them.
    np.testing.assert_allclose(scores, [expected[id] for id in ids.tolist()], rtol=1e-5)


def test_a_score_worked_out_by_hand():
    index = of("sand sand", "drum", "lamp")
    # N 3, n 1: ln(1 + 2.5 / 1.5) = .98083; damping .6 × (.7 + .3 × 2 / (4 / 3)) = .69
    # .98083 × 1.6 × 2 / 2.69 = 1.16679
    ids, scores = index.search("sand", 5)
    assert ids.tolist() == [1]
    assert scores.tolist() == [pytest.approx(1.16679, abs=1e-5)]
    assert scores.dtype == np.float32
    assert ids.dtype == np.int64


def test_the_title_is_searched_with_the_text():
    index = LexicalIndex.of([Entry(1, "Forum on water", "It rained."), Entry(2, "", "Lamps.")])
    assert found(index, "forum") == [1]
    assert found(index, "rain") == [1]


def test_equal_texts_come_in_the_order_of_their_ids_even_where_the_list_ends():
    index = LexicalIndex.of(Entry(id, "", "sand") for id in (9, 3, 7, 5, 1))
    assert index.search("sand", 3)[0].tolist() == [1, 3, 5]


def test_a_better_text_is_never_lost_among_equal_ones():
    index = of(*["sand drum drum"] * 50, "sand sand", *["sand drum drum"] * 50)
    assert index.search("sand", 2)[0].tolist() == [51, 1]


def test_only_entries_among_the_given_are_found_with_the_scores_they_have_anyway():
    index = of("sand", "sand drum", "drum", "sand sand drum")
    ids, scores = index.search("sand", 10)
    some, theirs = index.search("sand", 10, np.array([4, 2, 77]))
    assert some.tolist() == [4, 2]
    assert theirs.tolist() == [scores[ids.tolist().index(id)] for id in (4, 2)]
    assert index.search("sand", 10, NONE)[0].tolist() == []


@pytest.mark.parametrize(("k", "count"), [(-1, 0), (0, 0), (1, 1), (2, 2), (1000, 2)])
def test_asking_for_any_number_gives_at_most_what_there_is(k, count):
    ids, scores = of("sand", "sand", "drum").search("sand", k)
    assert (len(ids), len(scores)) == (count, count)


def test_one_entry_is_found():
    assert found(of("sand"), "sand") == [1]


def test_in_nothing_nothing_is_found():
    assert found(of(), "sand") == []


def test_entries_without_words_are_found_by_nothing():
    index = of("", "—", "🌍")
    assert found(index, "— 🌍") == []
    assert index.ids.tolist() == [1, 2, 3]


def test_a_word_may_be_there_as_often_as_anyone_likes():
    index = of("sand drum " * 70_000, "lamp " * 140_000)
    assert found(index, "sand") == [1]
    # N 2, n 1; beside so many the damping is nothing: ln 2 × 1.6
    assert index.search("sand", 1)[1].tolist() == [pytest.approx(math.log(2) * 1.6, rel=1e-4)]


# What counts as the same word


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Gerd Müller spoke.", "muller"),
        ("Gerd Muller spoke.", "Müller"),
        ("Gerd Mu\u0308ller spoke.", "Müller"),  # the mark as a character of its own
        ("Søren Łukasz spoke.", "soren lukasz"),
        ("Straße", "strasse"),
        ("Tajikistan’s president", "Tajikistan"),
        ("in Tajikistan", "Tajikistan's"),
        ("They adopted it.", "adopting"),
        ("The delegates met.", "meet"),
        ("MINUSMA left Mali.", "minusma"),
        ("Minusma left Mali.", "MINUSMA"),
        ("the counter-terrorism office", "counterterrorism"),
        ("the counterterrorism office", "counter-terrorism"),
        ("the counter‑terrorism office", "counterterrorism"),  # a hyphen that does not break
        ("the counter terrorism office", "counter-terrorism"),
        ("Côte d’Ivoire", "Cote d'Ivoire"),
        ("The resolu\u00adtion", "resolution"),
        ("The U.S. voted.", "US"),
        ("The US voted.", "U.S."),
        ("The US voted.", "u.s."),
        ("the US’s vote", "US"),
        ("The US voted.", "the US's"),
        ("The U.N. voted.", "UN"),
        ("the UN voted", "u.n."),
        ("Security Council resolution S/RES/2396 (2017)", "2396"),
        ("resolution 2396 (2017)", "S/RES/2396 (2017)"),
        ("A/RES/72/284", "A/RES/72/284"),
        ("1,500 delegates", "1500"),
        ("1500 delegates", "1,500"),
        ("3.5 per cent", "3.5"),
        ("the ＵＮＯＤＣ", "UNODC"),  # wide letters
    ],
)
def test_what_is_asked_is_found_however_it_is_written(written, asked):
    assert found(of("Nothing of it here.", written), asked) == [2]


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("It told us so.", "US"),
        ("Who said so?", "WHO"),
        ("The WHO said so.", "who said WHAT happened"),
        ("4.5 per cent", "4"),
        ("S/RES/2396", "239"),
    ],
)
def test_what_is_another_word_is_not_found(written, asked):
    assert found(of(written), asked) == []


def test_in_a_headline_of_capitals_small_words_are_small():
    assert found(of("It told us so.", "Delegates leave."), "WHO TOLD US DELEGATES LEAVE") == [2]


def test_a_compound_counts_once_by_the_better_of_its_two_forms():
    index = of("counter-terrorism", "drum")
    _, both = index.search("counter-terrorism", 1)
    _, parts = index.search("counter terrorism", 1)
    assert both.tolist() == parts.tolist()


# What a person may type


@pytest.mark.parametrize(
    "query",
    [
        "",
        " ",
        "\x00\x07\x1b",
        "🌍🌍",
        "?" * 1000,
        "sand " * 200,
        "x" * 1000,
        "\ud800",
        "\u202e dnas",
        "वर्षा 平和 سلام",
        "'" * 50 + "a" + "-" * 50,
        "....a.b.c....1.2.3,,,",
    ],
)
def test_any_text_may_be_asked(query):
    ids, scores = of("sand", query).search(query, 5)
    assert len(ids) == len(scores)
    assert (scores > 0).all()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=4), st.text(max_size=60))
def test_any_text_may_be_indexed_and_asked(written, query):
    ids, scores = of(*written).search(query, 5)
    assert (scores > 0).all()
    assert (np.diff(scores) <= 0).all()
    assert len(set(ids.tolist())) == len(ids)


@pytest.mark.parametrize(
    "query",
    ['AND title:(sand) "~', "+sand -drum", "sand OR NOT drum^9", "id:2 sand*", "[sand TO drum}"],
)
def test_query_syntax_is_data(query):
    index = of("sand", "drum", "lamp")
    words = " ".join(word for word in ("sand", "drum") if word in query)
    assert found(index, query) == found(index, words)


def test_small_words_count_for_nothing_beside_others():
    index = of("who what when of the it", "sand")
    assert found(index, "Who is of the sand?") == [2]


def test_a_question_of_small_words_only_is_searched_by_them():
    assert found(of("sand", "What is it?"), "what is it") == [2]
    assert found(of("sand"), "what is it") == []


# Two forms of one thing

LONG = "Office of Counter-Terrorism"
BOTH = [("UNOCT", LONG)]


@pytest.mark.parametrize("query", ["When was UNOCT founded?", f"When was the {LONG} founded?"])
def test_an_acronym_is_found_by_its_long_form_and_the_other_way_round(query):
    index = of("UNOCT was founded.", f"The {LONG} was founded.", "The city was founded.")
    assert set(found(index, query, also=BOTH)) == {1, 2, 3}
    ids = found(index, query, also=BOTH)
    assert ids[2] == 3


def test_the_other_form_is_worth_no_more_than_the_one_asked_for_and_never_their_sum():
    index = of("UNOCT", "Office of Counter Terrorism", "UNOCT Office of Counter Terrorism", "sand")
    ids, scores = index.search("UNOCT", 5, also=BOTH)
    rarity = math.log(1 + 2.5 / 2.5)  # N 4, n 2
    lengths = {1: 1, 2: 4, 3: 5}
    expected = [
        rarity * 1.6 / (1 + 0.6 * (0.7 + 0.3 * length / 2.75)) for length in lengths.values()
    ]
    assert ids.tolist() == [1, 2, 3]
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


def test_a_part_of_the_other_form_counts_for_nothing():
    index = of("The office of the mayor", "UNOCT", "sand")
    assert found(index, "UNOCT", also=BOTH) == [2]
    assert found(index, "the Office of Counter-Terrorism", also=BOTH) == [2, 1]


def test_forms_of_what_was_not_asked_for_count_for_nothing():
    index = of("UNOCT", "sand")
    assert found(index, "sand", also=BOTH) == [2]
    assert found(index, "sand", also=[(), ("",), ("", "?")]) == [2]


def test_an_acronym_is_looked_for_where_the_word_it_looks_like_is_not():
    index = of("The WHO spoke.", "Who spoke?", "They told us.", "The US spoke.", "sand")
    assert found(index, "WHO") == [1]
    assert found(index, "U.S.") == [4]


# Changes


def same(index: LexicalIndex, other: LexicalIndex, queries: list[str]) -> None:
    """Both give the very same ids and scores, to the last bit."""
    assert index.ids.tolist() == other.ids.tolist()
    for query in queries:
        for ours, theirs in zip(index.search(query, 5), other.search(query, 5), strict=True):
            assert ours.tolist() == theirs.tolist()


steps = st.lists(st.tuples(st.sets(st.integers(0, 30)), st.lists(texts, max_size=4)), max_size=8)


@settings(max_examples=80, deadline=None)
@given(steps, st.lists(texts, min_size=1, max_size=4), st.randoms())
def test_after_any_series_of_updates_the_index_is_as_one_made_anew(steps, queries, random):
    fresh = list(range(60))
    random.shuffle(fresh)  # the ids of new entries need not be the highest
    living: dict[int, Entry] = {}
    index = LexicalIndex.of([])
    for gone, new in steps:
        entries = [Entry(fresh.pop(), "", text) for text in new]
        index = index.updated(np.array(sorted(gone), np.int64), entries)
        living = {id: entry for id, entry in living.items() if id not in gone}
        living |= {entry.id: entry for entry in entries}
        same(index, LexicalIndex.of(living.values()), queries)


def test_what_is_gone_does_not_make_its_words_common():
    # An engine that only marks what is deleted would count ten and more.
    index = of("sand", "drum", "lamp")
    for id in range(4, 24):
        index = index.updated(np.array([id - 3 if id == 4 else id - 1]), [Entry(id, "", "sand")])
    assert (
        index.search("sand", 1)[1].tolist()
        == of("sand", "drum", "lamp").search("sand", 1)[1].tolist()
    )


def test_words_that_nothing_has_any_more_are_forgotten():
    index = of("sand", "drum").updated(np.array([1]), [])
    assert list(index._postings.places) == ["drum"]


def test_an_update_leaves_the_index_before_it_as_it_was():
    before = of("sand", "drum")
    after = before.updated(np.array([1]), [Entry(3, "", "lamp sand sand")])
    same(before, of("sand", "drum"), ["sand", "drum", "lamp"])
    assert found(after, "sand") == [3]
    other = before.updated(NONE, [Entry(9, "", "bank")])  # and may be changed in another way
    assert found(other, "sand") == [1]
    assert found(other, "bank") == [9]


def test_an_id_that_is_there_cannot_be_added_again_unless_it_goes():
    index = of("sand", "drum")
    with pytest.raises(ValueError, match="id 2 is there already"):
        index.updated(NONE, [Entry(2, "", "lamp")])
    with pytest.raises(ValueError, match="id 5 is there already"):
        index.updated(NONE, [Entry(5, "", "lamp"), Entry(5, "", "bank")])
    assert found(index.updated(np.array([2]), [Entry(2, "", "lamp")]), "lamp") == [2]


def test_many_threads_may_search_while_it_is_updated():
    index = of(*[" ".join(WORDS[n % 5 : n % 5 + 3]) for n in range(200)])
    expected = {word: found(index, word) for word in WORDS}
    with ThreadPoolExecutor(4) as pool:
        looks = pool.map(lambda n: found(index, WORDS[n % 8]) == expected[WORDS[n % 8]], range(400))
        for id in range(300, 320):
            index.updated(np.array([id % 7]), [Entry(id, "", "sand drum")])
        assert all(looks)


# On disk


def test_a_saved_index_comes_back_as_it_was(tmp_path):
    index = LexicalIndex.of(
        [Entry(3, "Forum", "sand sand"), Entry(8, "", "Müller"), Entry(9, "", "")]
    )
    sha256 = index.save(tmp_path)
    assert saved_as(tmp_path, sha256)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    loaded = LexicalIndex.load(tmp_path, sha256)
    assert loaded is not None
    same(loaded, index, ["forum sand", "muller", "drum"])
    same(
        loaded.updated(np.array([3]), [Entry(10, "", "sand lamp")]),
        index.updated(np.array([3]), [Entry(10, "", "sand lamp")]),
        ["forum sand", "muller", "lamp"],
    )


def test_an_empty_index_comes_back_empty(tmp_path):
    loaded = LexicalIndex.load(tmp_path, of().save(tmp_path))
    assert loaded is not None
    assert found(loaded.updated(NONE, [Entry(1, "", "sand")]), "sand") == [1]


@pytest.mark.parametrize("damage", [*DAMAGES, "foreign"])
def test_a_damaged_or_foreign_file_is_no_index(tmp_path, damage):
    sha256 = of("sand", "drum").save(tmp_path)
    if damage == "foreign":
        of("sand", "lamp").save(tmp_path)
    else:
        broken(tmp_path / FILE, damage)
    assert LexicalIndex.load(tmp_path, sha256) is None
    assert not saved_as(tmp_path, sha256)


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_vouched_for_and_yet_no_index_is_none(tmp_path, data):
    import hashlib

    (tmp_path / FILE).write_bytes(data)
    assert LexicalIndex.load(tmp_path, hashlib.sha256(data).hexdigest()) is None


@pytest.mark.parametrize("what", ["format", "terms", "stemmer", "unicode"])
def test_an_index_whose_words_were_made_otherwise_is_made_again(tmp_path, monkeypatch, what):
    sha256 = of("sand").save(tmp_path)
    assert LexicalIndex.load(tmp_path, sha256) is not None
    if what == "format":
        monkeypatch.setattr(eventqa.lexical, "FORMAT", eventqa.lexical.FORMAT + 1)
    elif what == "terms":
        monkeypatch.setattr(eventqa.forms, "FORMAT", eventqa.forms.FORMAT + 1)
    elif what == "stemmer":
        other = {"pystemmer": "0"}
        monkeypatch.setattr(eventqa.forms, "version", lambda name: other.get(name, version(name)))
    else:
        monkeypatch.setattr(unicodedata, "unidata_version", "0")
    assert LexicalIndex.load(tmp_path, sha256) is None
