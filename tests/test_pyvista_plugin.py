"""The plugin of pyvista: what it reads, ``grid.viewer3d``, and that it costs nothing where it is not asked for."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tomllib
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvista
from pyvista.core.utilities import reader_registry

import viewer3d
from viewer3d import phantom, pyvista_plugin
from viewer3d.errors import DecoderError, GeometryError, NoVolumeError, ViewError

POINT = (20.0, -10.0, 12.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series whose files have no order that could be guessed right: a real folder of .dcm, head first is last."""
    path = tmp_path_factory.mktemp("series")
    phantom.write(path, shape=(40, 30, 12), spacing=(9, 8, 5))
    for number, file in enumerate(sorted(path.iterdir())):
        file.rename(path / f"{(number * 7) % 12:04}.dcm")
    return path


@pytest.fixture
def registered() -> Any:
    """Readers of viewer3d, for one test."""
    before = reader_registry._save_registry_state()
    viewer3d.register_pyvista_reader()
    yield
    reader_registry._restore_registry_state(before)


def installed(folder: Path) -> dict[str, str]:
    """An environment in which this package is installed, as far as its metadata say."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = folder / f"{project['name']}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = project["entry-points"].items()
    lines = [f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in ones.items()) for group, ones in groups]
    (info / "entry_points.txt").write_text("\n".join(lines))
    root = str(Path(viewer3d.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), root])}


def test_pyvista_finds_it_and_imports_it_only_when_it_is_asked_for(folder: Path, tmp_path: Path) -> None:
    script = f"""
import sys
import pyvista

def is_imported(): return any(name.startswith("viewer3d") for name in sys.modules)

pyvista.Sphere().compute_normals()
assert not hasattr(pyvista.ImageData(dimensions=(2, 2, 2)), "viewer4d")
own = pyvista.read({str(next(folder.iterdir()))!r})
assert own.dimensions == (40, 30, 1) and own.origin[:2] == (0, 0), "installing it alone changes what .dcm gives"
assert "viewer3d" in dir(own) and not is_imported()

grid = pyvista.read({str(folder)!r}, force_ext=".dicom", unit="")
assert is_imported() and grid.dimensions == (40, 30, 12)
print(grid.viewer3d.volume.digest, grid.viewer3d.notes[0])
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env=installed(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    volume = viewer3d.load(folder, unit="")
    assert done.stdout == f"{volume.digest} {volume.notes[0]}\n"


def test_the_true_grid_of_a_folder(folder: Path, registered: None) -> None:
    own, grid = pyvista.DICOMReader(str(folder)).read(), pyvista.read(folder)
    truth = viewer3d.load(folder)
    index = np.rint(truth.geometry.world_to_index(POINT)).astype(int)
    place = truth.geometry.index_to_world(index)
    number = grid.find_closest_point(place)
    np.testing.assert_allclose(grid.points[number], place, atol=1e-3)
    assert grid.active_scalars_name == "HU"
    assert (
        grid.active_scalars[number] == truth[tuple(index)] == pytest.approx(float(phantom.hu_at(place)), abs=60)
    )  # its noise
    assert own.origin != grid.origin  # it is vtkDICOMImageReader's that is elsewhere


@pytest.mark.parametrize("of", ["a file", "get_reader", "a list"])
def test_dcm_is_read_too(folder: Path, registered: None, of: str) -> None:
    file = next(folder.iterdir())
    truth = viewer3d.load(file)
    if of == "get_reader":
        reader = pyvista.get_reader(str(file))
        assert isinstance(reader, pyvista_plugin.DicomReader)
        assert reader.series is None
        grid = reader.read()
    else:
        grid = pyvista.read(file) if of == "a file" else pyvista.read([file])[0]
    assert grid.origin == pytest.approx(truth.geometry.origin)
    np.testing.assert_array_equal(grid.active_scalars.reshape(truth.shape, order="F"), truth.voxels)


def test_options_are_those_of_load(folder: Path, registered: None) -> None:
    number = viewer3d.scan(folder)[0].number
    assert pyvista.read(folder, series=number, unit="").active_scalars_name == "values"
    with pytest.raises(viewer3d.errors.ChoiceError):
        pyvista.read(folder, series=number + 1)
    with pytest.raises(AttributeError, match="sereis"):
        pyvista.read(folder, sereis=number)


def test_what_is_no_dicom_is_told(tmp_path: Path, registered: None) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises((NoVolumeError, viewer3d.errors.NotFoundError), match=tmp_path.name):
        pyvista.read(tmp_path)
    assert pyvista.read(pyvista.examples.antfile).n_cells > 0


def test_an_older_pyvista_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyvista, "version_info", (0, 48, 2))
    with pytest.raises(DecoderError, match=r"0\.49"):
        viewer3d.register_pyvista_reader()


