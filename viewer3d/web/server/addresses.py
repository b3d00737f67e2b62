"""Listen at an address of this machine, with TLS where others reach it, and say under which names."""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from viewer3d.errors import WebError
from viewer3d.web.server.access import HostNames
from viewer3d.web.server.limits import Limits

LOOPBACK_NAMES: Final = frozenset(("localhost", "127.0.0.1", "[::1]"))
"""What this machine alone is reached by; also by way of a tunnel, as ``ssh -L`` makes one."""

_QUEUE: Final = 1024
"""Connections that wait in the system to be accepted. Where they do not fit, they come a second later, or never."""


@dataclass(frozen=True)
class PageAddress:
    """Where a page is to be served.

    Attributes
    ----------
    host : str
        An address or a name of this machine; ``0.0.0.0`` and ``::`` are all of them.
    port : int
        0 for any that is free.
    certificate : str or Path, optional
        File of PEM, the certificate of the server first.
    key : str or Path, optional
        File of PEM; without it the key is in the file of the certificate.
    insecure : bool
        Whether others on the network may be served without TLS.
    """

    host: str = "127.0.0.1"
    port: int = 0
    certificate: str | Path | None = None
    key: str | Path | None = None
    insecure: bool = False


class Listener(socket.socket):
    """Listens, and ends the oldest connection that has opened no websocket when there are many.

    So a thousand of them take neither the files that a process may open nor the place of a page that works.

    Attributes
    ----------
    secure : ssl.SSLContext, optional
        What encrypts it.
    hosts : HostNames
    url : str
        Of the page, without the token.
    """

    secure: ssl.SSLContext | None = None
    hosts = HostNames(LOOPBACK_NAMES)
    url = ""

    def __init__(self, family: int, limits: Limits) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self._most = limits.waiting
        self._waiting: dict[int, socket.socket] = {}

    def accept(self) -> tuple[socket.socket, object]:
        """Accept a connection, and end the oldest of those that wait where there are too many."""
        connection, address = super().accept()
        for number, one in list(self._waiting.items()):
            if one.fileno() < 0:  # it is closed
                del self._waiting[number]
        while len(self._waiting) >= self._most:
            _end(self._waiting.pop(next(iter(self._waiting))))
        self._waiting.pop(connection.fileno(), None)
        self._waiting[connection.fileno()] = connection
        return connection, address

    def listen(self, _backlog: int = 0) -> None:
        """Listen with a queue of connections that is longer than that of asyncio."""
        super().listen(_QUEUE)

    def keep(self, number: int) -> None:
        """Count a connection, by its file descriptor, no longer among those that wait."""
        self._waiting.pop(number, None)

    def end_waiting(self) -> None:
        """End all connections that wait."""
        while self._waiting:
            _end(self._waiting.popitem()[1])


def listen(place: PageAddress, limits: Limits = Limits()) -> Listener:  # noqa: B008 (frozen)
    """Listen at a place.

    Raises
    ------
    WebError
        When the port is in use, the host is none of this machine, others would be served without TLS, or the
        certificate is none.
    """
    family, address = _resolve(place.host)
    is_own = ipaddress.ip_address(address).is_loopback
    secure = _secure(place)
    if not is_own and secure is None and not place.insecure:
        raise WebError(
            f"--host {place.host} serves others on the network: give --certificate and --key for TLS, or say "
            "--insecure; or leave --host out, and come through ssh -L"
        )
    listener = Listener(family, limits)
    try:
        _bind(listener, address, place)
        listener.secure, listener.hosts = secure, _names(place.host, address, is_own=is_own)
        scheme = "http" if secure is None else "https"
        listener.url = f"{scheme}://{_shown_host(place.host, address)}:{listener.getsockname()[1]}/"
    except BaseException:
        listener.close()
        raise
    return listener


