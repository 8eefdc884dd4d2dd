"""The normaliser: what is one word, what is the same word, and where it stood."""

from __future__ import annotations

import itertools
import time
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webapp.errors import Invalid
from webapp.text import compile_keyword, located, padded, phrase, tokens, words_found

# A busy machine must not fail a test that is about words.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def finds(keyword: str, title: str) -> bool:
    return compile_keyword(keyword).found_in(padded(title))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Senior Software Engineer", "senior software engineer"),
        ("", ""),
        (" – / ***", ""),
        ("Front-End", "front end"),
        ("C/C++ Developer", "c c++ developer"),
        ("C#/.NET (ASP.NET)", "c# .net asp .net"),
        (".NET8, .NetCore; Network", ".net 8 .net core network"),
        ("Senior C ++ / C # Dev", "senior c++ c# dev"),
        ("VC++ and F#", "vc++ and f#"),
        ("C＋＋", "c++"),
        ("C♯", "c#"),
        ("Staff+ Software Engineer", "staff software engineer"),
        ("CompTIA A+ Technician (3+ years)", "comptia a+ technician 3 years"),
        ("Node.js", "node js"),
        ("R&D Engineer", "r&d engineer"),
        ("Head of R & D, M&A", "head of r&d m&a"),
        ("FP&A at AT&T", "fp a at at t"),
        ("C & C++", "c c++"),
        ("U.S. Sales, Washington D.C.", "us sales washington dc"),
        ("B.Sc. e.g. student", "b sc eg student"),
        ("Master's Thesis", "master thesis"),
        ("Women’s Wear", "women wear"),
        ("Ha'Emek", "ha emek"),
        ("Data Engineer_AI", "data engineer ai"),
        ("Apache Spark™ Lead®", "apache spark lead"),
        ("Engineer\u200b Soft\u00adware", "engineer software"),
        ("\u202eengineer\u202c", "engineer"),
        ("DÉVELOPPEUR Développeur", "developpeur developpeur"),
        ("De\u0301veloppeur", "developpeur"),
        ("Straße STRASSE", "strasse strasse"),
        ("İstanbul ISTANBUL ıstanbul", "istanbul istanbul istanbul"),
        ("Łódź København Œuvre Ærø", "lodz kobenhavn oeuvre aero"),
        ("ﬁnance Ｆｕｌｌ 𝐒𝐞𝐧𝐢𝐨𝐫 Engineer Ⅱ", "finance full senior engineer ii"),
        ("שָׁלוֹם", "שלום"),
        ("חל\"ד חל״ד חל''ד חלד", "חלד חלד חלד חלד"),
        ("ג׳וניור ג'וניור", "גוניור גוניור"),
        ("בית־ספר", "בית ספר"),
        ("מהנדס/ת תוכנה, מנהל.ת, נציג /ת שירות", "מהנדס תוכנה מנהל נציג שירות"),
        ("מהנדס QA/ל", "מהנדס qa ל"),
        ("לQA", "ל qa"),
        ("Специалист 1С ёлка", "специалист 1с елка"),
        ("Йога йод иод", "йога йод иод"),
        ("Київ", "київ"),
        ("软件工程师Engineer", "软 件 工 程 师 engineer"),
        ("ガｶﾞカ", "ガ ガ カ"),
        ("한국어 AI개발자", "한국어 ai 개발자"),
        ("हिन्दी अनुवादक", "हिन्दी अनुवादक"),
        ("วิศวกร", "วิ ศ ว ก ร"),
        ("مُهَنْدِس مـهـنـدس أحمد", "مهندس مهندس احمد"),
        ("Entwickler:in Entwickler*innen Entwickler/-in", "entwickler entwickler entwickler"),
        ("Engenheiro(a) de Software, Ingénieur·e, Assistant.e", "engenheiro de software ingenieur assistant"),
        ("Material Planner_IN", "material planner in"),
        ("Python/R, SQL/C, CDL/A", "python r sql c cdl a"),
        ("check-in", "check in"),
        ("Σίσυφος ΣΊΣΥΦΟΣ", "σισυφοσ σισυφοσ"),
    ],
)
def test_a_text_becomes_its_tokens(text: str, expected: str) -> None:
    assert " ".join(tokens(text)) == expected


