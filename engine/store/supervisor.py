"""The process that keeps the embedded server of one folder alive while somebody uses it, and stops it afterwards.

Started by engine/store/embedded.py as a script of its own (`python -I -S supervisor.py FOLDER SOCKET BINARY FSYNC
MEMORY`), so it imports nothing but a few modules of the standard library and is up in some 15 ms.

Three locks (flock, so that each ends with its holder, however that dies) lie in the folder:

    lock             held by the server itself, through an inherited descriptor: never two servers on one folder
    supervisor.lock  held by the supervisor: one of them per folder
    users            shared by every user; the supervisor stops the server once it can take it alone for 2 s

The supervisor also flushes the append-only file each second, in place of the server's `appendfsync everysec`: with that
the server, while a flush is under way, holds back what it writes for up to 2 s and answers all the same, so that even a
`kill -9` loses what it acknowledged. With `appendfsync no` it hands everything to the kernel before it answers.

The first line on standard output tells the starter how it went: `ready`, `busy` (another supervisor is at work) or
`failed <reason>`. Standard output is closed after it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import socket
import sys
import time

TYPE_CHECKING = False  # as in typing, which takes longer to import than all the rest
if TYPE_CHECKING:
    from collections.abc import Callable

LOCK, SUPERVISOR_LOCK, USERS = "lock", "supervisor.lock", "users"
RUNTIME = "runtime"
"""File of three lines: identity of the folder (see `identity`), path of the server's socket, pid of the supervisor."""
LOG, PID = "server.log", "server.pid"
DATA = "appendonlydir"
FLUSHED = "flushed"
"""File of one line: name of the append-only file and how many of its bytes were on the disk at the last flush."""

QUIET_S = 2.0  # nobody used the server for this long: stop it
BEAT_S = 0.1  # between two looks at the users and the server
FLUSH_S = 1.0  # between two flushes of the append-only file
LISTEN_S = 15.0  # a server that does not listen after this has failed; loading its data may take longer
ADOPT_S = 3.0  # a running server that does not listen for this long cannot be reached and is replaced
STOP_S = 30.0  # a server that has not stopped by itself after this is killed, which loses nothing acknowledged
# The wheel's server uses the C library's malloc. Scripts free many small pieces at once, which it would merge and split
# again each time; kept at hand they cost the server a tenth less time. More of them (4000 of each size up to 512 bytes)
# would be a little faster, and keep the heap from shrinking: a store of 60 MB took 260 MB, and maxmemory counts none of
# that.
MALLOC = "glibc.malloc.tcache_count=200:glibc.malloc.tcache_max=256:glibc.malloc.trim_threshold=67108864"
LOG_BYTES = 1_000_000  # then the log becomes server.log.1, in place of the one before


def server_arguments(socket_path: str, fsync: str, memory_bytes: str = "0") -> list[str]:
    """Options of the server: Unix socket only, everything kept by an append-only file in its working directory.

    `fsync` is `everysec` (by the supervisor) or `always` (by the server). `memory_bytes`: after which it takes no new
    tasks; 0: never. Paths in the folder are relative, so that the
    folder may be moved meanwhile.
    """
    options = {
        "port": "0",
        "unixsocket": socket_path,
        "unixsocketperm": "700",
        "dir": ".",
        "daemonize": "no",
        "logfile": LOG,
        "pidfile": PID,
        "appendonly": "yes",
        "appendfsync": "no" if fsync == "everysec" else fsync,
        "save": "",
        "maxmemory": memory_bytes,
        "maxmemory-policy": "noeviction",
        # A task's record is a hash with data above the default 64 bytes; as a listpack it takes far less memory.
        "hash-max-listpack-value": "1024",
    }
    return [text for name, value in options.items() for text in (f"--{name}", value)]


def identity(folder: str) -> str:
    """Device and inode of a folder: the same for a moved folder, another for a copied one."""
    status = os.stat(folder)
    return f"{status.st_dev:x}-{status.st_ino:x}"


