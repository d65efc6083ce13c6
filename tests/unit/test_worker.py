"""What a worker tells whoever started it."""

import os
import socket
from pathlib import Path

import pytest

from realtime_site.worker import _tell_ready


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_hears_when_a_worker_serves(abstract: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"confab-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"\0{name}" if abstract else name)
        systemd.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}" if abstract else name)
        _tell_ready(None)
        assert systemd.recv(100) == b"READY=1"
