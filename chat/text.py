"""From what somebody typed to HTML that is safe to show: Markdown, links, code with colours, emoji names, mentions.
Once, at writing.

Two walls: markdown-it with raw HTML off makes only its own tags, and nh3 lets only the listed ones through. Knows no
model.
"""

import re
from collections.abc import Container
from functools import cache
from html import escape, unescape
from itertools import islice
from typing import Any

import emoji
import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

# A name as accounts allow it, not within a word or an address.
MENTION = re.compile(r"(?<![\w@./-])@([A-Za-z0-9](?:[A-Za-z0-9._-]{0,30}[A-Za-z0-9])?)")
# Bold, links, code, lists, quotes, tables, entities, emoji names, line breaks: what makes rendering worth its time.
_MARKUP = re.compile(r"[*_`~\[\]<>&#|\\:\n@]|^\s*(?:[-+>]|\d+[.)])|://|www\.", re.I)

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "ol": {"start"},
    "span": {"class", "data-user"},
}
# Addresses become links where they say what they are. Not linkify-it: a host of many `xn--` labels takes it exponential
# time, and bare names such as readme.md become links to strangers.
_ADDRESS = re.compile(r"(?<![\w@/])(?:https?://|www\.)[^\s<>\"'`\\\\]+", re.I)
_TRAILING = ".,:;!?*_~"
# A message that names more people than this names nobody in particular.
MENTIONS = 50
# Code in these is coloured, up to a length: other lexers, and longer code, may take seconds on text made to be slow.
LANGUAGES = {
    "bash", "console", "css", "diff", "go", "html", "ini", "javascript", "js", "json", "jsx", "python", "py",
    "rust", "sh", "shell", "sql", "toml", "ts", "typescript", "xml", "yaml", "yml",
}  # fmt: skip
HIGHLIGHT_CHARACTERS = 1_200
# Text with more of them than a table has cells is shown without tables: 8,000 make 700 KB of HTML.
TABLE_BARS = 400
# What markup may make of a message; past it the message is shown as it was typed. Escaping alone makes 40 KB at most.
HTML_CHARACTERS = 64_000


_MENTION_OPENS = '<span class="mention" data-user="'
_SHOWN_MENTION = re.compile(rf'{_MENTION_OPENS}([^"]+)"')  # nobody can type one: "<" is escaped
_PIECE = re.compile(r"""</?([a-z][a-z0-9]*)(?:[^>"]|"[^"]*")*>|[^<]+""")
_INLINE = {"a", "code", "del", "em", "s", "span", "strong"}


def mentioned(body: str) -> set[str]:
    """The names after @ in the text, lower case. Whether somebody has such a name, the caller knows."""
    if "@" not in body:
        return set()
    return {match[1].lower() for match in islice(MENTION.finditer(body), MENTIONS)}


def called(html: str) -> set[str]:
    """The names that rendered text shows as mentions, lower case; "room" and "online" are among them."""
    return set(_SHOWN_MENTION.findall(html)) if _MENTION_OPENS in html else set()


def plain(html: str, characters: int) -> str:
    """Rendered text without its markup, white space collapsed, cut to that many characters. It is not HTML."""
    pieces: list[str] = []
    length = 0
    for match in _PIECE.finditer(html):
        if match[1]:
            pieces.append("" if match[1] in _INLINE else " ")
        else:
            pieces.append(match[0])
            length += len(match[0])
        # An entity is five characters of one; what is looked at is bounded, however long the message.
        if length > 6 * characters:
            break
    text = " ".join(unescape("".join(pieces)).split())
    return text if len(text) <= characters else text[: characters - 1].rstrip() + "…"


def render(body: str, names: Container[str] = ()) -> str:
    """HTML of a message. `names`: lower-case usernames that an @ really mentions; others stay plain text."""
    if not _MARKUP.search(body):
        return f"<p>{escape(body)}</p>"
    html = _markdown(body.count("|") <= TABLE_BARS).render(body, {"names": names})
    if len(html) > HTML_CHARACTERS:
        return f"<p>{escape(body)}</p>"
    return nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel=_REL
    ).strip()


_REL = "noopener noreferrer nofollow ugc"


@cache
def _markdown(tables: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "highlight": _highlight})
    parser.enable(["strikethrough", *(["table"] if tables else [])])
    # No pictures from elsewhere; no references, by which one long address is repeated a thousand times.
    parser.disable(["image", "reference"])
    parser.core.ruler.push("finish_text", _finish_text)
    parser.add_render_rule("mention", _render_mention)
    return parser


def _highlight(code: str, language: str, _attributes: str) -> str:
    if language.lower() not in LANGUAGES or len(code) > HIGHLIGHT_CHARACTERS:
        return ""
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return ""
    inner = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return f'<pre><code class="language-{escape(lexer.aliases[0], quote=True)}">{inner}</code></pre>'


def _finish_text(state: Any) -> None:
    """Emoji names, links and mentions, in text only: never in code, and none within a link."""
    names: Container[str] = state.env.get("names", ())
    for block in state.tokens:
        if block.type == "inline" and block.children:
            block.children = _finished(block.children, names)


def _finished(children: list[Token], names: Container[str]) -> list[Token]:
    result: list[Token] = []
    links = 0
    for child in children:
        links += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        if child.type != "text":
            result.append(child)
        elif links:
            result.append(_text(_with_emoji(child.content)))
        else:
            result += _with_links(child.content, names)
    return result


def _with_links(text: str, names: Container[str]) -> list[Token]:
    pieces: list[Token] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        shown = match[0].rstrip(_TRAILING)
        shown = shown if shown.count("(") >= shown.count(")") else shown.rstrip(")")
        pieces += _with_mentions(text[end : match.start()], names)
        pieces += _link(shown)
        end = match.start() + len(shown)
    return pieces + _with_mentions(text[end:], names)


def _link(shown: str) -> list[Token]:
    href = shown if "://" in shown else f"https://{shown}"
    return [Token("link_open", "a", 1, attrs={"href": href}), _text(shown), Token("link_close", "a", -1)]


def _with_mentions(text: str, names: Container[str]) -> list[Token]:
    text = _with_emoji(text)
    pieces: list[Token] = []
    end = 0
    for match in MENTION.finditer(text) if names else ():
        if match[1].lower() in names:
            pieces += [_text(text[end : match.start()]), Token("mention", "", 0, content=match[1])]
            end = match.end()
    return [*pieces, _text(text[end:])]


def _with_emoji(text: str) -> str:
    return emoji.emojize(text, language="alias") if ":" in text else text


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _render_mention(_renderer: Any, tokens: list[Token], index: int, _options: Any, _env: Any) -> str:
    name = escape(tokens[index].content, quote=True)
    return f'<span class="mention" data-user="{name.lower()}">@{name}</span>'
