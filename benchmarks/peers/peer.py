"""What a peer is."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from benchmarks.core.bench import Bench
from benchmarks.load.dialect import Dialect
from tests.servers import Redis


@dataclass(frozen=True)
class Server:
    """A running one. `pids` are the processes whose CPU counts, with their children: Redis too where it is used."""

    dialect: Dialect
    pids: tuple[int, ...]
    # The processes that hold the sockets.
    workers: tuple[int, ...] = field(default=())
    # The name of its database in PostgreSQL.
    database: str = ""
    redis: Redis | None = None
    # What other commands on it need, where they can be given any.
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.workers:
            object.__setattr__(self, "workers", self.pids[:1])


class Peer:
    """`rooms` rooms with `size` members each; socket number n is in room n // size."""

    name: str

    def install(self) -> None:
        """Brings what is not here. Raises `MissingError`."""

    def version(self) -> str:
        raise NotImplementedError

    def serve(self, bench: Bench, rooms: int, size: int) -> AbstractContextManager[Server]:
        raise NotImplementedError
