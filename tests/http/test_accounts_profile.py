import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from realtime_site.accounts import tokens
from realtime_site.accounts.models import AccessToken
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.ACCOUNT_RATE_LIMITS = False
    return tmp_path


@pytest.fixture
def alice(client):
    user = make_user("alice")
    client.force_login(user)
    return user


def picture(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 30), "red").save(out, kind)
    return out.getvalue()


def upload(client: Client, data: bytes, name: str = "me.png", kind: str = "image/png"):
    return client.post("/profile/", {"display_name": "", "picture": SimpleUploadedFile(name, data, kind)})


def stored(media) -> list[str]:
    return [path.name for path in media.rglob("*") if path.is_file()]


def test_the_profile_is_for_people_who_are_in(client):
    make_user()
    for path in ("/profile/", "/profile/tokens/", "/profile/picture/remove/", "/profile/tokens/1/revoke/"):
        response = client.post(path)
        assert response.status_code == 302
        assert response.url.startswith("/accounts/login/?next=")


@pytest.mark.parametrize(
    "path", ["/profile/", "/profile/tokens/", "/profile/picture/remove/", "/profile/tokens/1/revoke/"]
)
def test_changes_without_a_csrf_token_are_refused(path):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())
    assert client.post(path, {"name": "x", "display_name": "x"}).status_code == 403


def test_a_person_changes_their_name(client, alice):
    client.post("/profile/", {"display_name": "  Alice   Liddell "})
    alice.refresh_from_db()
    assert alice.name == "Alice Liddell"


def test_a_name_that_hides_something_is_refused(client, alice):
    response = client.post("/profile/", {"display_name": "Al\u202eice"})
    assert response.status_code == 400
    alice.refresh_from_db()
    assert alice.display_name == ""


def test_a_name_is_shown_as_text(client, alice):
    client.post("/profile/", {"display_name": "<script>alert(1)</script>"})
    page = client.get("/profile/").content.decode()
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page


def test_a_picture_is_stored_small_and_shown(client, alice, media):
    upload(client, picture())
    alice.refresh_from_db()
    response = client.get(alice.avatar_url)
    assert response.status_code == 200
    assert Image.open(io.BytesIO(response.content)).size == (256, 256)
    assert alice.avatar_url in client.get("/profile/").content.decode()


def test_a_picture_is_served_safely_and_kept_by_the_browser_only(client, alice):
    upload(client, picture())
    alice.refresh_from_db()
    response = client.get(alice.avatar_url)
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert {"private", "immutable", "max-age=31536000"} <= set(response["Cache-Control"].split(", "))


def test_a_picture_is_shown_to_nobody_outside(client, alice):
    upload(client, picture())
    alice.refresh_from_db()
    assert client.get(alice.avatar_url).status_code == 200
    assert Client().get(alice.avatar_url).status_code == 403


def test_a_picture_s_name_on_the_uploader_s_disk_does_not_matter(client, alice, media):
    upload(client, picture(), name="../../../../etc/cron.d/evil.svg", kind="image/svg+xml")
    (name,) = stored(media)
    assert name.endswith(".webp")
    assert "evil" not in name


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "me.svg", "image/svg+xml"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "me.png", "image/png"),
        (picture("GIF") + b"<script>alert(1)</script>", "me.gif", "image/gif"),
        (b"<html></html>", "me.png", "image/png"),
        (b"", "me.png", "image/png"),
        (picture() + b"\0" * 10 * 1024 * 1024, "me.png", "image/png"),
    ],
    ids=["svg", "svg called png", "gif and script", "html", "empty", "ten megabytes"],
)
def test_a_bad_upload_is_explained_and_not_stored(client, alice, media, data, name, kind):
    response = upload(client, data, name, kind)
    assert response.status_code == 400
    assert "errorlist" in response.content.decode()
    assert not stored(media)
    alice.refresh_from_db()
    assert alice.avatar == ""


@pytest.mark.parametrize(
    "path",
    [
        "../db.sqlite3",
        "..%2fdb.sqlite3",
        "%2e%2e/db.sqlite3",
        "..\\db.sqlite3",
        "a" * 22 + ".webp",
        "x%00.webp",
        "a/b.webp",
    ],
)
def test_nothing_but_pictures_comes_out(client, alice, media, path):
    (media / "db.sqlite3").write_bytes(b"secret")
    response = client.get(f"/avatars/{path}")
    assert response.status_code in {400, 404}
    assert b"secret" not in response.content


@pytest.mark.django_db(transaction=True)
def test_removing_the_picture_brings_back_the_initial(client, alice, media):
    upload(client, picture())
    assert stored(media)
    client.post("/profile/picture/remove/")
    assert not stored(media)
    assert "person__picture" in client.get("/profile/").content.decode()


def test_a_new_token_is_shown_once(client, alice):
    response = client.post("/profile/tokens/", {"name": "Deploy bot"})
    secret = response.context["secret"]
    assert tokens.authenticate(secret) == alice
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    page = client.get("/profile/").content.decode()
    assert "Deploy bot" in page
    assert secret not in page


def test_a_token_without_a_name_is_not_made(client, alice):
    assert client.post("/profile/tokens/", {"name": " "}).status_code == 400
    assert not AccessToken.objects.exists()


def test_a_revoked_token_ends(client, alice):
    token, secret = tokens.create(user_id=alice.pk, name="bot")
    client.post(f"/profile/tokens/{token.pk}/revoke/")
    assert tokens.authenticate(secret) is None
    assert "revoked" in client.get("/profile/").content.decode()


def test_nobody_sees_or_revokes_another_s_token(client, alice):
    token, secret = tokens.create(user_id=make_user("bob").pk, name="Bob's bot")
    assert "Bob&#x27;s bot" not in client.get("/profile/").content.decode()
    client.post(f"/profile/tokens/{token.pk}/revoke/")
    assert tokens.authenticate(secret) is not None


def test_uploads_are_limited_since_decoding_costs(client, alice, settings):
    settings.ACCOUNT_RATE_LIMITS = {"change_profile": "10/m/user"}
    statuses = [client.post("/profile/", {"display_name": ""}).status_code for _ in range(11)]
    assert statuses == [302] * 10 + [429]
