"""Opening the store by URL: what is refused, and with which words.

An old server, a replica, or one that wants a password cannot be had from the one program that tests have; a few lines
that answer as such a server would stand in for it. Everything else talks to a real server.
"""

from __future__ import annotations

import contextlib
import os
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from engine.config import Durability, Settings
from engine.errors import ConfigError, StoreUnavailable
from engine.store import open_store
from engine.store.connect import address_of, open_connection


@contextlib.contextmanager
def answering(replies: dict[str, bytes]) -> Iterator[str]:
    """URL of a server that gives these replies by the first word of a command, and +OK to all others."""

    class Stream(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline():
                if not line.startswith(b"*"):
                    self.wfile.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    return
                words = []
                for _ in range(int(line[1:])):
                    length = int(self.rfile.readline()[1:])
                    words.append(self.rfile.read(length + 2)[:-2].decode())
                self.wfile.write(replies.get(words[0].upper(), b"+OK\r\n"))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Stream) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"redis://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


HELLO = b"%1\r\n$5\r\nproto\r\n:3\r\n"


def info(**fields: str) -> dict[str, bytes]:
    """Replies of a server whose INFO says this, and which hides its settings."""
    good = {"redis_version": "7.2.4", "maxmemory_policy": "noeviction", "role": "master", "aof_enabled": "1"}
    text = "".join(f"{name}:{value}\r\n" for name, value in {**good, **fields}.items()).encode()
    hidden = b"-NOPERM this user has no permissions to run the 'config|get' command\r\n"
    return {"HELLO": HELLO, "INFO": b"$%d\r\n%b\r\n" % (len(text), text), "CONFIG": hidden}


# --- What works ----------------------------------------------------------------------------------------------------


def test_a_store_opens_by_url_and_answers_bytes(settings: Settings) -> None:
    with contextlib.closing(open_store(settings)) as store:
        assert store.namespace == settings.namespace
        assert store.address == settings.redis_url
        assert store.client.echo("x") == b"x"


def test_connections_have_names(settings: Settings) -> None:
    with contextlib.closing(open_store(settings)) as store, store.subscribe():
        names = [one["name"] for one in store.client.client_list()]

    name = f"conv:{settings.namespace}:{socket.gethostname()}:{os.getpid()}"
    assert names.count(name) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"redis_version": "7.0.0"},
        {"redis_version": "8.4.1"},
        {"redis_version": "10.0.0"},
        {"redis_version": "7.2.4", "valkey_version": "7.2.0", "server_name": "valkey"},
        {"redis_version": "7.2.4", "valkey_version": "9.1.2", "server_name": "valkey"},
    ],
)
def test_a_new_enough_server_is_taken(fields: dict[str, str]) -> None:
    with answering(info(**fields)) as url:
        open_connection(Settings(redis_url=url)).close()


# --- What is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"redis_version": "6.2.14"}, "is Redis 6.2.14; it needs to be Redis 7.0 or Valkey 7.2, or newer"),
        ({"redis_version": "5.0.7"}, "is Redis 5.0.7; it needs"),
        ({"redis_version": "odd"}, "is Redis odd; it needs"),
        ({"valkey_version": "7.1.9"}, "is Valkey 7.1.9; it needs"),
        (
            {"maxmemory_policy": "volatile-ttl"},
            "has maxmemory-policy volatile-ttl, which drops tasks when memory is full; set maxmemory-policy to noev",
        ),
        ({"cluster_enabled": "1"}, "is part of a cluster: add ?cluster=true to CONV_REDIS_URL"),
        (
            {"aof_enabled": "0"},
            "keeps no append-only file, so that CONV_DURABILITY everysec would promise what it does not keep: set "
            "appendonly yes on that server, or CONV_DURABILITY=none if all tasks may be lost with it",
        ),
        ({"role": "slave"}, "is a replica, which takes no writes; give the address of its primary"),
    ],
)
def test_an_unfit_server_is_refused(fields: dict[str, str], message: str) -> None:
    with answering(info(**fields)) as url, pytest.raises(ConfigError) as caught:
        open_connection(Settings(redis_url=url))

    assert caught.value.message.startswith(f"the store at {url} ")
    assert message in caught.value.message
    assert caught.value.where == "CONV_REDIS_URL"


def test_a_server_that_evicts_is_refused(settings: Settings, redis_client: redis.Redis) -> None:
    redis_client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(ConfigError, match="has maxmemory-policy allkeys-lru, which drops tasks"):
            open_store(settings)
    finally:
        redis_client.config_set("maxmemory-policy", "noeviction")


def test_durability_always_is_refused_where_the_server_flushes_less(settings: Settings, namespace: str) -> None:
    always = Settings(redis_url=settings.redis_url, namespace=namespace, durability=Durability.ALWAYS)

    with pytest.raises(ConfigError, match="has appendfsync everysec; CONV_DURABILITY always needs always"):
        open_store(always)


def test_a_server_from_before_hello_is_refused() -> None:
    with (
        answering({"HELLO": b"-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n"}) as url,
        pytest.raises(ConfigError, match=r"is too old: it needs to be Redis 7\.0 or Valkey 7\.2, or newer"),
    ):
        open_connection(Settings(redis_url=url))


