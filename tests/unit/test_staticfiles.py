"""What is sent of the site's own scripts and styles."""

import re
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it has none

from realtime_site.staticfiles import without_comments

ROOT = Path(__file__).resolve().parents[2]
# docs/decisions/0002: what a chat may weigh before its first message shows.
PAGE_BYTES = 60_000
PAGE_TEMPLATES = ("base.html", "chat/room.html", "chat/_modules.html")


def test_comments_with_lines_of_their_own_are_left_behind() -> None:
    source = "// Owns x.\n/**\n * @param {X} x\n */\nf(x) {\n  // Why.\n  return y;\n}\n"
    assert without_comments(source) == "f(x) {\n  return y;\n}\n"


def test_code_beside_a_comment_stays() -> None:
    source = '/** @type {X} */ this.x = 1; // one\nconst url = "https://x";\nconst a = /** @type {Y} */ (b); /* c */\n'
    assert without_comments(source) == source


def test_the_chat_page_is_no_heavier_than_it_may_be() -> None:
    html = "".join((ROOT / "templates" / name).read_text() for name in PAGE_TEMPLATES)
    files = re.findall(r'static "((?:js|css)/[^"]+)"', html)
    assert len(files) > 50
    sizes = {name: _compressed(ROOT / "static" / name) for name in files}
    assert sum(sizes.values()) <= PAGE_BYTES, sorted(sizes.items(), key=lambda one: -one[1])[:10]


def _compressed(path: Path) -> int:
    return len(brotli.compress(without_comments(path.read_text()).encode()))
