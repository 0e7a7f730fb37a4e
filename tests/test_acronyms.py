"""Short forms that a text explains, and questions read with the other form."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventqa.acronyms import Acronyms, defined

# What a text explains


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("The African Union (AU) met.", "AU", "African Union"),
        ("a memorandum of understanding (MoU)", "MoU", "memorandum of understanding"),
        ("The Republic of Korea (ROK)", "ROK", "Republic of Korea"),
        ("The Office of Special Counsel (OSC)", "OSC", "Office of Special Counsel"),
        ("non-governmental organizations (NGOs)", "NGOs", "non-governmental organizations"),
        (
            "UN Office on Drugs and Crime (“UNODC”)",
            "UNODC",
            "UN Office on Drugs and Crime",
        ),
        (
            "Islamic State in Iraq and the Levant (ISIL, also known as Da’esh)",
            "ISIL",
            "Islamic State in Iraq and the Levant",
        ),
        (
            "Organization for Security and Co-operation in Europe (OSCE)",
            "OSCE",
            "Organization for Security and Co-operation in Europe",
        ),
        (
            "United Nations Educational, Scientific and Cultural Organization (UNESCO)",
            "UNESCO",
            "United Nations Educational, Scientific and Cultural Organization",
        ),
        (
            "the Office of the United Nations High Commissioner for Human Rights (OHCHR)",
            "OHCHR",
            "Office of the United Nations High Commissioner for Human Rights",
        ),
        (
            "the International Criminal Police Organization (INTERPOL)",
            "INTERPOL",
            "International Criminal Police Organization",
        ),
        ("the Global Counterterrorism Forum (GCTF)", "GCTF", "Global Counterterrorism Forum"),
        ("coronavirus disease 2019 (COVID-19)", "COVID-19", "coronavirus disease 2019"),
        ("UNOCT (UN Office of Counter-Terrorism)", "UNOCT", "UN Office of Counter-Terrorism"),
        ("WHO (the World Health Organization)", "WHO", "World Health Organization"),
        ("the AU (African Union, of Addis Ababa)", "AU", "African Union"),
    ],
)
def test_a_short_form_in_brackets_is_explained_by_the_words_beside_it(text, short, long):
    assert defined(text) == {short: long}


@pytest.mark.parametrize(
    ("text", "long"),
    [
        # Schwartz and Hearst would stop at "Security Administration".
        ("the Social Security Administration (SSA)", "Social Security Administration"),
        ("the National Nuclear Security Administration (NNSA)", None),
        ("a study of the Department of Agriculture’s (DA) plans", "Department of Agriculture"),
    ],
)
def test_a_long_form_has_all_its_words_and_no_more(text, long):
    assert list(defined(text).values()) == [long or "National Nuclear Security Administration"]


@pytest.mark.parametrize(
    "text",
    [
        "It met (see below).",
        "The conference (Dushanbe) ended.",
        "said Sarah Daly (S&D, IE)",
        "said Energy committee rapporteur Zdzislaw Krasnodębski (ECR, PL)",
        "Senator Dan Waters (D-WA)",
        "Senators (R-AL and D-CA) met.",
        "The Committee met (USA).",
        "Nobody explained it (UNOCT).",
        "It ended. African leaders said: Union now. (AU)",
        "the African\nUnion\n(AU)",
        "COVID-19 pandemic (COVI)",
        "UNOCT (UNOCT)",
        "Netflix (NFLX) and tuberculosis (TB)",
        "African Union(AU)",  # as in f(x): no space
        "Part (a) and (b), note (12)",
        "African Union (AU",
        "AU)",
        "(AU) African Union",
        "() (())",
    ],
)
def test_what_explains_nothing_is_not_taken_for_it(text):
    assert defined(text) == {}


def test_the_first_explanation_of_a_form_counts_and_their_order_is_that_of_the_text():
    text = (
        "The World Food Programme (WFP) and the African Union (AU) met. "
        "The Wide Forest Project (WFP) did not."
    )
    assert list(defined(text).items()) == [
        ("WFP", "World Food Programme"),
        ("AU", "African Union"),
    ]


@given(st.text(alphabet="AUau ()-’.,\n“é🌍", max_size=80))
def test_both_forms_are_slices_of_the_text_whatever_it_holds(text):
    for short, long in defined(text).items():
        assert short in text
        assert long in text


def test_long_texts_take_time_in_proportion():
    for text in ("(" * 100_000, " (A" * 50_000, " (AB)" * 40_000, "a " * 100_000 + "(AB)"):
        start = time.perf_counter()
        defined(text)
        assert time.perf_counter() - start < 5


def test_the_commonest_long_form_comes_first_whatever_its_case():
    texts = [{"WHO": "World Hockey Organ"}]
    texts += [{"WHO": "World Health Organization"}, {"WHO": "world health organization"}]
    texts += [{"AU": "African Union"}]
    assert Acronyms(texts).longs == {
        "WHO": ("World Health Organization", "World Hockey Organ"),
        "AU": ("African Union",),
    }


# What a question means

LONGS = {
    "UNOCT": ["UN Office of Counter-Terrorism", "Office of Counter-Terrorism"],
    "UN": ["United Nations"],
    "WHO": ["World Health Organization"],
    "US": ["United States"],
    "AIDS": ["acquired immunodeficiency syndrome"],
    "MoU": ["memorandum of understanding"],
    "NGOs": ["non-governmental organizations"],
    "COVID-19": ["coronavirus disease 2019"],
    "CARE": ["Comprehensive AIDS Resource Emergency"],
    "ACS": ["American Cancer Society"],
}
KNOWN = Acronyms({short: long} for short, each in LONGS.items() for long in each)


def is_word(word: str) -> bool:
    return word in {"aids", "care", "it", "told", "who"}


def read(question):
    """The question with the other form of every form in it."""
    for (start, end), other in reversed(KNOWN.used(question, is_word).items()):
        question = question[:start] + other + question[end:]
    return question


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("When was UNOCT founded?", "When was UN Office of Counter-Terrorism founded?"),
        ("when was unoct founded?", "when was UN Office of Counter-Terrorism founded?"),
        ("What is UNOCT’s budget?", "What is UN Office of Counter-Terrorism’s budget?"),
        ("Who leads the UN office of counter terrorism?", "Who leads the UNOCT?"),
        ("Who leads the office of counter-terrorism?", "Who leads the UNOCT?"),
        ("Who leads the World  Health\nOrganization?", "Who leads the WHO?"),
        ("Who leads the WHO?", "Who leads the World Health Organization?"),
        (
            "Did the UN and UNOCT meet?",
            "Did the United Nations and UN Office of Counter-Terrorism meet?",
        ),
        ("Which MoU was signed?", "Which memorandum of understanding was signed?"),
        ("Which NGO spoke?", "Which non-governmental organizations spoke?"),
        ("Do MoUs bind?", "Do memorandum of understanding bind?"),
        ("Did AIDS spread?", "Did acquired immunodeficiency syndrome spread?"),
        ("How did Covid-19 spread?", "How did coronavirus disease 2019 spread?"),
        ("WHO LEADS UNOCT?", "WHO LEADS UN Office of Counter-Terrorism?"),
    ],
)
def test_a_question_is_also_read_with_the_other_form(question, other):
    assert read(question) == other


@pytest.mark.parametrize(
    "question",
    [
        "",
        "Who told us?",
        "Who aids whom?",
        "Who takes care of it?",
        "Is the AC on?",
        "Did it aid us?",
        "Which mou was it?",  # three letters typed small may be anything
        "the un-official",
        "Is the UNOCTs4 here?",
        "None of it",
        "WHO TOLD US?",
        "Officer of counter-terrorism",
        "\x00\ud800🌍(((",
    ],
)
def test_a_question_without_known_forms_is_read_as_typed(question):
    assert read(question) == question


def test_a_word_of_the_language_is_a_short_form_only_with_two_capitals():
    assert KNOWN.used("Who leads Care?", is_word) == {}
    assert KNOWN.used("Who leads CARE?", is_word) == {
        (10, 14): "Comprehensive AIDS Resource Emergency"
    }


def test_of_short_forms_that_differ_only_in_case_the_commonest_is_meant():
    known = Acronyms([{"PoS": "Place of Sale"}] * 2 + [{"POS": "Part of Speech"}])
    assert known.used("What is POS?", is_word) == {(8, 11): "Place of Sale"}
    assert known.used("What is a part of speech?", is_word) == {(10, 24): "POS"}


@pytest.mark.parametrize(("short", "long"), [("GK", "Große Koalition"), ("IB", "İstanbul Bankası")])
def test_a_long_form_is_found_as_it_is_written_in_any_script(short, long):
    for said in {long, long.upper()} if long.isascii() else {long, long.replace("ß", "ss")}:
        assert Acronyms([{short: long}]).used(f"Was sagt {said}?", is_word) == {
            (9, 9 + len(said)): short
        }


def test_the_places_of_known_forms_are_in_order_and_never_overlap():
    question = "Did the UN Office of Counter-Terrorism (UNOCT) ask the UN?"
    uses = KNOWN.used(question, is_word)
    assert {question[start:end]: other for (start, end), other in uses.items()} == {
        "UN Office of Counter-Terrorism": "UNOCT",
        "UNOCT": "UN Office of Counter-Terrorism",
        "UN": "United Nations",
    }


PARTS = [*LONGS, *(long for each in LONGS.values() for long in each), "the", "?", "(", "ß", "-"]


@given(st.lists(st.sampled_from(PARTS), max_size=8).map(" ".join))
def test_what_is_found_in_any_question_stands_apart_and_in_order(question):
    uses = KNOWN.used(question, is_word)
    ends = [place for span in uses for place in span]
    assert ends == sorted(ends)
    for (start, end), other in uses.items():
        form = question[start:end]
        assert other in LONGS or form in LONGS, "one of two forms is the short one"


def test_a_question_is_quick_although_many_short_forms_are_known():
    many = Acronyms({f"A{at:05}X": f"word{at} of the other thing {at}"} for at in range(30_000))
    start = time.perf_counter()
    for _ in range(10):
        assert many.used("What is A00017X, and word7 of the other thing 7?", is_word) == {
            (8, 15): "word17 of the other thing 17",
            (21, 47): "A00007X",
        }
    assert time.perf_counter() - start < 0.1