def _resolve(host: str) -> tuple[int, str]:
    """Return the family and the address of a host."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        found = []
    found.sort(key=lambda one: one[0] != socket.AF_INET)  # localhost is 127.0.0.1
    for family, _, _, _, address in found:
        if family in {socket.AF_INET, socket.AF_INET6}:
            return family, str(address[0])
    raise WebError(f"--host {host}: no such host is known: {_OWN_HOSTS}")


def _bind(listener: Listener, address: str, place: PageAddress) -> None:
    if not 0 <= place.port <= 65535:
        raise WebError(f"--port {place.port}: expected 1 to 65535, or 0 for any that is free")
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: another program could listen there as well
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # at once after another run
    if listener.family == socket.AF_INET6:
        with suppress(OSError):
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        listener.bind((address, place.port))
        listener.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise WebError(f"port {place.port} is in use: give another --port, or none for any that is free") from error
        if error.errno == errno.EACCES:
            raise WebError(f"port {place.port} is not for this user: give a --port of 1024 or more") from error
        if error.errno == errno.EADDRNOTAVAIL:
            raise WebError(f"--host {place.host}: not an address of this machine: {_OWN_HOSTS}") from error
        why = (error.strerror or str(error)).lower()
        raise WebError(f"--host {place.host} --port {place.port}: {why}: give others") from error
    listener.setblocking(False)


_OWN_HOSTS: Final = "give a name or an address that it has, or 0.0.0.0 for all"


def _names(host: str, address: str, *, is_own: bool) -> HostNames:
    """Return the names that a browser may ask for."""
    given = {_bracketed(host), _bracketed(address)}
    if is_own:
        return HostNames(LOOPBACK_NAMES | given)
    own = {socket.gethostname().lower(), socket.getfqdn().lower()}
    return HostNames(LOOPBACK_NAMES | given | own, any_address=True)


def _shown_host(host: str, address: str) -> str:
    """Return what the address bar has: the name of this machine where it listens at all addresses."""
    return socket.gethostname().lower() if ipaddress.ip_address(address).is_unspecified else _bracketed(host)


def _bracketed(host: str) -> str:
    host = host.strip("[]").lower()
    return f"[{host}]" if ":" in host else host


def _secure(place: PageAddress) -> ssl.SSLContext | None:
    """Return what encrypts a page; None where nothing is to."""
    if place.certificate is None:
        if place.key is not None:
            raise WebError("--key is of a certificate: give --certificate as well")
        return None
    if place.insecure:
        raise WebError("--insecure is without TLS, and --certificate with it: give one of them")
    for path in (place.certificate, *(() if place.key is None else (place.key,))):
        if not Path(path).is_file():
            raise WebError(f"{path}: no such file; give a certificate and its key as PEM files")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # of TLS 1.2 and later, by Python's default
    try:
        context.load_cert_chain(place.certificate, place.key, password=_ask_nothing)
    except _EncryptedKeyError:
        raise WebError(
            f"{place.key or place.certificate}: the key has a password: give one without, which only you can read"
        ) from None
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise WebError(f"{place.key or place.certificate}: not the key of {place.certificate}") from error
        raise WebError(f"{place.certificate}: holds no certificate and key in PEM: give --certificate and --key") from (
            error
        )
    except OSError as error:
        raise WebError(f"{error.filename or place.certificate}: {(error.strerror or str(error)).lower()}") from error
    _check_dates(context, place.certificate)
    return context


class _EncryptedKeyError(Exception):
    """A key that asks for a password."""


def _ask_nothing() -> str:
    """Refuse to give a password, for which OpenSSL would ask at the terminal."""
    raise _EncryptedKeyError


def _check_dates(server: ssl.SSLContext, path: str | Path) -> None:
    """Refuse a certificate that has expired or is not valid yet, as a browser would find it.

    OpenSSL reads it: a client that trusts this one certificate shakes hands with the server, in memory.
    """
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(path)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True))
    for _ in range(4):  # messages of a handshake
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                if error.verify_code in _DATES:
                    raise WebError(f"{path}: {_DATES[error.verify_code]}: browsers refuse it; give another") from error
                return  # what else a browser may think of it depends on whom that trusts
            except ssl.SSLError:
                return


_DATES: Final = {9: "the certificate is not valid yet", 10: "the certificate has expired"}
"""Of codes of OpenSSL, ``X509_V_ERR_CERT_NOT_YET_VALID`` and ``X509_V_ERR_CERT_HAS_EXPIRED``."""


def _end(connection: socket.socket) -> None:
    """End a connection that the event loop still holds: it reads the end, and closes it."""
    with suppress(OSError):  # it ended by itself
        connection.shutdown(socket.SHUT_RDWR)
