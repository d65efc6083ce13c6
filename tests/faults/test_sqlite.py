"""One worker on SQLite, and somebody else at the same file."""

import asyncio
import os
import random
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from realtime_site.chaos.link import until
from tests.faults.conftest import Broken, SmallSite

AIM_SECONDS = 5
BUSY_SECONDS = 20  # how long a write of ours waits for another's (settings.py)


@pytest.fixture
def site(make_small_site: Callable[..., SmallSite]) -> SmallSite:
    return make_small_site()


async def test_somebody_else_writes_for_some_seconds(site: SmallSite, broken: Broken, dice: random.Random) -> None:
    async with broken(site, "SQLite: a second writer for some seconds", aim_seconds=AIM_SECONDS) as talk:
        with writing(site):
            await asyncio.sleep(dice.uniform(2, 5))
    assert not any(client.errors or client.closed_with for client in talk.clients)


@pytest.mark.long
async def test_somebody_else_writes_for_longer_than_anybody_waits(site: SmallSite, broken: Broken) -> None:
    async with broken(site, "SQLite: a second writer for 25 s", aim_seconds=AIM_SECONDS) as talk:
        with writing(site):
            await asyncio.sleep(BUSY_SECONDS + 5)
    assert {error["code"] for client in talk.clients for error in client.errors} == {"unavailable"}
    assert not any(client.closed_with for client in talk.clients)


@pytest.mark.long
async def test_somebody_else_reads_for_long(site: SmallSite, broken: Broken) -> None:
    """With WAL nobody waits for a reader; what is written meanwhile only cannot be folded into the file."""
    async with broken(site, "SQLite: a long reader", aim_seconds=AIM_SECONDS) as talk:
        with reading(site):
            await talk.goes_on(100)
    assert not any(client.errors or client.closed_with for client in talk.clients)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a small disk")
async def test_the_disk_is_full(make_small_site: Callable[..., SmallSite], broken: Broken, small_disk: Path) -> None:
    site = make_small_site(DATA_DIR=str(small_disk))
    async with broken(site, "SQLite: disk full", aim_seconds=AIM_SECONDS) as talk:
        filler = fill(small_disk)
        await until(lambda: all(client.errors for client in talk.clients), "a refusal of each")
        filler.unlink()
    assert {error["code"] for client in talk.clients for error in client.errors} == {"unavailable"}
    assert not any(client.closed_with for client in talk.clients)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A few megabytes in memory, with what a data directory needs."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], check=True)
    try:
        (disk / "static").mkdir()
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk: Path) -> Path:
    """The file that takes all that was left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


@contextmanager
def writing(site: SmallSite) -> Iterator[None]:
    connection = sqlite3.connect(site.file, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE chat_room SET topic = 'somebody else was here'")
        yield
        connection.execute("COMMIT")
    finally:
        connection.close()


@contextmanager
def reading(site: SmallSite) -> Iterator[None]:
    connection = sqlite3.connect(site.file, isolation_level=None)
    try:
        connection.execute("BEGIN")
        before = connection.execute("SELECT count(*) FROM chat_message").fetchone()
        yield
        assert connection.execute("SELECT count(*) FROM chat_message").fetchone() == before
    finally:
        connection.close()
