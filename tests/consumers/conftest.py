"""Consumer tests run on threads and a loop of their own, so the database is real, not a transaction; the hub ends
with the test.
"""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from realtime_site.accounts.models import User
from realtime_site.live.hub import hub
from tests.consumers.support import Client


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/consumers/" in str(item.path):
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(autouse=True)
async def hub_ends_with_the_test(transactional_db: None) -> AsyncIterator[None]:
    yield
    await hub().stop()


@pytest.fixture
async def connect(hub_ends_with_the_test: None) -> AsyncIterator[Callable[..., Awaitable[Client]]]:
    """Opens sockets that are closed when the test ends."""
    clients: list[Client] = []

    async def open_one(user: User, path: str = "/ws/") -> Client:
        clients.append(await Client.open(user, path))
        return clients[-1]

    yield open_one
    for client in clients:
        await client.close()
