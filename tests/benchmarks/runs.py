"""Processes in turn, and the least that they took."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Command = Sequence[str]

# Without .pyc files every import is two to three times slower, and no user has it so.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | {
    "VTK_DEFAULT_OPENGL_WINDOW": "vtkEGLRenderWindow"
}


@dataclass(frozen=True)
class Figures:
    """The least of several runs, for noise only adds: seconds; and the medians of what else they printed as JSON."""

    wall: float
    cpu: float
    told: dict[str, float]


def cpu_seconds(who: int) -> float:
    """Return the CPU time of this process or of its ended children (``resource.RUSAGE_SELF``, ``RUSAGE_CHILDREN``).

    It is exact to microseconds; ``os.times`` counts hundredths of a second.
    """
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def in_turn(
    commands: Mapping[str, Command], runs: int, before: Callable[[], object] = lambda: None
) -> dict[str, Figures]:
    """Run all commands in turn, so that drift hits them alike; each twice in a row, of which the second counts.

    Before each run something else is done, which does not count.

    The first pays for memory that the command before it gave back to the machine, and for imports not yet in memory:
    0.3 s of system time on a virtual machine that lends its memory on.
    """
    rows: dict[str, list[Figures]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            before()
            once(command)
            before()
            rows[name].append(once(command))
    return {name: least(figures) for name, figures in rows.items()}


def once(command: Command, environment: Mapping[str, str] = ENVIRONMENT) -> Figures:
    """Run a command; its last line of output may be JSON."""
    start, before = time.perf_counter(), cpu_seconds(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    wall, cpu = time.perf_counter() - start, cpu_seconds(resource.RUSAGE_CHILDREN) - before
    if done.returncode:
        sys.exit(f"{' '.join(command)[:80]}: {done.stderr.strip()[-400:]}")
    lines = done.stdout.strip().splitlines()
    told = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return Figures(told.pop("wall", wall), told.pop("cpu", cpu), told)


def least(rows: Sequence[Figures]) -> Figures:
    """Return the least of runs, see :class:`Figures`."""
    told = {key: statistics.median(row.told[key] for row in rows) for key in rows[0].told}
    return Figures(min(r.wall for r in rows), min(r.cpu for r in rows), told)


def table(figures: Mapping[str, Figures], first: str) -> str:
    """Return a table of them, and what the first takes of each of the others' time."""
    own = figures[first]
    told = list(own.told)
    lines = [f"{'':24}{'wall s':>9}{'cpu s':>9}{'wall x':>8}{'cpu x':>8}" + "".join(f"{key:>14}" for key in told)]
    for name, row in figures.items():
        ratios = f"{own.wall / row.wall:8.3g}{own.cpu / row.cpu:8.3g}"
        extra = "".join(f"{row.told.get(key, float('nan')):14.1f}" for key in told)
        lines.append(f"{name:24}{row.wall:9.4f}{row.cpu:9.4f}{ratios}{extra}")
    return "\n".join([*lines, f"(x: {first} over it; least of the runs)"])
