"""What `manage.py check` says about settings an operator may get wrong."""

from typing import Any

import pytest
from django.core.checks import run_checks

from notifications import checks
from notifications.delivery import vapid
from realtime_site.checks import TAG

GOOD = {
    "WORKERS": 1,
    "REDIS_URL": "",
    "SIGNUP": "invite",
    "LIVE_RATE_LIMITS": True,
    "HTTPS": True,
    "SITE_URL": "https://chat.example.org",
    "VAPID_PRIVATE_KEY": "",
    "PUSH_TEST_ORIGINS": [],
}


def problems(settings: Any, *, deploy: bool = False, **changed: Any) -> list[str]:
    for name, value in (GOOD | changed).items():
        setattr(settings, name, value)
    found = run_checks(tags=[TAG], include_deployment_checks=deploy)
    assert all(one.hint for one in found), "each says what to set"
    return [str(one.id) for one in found]


def test_a_good_site_has_no_problem(settings: Any) -> None:
    assert problems(settings, deploy=True) == []


def test_several_workers_need_redis(settings: Any) -> None:
    assert problems(settings, WORKERS=2) == ["confab.E001"]
    assert problems(settings, WORKERS=2, REDIS_URL="redis://127.0.0.1:6379/0") == []


def test_signup_is_invite_or_open(settings: Any) -> None:
    assert problems(settings, SIGNUP="open") == []
    assert problems(settings, SIGNUP="closed") == ["confab.E002"]


def test_limits_off_are_reported_in_production(settings: Any) -> None:
    assert problems(settings, LIVE_RATE_LIMITS=False) == ["confab.W001"]
    assert problems(settings, LIVE_RATE_LIMITS=False, deploy=True) == ["confab.W001"]


def test_limits_off_are_nobodys_business_on_a_laptop(settings: Any) -> None:
    laptop: dict[str, Any] = {"HTTPS": False, "SITE_URL": "http://127.0.0.1:8000", "LIVE_RATE_LIMITS": False}
    assert problems(settings, **laptop) == []
    assert problems(settings, **laptop, deploy=True) == ["confab.W001"]


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000"])
def test_http_is_fine_on_this_machine(settings: Any, url: str) -> None:
    assert problems(settings, SITE_URL=url, HTTPS=False, deploy=True) == []


@pytest.mark.parametrize("url", ["http://chat.example.org", "http://192.0.2.10:8000"])
def test_http_across_a_network_is_reported_before_deploying(settings: Any, url: str) -> None:
    assert problems(settings, SITE_URL=url, HTTPS=False) == []
    assert problems(settings, SITE_URL=url, HTTPS=False, deploy=True) == ["confab.W002"]


@pytest.mark.parametrize("key", ["secret", "A" * 42, "A" * 43, "\u00e4" * 43, "_" * 43])
def test_a_key_for_pushes_that_is_none_is_refused(settings: Any, key: str) -> None:
    assert problems(settings, VAPID_PRIVATE_KEY=key) == ["confab.E003"]


def test_a_key_that_the_command_has_made_is_one(settings: Any) -> None:
    assert problems(settings, VAPID_PRIVATE_KEY=vapid.make_private_key()) == []


def test_test_origins_are_reported_in_production(settings: Any) -> None:
    origins = ["http://127.0.0.1:1234"]
    assert problems(settings, PUSH_TEST_ORIGINS=origins) == ["confab.W003"]
    assert problems(settings, PUSH_TEST_ORIGINS=origins, HTTPS=False, SITE_URL="http://127.0.0.1:8000") == []


def test_letters_have_what_they_need_here(settings: Any) -> None:
    assert run_checks(tags=[checks.TAG]) == []


def test_a_site_of_ones_own_is_told_what_letters_need(settings: Any) -> None:
    del settings.SITE_URL
    settings.ROOT_URLCONF = "tests.unit.test_checks"  # no address of ours
    settings.TEMPLATES = []
    found = run_checks(tags=[checks.TAG])
    wanted = ["notifications.W001", "notifications.W002", "notifications.W003"]
    assert sorted(str(one.id) for one in found) == wanted  # Django keeps its checks in a set
    assert all(one.hint for one in found), "each says what to set"


urlpatterns: list[Any] = []
