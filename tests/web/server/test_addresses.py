"""Where it listens, with which certificate, and what cannot be listened at."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from viewer3d.errors import WebError
from viewer3d.web.server.addresses import PageAddress, listen
from viewer3d.web.server.limits import Limits

Maker = Callable[..., tuple[Path, Path]]


def refused(**place: object) -> str:
    with pytest.raises(WebError) as error:
        listen(PageAddress(**place))  # type: ignore[arg-type]
    assert "\n" not in str(error.value)
    return str(error.value)


def test_it_listens_at_this_machine_alone() -> None:
    with listen(PageAddress()) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listener.url == f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert listener.secure is None
        assert not listener.hosts.any_address
    with listen(PageAddress("localhost")) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listener.url.startswith("http://localhost:")


def test_it_listens_at_ipv6() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        listener = listen(PageAddress("::1"))
    except WebError:
        pytest.skip("no IPv6 here")
    with listener:
        assert listener.url == f"http://[::1]:{listener.getsockname()[1]}/"


def test_others_are_served_with_tls_or_where_it_is_said_aloud(make_certificate: Maker) -> None:
    for host in ("0.0.0.0", "::"):
        assert refused(host=host) == (
            f"--host {host} serves others on the network: give --certificate and --key for TLS, or say --insecure; "
            "or leave --host out, and come through ssh -L"
        )
    with listen(PageAddress("0.0.0.0", insecure=True)) as listener:
        assert listener.hosts.any_address
        assert listener.hosts.match(f"{socket.gethostname()}:1")
        assert listener.url.startswith(f"http://{socket.gethostname().lower()}:")
    certificate, key = make_certificate()
    with listen(PageAddress("0.0.0.0", certificate=certificate, key=key)) as listener:
        assert listener.secure is not None
        assert listener.url.startswith("https://")


def test_a_port_in_use_is_told_with_its_number() -> None:
    with listen(PageAddress()) as listener:
        port = listener.getsockname()[1]
        assert refused(port=port) == f"port {port} is in use: give another --port, or none for any that is free"
    with listen(PageAddress(port=port)) as listener:  # at once after another run
        assert listener.getsockname()[1] == port


def test_ports_and_hosts_that_are_none() -> None:
    for port in (-1, 65536):
        assert refused(port=port) == f"--port {port}: expected 1 to 65535, or 0 for any that is free"
    assert refused(host="192.0.2.1", insecure=True) == (
        "--host 192.0.2.1: not an address of this machine: give a name or an address that it has, or 0.0.0.0 for all"
    )
    for host in ("no.such.host.invalid", "a b", "x" * 300, "\0"):
        assert "no such host is known" in refused(host=host, insecure=True)


def test_certificates_that_are_of_no_use(make_certificate: Maker, tmp_path: Path) -> None:
    certificate, key = make_certificate()
    other, other_key = make_certificate("b")
    nothing, words = tmp_path / "nothing.pem", tmp_path / "words.pem"
    words.write_text("hello")
    assert refused(key=key) == "--key is of a certificate: give --certificate as well"
    assert "give one of them" in refused(certificate=certificate, key=key, insecure=True)
    assert refused(certificate=nothing, key=key) == (
        f"{nothing}: no such file; give a certificate and its key as PEM files"
    )
    assert refused(certificate=certificate, key=nothing).startswith(f"{nothing}: no such file")
    assert refused(certificate=words, key=key) == (
        f"{words}: holds no certificate and key in PEM: give --certificate and --key"
    )
    assert "holds no certificate and key" in refused(certificate=certificate)
    assert refused(certificate=certificate, key=other_key) == f"{other_key}: not the key of {certificate}"
    locked = tmp_path / "locked.key"
    subprocess.run(
        ["openssl", "ec", "-in", key, "-aes256", "-passout", "pass:secret", "-out", locked],
        check=True,
        capture_output=True,
    )
    assert refused(certificate=certificate, key=locked) == (
        f"{locked}: the key has a password: give one without, which only you can read"
    )
    both = tmp_path / "both.pem"
    both.write_bytes(other.read_bytes() + other_key.read_bytes())
    with listen(PageAddress(certificate=both)) as listener:
        assert listener.secure is not None


def test_a_certificate_that_has_expired_is_told(expired: tuple[Path, Path]) -> None:
    certificate, key = expired
    assert refused(certificate=certificate, key=key) == (
        f"{certificate}: the certificate has expired: browsers refuse it; give another"
    )


def test_of_many_connections_that_say_nothing_the_oldest_go() -> None:
    with listen(PageAddress()) as listener:
        listener.setblocking(True)
        ends = []
        for _ in range(Limits.waiting + 10):
            there = socket.create_connection(listener.getsockname())
            ends.append((there, listener.accept()[0]))
        for there, here in ends:
            there.setblocking(False)
            here.setblocking(False)
        for there, _ in ends[:10]:
            assert there.recv(1) == b""
        for there, _ in ends[10:]:
            with pytest.raises(BlockingIOError):
                there.recv(1)
        listener.keep(ends[-1][1].fileno())
        listener.end_waiting()
        assert ends[-2][0].recv(1) == b""
        with pytest.raises(BlockingIOError):
            ends[-1][0].recv(1)
        for there, here in ends:
            there.close()
            here.close()
