"""How much memory is left by machine, cgroup and shell, and amounts in words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from viewer3d.dicom import memory
from viewer3d.dicom.memory import format_memory, memory_left, parse_memory
from viewer3d.errors import ViewError


@pytest.mark.parametrize(
    ("text", "amount"),
    [("4G", 4 << 30), ("1.5 GiB", 3 << 29), ("500mb", 500 << 20), ("12", 12), (12, 12), ("2t", 2 << 40), ("1K", 1024)],
)
def test_amounts_of_memory(text: str | int, amount: int) -> None:
    assert parse_memory(text) == amount


@pytest.mark.parametrize("text", ["", "G", "-1", "0", "4 apples", "1e9", "nan", True, -5, 2.5, "4" * 50 + "x"])
def test_what_is_no_amount(text: object) -> None:
    with pytest.raises(ViewError, match="give bytes, or a number with K, M, G or T"):
        parse_memory(text)  # type: ignore[arg-type]


def test_in_words() -> None:
    assert (format_memory(3 << 29), format_memory(5 << 20), format_memory(1)) == ("1.5 GiB", "5 MiB", "0.01 MiB")


def test_the_machine_has_some_left() -> None:
    left = memory_left()
    assert 1 << 20 < left.bytes < 1 << 50
    assert left.whose in ("this machine", "its cgroup (container)", "ulimit -v")


def tree(folder: Path, **values: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in values.items():
        (folder / name.replace("__", ".")).write_text(f"{value}\n")


def test_cgroup_2_counts_the_limits_above_and_what_can_be_dropped(tmp_path: Path) -> None:
    table, root = tmp_path / "cgroup", tmp_path / "fs"
    table.write_text("0::/a/b\n")
    tree(root / "a" / "b", memory__max="max", memory__current=10)
    tree(root / "a", memory__max=1000, memory__current=700, memory__stat="anon 5\ninactive_file 200")
    assert list(memory._cgroups_left(table, root)) == [500]


def test_cgroup_1_in_a_container_is_found_at_the_root(tmp_path: Path) -> None:
    table, root = tmp_path / "cgroup", tmp_path / "fs"
    table.write_text("5:cpu:/x\n4:memory:/docker/abc\n0::/\n")
    names = {"memory__limit_in_bytes": 1000, "memory__usage_in_bytes": 990, "memory__stat": "total_inactive_file 40"}
    tree(root / "memory", **names)
    assert list(memory._cgroups_left(table, root)) == [50]
    tree(root / "memory", memory__limit_in_bytes=9223372036854771712)
    assert list(memory._cgroups_left(table, root)) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much of its address space a process uses")
def test_ulimit_counts() -> None:
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\n"
        "from viewer3d.dicom.memory import memory_left\n"
        "print(memory_left().bytes < 2 << 30)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "True"
