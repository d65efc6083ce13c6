"""`/metrics`: who may ask, what is told, and that the dashboard and the page know all of it."""

import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as site_settings
from django.test import RequestFactory
from django.urls import resolve
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from notifications.delivery.outbox import backlog
from notifications.models import Delivery
from realtime_site.live.hub import hub
from realtime_site.live.meters import meters
from realtime_site.live.report import Report
from realtime_site.live.vitals import vitals
from realtime_site.metrics import COUNTERS, GAUGES, Figures, metrics
from tests.factories import make_user

ROOT = Path(__file__).parents[2]
SUFFIX = {figure.name: "_total" for figure in COUNTERS} | {"confab_refused": "_total"}

pytestmark = pytest.mark.django_db(transaction=True)


async def ask(client: str = "127.0.0.1", **headers: str) -> tuple[int, str]:
    sent = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    answer = await metrics(RequestFactory().get("/metrics", REMOTE_ADDR=client, **sent))  # type: ignore[arg-type]
    return answer.status_code, answer.content.decode()


def values(text: str) -> dict[str, float]:
    return {sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples}


def test_it_is_at_its_address_and_not_redirected_to_https() -> None:
    assert resolve("/metrics").func is metrics
    assert re.match(site_settings.SECURE_REDIRECT_EXEMPT[-1], "metrics")


async def test_a_worker_tells_what_it_counted() -> None:
    before = meters.deliveries
    meters.deliveries += 40
    meters.refused["forbidden"] += 1
    status, text = await ask()
    assert status == 200
    told = values(text)
    assert told["confab_deliveries_total"] == before + 40
    assert told["confab_refused_total"] >= 1
    assert told["confab_database_up"] == 1
    assert 0 < told["confab_database_seconds"] < 30
    assert told["confab_memory_bytes"] > 10_000_000
    assert told["confab_outbox_due"] == 0
    await hub().stop()


async def test_without_a_token_only_this_machine_may_ask_and_directly(settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert (await ask())[0] == 200
    assert (await ask("::1"))[0] == 200
    assert (await ask("192.0.2.7"))[0] == 403
    assert (await ask(x_forwarded_for="127.0.0.1"))[0] == 403
    assert (await ask(forwarded="for=127.0.0.1"))[0] == 403
    await hub().stop()


async def test_with_a_token_whoever_has_it_may_ask_and_nobody_else(settings: Settings) -> None:
    settings.METRICS_TOKEN = "a token"
    assert (await ask("192.0.2.7", authorization="Bearer a token"))[0] == 200
    for wrong in ("Bearer b", "Bearer", "a token", "Basic a token", "Bearer a token "):
        assert (await ask(authorization=wrong))[0] == 403, wrong
    assert (await ask())[0] == 403
    await hub().stop()


async def test_behind_a_shared_port_it_tells_of_all_workers_there(settings: Settings) -> None:
    settings.WORKERS = 2
    here = vitals()
    here.supervisor = 77

    async def sibling() -> None:
        """The other worker answers a moment after it was asked."""
        while not here.watched:
            await asyncio.sleep(0.01)
        own = here.report().to_json()
        for name, supervisor, pid in (("sibling", 77, 4242), ("stranger", 78, 4343)):
            report = own | {"worker": name, "supervisor": supervisor, "pid": pid}
            here._hear({"worker": name, "watch": 0, "report": report})

    (_, text), _ = await asyncio.gather(ask(), sibling())
    assert set(re.findall(r'confab_connections\{worker="(\d+)"\}', text)) == {"4242", str(here.report().pid)}
    await hub().stop()


def test_the_outbox_tells_how_much_is_due_and_for_how_long() -> None:
    user, now = make_user(), timezone.now()
    for minutes, state in ((5, "waiting"), (3, "waiting"), (-5, "waiting"), (60, "sent")):
        due_at = now - timedelta(minutes=minutes)
        Delivery.objects.create(user=user, channel="push", state=state, due_at=due_at, created_at=now)
    assert backlog(now) == (2, 300)


def exported() -> set[str]:
    report = Report(worker="a", started_at="2026-01-01T00:00:00+00:00", database_ms=1, redis_ms=1, refused_by={"x": 1})
    collected = Figures([report], backlog(timezone.now())).collect()
    return {family.name + SUFFIX.get(family.name, "") for family in collected if family.samples}


async def test_the_dashboard_asks_for_what_there_is_and_shows_all_but_what_is_a_label() -> None:
    board: dict[str, Any] = json.loads((ROOT / "deploy" / "grafana.json").read_text())
    asked = " ".join(target["expr"] for panel in board["panels"] for target in panel.get("targets", ()))
    names = set(re.findall(r"confab_\w+", asked))
    there = await sync_to_async(exported)()
    assert names <= there
    assert there - names == set()


async def test_the_page_names_each_metric() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    assert set(re.findall(r"`(confab_\w+)`", page)) == await sync_to_async(exported)()


def test_each_meter_is_exported() -> None:
    counted = meters.totals()
    report = Report(worker="a", totals={name: number for number, name in enumerate(counted, 1)})
    told = {figure.of(report) for figure in COUNTERS if figure.name != "confab_cpu_seconds"}
    assert told == {number for number, name in enumerate(counted, 1) if name != "refused"}
    assert len({figure.name for figure in (*COUNTERS, *GAUGES)}) == len(COUNTERS) + len(GAUGES)
