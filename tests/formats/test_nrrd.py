"""NRRD label maps, also those of 3D Slicer with overlapping segments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nrrd
import numpy as np
import pytest

import viewer3d
from viewer3d.errors import BadFileError

LPS = np.array([[0.8, 0, 0, -20], [0, 0.9, 0, -30], [0, 0, 2.5, 40], [0, 0, 0, 1]])
LABELS = np.random.default_rng(6).integers(0, 3, (6, 5, 4)).astype(np.uint8)


def header(lps: Any = LPS, space: str = "left-posterior-superior", **more: Any) -> dict[str, Any]:
    return {"space": space, "space directions": lps[:3, :3].T, "space origin": lps[:3, 3], **more}


def segments(*rows: tuple[str, int, int, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for n, (name, layer, value, color) in enumerate(rows):
        found |= {f"Segment{n}_Name": name, f"Segment{n}_Layer": str(layer), f"Segment{n}_LabelValue": str(value)}
        found[f"Segment{n}_Color"] = color
    return found


@pytest.mark.parametrize("space", ["left-posterior-superior", "right-anterior-superior", "LPS", "RAS"])
def test_a_label_map_lies_where_its_space_says(tmp_path: Path, space: str) -> None:
    nrrd.write(str(tmp_path / "a.nrrd"), LABELS, header(space=space))
    found = viewer3d.load_segmentation(tmp_path / "a.nrrd")
    lps = LPS if space[0] in "lL" else np.diag([-1.0, -1, 1, 1]) @ LPS
    for index in np.ndindex(LABELS.shape):
        numbers = [one.number for one in found.segments_at((lps @ [*index, 1])[:3])]
        assert numbers == ([int(LABELS[index])] if LABELS[index] else [])


def test_a_segmentation_of_slicer(tmp_path: Path) -> None:
    about = segments(("Liver", 0, 2, "0.866667 0.509804 0.396078"), ("Spleen", 0, 1, "1 0 0"))
    nrrd.write(str(tmp_path / "a.seg.nrrd"), LABELS, header(**about))
    found = viewer3d.load_segmentation(tmp_path / "a.seg.nrrd")
    assert found.description == "a"
    assert (found.segment("Liver").number, found.segment("Liver").color) == (2, (221, 130, 101))
    assert found.voxels("Spleen") == (LABELS == 1).sum()


def test_segments_that_overlap_are_listed_in_the_first_axis(tmp_path: Path) -> None:
    other = (np.random.default_rng(7).random(LABELS.shape) > 0.5).astype(np.uint8)
    about = segments(("Liver", 0, 1, "1 0 0"), ("Vein", 1, 1, "0 0 1"))
    directions = np.vstack([np.full(3, np.nan), LPS[:3, :3].T])
    kinds = ["list", "domain", "domain", "domain"]
    stacked = np.stack([LABELS, other])
    nrrd.write(
        str(tmp_path / "a.seg.nrrd"), stacked, {**header(**about), "space directions": directions, "kinds": kinds}
    )
    found = viewer3d.load_segmentation(tmp_path / "a.seg.nrrd")
    assert [(one.number, one.name, one.layer) for one in found.segments] == [(1, "Liver", 0), (2, "Vein", 1)]
    assert (found.voxels("Liver"), found.voxels("Vein")) == ((LABELS == 1).sum(), other.sum())
    assert found.notes == ("Labels 2 of layer 0 are of no segment; they were left out.",)


def test_what_does_not_say_where_it_lies_is_noted_and_other_spaces_are_refused(tmp_path: Path) -> None:
    nrrd.write(str(tmp_path / "a.nrrd"), LABELS, {})
    lost = viewer3d.load_segmentation(tmp_path / "a.nrrd")  # as NIfTI that does not say it
    assert "The file does not say where it lies" in lost.notes[0]
    nrrd.write(str(tmp_path / "b.nrrd"), LABELS, header(space="scanner-xyz"))
    with pytest.raises(BadFileError, match="give one in LPS, RAS or LAS"):
        viewer3d.load_segmentation(tmp_path / "b.nrrd")
    whole = (tmp_path / "b.nrrd").read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 9):
        (tmp_path / "c.nrrd").write_bytes(whole[:size])
        with pytest.raises(BadFileError):
            viewer3d.load_segmentation(tmp_path / "c.nrrd")
