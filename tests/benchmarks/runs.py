"""Processes in turn, and the medians of what they took."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Command = Sequence[str]

# Without .pyc files every import is two to three times slower, and no user has it so.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | {
    "VTK_DEFAULT_OPENGL_WINDOW": "vtkEGLRenderWindow"
}


@dataclass(frozen=True)
class Figures:
    """Medians of several runs: seconds, and what else a run printed as JSON."""

    wall: float
    cpu: float
    told: dict[str, float]


def in_turn(commands: Mapping[str, Command], runs: int) -> dict[str, Figures]:
    """Run every command once to warm up, then all of them in turn, so that drift hits them alike.

    Each round begins with another: who comes after a command that freed much memory pays for it.
    """
    rows: dict[str, list[Figures]] = {name: [] for name in commands}
    names = list(commands)
    for run in range(runs + 1):
        begin = run % len(names)
        for name in names[begin:] + names[:begin]:
            figures = once(commands[name])
            if run:
                rows[name].append(figures)
    return {name: median(figures) for name, figures in rows.items()}


def once(command: Command) -> Figures:
    """Run a command; its last line of output may be JSON."""
    start, before = time.perf_counter(), os.times()
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    wall, after = time.perf_counter() - start, os.times()
    if done.returncode:
        sys.exit(f"{' '.join(command)[:80]}: {done.stderr.strip()[-400:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    lines = done.stdout.strip().splitlines()
    told = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return Figures(told.pop("wall", wall), told.pop("cpu", cpu), told)


def median(rows: Sequence[Figures]) -> Figures:
    """Return the medians of runs."""
    told = {key: statistics.median(row.told[key] for row in rows) for key in rows[0].told}
    return Figures(statistics.median(r.wall for r in rows), statistics.median(r.cpu for r in rows), told)


def table(figures: Mapping[str, Figures], first: str) -> str:
    """Return a table of medians, and what the first takes of each of the others' time."""
    own = figures[first]
    told = list(own.told)
    lines = [f"{'':24}{'wall s':>9}{'cpu s':>9}{'wall x':>8}{'cpu x':>8}" + "".join(f"{key:>14}" for key in told)]
    for name, row in figures.items():
        ratios = f"{own.wall / row.wall:8.3g}{own.cpu / row.cpu:8.3g}"
        extra = "".join(f"{row.told.get(key, float('nan')):14.1f}" for key in told)
        lines.append(f"{name:24}{row.wall:9.4f}{row.cpu:9.4f}{ratios}{extra}")
    return "\n".join([*lines, f"(x: {first} over it; medians)"])
