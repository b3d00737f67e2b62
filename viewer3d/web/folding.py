"""Keep what browsers have sent until it is handled, folded so that the state is that of single events."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from threading import Lock
from typing import Final, Generic, TypeVar

from viewer3d.errors import WebError
from viewer3d.web.messages import MOST_WHEEL_STEPS, Move, Resize, WaitingMessage, WheelTurn

MOST_MOVES: Final = 512
"""Motions in a row that are kept: those of some 8 seconds; of more, those between are left out."""

MOST_WAITING: Final = 20_000
"""Messages of one browser that may wait: a hand makes them in some minutes."""

_Sender = TypeVar("_Sender", bound=Hashable)


def fold(waiting: list[tuple[_Sender, WaitingMessage]], sender: _Sender, message: WaitingMessage) -> None:
    """Add a message to those that wait, or fold it into the last of them.

    Steps of the wheel in one direction at one place add up; those back do not, for at the end of a stack a step on
    counts nothing and a step back does. Of resizes the last counts. Motions stay, for a line may be drawn by them.

    Parameters
    ----------
    waiting : list of (sender, WaitingMessage)
        It is changed.
    sender : object
        Whose message it is: those of two are not folded together.
    message : WaitingMessage
    """
    if waiting and waiting[-1][0] is sender:
        folded = _folded(waiting[-1][1], message)
        if folded is not None:
            waiting[-1] = sender, folded
            return
    waiting.append((sender, message))
    if isinstance(message, Move):
        _thin_out(waiting, sender)


def _folded(last: WaitingMessage, message: WaitingMessage) -> WaitingMessage | None:
    if isinstance(last, WheelTurn) and isinstance(message, WheelTurn):
        steps = last.n + message.n
        same_place = (last.x, last.y, last.ctrl) == (message.x, message.y, message.ctrl)
        if same_place and last.n * message.n > 0 and abs(steps) <= MOST_WHEEL_STEPS:
            return WheelTurn(steps, message.x, message.y, message.ctrl)
    if isinstance(last, Resize) and isinstance(message, Resize):
        return message
    if isinstance(last, Move) and last == message:
        return message
    return None


def _thin_out(waiting: list[tuple[_Sender, WaitingMessage]], sender: _Sender) -> None:
    # Every second one of too many goes; the last stays.
    begin = len(waiting)
    while begin and waiting[begin - 1][0] is sender and isinstance(waiting[begin - 1][1], Move):
        begin -= 1
    if len(waiting) - begin > MOST_MOVES:
        del waiting[begin : len(waiting) - 1 : 2]


class Inbox(Generic[_Sender]):
    """Keeps the messages of several browsers in their order, folded together; for any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[tuple[_Sender, WaitingMessage]] = []
        self._counts: dict[_Sender, int] = {}
        self._gone: list[_Sender] = []

    def __bool__(self) -> bool:
        return bool(self._waiting or self._gone)

    @property
    def senders(self) -> tuple[_Sender, ...]:
        """Those that are connected, in their order."""
        with self._lock:
            return tuple(self._counts)

    def connect(self, sender: _Sender) -> None:
        """Take messages of one more."""
        with self._lock:
            self._counts[sender] = 0

    def disconnect(self, sender: _Sender) -> None:
        """Take none of one any more; what waits of it is dropped."""
        with self._lock:
            if self._counts.pop(sender, None) is not None:
                self._gone.append(sender)

    def add(self, sender: _Sender, messages: Sequence[WaitingMessage]) -> None:
        """Keep messages; those of one that is not connected count nothing.

        Raises
        ------
        WebError
            When too many of the sender wait.
        """
        with self._lock:
            if sender not in self._counts:
                return
            if self._counts[sender] + len(messages) > MOST_WAITING:
                raise WebError(f"{MOST_WAITING} messages of one page wait: it sends faster than a hand can; reload it")
            for one in messages:
                before = len(self._waiting)
                fold(self._waiting, sender, one)
                self._counts[sender] += len(self._waiting) - before

    def take(self) -> tuple[_Sender, WaitingMessage] | None:
        """Return the message that has waited longest, with whose it is; None where none waits."""
        with self._lock:
            while self._waiting:
                sender, message = self._waiting.pop(0)
                if sender in self._counts:
                    self._counts[sender] -= 1
                    return sender, message
        return None

    def take_gone(self) -> tuple[_Sender, ...]:
        """Return those that were disconnected since the last call."""
        with self._lock:
            gone, self._gone = tuple(self._gone), []
        return gone
