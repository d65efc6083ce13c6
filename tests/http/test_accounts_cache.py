import time

import pytest
from django.core.cache import cache, caches
from django.test import Client

from realtime_site.accounts import cache as module
from tests.factories import PASSWORD, make_user

GONE = "redis://127.0.0.1:1/0"


@pytest.fixture
def redis_is_gone(settings, monkeypatch):
    monkeypatch.setattr(module.SteadyRedisCache, "resting_until", 0.0)
    options = {"socket_connect_timeout": 1, "socket_timeout": 1}
    backend = "realtime_site.accounts.cache.SteadyRedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": GONE, "OPTIONS": options}}
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,10/15m/key"}
    yield
    caches["default"].memory.clear()


@pytest.mark.django_db
def test_people_log_in_while_redis_is_gone(client, redis_is_gone):
    make_user()
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert "_auth_user_id" in client.session


@pytest.mark.django_db
def test_guessing_is_limited_while_redis_is_gone(redis_is_gone):
    make_user()
    for attempt in range(10):
        Client(REMOTE_ADDR=f"10.0.0.{attempt}").post("/accounts/login/", {"login": "alice", "password": "guess"})
    last = Client()
    last.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert "_auth_user_id" not in last.session


def test_a_redis_that_does_not_answer_is_left_alone_for_a_while(redis_is_gone, monkeypatch):
    asked = []
    monkeypatch.setattr(module.SteadyRedisCache, "_cache", property(lambda self: asked.append(1) or _raise()))
    for _ in range(3):
        cache.set("a", 1)
        assert cache.get("a") == 1
    assert len(asked) == 1
    monkeypatch.setattr(module.SteadyRedisCache, "resting_until", time.monotonic() - 1)
    cache.get("a")
    assert len(asked) == 2


def _raise():
    raise ConnectionError("gone")