def take(name: str, how: int = fcntl.LOCK_EX, *, create: bool = True) -> int | None:
    """A descriptor that holds the lock on this file, or None while others hold it. Closing it gives the lock back."""
    descriptor = os.open(name, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o600)
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def server_is_gone() -> bool:
    """Whether nobody holds the lock of the working directory (or the lock itself was deleted)."""
    try:
        lock = take(LOCK, create=False)
    except FileNotFoundError:
        return True
    if lock is not None:
        os.close(lock)
    return lock is not None


def say(socket_path: str, command: bytes) -> bytes | None:
    """The beginning of what the server answers to a command: empty when it says nothing, None when nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(1.0)
        try:
            connection.connect(socket_path)
            connection.sendall(command)
            return connection.recv(64)
        except TimeoutError:
            return b""
        except OSError:
            return None


def ping(socket_path: str) -> str:
    """What is at this socket: `pong` (a server), `loading` (one that is busy or reads its data), or `nothing`."""
    answer = say(socket_path, b"PING\r\n")
    if answer is None:
        return "nothing"
    return "pong" if answer.startswith(b"+PONG") else "loading"


class StartFailed(Exception):
    """The server did not start; the text is the server's own reason."""


class Supervisor:
    """The life of one folder's server. The working directory is the folder."""

    def __init__(self, socket_path: str, binary: str, fsync: str, memory_bytes: str) -> None:
        self.socket_path = socket_path
        self.binary = binary
        self.fsync = fsync
        self.memory_bytes = memory_bytes
        self.child = 0
        self.lock_file = 0
        self.asked_to_stop = False
        self.flushed: dict[str, int] = {}
        self.next_flush = 0.0
        self.woken, wake = os.pipe()
        for end in (self.woken, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._note_stop)
        for ignored in (signal.SIGINT, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_IGN)

    def _note_stop(self, *_: object) -> None:
        self.asked_to_stop = True

    def pause(self, seconds: float) -> None:
        """Sleep, but not through the end of the server or a request to stop."""
        select.select([self.woken], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self.woken, 1024)

    # --- The server --------------------------------------------------------------------------------------------

    def find_or_start(self) -> None:
        """Return when the server answers: the one that runs already, or a new one. Raises StartFailed, OSError."""
        lock = take(LOCK)
        if lock is None:
            if self._adopt():
                return
            lock = take(LOCK)
        if lock is None:
            self.stop_server()
            lock = take(LOCK)
        if lock is None:
            raise StartFailed("a server that does not answer holds the folder's lock")
        self._start(lock)

    def _adopt(self) -> bool:
        """Whether the running server, left behind by a supervisor that died, can be reached."""
        self.lock_file = os.stat(LOCK).st_ino
        its_socket = read_runtime(".") or self.socket_path
        deadline = time.monotonic() + ADOPT_S
        while (answer := ping(its_socket)) != "pong":
            if server_is_gone() or (answer == "nothing" and time.monotonic() > deadline):
                return False
            self.pause(0.01)
        self.socket_path = its_socket
        write_runtime(its_socket)
        return True

    def _start(self, lock: int) -> None:
        """Start the server and hand it the lock. Raises StartFailed with what the server wrote into its log."""
        os.makedirs(os.path.dirname(self.socket_path), mode=0o700, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.socket_path)
        self.turn_log()
        log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        log_start = os.fstat(log).st_size
        self.lock_file = os.fstat(lock).st_ino
        write_runtime(self.socket_path)
        os.set_inheritable(lock, True)
        arguments = [self.binary, *server_arguments(self.socket_path, self.fsync, self.memory_bytes)]
        redirections = [(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
        environment = {"GLIBC_TUNABLES": MALLOC, **os.environ}
        self.child = os.posix_spawn(self.binary, arguments, environment, file_actions=redirections)
        # From here the server alone holds the lock, so the lock is free exactly when the server is dead.
        os.close(lock)
        os.close(log)
        deadline = time.monotonic() + LISTEN_S
        while (answer := ping(self.socket_path)) != "pong":
            if self.reap():
                with contextlib.suppress(OSError):
                    os.unlink(self.socket_path)
                raise StartFailed(reason_in_log(log_start))
            if answer == "nothing" and time.monotonic() > deadline:
                self.stop_server()
                raise StartFailed(f"the server did not answer within {LISTEN_S:.0f} s")
            self.pause(0.002)

    def reap(self) -> bool:
        """Whether our server has ended; forgets it then."""
        if not self.child:
            return False
        ended, _ = os.waitpid(self.child, os.WNOHANG)
        if ended:
            self.child = 0
        return bool(ended)

    def stop_server(self, *, at_once: bool = False) -> None:
        """End the server so that it flushes its file first; by SIGKILL at once, or when that takes more than STOP_S."""
        if self.child:
            for signal_number in (signal.SIGKILL,) if at_once else (signal.SIGTERM, signal.SIGKILL):
                os.kill(self.child, signal_number)
                if self._wait(self.reap):
                    return
        elif not (say(self.socket_path, b"SHUTDOWN\r\n") is not None and self._wait(server_is_gone)):
            # An adopted server. While the lock is held, the recorded pid is the server's and not a later process's.
            pid = recorded_pid()
            for signal_number in (signal.SIGTERM, signal.SIGKILL):
                if pid and not server_is_gone():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal_number)
                    self._wait(server_is_gone)

    def _wait(self, condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + STOP_S
        while not condition():
            if time.monotonic() > deadline:
                return False
            self.pause(0.01)
        return True

    # --- The watch ---------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Keep the server alive while it has users; return after it was stopped. Raises StartFailed, OSError."""
        quiet_since: float | None = None
        lost = False
        while not self.asked_to_stop:
            self.pause(BEAT_S)
            self.reap()
            try:
                lost = os.stat(LOCK).st_ino != self.lock_file
                if lost:
                    break
                users = take(USERS, create=False)
                if users is None:
                    quiet_since = None
                    self._mend()
                    self._flush()
                    continue
            except FileNotFoundError:
                lost = True
                break
            now = time.monotonic()
            quiet_since = quiet_since or now
            if now - quiet_since >= QUIET_S:
                # Keep the lock: whoever comes now waits until the server is gone, then starts the next.
                break
            os.close(users)
        # When the folder or its locks were deleted, they guard nothing any more: the server must go, and must not write
        # its farewell into a folder that somebody is deleting.
        self.stop_server(at_once=lost)
        for leftover in (RUNTIME, self.socket_path):
            with contextlib.suppress(OSError):
                os.unlink(leftover)

    def _mend(self) -> None:
        """Start the server again if it died, or if its socket was deleted and nobody can reach it any more."""
        lock = take(LOCK, create=False)
        if lock is None and not os.path.exists(self.socket_path):
            self.stop_server()
            lock = take(LOCK, create=False)
        if lock is not None:
            self._start(lock)
        self.turn_log()

    def _flush(self) -> None:
        """Once a second: have the kernel write to the disk what the server has written since."""
        now = time.monotonic()
        if self.fsync != "everysec" or now < self.next_flush:
            return
        self.next_flush = now + FLUSH_S
        for file in sorted(os.listdir(DATA)):
            if not file.endswith(".incr.aof"):
                continue
            try:
                descriptor = os.open(os.path.join(DATA, file), os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue  # the server has just replaced it by a shorter one
            try:
                size = os.fstat(descriptor).st_size
                if self.flushed.get(file) == size:
                    continue
                flush_to_disk(descriptor)
            except OSError:
                # Its own flush meets the same error, and then it refuses to write, as its users know it.
                say(self.socket_path, b"CONFIG SET appendfsync everysec\r\n")
                return
            finally:
                os.close(descriptor)
            with contextlib.suppress(OSError):  # a full disk: what was flushed before holds, and it is tried again
                write_file(FLUSHED, f"{file} {size}\n")
                self.flushed[file] = size

    @staticmethod
    def turn_log() -> None:
        with contextlib.suppress(FileNotFoundError):
            if os.stat(LOG).st_size > LOG_BYTES:
                os.replace(LOG, f"{LOG}.1")


# --- Small files in the folder -----------------------------------------------------------------------------------


def flush_to_disk(descriptor: int) -> None:
    if hasattr(fcntl, "F_FULLFSYNC"):  # macOS, where fsync leaves it in the drive's memory
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)


def write_file(name: str, text: str) -> None:
    """Replace a small file whole: nobody reads half of it."""
    with open(f"{name}.new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(f"{name}.new", name)


def write_runtime(socket_path: str) -> None:
    """Tell users in the working directory's folder where the server listens."""
    write_file(RUNTIME, f"{identity('.')}\n{socket_path}\n{os.getpid()}\n")


def read_runtime(folder: str) -> str | None:
    """Path of the socket of this folder's server; None when unknown, or written for the original of this copy."""
    try:
        with open(f"{folder}/{RUNTIME}", encoding="utf-8") as file:
            owner, socket_path, *_ = [*file.read().split("\n"), "", ""]
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return socket_path if owner == identity(folder) and socket_path else None


def recorded_pid(folder: str = ".") -> int:
    """Process id that the server of this folder itself wrote; 0 when there is none."""
    try:
        with open(f"{folder}/{PID}", encoding="ascii") as file:
            return int(file.read())
    except (FileNotFoundError, ValueError):
        return 0


def reason_in_log(start: int) -> str:
    """The server's last warnings since the byte `start` of its log, in one line."""
    with open(LOG, "rb") as file:
        file.seek(start)
        lines = file.read(64_000).decode("utf-8", "replace").splitlines()
    warnings = [line.split(" # ", 1)[1] for line in lines if " # " in line]
    reasons = [line for line in warnings if line and not line.startswith("WARNING")]
    return "; ".join((reasons or lines or ["it ended without a word"])[-3:])


def report(line: str) -> None:
    """Tell the starter, if it still listens, and let go of its pipe."""
    with contextlib.suppress(OSError):
        os.write(1, (line + "\n").encode())
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.close(null)


def close_to_others() -> None:
    """Take from others what an earlier version, or another umask, left them of the folder's files."""
    inner = [f"{DATA}/{name}" for name in os.listdir(DATA)] if os.path.isdir(DATA) else []
    for name in (LOCK, SUPERVISOR_LOCK, USERS, LOG, LOG + ".1", PID, RUNTIME, FLUSHED, DATA, *inner):
        with contextlib.suppress(OSError):
            mode = os.stat(name).st_mode
            if mode & 0o077:
                os.chmod(name, mode & 0o700)


def main(folder: str, socket_path: str, binary: str, fsync: str, memory_bytes: str) -> int:
    # The starter waits for its child only; we go on as nobody's child and leave it no process to reap.
    if os.fork():
        return 0
    os.umask(0o077)  # the server's files are its owner's only, whoever started it
    try:
        os.chdir(folder)
        for _ in range(10):
            # A user that looks whether we are here holds this lock for a moment.
            mine = take(SUPERVISOR_LOCK)
            if mine is not None:
                break
            time.sleep(0.002)
        else:
            report("busy")
            return 0
        log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.dup2(log, 2)
        os.close(log)
        close_to_others()
        supervisor = Supervisor(socket_path, binary, fsync, memory_bytes)
        supervisor.find_or_start()
    except StartFailed as error:
        report(f"failed {error}")
        return 1
    except OSError as error:
        report(f"failed {error.strerror}: {error.filename or folder}")
        return 1
    report("ready")
    supervisor.watch()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
