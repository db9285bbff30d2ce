"""conv api: what it refuses before it makes anything, TLS, and a certificate that is renewed."""

from __future__ import annotations

import contextlib
import signal
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import trustme

from tests.cli.conftest import Shell
from tests.waiting import PATIENCE_S, eventually


@contextlib.contextmanager
def served(shell: Shell, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server and its address."""
    process = shell.start("api", "--port", "0", *words)
    try:
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        while "The API is at " not in line:
            assert line, "it ended"
            line = process.stderr.readline().decode()
        yield process, line.split("The API is at ")[1].split("/v1/")[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--tls-cert", "nope.pem", "--tls-key", "nope.pem"], "nope.pem cannot be used"),
        (["--tls-cert", "nope.pem"], "go together"),
        (["--host", "192.0.2.1"], "--tls-cert and --tls-key, or --behind-proxy"),
        (["--host", "192.0.2.1", "--open"], "only on this machine"),
        (["--behind-proxy", "everywhere"], "is no address or net"),
        (["--port", "70000"], "--port"),
    ],
)
def test_what_is_wrong_is_refused_before_a_key_is_made(empty: Shell, words: list[str], says: str) -> None:
    said = empty("api", *words)

    assert said.status == 2
    assert says in said.err
    assert said.out == "", "no key is shown that nobody can use"


def written(authority: trustme.CA, folder: Path) -> None:
    made = authority.issue_cert("localhost", "127.0.0.1")
    made.private_key_pem.write_to_path(str(folder / "new.key"))
    with (folder / "new.pem").open("wb") as file:
        for part in made.cert_chain_pems:
            file.write(part.bytes())
    (folder / "new.key").replace(folder / "server.key")
    (folder / "new.pem").replace(folder / "server.pem")


def serial(url: str, folder: Path) -> int:
    host, port = url.removeprefix("https://").split(":")
    found = ssl.get_server_certificate((host, int(port)), ca_certs=str(folder / "ca.pem"))
    (folder / "seen.pem").write_text(found)
    return hash(found)


def test_a_server_with_tls_is_reached_and_takes_up_a_new_certificate(
    conv: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, folder = trustme.CA(), conv.folder
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    written(authority, folder)
    with served(conv, "--tls-cert", "server.pem", "--tls-key", "server.key") as (process, url):
        key = process.stdout.readline().decode().strip() if process.stdout is not None else ""
        answer = requests.get(
            f"{url}/v1/convs", headers={"authorization": f"Bearer {key}"}, verify=str(folder / "ca.pem"),
            timeout=PATIENCE_S,
        )  # fmt: skip
        assert answer.status_code == 200
        monkeypatch.setenv("CONV_URL", url)
        monkeypatch.setenv("CONV_KEY", key)
        for name in ("CONV_REDIS_URL", "CONV_NAMESPACE"):
            monkeypatch.delenv(name)
        untrusted = conv("list")
        assert untrusted.status == 4
        assert "cannot be reached by TLS" in untrusted.err
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))
        assert conv("list").status == 0

        before = serial(url, folder)
        written(authority, folder)
        eventually(lambda: serial(url, folder) != before, every_s=0.5)
