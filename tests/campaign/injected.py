"""Cases that do what no case should, so that it can be seen that the campaign sees it."""

from __future__ import annotations

import os
import signal
import time

import numpy as np

from tests.campaign.outcomes import Outcome
from tests.campaign.rooms import Room
from viewer3d.errors import BadFileError

WAYS = ("right", "crash", "hang", "foreign", "memory", "nameless", "assertion", "clear", "exit")


def case(room: Room) -> tuple[Outcome, str]:
    """Do what the number says."""
    room.source = way = WAYS[room.number % len(WAYS)]
    room.how.append("injected")
    if way == "crash":
        os.kill(os.getpid(), getattr(signal, "SIGSEGV", signal.SIGTERM))
    if way == "hang":
        time.sleep(3600)
    if way == "foreign":
        raise KeyError("not of the tree")
    if way == "memory":
        np.ones(1 << 33)
    if way == "exit":
        os._exit(3)
    if way in ("nameless", "clear"):
        raise BadFileError(f"{room.folder}: is damaged" if way == "clear" else "something is wrong")
    assert way == "right", "a promise that was not kept"
    return Outcome.RIGHT, ""
