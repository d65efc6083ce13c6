import re
import time

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as project
from django.core.cache import cache
from django.test import Client

from chat.models import Membership
from chat.services import invitations, rooms
from realtime_site.accounts.models import User
from tests.factories import PASSWORD, make_admin, make_user

pytestmark = pytest.mark.django_db

LIMITS = {"login": "60/m/ip", "login_failed": "20/m/ip,10/15m/key", "reset_password": "20/h/ip,5/h/key"}


@pytest.fixture(autouse=True)
def limits(settings):
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = LIMITS
    yield
    cache.clear()


def log_in(client: Client, login: str = "alice", password: str = PASSWORD, **extra: str):
    return client.post("/accounts/login/", {"login": login, "password": password, **extra})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def text_of(response) -> str:
    """What is left of a page when the parts that differ each time are taken out."""
    return re.sub(r'(csrfmiddlewaretoken" value=")[^"]+', r"\1", response.content.decode())


def test_the_limits_tested_here_are_the_site_s():
    from realtime_site import settings as module

    if not module.LIVE_RATE_LIMITS:
        pytest.skip("the environment lifts the limits")
    assert LIMITS.items() <= module.ACCOUNT_RATE_LIMITS.items()


@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@example.org", " alice "])
def test_people_log_in_by_name_or_address_whatever_the_case(client, login):
    user = make_user(email="alice@example.org")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    response = log_in(client, login)
    assert response.status_code == 302
    assert response.url == "/"
    assert is_in(client)


def test_a_wrong_password_and_a_wrong_name_look_the_same(client):
    make_user("alice", email="alice@example.org")
    wrong_password = text_of(log_in(client, "alice", "wrong"))
    wrong_name = text_of(log_in(client, "nobod", "wrong"))
    assert "do not belong together" in wrong_password
    assert wrong_password.replace("alice", "nobod") == wrong_name


def test_a_wrong_password_and_an_unknown_name_take_as_long(client, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    settings.ACCOUNT_RATE_LIMITS = False
    make_user("alice")

    def seconds(login: str) -> float:
        start = time.perf_counter()
        log_in(client, login, "wrong")
        return time.perf_counter() - start

    seconds("alice")
    known = sorted(seconds("alice") for _ in range(5))[2]
    unknown = sorted(seconds("nobody") for _ in range(5))[2]
    assert 0.2 < known / unknown < 5  # a name looked up and not hashed would make it some 50


def test_guessing_one_name_stops_after_ten_times_even_with_the_right_password(client):
    make_user()
    for attempt in range(10):
        response = Client(REMOTE_ADDR=f"10.0.0.{attempt}")
        assert "do not belong together" in log_in(response, password=f"guess {attempt}").content.decode()
    right = Client(REMOTE_ADDR="10.0.1.1")
    assert "Too many attempts" in log_in(right).content.decode()
    assert not is_in(right)


def test_guessing_stops_alike_for_names_that_do_not_exist(client):
    make_user("alice")
    for attempt in range(10):
        log_in(Client(REMOTE_ADDR=f"10.0.0.{attempt}"), "nobody", "guess")
    assert "Too many attempts" in log_in(client, "nobody", "guess").content.decode()


def test_trying_one_password_on_many_names_stops_after_twenty(client):
    make_user()
    for attempt in range(20):
        log_in(client, f"person{attempt}", "password1")
    assert "Too many attempts" in log_in(client).content.decode()
    assert not is_in(client)


def test_logging_in_rightly_does_not_count_as_guessing(client):
    make_user()
    for _ in range(12):
        log_in(client)
        assert is_in(client)
        client.post("/accounts/logout/")


def test_limits_can_be_lifted_for_load_tests(client, settings):
    settings.ACCOUNT_RATE_LIMITS = False
    make_user()
    for attempt in range(25):
        log_in(client, password=f"guess {attempt}")
    log_in(client)
    assert is_in(client)


def test_too_many_requests_get_a_page_of_ours(client):
    for _ in range(60):
        client.post("/accounts/login/")
    response = client.post("/accounts/login/")
    assert response.status_code == 429
    assert "tokens.css" in response.content.decode()


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "http:///evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://localhost/",
        "http://127.0.0.1:9/",
        "https://testserver@evil.example/",
        " //evil.example",
        "\t//evil.example",
    ],
)
def test_login_sends_nobody_to_another_site(client, target):
    make_user()
    response = log_in(client, next=target)
    assert is_in(client)
    assert response.url == "/"


def test_login_goes_on_to_where_the_person_wanted(client):
    make_user()
    assert log_in(client, next="/rooms/general/?at=5").url == "/rooms/general/?at=5"


def test_somebody_who_is_in_is_sent_to_no_other_site_either(client):
    client.force_login(make_user())
    assert client.get("/accounts/login/?next=https://evil.example/").url == "/"


