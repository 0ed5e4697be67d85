"""A PostgreSQL server for tests alone: its own folder, a socket and a loopback port, gone afterwards."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

_PLACES = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/pgsql/bin")


def binaries() -> Path | None:
    """Folder of the newest server on this machine."""
    found = [Path(name).parent for pattern in _PLACES for name in _matches(pattern)]
    on_path = shutil.which("initdb")
    return found[-1] if found else Path(on_path).parent if on_path else None


def _matches(pattern: str) -> list[str]:
    root, rest = Path(pattern).anchor, pattern.lstrip("/")
    return sorted(str(path) for path in Path(root).glob(f"{rest}/initdb"))


def _other_user() -> str | None:
    """Who shall own the server: it refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


class PostgresServer:
    """Starts in `start`; `database` gives the URL of an empty one, `take_back` empties it for the next."""

    def __init__(self, bin_folder: Path) -> None:
        self._bin = bin_folder
        self._user = _other_user()
        # Short, for the path of a socket may have some hundred letters only.
        self._folder = Path(tempfile.mkdtemp(prefix="shotlane-pg-", dir="/tmp"))
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        self._port = _free_port()
        self._count = 0
        self._empty: list[str] = []

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        if self._user is not None:
            command = ["runuser", "-u", self._user, "--", *command]
        done = subprocess.run(
            command, cwd=self._folder, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr or done.stdout}")

    def initialise(self) -> None:
        """Make the server's files."""
        self._run("initdb", "-D", str(self._folder / "db"), "-U", "lab", "-A", "trust", "-N", "-E", "UTF8")

    def start(self, *, durable: bool = False) -> None:
        """Start the server and wait until it answers; `durable`: with fsync, as in a lab."""
        options = f"{'' if durable else '-F '}-p {self._port} -k {self._folder} -h 127.0.0.1"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", str(self._folder / "db"), "-w", "-l", log, "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server; `immediate` is how a crash looks to its clients."""
        self._run("pg_ctl", "-D", str(self._folder / "db"), "-w", "-m", mode, "stop")

    def _processes(self) -> list[int]:
        """Every process of the server, the first one first."""
        first = int((self._folder / "db" / "postmaster.pid").read_text(encoding="ascii").split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="ascii").split()
        return [first, *map(int, children)]

    def signal(self, number: int) -> None:
        """Send a signal to every process of the server."""
        for process in self._processes():
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def kill(self) -> None:
        """Kill every process of the server, as the machine it runs on would by failing."""
        processes = self._processes()
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(_state(process) not in (None, "Z") for process in processes):
            time.sleep(0.01)
        # A process that nobody waits for keeps its number, and would look like a server that runs.
        for lock in (self._folder / "db" / "postmaster.pid", *self._folder.glob(".s.PGSQL.*.lock")):
            lock.unlink()

    def remove(self) -> None:
        """Stop and delete everything."""
        with suppress(RuntimeError):
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def database(self) -> str:
        """URL of an empty database."""
        if self._empty:
            return self._empty.pop()
        self._count += 1
        name = f"lab{self._count}"
        self._run("createdb", "-h", str(self._folder), "-p", str(self._port), "-U", "lab", name)
        return f"postgresql://lab:s3cr3t-w0rd@127.0.0.1:{self._port}/{name}"

    def take_back(self, url: str) -> None:
        """Empty a database for the next test: a new one is three hundred files to make and to delete."""
        import psycopg  # late: whoever has no server need not have it

        with suppress(psycopg.Error), psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute("SET lock_timeout = '10s'")
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
            self._empty.append(url)


def _state(pid: int) -> str | None:
    """The letter that the system gives the state of a process, None when there is none."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
