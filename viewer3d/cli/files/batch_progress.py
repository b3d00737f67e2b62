"""How far a run over an archive is, on a terminal as a bar, and elsewhere as a line now and then."""

from __future__ import annotations

import sys
import time
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import click

from viewer3d.cli.terminal import is_watched, print_aside

if TYPE_CHECKING:
    from viewer3d.archive.outcome import Outcome

REDRAWN: Final = 0.2
"""Seconds between two forms of the bar: what changes faster cannot be read."""

FIRST_LINE, LAST_LINE = 10.0, 600.0
"""Seconds to the first line where no terminal is, and the longest time between two, which doubles: a run overnight has
some dozens in its log."""

STEADY: Final = 60.0
"""Seconds of which the rate is the mean: workers start, and sizes differ."""

_TOLD: Final = ("bad", "lost", "too large")


class RunMeter:
    """Shows how far a run is on standard error; it is called as a progress, and with each outcome."""

    def __init__(self) -> None:
        self.total, self.ended, self._folders = 0, 0, 0
        self._counts: Counter[str] = Counter()
        self._workers: tuple[int, int] | None = None
        self._marks: list[tuple[float, int]] = []
        self._shown = ExitStack()
        self._bar: Any = None
        self._is_watched = is_watched()
        self._last = self._start = time.monotonic()
        self._wait = FIRST_LINE

    def __enter__(self) -> RunMeter:
        return self

    def __exit__(self, *_error: object) -> None:
        self._shown.close()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Take what a run says: how many folders were searched, or items have an outcome."""
        if stage == "folders":
            self._folders = done
        else:
            self.ended, self.total = done, max(total, done)
        self._show()

    def watch(self, seen: Any) -> None:
        """Take how many workers there are, and print what is to be said about them."""
        self._workers = (seen.alive, seen.asked)
        if seen.note:
            self._say(f"viewer3d: {seen.note}")
        self._show()

    def add(self, outcome: Outcome) -> None:
        """Count an outcome; the words of one that is lost or does not fit are printed."""
        self._counts[outcome.status] += 1
        now = time.monotonic()
        self._marks.append((now, sum(self._counts.values())))
        while len(self._marks) > 2 and self._marks[1][0] < now - STEADY:
            self._marks.pop(0)
        if outcome.status in ("lost", "too large"):
            self._say(f"{outcome.status}: {outcome.why}")
        self._show()

    @property
    def rate(self) -> float:
        """Items a second of late; 0 until two are known."""
        if not self._marks:
            return 0.0
        since, before = self._marks[0] if len(self._marks) > 1 else (self._start, 0)
        now, count = self._marks[-1]
        return (count - before) / (now - since) if now > since else 0.0

    def words(self) -> str:
        """Return how far it is in words."""
        if not self.total:
            return f"{self._folders:,} folders searched"
        parts = [f"{self.ended:,} of {self.total:,}"]
        if rate := self.rate:
            parts.append(f"{rate:.1f}/s" if rate >= 1 else f"{60 * rate:.1f}/min")
            parts.append(f"{_time_text((self.total - self.ended) / rate)} left")
        parts += [f"{self._counts[one]:,} {one}" for one in _TOLD if self._counts[one]]
        if self._workers is not None:
            alive, asked = self._workers
            parts.append(f"{alive} of {asked} workers")
        return ", ".join(parts)

    def _show(self) -> None:
        now = time.monotonic()
        if not self._is_watched:
            if now - self._last >= self._wait:
                self._last, self._wait = now, min(2 * self._wait, LAST_LINE)
                print_aside(self.words())
            return
        is_last = self.total > 0 and self.ended == self.total
        if now - self._last < REDRAWN and not is_last:
            return
        self._last = now
        if self._bar is None:
            bar: Any = click.progressbar(
                length=1, label="volumes", file=sys.stderr, show_eta=False, show_percent=False,
                item_show_func=lambda words: words, bar_template="%(label)s  [%(bar)s]  %(info)s", width=24,
            )  # fmt: skip
            self._bar = self._shown.enter_context(bar)
        shown: Any = self._bar
        shown.length = max(1, self.total)
        shown.pos = 0
        shown.update(self.ended if self.total else 0, self.words())

    def _say(self, line: str) -> None:
        if self._bar is not None:
            sys.stderr.write("\r\x1b[2K")  # what it says stands above the bar
        print_aside(line)


def _time_text(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
