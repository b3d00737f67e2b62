"""How the challenge is answered: by viewer3d, and by other readers as people use them.

Each reader gives voxels, where it says that they are, and how many slices there are. The questions are then answered
from these alone, the same for all.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import viewer3d
from viewer3d.phantom.challenge.cases import CASES, Case
from viewer3d.phantom.challenge.score import ChallengeScore, score_answers

CRASHED = "the process ended"


@dataclass(frozen=True)
class Read:
    """What a reader gives: voxels [i, j, k], their affine to LPS mm, and how many slices it says there are."""

    voxels: NDArray[Any]
    affine: NDArray[np.float64]
    slices: int


def by_viewer3d(folder: Path) -> Read:
    found = viewer3d.scan(folder)
    series = found[0]
    stacks = [stack for stack in series.stacks if stack.is_volume]
    number = 1 + max(range(len(series.stacks)), key=lambda n: series.stacks[n].shape[2])
    volume = viewer3d.load(found, stack=number if len(stacks) > 1 else None)
    return Read(volume.voxels, volume.affine, series.stacks[number - 1].shape[2])


def by_simpleitk(folder: Path) -> Read:
    """``ImageSeriesReader`` with the names of the first series, as SimpleITK's example DicomSeriesReader has it."""
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    reader = SimpleITK.ImageSeriesReader()
    names = reader.GetGDCMSeriesFileNames(str(folder), reader.GetGDCMSeriesIDs(str(folder))[0])
    reader.SetFileNames(names)
    image = reader.Execute()
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    return Read(SimpleITK.GetArrayFromImage(image).T, affine, image.GetSize()[2])


def by_dcm2niix(folder: Path) -> Read:
    """What dcm2niix writes, read by nibabel; of several files that with the most voxels."""
    import dcm2niix
    import nibabel

    with tempfile.TemporaryDirectory() as out:
        subprocess.run([dcm2niix.bin, "-b", "n", "-z", "n", "-o", out, str(folder)], check=True, capture_output=True)
        images = [nibabel.load(path) for path in sorted(Path(out).glob("*.nii"))]
        image = max(images, key=lambda one: np.prod(one.shape))
        return Read(np.asarray(image.dataobj), np.diag([-1, -1, 1, 1]) @ image.affine, image.shape[2])


def by_recipe(folder: Path) -> Read:
    """pydicom with the recipe of many tutorials: sorted by Instance Number, thickness as spacing, the first slope."""
    import pydicom

    slices = sorted((pydicom.dcmread(path) for path in folder.iterdir()), key=lambda ds: int(ds.InstanceNumber))
    first = slices[0]
    stored = np.stack([ds.pixel_array for ds in slices])
    values = stored * float(first.RescaleSlope) + float(first.RescaleIntercept)
    affine = np.diag([*map(float, first.PixelSpacing), float(first.SliceThickness), 1.0])
    affine[:3, 3] = first.ImagePositionPatient
    return Read(values.T, affine, len(slices))


def by_vtk(folder: Path) -> Read:
    """vtkDICOMImageReader, which pyvista.DICOMReader is.

    Its grid has no place in the patient, and is turned by half about its rows. It is given the benefit of both: it is
    turned back, and put to the position that the reader says.
    """
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkObject
    from vtkmodules.vtkIOImage import vtkDICOMImageReader

    vtkObject.GlobalWarningDisplayOff()
    reader = vtkDICOMImageReader()
    reader.SetDirectoryName(str(folder))
    reader.Update()
    image = reader.GetOutput()
    if image.GetPointData().GetScalars() is None:
        raise ValueError("nothing was read")
    values = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions(), order="F")[:, ::-1, ::-1]
    affine = np.diag([*image.GetSpacing(), 1.0])
    affine[:3, 3] = reader.GetImagePositionPatient()
    return Read(values, affine, image.GetDimensions()[2])


def by_highdicom(folder: Path) -> Read:
    """``highdicom.get_volume_from_series``, or of one file with frames ``Image.get_volume``."""
    import highdicom
    import pydicom

    paths = sorted(folder.iterdir())
    if len(paths) == 1:
        volume = highdicom.imread(paths[0]).get_volume()
    else:
        volume = highdicom.get_volume_from_series([pydicom.dcmread(path) for path in paths])
    affine = volume.affine[:, [2, 1, 0, 3]]  # its axes are slices, rows, columns
    return Read(np.asarray(volume.array).transpose(2, 1, 0), affine, volume.spatial_shape[0])