def test_a_grid_leads_to_its_volume(folder: Path) -> None:
    volume = viewer3d.load(folder)
    grid = volume.grid
    for one in (grid, grid.copy(deep=False), pyvista.ImageData(grid), pyvista.wrap(grid)):
        assert one.viewer3d.volume.info == volume.info
        assert np.shares_memory(one.viewer3d.volume.voxels, volume.voxels)
        assert one.viewer3d.notes == volume.notes
    del volume, one
    gc.collect()
    assert grid.viewer3d.volume.modality == "CT"


def test_a_volume_and_its_grid_are_freed(folder: Path) -> None:
    volume = viewer3d.load(folder)
    voxels = weakref.ref(volume.voxels.base)
    grid = volume.grid
    assert grid.viewer3d.volume.grid.viewer3d.volume.unit == "HU"
    del volume, grid
    for _ in range(3):  # pyvista ties each grid to its accessor: what one held is found in the next round
        gc.collect()
    assert voxels() is None


def test_a_changed_grid_is_another_volume(folder: Path) -> None:
    volume = viewer3d.load(folder)
    moved = volume.grid.copy(deep=False)
    moved.origin = tuple(np.add(moved.origin, (0, 0, 30)))
    assert moved.viewer3d.volume.geometry.origin == pytest.approx(np.add(volume.geometry.origin, (0, 0, 30)))
    part = volume.grid.extract_subset((15, 35, 5, 25, 2, 11))
    assert part.viewer3d.volume.value_at(POINT) == volume.value_at(POINT)
    assert part.viewer3d.volume.unit == "HU"
    smooth = volume.grid.gaussian_smooth()
    assert smooth.viewer3d.volume.shape == volume.shape
    assert smooth.viewer3d.notes[-1].startswith("The grid does not say how a patient lies")


def test_any_grid_of_numbers_is_taken_in() -> None:
    grid = pyvista.ImageData(dimensions=(4, 5, 6), spacing=(1, 2, 3), origin=(7, 8, 9))
    grid["density"] = np.arange(120.0)
    volume = grid.viewer3d.to_volume("g/ml", modality="CT")
    assert (volume.unit, volume.modality, volume.spacing) == ("g/ml", "CT", (1, 2, 3))
    assert volume.value_at((9, 12, 15)) == 2 + 2 * 4 + 2 * 20
    assert grid.viewer3d.volume.unit == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda grid: grid.clear_data(), "no active values at its points .no values."),
        (lambda grid: grid.cell_data.set_scalars(np.zeros(60), "inside"), "inside"),
        (lambda grid: grid.point_data.set_scalars(np.zeros((120, 3), np.uint8), "rgb"), "3 values a point"),
    ],
)
def test_a_grid_that_is_no_volume_is_refused(change: Any, message: str) -> None:
    grid = pyvista.ImageData(dimensions=(4, 5, 6))
    change(grid)
    with pytest.raises(GeometryError, match=message):
        _ = grid.viewer3d.volume
    with pytest.raises(GeometryError, match=r"no pyvista\.ImageData"):
        viewer3d.Volume.from_pyvista(pyvista.Sphere())


def test_a_grid_leads_to_pictures_and_figures(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grid = viewer3d.load(folder).grid
    options = {"view": "axial", "size": (60, 40), "window": "bone"}
    same = viewer3d.screenshot(folder, **options)  # type: ignore[arg-type]
    np.testing.assert_array_equal(grid.viewer3d.screenshot(**options), same)
    figure = grid.viewer3d.figure("plane", plane="axial", window="bone")
    assert figure.arguments == viewer3d.figures.plane(viewer3d.load(folder), plane="axial", window="bone").arguments
    with pytest.raises(ViewError, match="no figure is named 'mrp'"):
        grid.viewer3d.figure("mrp")
    with pytest.raises(ViewError, match="takes 2 volumes, 1 given"):
        grid.viewer3d.figure("compare")
    shown = []
    monkeypatch.setattr("viewer3d.app.show.show", lambda volume, view, **more: shown.append((volume, view, more)))
    grid.viewer3d.show("mpr", size=(90, 90))
    assert shown == [(grid.viewer3d.volume, "mpr", {"size": (90, 90)})]
