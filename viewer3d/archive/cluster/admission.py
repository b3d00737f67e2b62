"""Decide which items are sent to the workers, so that big ones do not meet in too small a memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import nlargest
from typing import Final

from viewer3d.archive.item import Item

FUTURES_A_WORKER: Final = 4
"""Most items that are with the scheduler for each worker: enough that none waits, and 100,000 items need no more."""


class Admission:
    """Give the items of a run in their order, but later those for which memory is lacking.

    Whatever is with the scheduler may run at once, as many items as there are workers. So the largest of them, as many
    as there are workers, must fit into the memory together. Dask's own resources count for each worker, not for a
    machine, and a task with resources is not queued by the scheduler but given to a worker at once, which makes it
    share the blame when that worker dies.

    Parameters
    ----------
    items : iterable of Item
        Drawn from as there is room.
    memory : int, optional
        Bytes that all workers may take together; None when that is not known.
    """

    def __init__(self, items: Iterable[Item], memory: int | None) -> None:
        self._items = iter(items)
        self._memory = memory
        self._held: deque[Item] = deque()
        self._exhausted = False

    def draw(self, needed: Iterable[int], workers: int) -> Iterator[Item]:
        """Give the items that may be sent now.

        An item that needs more than all of the memory is given when nothing else is with the scheduler.

        Parameters
        ----------
        needed : iterable of int
            Bytes that each item needs that is with the scheduler.
        workers : int
            How many may run at once.
        """
        sent = list(needed)
        most = FUTURES_A_WORKER * workers
        while len(sent) < most:
            item = self._take(sent, workers)
            if item is None:
                return
            sent.append(item.needed)
            yield item

    @property
    def exhausted(self) -> bool:
        """Whether there are no more items."""
        return self._exhausted and not self._held

    def _take(self, sent: list[int], workers: int) -> Item | None:
        for number, item in enumerate(self._held):
            if self._fits(item, sent, workers):
                del self._held[number]
                return item
        # With so many that wait for memory, the next wait too: or the big ones would wait to the end, and be many.
        while not self._exhausted and len(self._held) < FUTURES_A_WORKER * workers:
            drawn = next(self._items, None)
            if drawn is None:
                self._exhausted = True
            elif self._fits(drawn, sent, workers):
                return drawn
            else:
                self._held.append(drawn)
        return None

    def _fits(self, item: Item, sent: list[int], workers: int) -> bool:
        if self._memory is None or not sent:
            return True
        return sum(nlargest(workers, (*sent, item.needed))) <= self._memory