def test_login_without_a_csrf_token_is_refused():
    make_user()
    client = Client(enforce_csrf_checks=True)
    assert log_in(client).status_code == 403
    page = client.get("/accounts/login/")
    token = page.context["csrf_token"]
    assert log_in(client, csrfmiddlewaretoken=str(token)).status_code == 302
    assert is_in(client)


def test_login_from_another_site_s_form_is_refused():
    make_user()
    client = Client(enforce_csrf_checks=True, headers={"origin": "https://evil.example"})
    token = client.get("/accounts/login/").context["csrf_token"]
    assert log_in(client, csrfmiddlewaretoken=str(token)).status_code == 403


def test_a_new_session_begins_at_login(client):
    make_user()
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    log_in(client)
    assert client.session.session_key != before


def test_logging_out_needs_a_post(client):
    client.force_login(make_user())
    assert client.get("/accounts/logout/").status_code == 200
    assert is_in(client)
    client.post("/accounts/logout/")
    assert not is_in(client)


def test_a_deactivated_person_stays_outside(client):
    make_user(is_active=False)
    answer = log_in(client)
    assert answer.status_code == 403
    assert "This account is deactivated" in answer.content.decode()
    assert not is_in(client)


def test_a_person_deactivated_while_in_is_out_at_the_next_click(client):
    user = make_user()
    client.force_login(user)
    assert client.get("/profile/").status_code == 200
    User.objects.update(is_active=False)
    assert client.get("/profile/").status_code == 302


def test_at_the_first_login_a_person_enters_the_default_rooms(client):
    rooms.create_default_rooms(owner_id=make_admin().pk)
    user = make_user()
    assert not Membership.objects.filter(user=user).exists()
    log_in(client)
    assert set(Membership.objects.filter(user=user).values_list("room__slug", flat=True)) == {"general", "random"}


def test_rooms_left_since_stay_left(client):
    rooms.create_default_rooms(owner_id=make_admin().pk)
    user = make_user()
    log_in(client)
    rooms.leave(user_id=user.pk, room_id=Membership.objects.get(user=user, room__slug="random").room_id)
    client.post("/accounts/logout/")
    log_in(client)
    assert Membership.objects.get(user=user).room.slug == "general"


def test_login_with_an_invitation_leads_into_its_room(client):
    admin = make_admin()
    room = rooms.create(owner_id=admin.pk, name="Secret plans", kind="private")
    code = invitations.create(user_id=admin.pk, room_id=room.pk).code
    user = make_user()
    session = client.session
    session["invitation"] = code
    session.save()
    assert "Secret plans" in client.get("/accounts/login/").content.decode()
    assert log_in(client, next="/profile/").url == "/rooms/secret-plans/"
    assert Membership.objects.filter(user=user, room=room).exists()
    assert "invitation" not in client.session


def test_login_with_an_invitation_that_ended_says_so_and_goes_on(client):
    make_user()
    session = client.session
    session["invitation"] = "over"
    session.save()
    assert log_in(client, next="/profile/").url == "/profile/"
    assert "no longer valid" in client.get("/profile/").content.decode()


def test_before_the_first_account_the_page_says_where_to_look(client):
    page = client.get("/accounts/login/").content.decode()
    assert "terminal" in page
    assert 'name="password"' not in page


@pytest.mark.parametrize(
    "login", ["\x00", "a" * 100_000, "\ud83d".encode("utf-8", "surrogatepass"), "%00", "' OR 1=1 --"]
)
def test_odd_names_are_just_wrong(client, login):
    make_user()
    assert log_in(client, login, "wrong").status_code == 200


def test_admin_logs_in_through_the_site_s_own_door(client):
    make_admin()
    response = client.get("/admin/", follow=True)
    assert response.request["PATH_INFO"] == "/accounts/login/"
    assert client.get("/admin/login/?next=/admin/").url.startswith("/accounts/login/?next=")
    assert client.post("/admin/login/", {"username": "admin", "password": PASSWORD}).status_code == 302
    assert not is_in(client)
    assert log_in(client, "admin", next="/admin/").url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_people_who_are_not_staff_stay_out_of_the_admin(client):
    client.force_login(make_user())
    assert client.get("/admin/", follow=True).status_code == 403


def test_behind_a_socket_file_people_are_told_apart_by_the_proxy_s_word(client):
    make_user()
    for attempt in range(20):
        log_in(client, f"person{attempt}", "x")
    elsewhere = Client(REMOTE_ADDR="", headers={"x-forwarded-for": "1.2.3.4, 203.0.113.9"})
    log_in(elsewhere)
    assert is_in(elsewhere)
    assert project.ALLAUTH_TRUSTED_PROXY_COUNT == 0


def test_a_made_up_forwarded_address_does_not_escape_the_limit(client):
    make_user()
    for attempt in range(20):
        log_in(Client(headers={"x-forwarded-for": f"198.51.100.{attempt}"}), f"person{attempt}", "x")
    assert "Too many attempts" in log_in(client).content.decode()
