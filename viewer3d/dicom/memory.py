"""Find the memory that is left to this process, and parse and format amounts of memory."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from viewer3d.errors import LimitError, ViewError

MEMORY_SHARE: Final = 0.75
"""Share of the memory that is left which a volume may take by default: drawing needs the rest."""

_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SIZE: Final = re.compile(r"\s*(\d+(?:\.\d*)?)\s*([KMGT]?)(?:i?B)?\s*", re.IGNORECASE)

_ROOT: Final = Path("/sys/fs/cgroup")
_UNLIMITED: Final = 1 << 60  # cgroup v1 has a number near 2**63 where there is no limit


@dataclass(frozen=True)
class MemoryLeft:
    """The memory that is left, and what limits it.

    Attributes
    ----------
    bytes : int
    whose : str
        "this machine", "its cgroup (container)" or "ulimit -v".
    """

    bytes: int
    whose: str


def memory_left() -> MemoryLeft:
    """Return the least memory left of machine, cgroup (v1 and v2) and address space of this process.

    Cached files that the system can drop at once count as left.
    """
    found = [MemoryLeft(_machine_left(), "this machine")]
    found += [MemoryLeft(left, "its cgroup (container)") for left in _cgroups_left(Path("/proc/self/cgroup"), _ROOT)]
    found += [MemoryLeft(left, "ulimit -v") for left in _address_space_left()]
    return min(found, key=lambda one: one.bytes)


def parse_memory(size: int | str) -> int:
    """Parse an amount of memory.

    Parameters
    ----------
    size : int or str
        Bytes, or a number with K, M, G or T, each 1024 times the one before: ``"4G"``, ``"1.5 GiB"``, ``"500MB"``.

    Returns
    -------
    int
        Bytes.

    Raises
    ------
    ViewError
        When it is no amount of memory, or 0.
    """
    found = _SIZE.fullmatch(str(size)) if isinstance(size, int | str) and not isinstance(size, bool) else None
    amount = int(float(found[1]) * _UNITS[found[2].upper()]) if found else 0
    if amount <= 0:
        raise ViewError(f"max_memory {size!r:.40}: give bytes, or a number with K, M, G or T, as in 4G")
    return amount


def check_memory(name: str, needed: int, max_memory: int | str | None, doing: str, remedy: str) -> None:
    """Check that something needs no more bytes than a limit; without one, than a share of what is left.

    Parameters
    ----------
    name : str
        What needs them, in messages.
    needed : int
        Bytes.
    max_memory : int or str, optional
        The limit, see :func:`parse_memory`; without it :data:`MEMORY_SHARE` of :func:`memory_left`.
    doing : str
        What they are needed for: "loading".
    remedy : str
        What else would help: "load fewer slices".

    Raises
    ------
    LimitError
        When it needs more.
    """
    if max_memory is not None:
        most, whose = parse_memory(max_memory), "that max_memory (--max-memory) allows"
    else:
        left = memory_left()
        most, whose = int(MEMORY_SHARE * left.bytes), f"that are {MEMORY_SHARE:.0%} of what {left.whose} has left"
    if needed > most:
        raise LimitError(
            f"{name}: {doing} needs {format_memory(needed)}, more than the {format_memory(most)} {whose}; {remedy}, "
            "close other programs, or allow more by max_memory"
        )


def format_memory(amount: int) -> str:
    """Format an amount of memory in bytes as GiB or MiB with three digits.

    Examples
    --------
    >>> format_memory(3 << 29), format_memory(5 << 20)
    ('1.5 GiB', '5 MiB')
    """
    return f"{amount / (1 << 30):.3g} GiB" if amount >= 1 << 30 else f"{max(amount / (1 << 20), 0.01):.3g} MiB"


def _machine_left() -> int:
    if sys.platform == "win32":
        return _windows_left()
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    pages = "SC_AVPHYS_PAGES" if "SC_AVPHYS_PAGES" in os.sysconf_names else "SC_PHYS_PAGES"  # macOS has only the total
    return os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE")


def _windows_left() -> int:
    import ctypes  # noqa: PLC0415 (only on Windows)

    # MEMORYSTATUSEX of GlobalMemoryStatusEx: its length, load in percent, then seven numbers of 8 bytes.
    status = (ctypes.c_uint64 * 8)()
    ctypes.cast(status, ctypes.POINTER(ctypes.c_uint32))[0] = ctypes.sizeof(status)
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined,unused-ignore]
    return int(status[2])  # ullAvailPhys


def _cgroups_left(table: Path, root: Path) -> Iterator[int]:
    """Yield the bytes left below the limits of a process's cgroups and their parents.

    Parameters
    ----------
    table : Path
        ``/proc/self/cgroup``: lines of number, controllers and path; v2 has the number 0 and no controllers.
    root : Path
        Mount point of the cgroups.
    """
    try:
        lines = [line.split(":", 2) for line in table.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):
        return
    for number, controllers, path in (line for line in lines if len(line) == 3):
        if number == "0" and not controllers:
            yield from _limits_left(root, path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            yield from _limits_left(root / "memory", path, *names)


def _limits_left(root: Path, path: str, limit: str, usage: str, dropped: str) -> Iterator[int]:
    folder = root / path.lstrip("/")
    # In a container the path may be that of the host, where only the root exists.
    for group in [folder, *folder.parents]:
        if group != root and root not in group.parents:
            return
        with suppress(OSError, ValueError):
            most = int((group / limit).read_text(encoding="ascii"))  # "max" is no number, and no limit
            if most < _UNLIMITED:
                used = int((group / usage).read_text(encoding="ascii"))
                yield max(0, most - used + _counted(group / "memory.stat", dropped))


def _counted(file: Path, name: str) -> int:
    with suppress(OSError, ValueError):
        for line in file.read_text(encoding="ascii").splitlines():
            key, _, value = line.partition(" ")
            if key == name:
                return int(value)
    return 0


def _address_space_left() -> Iterator[int]:
    try:
        import resource  # noqa: PLC0415 (Windows has none)
    except ImportError:
        return
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        yield max(0, limit - pages * os.sysconf("SC_PAGE_SIZE"))
