"""Static files under hashed names, compressed, imports between ES modules included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Rewrites `import … from "./x.js";` to the hashed names, so a browser never mixes two releases.

    Django's pattern wants the semicolon at the end of each import.
    """

    support_js_module_import_aggregation = True
