"""Markdown in, inert HTML out."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.text import ATTRIBUTES, TAGS, mentioned, render


class Inspector(HTMLParser):
    """Collects what a browser would make elements and attributes of."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def assert_inert(html: str) -> None:
    inspector = Inspector()
    inspector.feed(html)
    for tag, attributes in inspector.seen:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | {"rel"}
        assert re.match(r"(https?|mailto):", attributes.get("href") or "http:")


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "<svg/onload=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'>",
        "![x](https://example.org/x.png)",
        "```<script>\nalert(1)\n```",
        '```python" onclick="alert(1)\nx\n```',
        "<style>*{display:none}</style>",
        "<!--<script>-->alert(1)",
        "</p></div><script>alert(1)</script>",
        "https://example.org/<script>",
        "[x](https://example.org/\"onmouseover='alert(1)')",
        '@alice"><script>alert(1)</script>',
        "\u202etxt.exe",
    ],
)
def test_markup_is_text(body: str) -> None:
    assert_inert(render(body, {"alice"}))


@given(st.text(alphabet=st.sampled_from(list("<>\"'`&;:/()[]!#*_-=@\\ \n\tajvscriptonerxhl1.&#")), max_size=80))
def test_whatever_is_typed_comes_out_inert(body: str) -> None:
    assert_inert(render(body, {"a"}))


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("hello", "<p>hello</p>"),
        ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"),
        ("**bold** _it_ ~~no~~", "<p><strong>bold</strong> <em>it</em> <s>no</s></p>"),
        ("a\nb", "<p>a<br>\nb</p>"),
        (":wave: hi", "<p>👋 hi</p>"),
        (":slightly_smiling_face:", "<p>🙂</p>"),
        ("`:wave:`", "<p><code>:wave:</code></p>"),
        ("10:30:15", "<p>10:30:15</p>"),
    ],
)
def test_markdown_is_rendered(body: str, html: str) -> None:
    assert render(body) == html


def test_links_are_found_and_lead_nowhere_in_our_name() -> None:
    html = render("see https://example.org/x?a=1&b=(2), or (www.example.org).")
    assert '<a href="https://example.org/x?a=1&amp;b=(2)"' in html
    assert '<a href="https://www.example.org"' in html
    assert html.endswith("</a>).</p>")
    assert 'rel="noopener noreferrer nofollow ugc"' in html


def test_code_is_coloured_and_never_executed() -> None:
    html = render("```python\nprint('<b>')\n```")
    assert '<pre><code class="language-python"><span class="nb">print</span>' in html
    assert "<b>" not in html


def test_code_in_an_unknown_language_is_shown_plain() -> None:
    assert "some code" in render("```nosuchlanguage\nsome code\n```")


def test_only_real_names_are_mentions() -> None:
    html = render("@Alice and @nobody, mail me@alice.org", {"alice"})
    assert html.count('class="mention"') == 1
    assert '<span class="mention" data-user="alice">@Alice</span>' in html


def test_a_name_in_code_or_in_a_link_is_no_mention() -> None:
    assert "mention" not in render("`@alice` [@alice](https://example.org)", {"alice"})


def test_mentioned_names_are_lower_case_and_end_before_punctuation() -> None:
    assert mentioned("@Bob, @carol-ann. (@dave) mail@eve.org @@frank") == {"bob", "carol-ann", "dave"}


@pytest.mark.parametrize(
    "body",
    [
        ("[a]:http://" + "a" * 4000 + "\n\n" + "[a]" * 1300)[:8000],
        "|a" * 20 + "\n" + "|-" * 20 + "\n" + ("|a" * 20 + "\n") * 180,
        "http://a.b " * 720,
        "> " * 4000,
        "*a " * 2666,
        "<" * 8000,
        "```c\n" + "\n" * 3950 + "```\n```autoit\n" + "\n" * 3950 + "```",
        "```html\n" + "<" * 1990 + "\n```",
        "xn--a." * 1300 + "xn",
        "http://" + "xn--a." * 1300 + "xn",
        "```systemd\n" + " " * 7900 + "\n```",
        "www." * 2000,
        "https://a(" * 800,
    ],
)
def test_what_is_rendered_stays_small(body: str) -> None:
    """A page of fifty such messages is a few MB at the very worst; unbounded, one of these was 2.6 MB."""
    assert len(render(body)) <= 130_000


def test_a_message_names_at_most_fifty_people() -> None:
    assert len(mentioned(" ".join(f"@u{number}" for number in range(1000)))) == 50
