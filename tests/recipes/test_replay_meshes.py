"""A picture with a mesh is made again from its file, the CT and the mesh."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.cli.conftest import pixels
from tests.formats.meshes.test_meshes import box
from tests.phantom_files import write_phantom
from tests.recipes.layered import SMALL
from viewer3d import Layer, load, read_recipe, screenshot
from viewer3d.errors import ChoiceError
from viewer3d.recipes.replay import replay

SIZE = (240, 80)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A CT, a folder with meshes beside it, and one of the meshes."""
    folder = tmp_path_factory.mktemp("study")
    write_phantom(folder / "ct", **SMALL)
    middle = np.array(load(folder / "ct").geometry.center)
    (folder / "meshes").mkdir()
    meshes = [box(middle - 40 * n, (90, 70, 80), name=f"Part {n}") for n in (1, 2)]
    viewer3d.save(meshes, folder / "meshes" / "parts.glb")
    viewer3d.save(meshes[0], folder / "meshes" / "implant.stl")
    return folder / "ct", folder / "meshes", folder / "meshes" / "implant.stl"


@pytest.mark.parametrize("name", ["parts.glb", "implant.stl"])
def test_it_is_found_by_its_triangles_and_the_bytes_are_the_same(
    study: tuple[Path, Path, Path], tmp_path: Path, name: str
) -> None:
    ct, meshes, _ = study
    picture = tmp_path / "fig.png"
    overlay = Layer(meshes / name, same_frame=True, look={"fill": 0.4})
    drawn = screenshot(load(ct), picture, "mpr", size=SIZE, overlays=overlay)
    assert (drawn != screenshot(load(ct), view="mpr", size=SIZE)).any()
    for places in ([ct.parent], [ct, meshes / name], [ct, meshes]):
        made = replay(picture, places, tmp_path / "again.png")
        assert (made.verdict, made.reason, made.notes) == ("identical", "to the byte", ()), places
        assert (tmp_path / "again.png").read_bytes() == picture.read_bytes()
    text = str(read_recipe(picture))
    assert "implant" not in text
    assert "Part 1" not in text


def test_a_folder_of_meshes_is_one_overlay(study: tuple[Path, Path, Path], tmp_path: Path) -> None:
    ct, meshes, _ = study
    picture = tmp_path / "fig.png"
    drawn = screenshot(load(ct), picture, "mpr", size=SIZE, overlays=Layer(meshes, same_frame=True))
    for name in ("parts.glb", "implant.stl"):
        alone = screenshot(load(ct), view="mpr", size=SIZE, overlays=Layer(meshes / name, same_frame=True))
        assert (drawn != alone).any(), name
    for places in ([ct.parent], [ct, meshes]):
        made = replay(picture, places, tmp_path / "again.png")
        assert (made.verdict, made.reason, made.notes) == ("identical", "to the byte", ()), places


def test_another_mesh_is_told_and_none_is_a_clear_error(study: tuple[Path, Path, Path], tmp_path: Path) -> None:
    ct, _, implant = study
    picture = tmp_path / "fig.png"
    screenshot(load(ct), picture, "mpr", size=SIZE, overlays=Layer(implant, same_frame=True))
    mesh = viewer3d.load_mesh(implant)
    viewer3d.save(viewer3d.Mesh(mesh.points + 5, mesh.triangles), tmp_path / "implant.stl")
    made = replay(picture, [ct, tmp_path / "implant.stl"], tmp_path / "again.png")
    assert made.verdict != "identical"
    assert "triangles" in f"{made.reason} {made.notes}"
    with pytest.raises(ChoiceError, match="holds no mesh"):
        replay(picture, [ct], tmp_path / "again.png")


def test_a_mesh_of_python_is_replayed_in_its_own_colour(study: tuple[Path, Path, Path], tmp_path: Path) -> None:
    ct, _, implant = study
    volume = load(ct)
    mesh = viewer3d.load_mesh(implant)
    named = viewer3d.Mesh(mesh.points, mesh.triangles, volume.frame_of_reference, "Screw", (10, 250, 20))
    screenshot(volume, tmp_path / "fig.png", "axial", size=SIZE, overlays=[named])
    made = replay(tmp_path / "fig.png", [ct, implant], tmp_path / "again.png")
    assert any("names" in note for note in (made.reason, *made.notes)), made  # those of the file
    then, again = (
        (np.abs(pixels(tmp_path / name).astype(int) - (10, 250, 20)).max(-1) < 20).sum()
        for name in ("fig.png", "again.png")
    )
    assert then == again > 20