READERS: Mapping[str, Callable[[Path], Read]] = MappingProxyType(
    {
        "viewer3d": by_viewer3d,
        "SimpleITK": by_simpleitk,
        "dcm2niix": by_dcm2niix,
        "highdicom": by_highdicom,
        "pydicom": by_recipe,
        "vtk": by_vtk,
    }
)


def answers_of(read: Read, case: Case) -> dict[str, str]:
    """Answer the questions about a series from what a reader gives."""
    low, high = _balls(read)
    return {
        "slices": str(read.slices),
        "distance": f"{np.linalg.norm(low - high):.2f}",
        "side": "L" if (low if case.sided == "feet" else high)[0] > 0 else "R",
        **{name: _value(read, at) for name, at in zip(("value_a", "value_b"), case.points, strict=True)},
    }


def _balls(read: Read) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middles of the two brightest places, that nearer to the feet first."""
    least = 0.45 * float(read.voxels.max())
    index = np.argwhere(read.voxels > least)
    if len(index) < 2:
        raise ValueError("nothing is brighter than the rest")
    weights = read.voxels[tuple(index.T)].astype(np.float64) - least
    places = index @ read.affine[:3, :3].T + read.affine[:3, 3]
    first = places[np.linalg.norm(places - places.mean(0), axis=1).argmax()]
    centers = np.stack([first, places[np.linalg.norm(places - first, axis=1).argmax()]])
    for _ in range(5):
        nearest = np.linalg.norm(places[:, None] - centers, axis=2).argmin(1)
        centers = np.stack([np.average(places[nearest == n], axis=0, weights=weights[nearest == n]) for n in (0, 1)])
    low, high = sorted(centers, key=lambda place: place[2])
    return low, high


def _value(read: Read, at: tuple[float, ...]) -> str:
    """The value of the nearest voxel; nothing outside of the volume."""
    inverse = np.linalg.inv(read.affine)
    index = np.rint(inverse[:3, :3] @ at + inverse[:3, 3]).astype(int)
    if not ((index >= 0) & (index < read.voxels.shape)).all():
        return ""
    return f"{float(read.voxels[tuple(index)]):.4f}"


def answer(name: str, folder: Path) -> tuple[ChallengeScore, dict[str, str]]:
    """Let a reader answer all that it reads, in a process of its own; also return why it does not read the rest."""
    answers: dict[tuple[str, str], str] = {}
    refused: dict[str, str] = {}
    pool: ProcessPoolExecutor | None = None
    for case in CASES:
        pool = pool or ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        try:
            read = pool.submit(READERS[name], folder / case.name).result()
            answers |= {(case.name, question): text for question, text in answers_of(read, case).items()}
        except BrokenProcessPool:
            refused[case.name], pool = CRASHED, None
        except Exception as error:
            refused[case.name] = f"{type(error).__name__}: {error}"
    if pool is not None:
        pool.shutdown()
    return score_answers(answers), refused


def table(folder: Path) -> str:
    """The table of docs/challenge.md: of five questions a series, how many each reader answers right."""
    done = {name: answer(name, folder) for name in READERS}
    lines = [f"| series | {' | '.join(READERS)} |", f"|---|{'---:|' * len(READERS)}"]
    for case in CASES:
        cells = [
            ("crashed" if refused[case.name] == CRASHED else "refused")
            if case.name in refused
            else str(sum(mark.is_right for mark in score.by_case[case.name]))
            for score, refused in done.values()
        ]
        lines.append(f"| `{case.name}` | {' | '.join(cells)} |")
    totals = [f"{score.right} of {len(score.marks)}" for score, _ in done.values()]
    lines.append(f"| right | {' | '.join(totals)} |")
    return "\n".join(lines)


def versions() -> str:
    """What read, by version."""
    names = ("SimpleITK", "dcm2niix", "nibabel", "highdicom", "pydicom", "vtk")
    return ", ".join(f"{name} {version(name)}" for name in names)
