"""What clients of the server may take: pages, connections, bytes and seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What clients may take at most.

    Attributes
    ----------
    tabs : int
        Pages that see the viewer at once.
    waiting : int
        Connections that have not opened a websocket. A page needs five for a moment.
    message_bytes : int
        Of one message from a page. A move is 30 bytes; the longest is a text that is pasted.
    queued_bytes, queued_messages : int
        On their way to one page, pictures or answers to pings. One that does not read is cut off; it comes back and
        gets everything.
    open_seconds : float
        For the headers of a request, TLS before them, and the first message of a websocket.
    close_seconds : float
        For what is left to be sent when all ends.
    ping_seconds : float
        Between two pings. Proxies cut what is silent for 60 seconds (nginx) or longer.
    dead_seconds : float
        After so long without an answer, or for a page without a message, a connection is dead, however it looks: a
        machine that was put to sleep says no word. A large picture on a slow line takes its time as well.
    """

    tabs: int = 16
    waiting: int = 64
    message_bytes: int = 64 * 1024
    queued_bytes: int = 256 * 1024 * 1024
    queued_messages: int = 512
    open_seconds: float = 10.0
    close_seconds: float = 2.0
    ping_seconds: float = 20.0
    dead_seconds: float = 60.0
