"""The offline checker: what each client sent, had acked and heard, against what is stored."""

from collections.abc import Iterable

from tests.scale.client import Client
from tests.scale.conftest import Row


def check(stored: list[Row], clients: Iterable[Client], room: int) -> None:
    """Nothing acked is lost, nothing is doubled or swapped, everybody heard all of it in one order."""
    assert [row.seq for row in stored] == list(range(1, len(stored) + 1))
    assert len({row.client_id for row in stored}) == len(stored)
    for client in clients:
        _check_sender(stored, client)
        log = client.rooms[room]
        assert [(message["seq"], message["id"]) for message in log.heard] == [
            (row.seq, row.id) for row in stored if row.seq > log.first
        ]


def _check_sender(stored: list[Row], client: Client) -> None:
    by_client_id = {row.client_id: row for row in stored}
    for client_id, message in client.acked.items():
        row = by_client_id[client_id]
        assert (message["id"], message["seq"]) == (row.id, row.seq)
    mine = set(client.sent)
    assert [row.client_id for row in stored if row.client_id in mine] == [
        client_id for client_id in client.sent if client_id in by_client_id
    ]
