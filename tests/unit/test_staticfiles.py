"""What is sent of the site's own scripts and styles."""

import re
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it has none

from realtime_site.staticfiles import sent

ROOT = Path(__file__).resolve().parents[2]
# docs/decisions/0002: what a chat may weigh before its first message shows.
PAGE_BYTES = 60_000
PAGE_TEMPLATES = ("base.html", "chat/room.html", "chat/_modules.html")


def test_comments_are_left_behind_and_lines_keep_their_numbers() -> None:
    source = "// Owns x.\n/**\n * @param {X} x\n */\nf(x) {\n  /** @type {X} */ this.x = x;\n  return x;\n}\n"
    assert sent(source) == "\n\n\n\nf(x) {\nthis.x = x;\n  return x;\n}\n"


def test_what_only_looks_like_a_comment_stays() -> None:
    source = 'const url = "https://x"; // one\nconst a = "/* b */";\n'
    assert sent(source) == source


def test_the_chat_page_is_no_heavier_than_it_may_be() -> None:
    html = "".join((ROOT / "templates" / name).read_text() for name in PAGE_TEMPLATES)
    files = re.findall(r'static "((?:js|css)/[^"]+)"', html)
    assert len(files) > 50
    sizes = {name: len(brotli.compress(sent((ROOT / "static" / name).read_text()).encode())) for name in files}
    assert sum(sizes.values()) <= PAGE_BYTES, sorted(sizes.items(), key=lambda one: -one[1])[:10]