@pytest.mark.parametrize(
    "refusal",
    [b"-WRONGPASS invalid username-password pair or user is disabled.\r\n", b"-NOAUTH Authentication required.\r\n"],
)
def test_a_wrong_password_is_refused_without_showing_it(refusal: bytes) -> None:
    with answering({"HELLO": refusal}) as url, pytest.raises(ConfigError) as caught:
        open_connection(Settings(redis_url=url.replace("//", "//me:hunter2@")))

    assert "//me:***@127.0.0.1:" in caught.value.message
    assert "refuses the name or password in CONV_REDIS_URL" in caught.value.message
    assert "hunter2" not in caught.value.message


def test_something_that_is_no_store_is_refused() -> None:
    with (
        answering({"HELLO": b"HTTP/1.1 400 Bad Request\r\n\r\n"}) as url,
        pytest.raises((ConfigError, StoreUnavailable), match=r"the store at redis://127\.0\.0\.1:"),
    ):
        open_connection(Settings(redis_url=url))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "http://db:6379",
            "http:// is not known; use one of redis://, rediss://, unix://, redis+sentinel://, rediss+sentinel://",
        ),
        ("redis+cluster://db:6379", "redis+cluster:// is not known"),
        ("redis+sentinel://db:26379", "needs the name of the primary: redis+sentinel://host:26379/name"),
        ("redis+sentinel://db/name/first", "the database must be a number, not 'first'"),
        ("redis+sentinel://a,b/name?cluster=true", "Sentinels watch no cluster"),
        ("redis://a,b?cluster=false", "several servers are a cluster; leave away cluster=false"),
        ("redis://a?cluster=maybe", "cluster must be true or false, not 'maybe'"),
        ("redis://a,b/1", "a cluster has only database 0, not 1"),
        ("redis://a,b:port", "'b:port' is not an address; write host:port"),
        ("redis://a,,b", "'' is not an address"),
        ("redis://a:70000,b", "'a:70000' is not an address"),
        ("redis://me:hunter2@a,b?databse=1", ": databse is not an option of a connection; did you mean db?"),
        ("redis+sentinel://me:hunter2@a/name?databse=1", ": databse is not an option"),
        (
            "redis+sentinel://a/name?sentinel_pasword=hunter2",
            "did you mean sentinel_password?",
        ),
        ("redis://db/first", "the database must be a number, not 'first'"),
        ("redis://db:port", "cannot be used: "),
        (
            "redis://db?socket_timout=1",
            "socket_timout is not an option of a connection; did you mean socket_timeout?",
        ),
        ("redis://db?colour=1", ": colour is not an option of a connection"),
        ("redis://db?socket_timeout=soon", "cannot be used: "),
        ("unix:///run/s?socket_timout=1", "did you mean socket_timeout?"),
        ("redis://db?ssl_ca_certs=/nowhere/ca.pem", ": ssl_ca_certs is for TLS: write rediss in place of redis"),
        ("rediss://db?ssl_ca_certs=/nowhere/ca.pem", ": ssl_ca_certs /nowhere/ca.pem cannot be read: No such file"),
        ("rediss://a,b?ssl_ca_certs=/nowhere/ca.pem", ": ssl_ca_certs /nowhere/ca.pem cannot be read: No such file"),
        (
            "rediss+sentinel://a/n?ssl_certfile=/nowhere/c.pem",
            ": ssl_certfile /nowhere/c.pem cannot be read: No such",
        ),
        ("redis://db?db=x", "cannot be used: "),
        ("unix://", "unix:// needs the path of a socket"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_store(Settings(redis_url=url))

    assert message in caught.value.message
    assert "hunter2" not in caught.value.message
    assert "CONV_REDIS_URL" in caught.value.message
    assert caught.value.where == "CONV_REDIS_URL"


# --- Nobody there --------------------------------------------------------------------------------------------------


def test_a_server_that_is_down_is_named_without_its_password() -> None:
    with answering({}) as url:
        pass  # now its port is free again

    with pytest.raises(StoreUnavailable) as caught:
        open_connection(Settings(redis_url=url.replace("//", "//:hunter2@")))

    assert f"the store at {url.replace('//', '//:***@')} does not answer: " in caught.value.message
    assert "hunter2" not in caught.value.message
    assert caught.value.where == url.replace("//", "//:***@")


def test_a_socket_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=f"the store at unix://{tmp_path}/s does not answer"):
        open_connection(Settings(redis_url=f"unix://{tmp_path}/s"))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://db:6379/1", "redis://db:6379/1"),
        ("rediss://me:secret@db/0?ssl_ca_certs=x", "rediss://me:***@db/0"),
        ("redis://:p@ss@db", "redis://:***@db"),
        ("redis://db?password=secret", "redis://db"),
        ("redis://me:secret@a:1,b:2?cluster=true", "redis://me:***@a:1,b:2"),
        ("rediss+sentinel://me:secret@a,b/name?sentinel_password=x", "rediss+sentinel://me:***@a,b/name"),
        ("unix://me:secret@/run/s?db=2", "unix://me:***@/run/s"),
    ],
)
def test_an_address_never_shows_the_password(url: str, address: str) -> None:
    assert address_of(Settings(redis_url=url)) == address


def test_the_address_of_the_embedded_server_is_its_folder(tmp_path: Path) -> None:
    assert address_of(Settings(home=tmp_path / ".conv")) == f"{tmp_path}/.conv"
