"""What the workers made of clients' reports, and what they wrote down."""

import asyncio
from collections.abc import Sequence

import psycopg

from chat.proof.behind import GRACE_SECONDS
from realtime_site.chaos.client import Client
from realtime_site.chaos.link import until
from tests.scale.conftest import BigSite

Row = tuple[str, int, int, int, str]


async def report_twice(clients: Sequence[Client]) -> None:
    """Two reports of each, so far apart that what is missing in both is lost."""
    await _report(clients)
    await asyncio.sleep(GRACE_SECONDS + 0.5)
    await _report(clients)


async def _report(clients: Sequence[Client]) -> None:
    answers = await asyncio.gather(*(client.report() for client in clients))
    assert all(answer["type"] == "ok" for answer in answers), answers


def rows(site: BigSite) -> list[Row]:
    """Kind, person, first, last, explanation."""
    with psycopg.connect(site.workers[0].env["DATABASE_URL"]) as connection:
        query = "SELECT kind, user_id, first, last, explanation FROM chat_anomaly ORDER BY id"
        return connection.execute(query).fetchall()


async def found(site: BigSite) -> list[Row]:
    """Once there is any."""
    await until(lambda: bool(rows(site)), "a row")
    return rows(site)
