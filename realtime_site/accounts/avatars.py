"""Pictures of people: checked, made small and the same, stored under names nobody can guess.

Owns MEDIA_ROOT/avatars. Knows no request; who may look is the view's question.

A picture is never stored as it came. Only its pixels survive, so whatever else was in the file (position, camera, a
script, an archive) is gone; the checks before that keep decoders away from what they were not made for.
"""

import io
import re
import secrets
import warnings
from functools import partial
from typing import IO

import puremagic
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image, ImageOps

from realtime_site.accounts.models import User

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000  # a 24-megapixel phone photo passes; decoded that is 100 MB for a moment
SIDE_PIXELS = 256  # shown at 64 at most, on screens of up to four dots a pixel
QUALITY = 85

_FORMATS = {"PNG", "JPEG", "MPO", "WEBP", "GIF"}  # MPO: what many phones call a JPEG with a second picture inside
_MIME_TYPES = {"image/png", "image/jpeg", "image/webp", "image/gif"}
_FOREIGN = re.compile(rb"<script|<html|<!doctype|<svg[\s>]|<\?php|^%pdf-", re.IGNORECASE)
_ZIP_END = b"PK\x05\x06"
_ZIP_END_WITHIN_BYTES = 66_000  # the record is 22 bytes, then a comment of at most 65,535
_name = re.compile(r"[A-Za-z0-9_-]{22}\.webp")


class BadPictureError(Exception):
    """The upload is no picture this site takes. The text is for the person."""


def encode(upload: IO[bytes], *, size_bytes: int) -> bytes:
    """Turn an upload into a square WebP. Raises BadPictureError."""
    if size_bytes > MAX_BYTES:
        raise BadPictureError(f"The picture may have {MAX_BYTES // 1024 // 1024} MB at most.")
    data = upload.read(MAX_BYTES + 1)
    _check_content(data)
    try:
        with warnings.catch_warnings():
            # Pillow only warns about a bomb below twice its own limit.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _redraw(data)
    except BadPictureError:
        raise
    # What Pillow's decoders raise on broken input is whatever their parsing runs into.
    except (OSError, ValueError, SyntaxError, EOFError, LookupError, ArithmeticError, TypeError) as error:
        raise BadPictureError("That file is damaged, or no picture.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise BadPictureError("The picture has too many pixels.") from error


def replace(*, user_id: int, webp: bytes) -> None:
    """Store what `encode` gave as this person's picture; the one before goes once that is committed."""
    name = f"{secrets.token_urlsafe(16)}.webp"
    default_storage.save(_path(name), ContentFile(webp))
    try:
        _point_to(user_id, name)
    except BaseException:
        default_storage.delete(_path(name))
        raise


def remove(*, user_id: int) -> None:
    """Back to initials. Nothing happens when there is no picture."""
    _point_to(user_id, "")


def read(name: str) -> bytes | None:
    """The stored bytes, or None. `name` is whatever stood in the address."""
    if not _name.fullmatch(name) or not default_storage.exists(_path(name)):
        return None
    with default_storage.open(_path(name)) as file:
        data: bytes = file.read()
    return data


def _check_content(data: bytes) -> None:
    """By content, never by name or the browser's word. Raises BadPictureError."""
    try:
        matches = puremagic.magic_string(data)
    except (puremagic.PureError, ValueError) as error:
        raise BadPictureError("Use a PNG, JPEG, WebP or GIF picture.") from error
    if matches[0].mime_type not in _MIME_TYPES:
        raise BadPictureError("Use a PNG, JPEG, WebP or GIF picture.")
    if _FOREIGN.search(data) or _ZIP_END in data[-_ZIP_END_WITHIN_BYTES:]:
        raise BadPictureError("That picture has something else hidden in it.")


def _redraw(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP", "GIF")) as picture:
        if picture.format not in _FORMATS:
            raise BadPictureError("Use a PNG, JPEG, WebP or GIF picture.")
        if picture.width * picture.height > MAX_PIXELS:
            raise BadPictureError(f"The picture has too many pixels; {MAX_PIXELS // 1_000_000} million are the most.")
        # Lets the JPEG decoder skip what is thrown away below: a fraction of the time and memory.
        picture.draft("RGB", (SIDE_PIXELS * 2, SIDE_PIXELS * 2))
        upright = ImageOps.exif_transpose(picture)
        square = ImageOps.fit(
            upright.convert("RGBA" if upright.has_transparency_data else "RGB"), (SIDE_PIXELS, SIDE_PIXELS)
        )
    out = io.BytesIO()
    # Pillow writes only the metadata it is given here: none.
    square.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def _point_to(user_id: int, name: str) -> None:
    with transaction.atomic():
        # Locked: of two uploads at once, the second must see the first's file to remove it.
        user = User.objects.select_for_update(no_key=True).only("avatar").get(pk=user_id)
        before, user.avatar = user.avatar, name
        user.save(update_fields=["avatar"])
        if before:
            transaction.on_commit(partial(default_storage.delete, _path(before)))


def _path(name: str) -> str:
    return f"avatars/{name}"
