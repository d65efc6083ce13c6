import io
import re
import struct
import zipfile
import zlib

import pytest
from django.db import transaction
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from realtime_site.accounts import avatars
from tests.factories import make_user

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(kind="PNG", size=(300, 200), colour="red", mode="RGB", **options) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, kind, **options)
    return out.getvalue()


def encode(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(avatars.encode(io.BytesIO(data), size_bytes=len(data))))


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("Main.class", "x" * 100)
    return out.getvalue()


def png_that_says(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises any size: a bomb."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_each_accepted_format_becomes_a_square_webp(kind):
    result = encode(picture(kind))
    assert (result.format, result.size) == ("WEBP", (256, 256))


def test_a_transparent_picture_stays_transparent():
    assert encode(picture(mode="RGBA", colour=(0, 0, 0, 0))).convert("RGBA").getpixel((128, 128))[3] == 0


def test_a_photo_taken_sideways_is_turned_upright():
    photo = Image.new("RGB", (400, 400), "blue")
    photo.paste("red", (0, 0, 400, 200))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    out = io.BytesIO()
    photo.save(out, "PNG", exif=exif)
    red, _, blue = encode(out.getvalue()).convert("RGB").getpixel((128, 20))
    assert blue > 200 > red


def test_nothing_but_pixels_survives():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    info = PngInfo()
    info.add_text("Comment", "taken at home")
    before = picture(exif=exif, pnginfo=info, icc_profile=b"made at home")
    assert b"taken at home" in before
    assert Image.open(io.BytesIO(before)).info["icc_profile"] == b"made at home"
    after = avatars.encode(io.BytesIO(before), size_bytes=len(before))
    assert b"taken at home" not in after
    assert b"made at home" not in after
    assert not Image.open(io.BytesIO(after)).getexif()


def test_an_animation_becomes_its_first_frame():
    out = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert getattr(encode(out.getvalue()), "n_frames", 1) == 1


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(SVG, id="svg"),
        pytest.param(b"<!doctype html><script>alert(1)</script>", id="html"),
        pytest.param(b"%PDF-1.7\n" + picture(), id="pdf first"),
        pytest.param(picture("GIF") + archive(), id="gif and jar"),
        pytest.param(picture("JPEG") + b"<?php system($_GET[0]); ?>", id="jpeg and php"),
        pytest.param(picture("PNG") + b"<ScRiPt>alert(1)</script>", id="png and script"),
        pytest.param(picture("GIF", comment=b"*/=1;</script><script>alert(1)//"), id="gif and script inside"),
        pytest.param(picture("BMP"), id="bmp"),
        pytest.param(picture("TIFF"), id="tiff"),
        pytest.param(picture("ICO"), id="ico"),
        pytest.param(archive(), id="zip"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\0" * 1000, id="zeroes"),
        pytest.param(picture("PNG")[:60], id="cut png"),
        pytest.param(picture("JPEG")[:200], id="cut jpeg"),
        pytest.param(picture("WEBP")[:40], id="cut webp"),
        pytest.param(b"GIF89a" + b"\xff" * 50, id="broken gif"),
        pytest.param(picture("PNG").replace(b"IHDR", b"IHDX"), id="broken png"),
    ],
)
def test_what_is_no_plain_picture_is_refused(data):
    with pytest.raises(avatars.BadPictureError):
        encode(data)


@pytest.mark.parametrize("size", [(5001, 5000), (20_000, 20_000), (2**31 - 1, 1), (60_000, 60_000)])
def test_a_bomb_is_refused_before_it_is_decoded(size, monkeypatch):
    decoded = []
    monkeypatch.setattr(Image.Image, "load", lambda self: decoded.append(self))
    with pytest.raises(avatars.BadPictureError, match="pixels"):
        encode(png_that_says(*size))
    assert not decoded


def test_more_than_five_megabytes_are_refused_unread():
    class Untouchable(io.BytesIO):
        def read(self, *args):
            raise AssertionError("read")

    with pytest.raises(avatars.BadPictureError, match="5 MB"):
        avatars.encode(Untouchable(), size_bytes=avatars.MAX_BYTES + 1)


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / "avatars"


@pytest.mark.django_db(transaction=True)
def test_a_new_picture_takes_the_place_of_the_old_file(media):
    user = make_user()
    avatars.replace(user_id=user.pk, webp=b"one")
    (first,) = media.iterdir()
    avatars.replace(user_id=user.pk, webp=b"two")
    (second,) = media.iterdir()
    user.refresh_from_db()
    assert first != second
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}\.webp", second.name)
    assert user.avatar == second.name
    assert avatars.read(second.name) == b"two"


@pytest.mark.django_db(transaction=True)
def test_removing_a_picture_removes_its_file(media):
    user = make_user()
    avatars.replace(user_id=user.pk, webp=b"one")
    assert list(media.iterdir())
    avatars.remove(user_id=user.pk)
    user.refresh_from_db()
    assert user.avatar_url is None
    assert not list(media.iterdir())
    avatars.remove(user_id=user.pk)


@pytest.mark.django_db(transaction=True)
def test_the_old_file_stays_when_the_change_is_rolled_back(media):
    user = make_user()
    avatars.replace(user_id=user.pk, webp=b"one")
    user.refresh_from_db()
    with transaction.atomic():
        avatars.replace(user_id=user.pk, webp=b"two")
        transaction.set_rollback(True)
    assert avatars.read(user.avatar) == b"one"


@pytest.mark.django_db
def test_a_picture_of_nobody_leaves_no_file_behind(media):
    from realtime_site.accounts.models import User

    with pytest.raises(User.DoesNotExist):
        avatars.replace(user_id=0, webp=b"one")
    assert not list(media.iterdir())


@pytest.mark.parametrize(
    "name",
    ["../db.sqlite3", "..", "", "a" * 22, "a" * 22 + ".png", "a" * 22 + ".webp\n", "/etc/passwd", "a" * 22 + ".webp"],
)
def test_only_names_of_pictures_are_read(name, media):
    media.parent.mkdir(exist_ok=True)
    (media.parent / "db.sqlite3").write_bytes(b"secret")
    assert avatars.read(name) is None
