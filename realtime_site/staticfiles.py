"""Static files under hashed names, compressed, imports between ES modules included, our own without their comments."""

import re
from collections.abc import Callable

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Those that stand at the beginning of a line, as all of ours do: what looks like one within a string stays.
COMMENTS = r"(?ms)^(?P<matched>[ \t]*/\*.*?\*/[ \t]*|[ \t]*//[^\n]*$)"
_NOTHING = "no comment"
_OURS = ("js/", "css/")


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Rewrites `import … from "./x.js";` to the hashed names, so a browser never mixes two releases.

    Django's pattern wants the semicolon at the end of each import. Comments are a quarter of what would be sent; lines
    keep their numbers.
    """

    support_js_module_import_aggregation = True
    # A new hash changes those who import the file, one level a pass: as many as our longest chain has, and more.
    max_post_process_passes = 12
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("*.js", ((COMMENTS, _NOTHING),)),
        ("*.css", ((COMMENTS, _NOTHING),)),
    )

    def url_converter(
        self, name: str, hashed_files: dict[str, str], template: str | None = None
    ) -> Callable[[re.Match[str]], str]:
        if template != _NOTHING:
            converter: Callable[[re.Match[str]], str] = super().url_converter(name, hashed_files, template)
            return converter
        return without if name.startswith(_OURS) else lambda match: match[0]


def without(comment: re.Match[str]) -> str:
    return "\n" * comment[0].count("\n")


def sent(text: str) -> str:
    """What a browser gets of one of our files, but for the hashes in it."""
    return re.sub(COMMENTS, without, text)
