"""Servers out of Debian's packages, unpacked under var/: nothing is installed, nothing starts, root is not needed."""

import os
import shutil
import subprocess
from pathlib import Path

from benchmarks.core.bench import TOOLS, MissingError


def unpacked(name: str, packages: tuple[str, ...], own: tuple[str, ...]) -> Path:
    """A directory that holds `packages` and what they need and this system lacks. Raises `MissingError`.

    `own` are the beginnings of package names that are unpacked even where the system has them: those that must fit
    together.
    """
    root = TOOLS / name
    if not (root / "packages.txt").exists():
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            raise MissingError(f"It is taken from Debian's packages ({', '.join(packages)}), which needs apt-get.")
        shutil.rmtree(root, ignore_errors=True)
        _unpack(root, _needed(packages, own))
    return root


def version(root: Path, package: str) -> str:
    """Debian's version of an unpacked package."""
    names = (root / "packages.txt").read_text().split()
    found = next(name for name in names if name.startswith(f"{package}_"))
    return f"{package} {found.split('_')[1].replace('%3a', ':').split(':')[-1]}"


def environment(root: Path) -> dict[str, str]:
    """For its programs to find its libraries."""
    libraries = [str(path) for path in (root / "usr" / "lib").glob("*-linux-gnu*")]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)}


def _needed(packages: tuple[str, ...], own: tuple[str, ...]) -> list[str]:
    # An empty status: all they need, also what is installed.
    command = ["apt-get", "-s", "--no-install-recommends", "-o", "Dir::State::status=/dev/null", "install", *packages]
    simulated = subprocess.run(command, capture_output=True, text=True, check=False)
    if simulated.returncode:
        raise MissingError(f"apt-get knows no {' '.join(packages)}; as root: apt-get update, on Debian 12 or newer.")
    wanted = [line.split()[1] for line in simulated.stdout.splitlines() if line.startswith("Inst ")]
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"]
    told = subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()
    installed = {line.split()[0] for line in told if line.endswith(" installed")}
    return [name for name in wanted if name.startswith(own) or name not in installed]


def _unpack(root: Path, names: list[str]) -> None:
    archives = root / "archives"
    archives.mkdir(parents=True)
    command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=", "download", *names]
    done = subprocess.run(command, cwd=archives, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError("apt-get could not download it; run `apt-get update` as root and try again.")
    files = sorted(archives.glob("*.deb"))
    for file in files:
        subprocess.run(["dpkg-deb", "-x", file, root], check=True)
    shutil.rmtree(archives)
    (root / "packages.txt").write_text("\n".join(file.name for file in files) + "\n")
