"""Bad segmentations, structure sets and label maps laid over a CT: drawn with a note, or refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from tests.cli.conftest import pixels, run
from tests.cli.region_files import segmentation
from tests.dicom.objects import seg_files, structure_files
from viewer3d import load, screenshot

SIZE = (180, 60)


class Case:
    """A file that is laid over a CT, and what comes of it.

    Attributes
    ----------
    write : callable
        Writes it into a folder, of a frame of reference and a volume; returns its path.
    says : str
        What is noted, or of an error the reason.
    is_drawn : bool
    """

    def __init__(self, write: Callable[[Path, str, Any], Path], says: str, *, is_drawn: bool) -> None:
        self.write, self.says, self.is_drawn = write, says, is_drawn


def seg(**values: Any) -> Callable[[Path, str, Any], Path]:
    return lambda folder, frame, _: seg_files.save(segmentation(FrameOfReferenceUID=frame, **values), folder)


def structures(*contours: Any) -> Callable[[Path, str, Any], Path]:
    def write(folder: Path, frame: str, _: Any) -> Path:
        rings = [structure_files.contour(structure_files.circle(50, 40, z=z)) for z in (-6.0, 0.0, 6.0)]
        made = structure_files.roi(1, [*rings, *contours], ROIName="PTV", ReferencedFrameOfReferenceUID=frame)
        return structure_files.save(structure_files.structure_set([made]), folder)

    return write


def label_map(shape: tuple[int, int, int]) -> Callable[[Path, str, Any], Path]:
    def write(folder: Path, _: str, volume: Any) -> Path:
        image = nibabel.Nifti1Image(np.ones(shape, np.uint8), np.diag([-1.0, -1, 1, 1]) @ volume.affine)
        nibabel.save(image, folder / "labels.nii")
        return folder / "labels.nii"

    return write


def pdf(folder: Path, *_: Any) -> Path:
    (folder / "report.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
    return folder / "report.pdf"


def crossing() -> Any:
    """A contour in the shape of an eight, in the middle plane."""
    return structure_files.contour([(-60, -60, 0), (60, 60, 0), (60, -60, 0), (-60, 60, 0)])


CASES = {
    "without its source": Case(seg(ReferencedSeriesSequence=[]), "", is_drawn=True),
    "segments without frames": Case(seg(), "1 segment has no frame and is empty: Cyst", is_drawn=True),
    "more frames than pixels": Case(seg(NumberOfFrames=60), "60", is_drawn=False),
    "fewer frames than groups": Case(seg(NumberOfFrames=2), "2", is_drawn=False),
    "frames without number": Case(seg(NumberOfFrames=None), "", is_drawn=False),
    "two numbers": Case(structures(structure_files.contour(b"1\\2")), "left out", is_drawn=True),
    "not a number": Case(
        structures(structure_files.contour(b"1\\nan\\3\\4\\5\\6\\7\\8\\9")), "left out", is_drawn=True
    ),
    "crossing itself": Case(structures(crossing()), "", is_drawn=True),
    "far away": Case(
        structures(structure_files.contour(structure_files.circle(9, z=9e9))),
        "more than a kilometre away: left out",
        is_drawn=True,
    ),
    "ten million points": Case(
        structures(structure_files.contour(b"1\\2\\3\\" * 10_000_000 + b"1\\2\\3")), "points", is_drawn=False
    ),
    "label map of another shape": Case(
        label_map((5, 6, 7)), "its frame of reference is not said, that of the base", is_drawn=False
    ),
    "a PDF": Case(pdf, "no DICOM here (1 not DICOM)", is_drawn=False),
}


LONG = ("ten million points",)


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in CASES])
def test_it_is_drawn_with_a_note_or_refused_in_a_line(name: str, ct: Path, tmp_path: Path) -> None:
    case, volume, out = CASES[name], load(ct), tmp_path / "out.png"
    path = case.write(tmp_path, volume.frame_of_reference, volume)
    done = run("shot", ct, "-o", out, "--view", "mpr", "--size", "180x60", "--overlay", path)
    assert case.says in done.stderr
    assert done.stdout == ""
    if case.is_drawn:
        assert done.exit_code == 0, done.output
        assert all(line.startswith("note: ") for line in done.stderr.splitlines())
        assert (pixels(out) != screenshot(volume, view="mpr", size=SIZE)).any()
    else:
        assert done.exit_code == 2
        assert len(done.stderr.splitlines()) == 1
        assert path.name in done.stderr or "segments: " in done.stderr
        assert not out.exists()
