"""Static files under hashed names, compressed, imports between ES modules included."""

import re
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

# The site's own; what Django's apps bring along is sent as it is.
_OURS = re.compile(r"(?:js|css)/.+\.(?:js|css)")
# A comment that has its lines to itself. One beside code stays: telling it from a text needs a parser.
_COMMENT = re.compile(r"^[ \t]*(?:/\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*\n", re.DOTALL | re.MULTILINE)


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Rewrites `import … from "./x.js";` to the hashed names, so a browser never mixes two releases.

    Django's pattern wants the semicolon at the end of each import. Our comments are left behind: they are a quarter of
    what would be sent.
    """

    support_js_module_import_aggregation = True

    def save(self, name: str, content: Any, max_length: int | None = None) -> str:
        if _OURS.fullmatch(name):
            content = ContentFile(without_comments(content.read().decode()).encode())
        return str(super().save(name, content, max_length))


def without_comments(source: str) -> str:
    return _COMMENT.sub("", source)
