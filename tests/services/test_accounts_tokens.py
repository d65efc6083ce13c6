import hashlib
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from realtime_site.accounts import tokens
from realtime_site.accounts.models import AccessToken
from realtime_site.live.errors import ClientError
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_a_token_is_long_random_and_known_by_its_prefix():
    user = make_user()
    secrets = {tokens.create(user_id=user.pk, name="bot")[1] for _ in range(5)}
    assert len(secrets) == 5
    assert all(re.fullmatch(r"cfb_[A-Za-z0-9_-]{43}", secret) for secret in secrets)


def test_only_the_digest_of_a_token_is_stored():
    token, secret = tokens.create(user_id=make_user().pk, name="bot")
    row = AccessToken.objects.filter(pk=token.pk).values().get()
    assert row["digest"] == hashlib.sha256(secret.encode()).hexdigest()
    assert not any(secret in str(value) or secret[4:] in str(value) for value in row.values())


def test_a_token_stands_for_its_person_in_one_query(django_assert_num_queries):
    user = make_user()
    token, secret = tokens.create(user_id=user.pk, name="bot")
    AccessToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
    with django_assert_num_queries(1):
        assert tokens.authenticate(secret) == user


@pytest.mark.parametrize(
    "wrong", ["", "cfb_", "x" * 47, "cfb_" + "a" * 44, "cfb_" + "ä" * 43, "cfb_" + "a" * 42 + "\n"]
)
def test_what_has_not_the_shape_of_a_token_is_refused_without_a_query(wrong, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert tokens.authenticate(wrong) is None


def test_a_token_nobody_made_is_refused():
    tokens.create(user_id=make_user().pk, name="bot")
    assert tokens.authenticate("cfb_" + "a" * 43) is None


def test_a_revoked_token_is_refused():
    user = make_user()
    token, secret = tokens.create(user_id=user.pk, name="bot")
    assert tokens.authenticate(secret) == user
    tokens.revoke(user_id=user.pk, token_id=token.pk)
    assert tokens.authenticate(secret) is None


def test_a_deactivated_person_s_token_is_refused():
    user = make_user()
    _, secret = tokens.create(user_id=user.pk, name="bot")
    assert tokens.authenticate(secret) == user
    user.is_active = False
    user.save()
    assert tokens.authenticate(secret) is None


def test_nobody_revokes_somebody_else_s_token():
    alice, bob = make_user("alice"), make_user("bob")
    token, secret = tokens.create(user_id=alice.pk, name="bot")
    with pytest.raises(ClientError) as caught:
        tokens.revoke(user_id=bob.pk, token_id=token.pk)
    assert caught.value.code == "not_found"
    assert tokens.authenticate(secret) == alice


def test_the_last_use_is_written_at_most_once_a_minute(time_machine_at):
    start = timezone.now()
    token, secret = tokens.create(user_id=make_user().pk, name="bot")
    stamps = []
    for seconds in (0, 30, 59, 61):
        with time_machine_at(start + timedelta(seconds=seconds)):
            tokens.authenticate(secret)
            token.refresh_from_db()
            stamps.append(token.last_used_at)
    assert stamps[0] == stamps[1] == stamps[2] == start
    assert stamps[3] == start + timedelta(seconds=61)


def test_a_person_has_at_most_fifty_tokens():
    user = make_user()
    for number in range(tokens.TOKENS_PER_PERSON):
        tokens.create(user_id=user.pk, name=str(number))
    with pytest.raises(ClientError, match="50"):
        tokens.create(user_id=user.pk, name="one more")


def test_a_token_without_a_name_is_refused():
    with pytest.raises(ClientError) as caught:
        tokens.create(user_id=make_user().pk, name="  ")
    assert caught.value.code == "invalid"


@pytest.fixture
def time_machine_at():
    import time_machine

    return lambda when: time_machine.travel(when, tick=False)