@pytest.mark.parametrize(
    ("keyword", "title", "expected"),
    [
        ("java", "JavaScript Developer", False),
        ("java", "Java Developer", True),
        ("javascript", "Java Script", False),
        ("CTO", "Director of Sales", False),
        ("COO", "Coordinator", False),
        ("intern", "International Sales", False),
        ("intern", "Intern, Design", True),
        ("go", "Google Ads Specialist", False),
        ("go", "Go Developer", True),
        ("rust", "Zero Trust Architect", False),
        ("c", "C++ Developer", False),
        ("c", "C# Developer", False),
        ("c", "C/C++ Developer", True),
        ("c++", "C Developer", False),
        ("C++", "Embedded (c++)", True),
        ("c#", "C#/.NET Engineer", True),
        (".net", "C#/.NET Engineer", True),
        (".NET", "ASP.NET Engineer", True),
        (".net", "Network Engineer", False),
        ("net", "ASP.NET Engineer", False),
        ("node.js", "Node JS Developer", True),
        ("node js", "Senior Node.js Developer", True),
        ("node", "Node.js Developer", True),
        ("r&d", "Head of R&D", True),
        ("R & D", "R&D Engineer", True),
        ("r", "R&D Engineer", False),
        ("r", "R Programmer", True),
        ("front-end", "Front End Engineer", True),
        ("front end", "Front-End Engineer", True),
        ("frontend", "Front-End Engineer", False),
        ("developpeur", "Développeur Web", True),
        ("développeur", "DEVELOPPEUR WEB", True),
        ("strasse", "Straßenbau, Straße", True),
        ("software engineer", "Engineer, Software", False),
        ("software engineer", "Software & Engineer", True),
        ("engineer*", "Engineering Manager", True),
        ("engineer*", "Bioengineering", False),
        ("machine learn*", "Machine Learning Lead", True),
        ("machine learn*", "Machine and Learning", False),
        ("c*", "C++ Developer", True),
        ('"engineer*"', "Engineering Manager", False),
        ('"engineer*"', "Engineer", True),
        ('"staff engineer"', "Staff Engineer, Data", True),
        ('"staff engineer"', "Staff Data Engineer", False),
        ("“staff engineer”", "Staff Engineer", True),
        ("מהנדס תוכנה", "מהנדס/ת תוכנה", True),
        ("מהנדס", "מהנדסים", False),
        ("מהנדס*", "מהנדסים", True),
        ("חל״ד", 'מנהל (חל"ד)', True),
        ("инженер", "Старший ИНЖЕНЕР", True),
        ("工程师", "高级软件工程师_XC", True),
        ("マネージャー", "プロジェクトマネージャー", True),
        ("개발자", "백엔드 개발자 (AI)", True),
        ("개발", "백엔드 개발자", False),
        ("Entwickler*in", "Entwickler:in Java", True),
        ("entwickler java", "Entwickler/in Java", True),
    ],
)
def test_a_keyword_is_found_as_whole_words(keyword: str, title: str, expected: bool) -> None:
    assert finds(keyword, title) is expected


@pytest.mark.parametrize("keyword", ["", "   ", "***", "*", '""', '"*"', "&", "—", "\u200b", '"', "🚀"])
def test_a_keyword_without_a_letter_or_digit_is_refused(keyword: str) -> None:
    with pytest.raises(Invalid, match="neither a letter nor a digit"):
        compile_keyword(keyword)


@pytest.mark.parametrize("keyword", ["*script", "dev*ops", "front* end", "engineer *"])
def test_a_star_that_means_nothing_is_refused(keyword: str) -> None:
    with pytest.raises(Invalid, match="star means nothing there"):
        compile_keyword(keyword)


