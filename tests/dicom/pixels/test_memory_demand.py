"""The ceiling of memory: what loading takes, told by headers alone."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from pydicom import dcmread

from tests.phantom_files import write_phantom
from viewer3d import load, load_all, scan
from viewer3d.cli import main
from viewer3d.dicom import load as loading
from viewer3d.dicom.pixels.memory_demand import demand
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.errors import BadFileError, LimitError, ViewError
from viewer3d.phantom import Faults

SHAPE = (96, 80, 24)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_phantom(tmp_path / "ct", shape=SHAPE, spacing=(4, 4, 4))
    return tmp_path / "ct"


def test_what_loading_takes_is_told_from_headers(folder: Path) -> None:
    (stack,) = scan(folder)[0].stacks
    kept, besides = demand(stack, ReadOptions())
    voxels = int(np.prod(SHAPE))
    assert kept in (2 * voxels, 4 * voxels)
    load(folder)  # what is imported once is no part of it
    tracemalloc.start()
    load(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.3 * (kept + besides) < peak < 1.5 * (kept + besides) + (1 << 20)


def test_a_resampled_grid_counts_besides(tmp_path: Path) -> None:
    write_phantom(tmp_path, shape=SHAPE, spacing=(4, 4, 4), faults=Faults(missing=(7,)))
    (stack,) = scan(tmp_path)[0].stacks
    kept, besides = demand(stack, ReadOptions())
    asis, _ = demand(stack, ReadOptions("keep"))
    assert asis == len(stack.frames) * SHAPE[0] * SHAPE[1] * (asis // (len(stack.frames) * SHAPE[0] * SHAPE[1]))
    assert kept > asis
    assert besides > asis  # the slices as they were read stay until all are interpolated


def test_nothing_is_read_above_the_ceiling(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "read_voxels", lambda *_a, **_k: pytest.fail("pixels were read"))
    says = r"loading needs .* MiB, more than the 0\.01 MiB that max_memory .*allows"
    for call in (load, load_all):
        with pytest.raises(LimitError, match=says):
            call(folder, max_memory=1000)


def test_the_default_is_three_quarters_of_what_is_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from viewer3d.dicom import memory as module
    from viewer3d.dicom.memory import MemoryLeft

    monkeypatch.setattr(module, "memory_left", lambda: MemoryLeft(100_000, "its cgroup (container)"))
    with pytest.raises(LimitError, match=r"are 75% of what its cgroup \(container\) has left"):
        load(folder)
    assert load(folder, max_memory="1G").shape == SHAPE


def test_several_volumes_count_together(tmp_path: Path) -> None:
    write_phantom(tmp_path, shape=SHAPE, spacing=(4, 4, 4), faults=Faults(second_series=True))
    stacks = [stack for series in scan(tmp_path) for stack in series.volumes]
    single = max(sum(demand(stack, ReadOptions())) for stack in stacks)
    assert load(tmp_path, 2, max_memory=single).shape == SHAPE
    with pytest.raises(LimitError, match="2 volumes: loading needs"):
        load_all(tmp_path, max_memory=single)
    assert len(load_all(tmp_path, max_memory=2 * single)) == 2


def test_no_memory_is_a_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_arguments: object, **_options: object) -> None:
        raise MemoryError

    monkeypatch.setattr(loading, "read_voxels", read)
    with pytest.raises(LimitError, match="there is not enough memory"):
        load(folder)


def test_the_option_and_what_it_cannot_be(folder: Path, tmp_path: Path) -> None:
    words = ["shot", str(folder), "--view", "axial", "-o", str(tmp_path / "a.png"), "--max-memory"]
    done = CliRunner().invoke(main, [*words, "20K"])
    assert (done.exit_code, "that max_memory (--max-memory) allows" in done.stderr) == (2, True)
    assert CliRunner().invoke(main, [*words, "much"]).exit_code == 2
    assert CliRunner().invoke(main, [*words, "1G"]).exit_code == 0
    for verb in ("figure", "movie", "show", "replay"):
        assert "--max-memory" in CliRunner().invoke(main, [verb, "--help"]).output
    with pytest.raises(ViewError, match="max_memory 'much'"):
        load(folder, max_memory="much")


def test_a_header_of_impossible_bits_is_told_by_who_reads_the_pixels(tmp_path: Path) -> None:
    for path in write_phantom(tmp_path, shape=(20, 18, 4), spacing=(9, 8, 7)):
        dataset = dcmread(path)
        dataset.BitsStored, dataset.HighBit = 65535, 65534
        dataset.save_as(path)
    with pytest.raises(BadFileError, match="65535 bits stored in 16"):
        load(tmp_path)


def test_a_header_of_bits_without_end_is_a_clear_error(tmp_path: Path) -> None:
    for path in write_phantom(tmp_path, shape=(8, 8, 3)):
        dataset = dcmread(path)
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 65535, 65535, 65534
        dataset.save_as(path)
    with pytest.raises(BadFileError, match="65535 bits stored in 65535"):
        load(tmp_path)