def test_a_phrase_without_words_is_refused() -> None:
    with pytest.raises(Invalid):
        phrase(" ??? ")


def test_padding_puts_one_blank_on_each_side_of_every_word() -> None:
    assert padded("Data  Engineer!") == " data engineer "
    assert padded("!!") == padded("") == " "


@pytest.mark.parametrize(
    ("title", "keywords", "expected"),
    [
        ("Senior BACK–END  Engineer", ["back end"], ["BACK–END"]),
        ("Sénior Développeur C++ / Réact", ["developpeur", "react"], ["Développeur", "Réact"]),
        ("Staff Backend Engineer Manager", ["backend engineer", "engineer manager"], ["Backend Engineer Manager"]),
        ("Engineering Lead", ["engineer*"], ["Engineering"]),
        ("Java, java and JAVA", ["java"], ["Java", "java", "JAVA"]),
        ("Head of R & D", ["r&d"], ["R & D"]),
        ("דרוש מהנדס/ת תוכנה", ["מהנדס תוכנה"], ["מהנדס/ת תוכנה"]),
        ("שָׁלוֹם עולם", ["שלום"], ["שָׁלוֹם"]),
        ("Große ﬁnance-Abteilung", ["finance"], ["ﬁnance"]),
        ("プロジェクトマネージャー", ["マネージャー"], ["マネージャー"]),
        ("ﾏﾈｰｼﾞｬｰ", ["マネージャー"], ["ﾏﾈｰｼﾞｬｰ"]),
        ("Soft\u00adware Engineer™", ["software engineer"], ["Soft\u00adware Engineer"]),
        ("Office Manager", ["java"], []),
    ],
)
def test_found_words_are_shown_as_they_stand(title: str, keywords: list[str], expected: list[str]) -> None:
    assert words_found(title, map(compile_keyword, keywords)) == expected


ALPHABET = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="cCrRdD+#.&*/ '\"_-:aensNETnet", max_size=25),
    st.text(alphabet="אבת\"'׳״/. ְִQA", max_size=15),
    st.text(alphabet="иИйЇїі\u0306\u0308ガカ\u3099ﾊﾞ각\u1100\u1161\u11a8工ก็ิaİıßﬁ™’´", max_size=15),
)


@unhurried
@given(ALPHABET)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = tokens(text)
    assert tokens(" ".join(once)) == once


@unhurried
@given(ALPHABET.filter(lambda text: "\u0345" not in unicodedata.normalize("NFKD", text)))
def test_case_changes_nothing(text: str) -> None:
    # Left out above: the Greek iota subscript, an accent whose capital is a letter of its own.
    assert tokens(text.upper().lower()) == tokens(text.lower())


@unhurried
@given(ALPHABET)
def test_no_token_is_empty_or_holds_a_blank(text: str) -> None:
    assert all(token and not any(char.isspace() for char in token) for token in tokens(text))


@unhurried
@given(ALPHABET)
def test_located_tokens_are_the_tokens(text: str) -> None:
    found = located(text)
    assert [token.text for token in found] == tokens(text)
    assert all(0 <= token.start < token.end <= len(text) for token in found)
    # One character may hold two tokens, as ¼ does.
    assert all(before.start <= after.start for before, after in itertools.pairwise(found))


@unhurried
@given(ALPHABET, ALPHABET)
def test_words_are_shown_exactly_when_the_keyword_is_found(keyword: str, title: str) -> None:
    try:
        compiled = compile_keyword(keyword)
    except Invalid:
        return
    for text in (title, f"{title} {keyword} {title}", keyword):
        assert bool(words_found(text, [compiled])) is compiled.found_in(padded(text))


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, "a." * 100_000, "a&" * 100_000, "א'" * 100_000, "a+" * 100_000, "*" * 200_000, "ab(" * 70_000],
)
def test_hostile_texts_take_time_in_proportion_to_their_length(text: str) -> None:
    started = time.perf_counter()
    tokens(text)
    assert time.perf_counter() - started < 2
