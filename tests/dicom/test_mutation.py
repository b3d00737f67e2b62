"""Two thousand broken files: each ends in a volume or in an error of the tree, soon and in little memory.

The work is done in child processes, which a hang, a crash or a greedy header may kill; ``python -m
tests.dicom.test_mutation FOLDER NAME FIRST LAST`` does cases of one source again, with tracebacks.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from viewer3d import Viewer3DError, Volume, load, load_all, phantom
from viewer3d.errors import ChoiceError

SEED = 20
CASES = 68
"""Of each of the thirty sources, so that there are two thousand."""
SECONDS = 5
"""A case may take; most take 0.02."""
MEMORY = 2 << 30
"""Bytes a child may take beyond what its imports take: the series are of some MB."""
FILES = 12
CHILDREN = 2

SERIES = (
    "ct_head_64_slicer", "ct_seg_liver", "mr_phase_slope2", "mr_4d_ge", "mr_enh_philips", "ct_enh_2frame",
    "pet_ac_bqml",
)  # fmt: skip
SINGLE = (
    "CT_small", "MR_small_RLE", "MR_small_bigendian", "MR_small_implicit", "MR_small_jp2klossless", "JPGExtended",
    "MR_small_jpeg_ls_lossless", "bad_sequence", "emri_small", "image_dfl", "mlut_18", "no_meta",
    "parametric_map_float", "rtdose",
)  # fmt: skip
PHANTOMS = {
    "plain": phantom.Faults(),
    "implicit": phantom.Faults(syntax="ImplicitVRLittleEndian"),
    "big endian": phantom.Faults(syntax="ExplicitVRBigEndian"),
    "deflated": phantom.Faults(syntax="DeflatedExplicitVRLittleEndian"),
    "rle": phantom.Faults(syntax="RLELossless"),
    "jpeg-ls": phantom.Faults(syntax="JPEGLSLossless"),
    "tilted": phantom.Faults(tilt=12, missing=(3,), slopes=(1, 0.5), signed=True),
    "enhanced": phantom.Faults(),
    "enhanced, tilted": phantom.Faults(tilt=9, padding=0, moved=((2, 0.7),)),
}

ODD: tuple[Any, ...] = (
    None, "", " ", "x", "0", "-1", "1e400", "nan", "1e-30", "1\\2", "1\\2\\3", "\\\\", "9" * 40, "2147483648", "\0",
)  # fmt: skip
NUMBERS = (0, 1, 2, 7, 8, 12, 15, 16, 17, 31, 32, 64, 255, 4096, 65535)
EDITED: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "SamplesPerPixel"), NUMBERS),
    "PixelRepresentation": (0, 1, 2),
    "NumberOfFrames": ("0", "1", "2", "3", "999999", "-1", "2147483647"),
    "RescaleSlope": ("0", "-1", "0.001", "1e300", "-1e-300", "nan", "3.7"),
    "RescaleIntercept": ("1e300", "nan", "0.5", "-99999"),
    "ImagePositionPatient": ("0\\0\\0", "1e300\\0\\0", "1e9\\0\\5", "nan\\0\\0", "1\\2", "0\\0\\1e-9"),
    "ImageOrientationPatient": ("0\\0\\0\\0\\0\\0", "1\\0\\0\\1\\0\\0", "1e300\\0\\0\\0\\1\\0", "0\\1\\0\\0\\0\\-1"),
    "PixelSpacing": ("0\\0", "-1\\1", "1e300\\1", "1e-300\\1e-300", "1", "nan\\1", "0.1\\9"),
    "PhotometricInterpretation": ("MONOCHROME1", "RGB", "PALETTE COLOR", ""),
    "Modality": ("CT", "PT", "MR", "SEG", "RTDOSE", ""),
    "ImageType": ("ORIGINAL\\PRIMARY\\MOSAIC", "DERIVED", "\\\\\\"),
    "WindowWidth": ("0", "-5", "1e300", "nan"),
    "EchoTime": ("1", "nan", "x"),
    "SeriesInstanceUID": ("1.2.3", "", "x"),
    "SOPInstanceUID": ("1.2.3", ""),
}  # fmt: skip


# --- what is done to a file ---------------------------------------------------------------------------------------


def truncated(data: bytearray, chance: random.Random) -> bytearray:
    return data[: chance.choice((chance.randrange(len(data)), chance.randrange(min(len(data), 2000))))]


def flipped(data: bytearray, chance: random.Random) -> bytearray:
    area = chance.choice((len(data), min(len(data), 3000)))
    for _ in range(chance.choice((1, 3, 20))):
        data[chance.randrange(area)] ^= 1 << chance.randrange(8)
    return data


def overwritten(data: bytearray, chance: random.Random) -> bytearray:
    start = chance.randrange(chance.choice((len(data), min(len(data), 3000))))
    size = min(chance.choice((1, 4, 50, 1000)), len(data) - start)
    data[start : start + size] = chance.choice((bytes(size), b"\xff" * size, chance.randbytes(size)))
    return data


def moved(data: bytearray, chance: random.Random) -> bytearray:
    start = chance.randrange(min(len(data), 3000))
    return data[:start] + chance.randbytes(chance.choice((1, 2, 8))) * chance.randrange(2) + data[start + 2 :]


def edited(path: Path, chance: random.Random) -> None:
    """Delete elements, set them to odd values, or edit what a picture is made of, at any depth."""
    from pydicom import dcmread

    dataset = dcmread(path, force=True)
    for _ in range(chance.choice((1, 1, 2, 4))):
        places = [(dataset, element.tag) for element in dataset]
        places += [(item, element.tag) for top in dataset if top.VR == "SQ" for item in _items(top) for element in item]
        if chance.random() < 0.6:
            keyword = chance.choice(list(EDITED))
            owner = chance.choice([place for place, tag in places if keyword in place] or [dataset])
            setattr(owner, keyword, chance.choice(EDITED[keyword]))
            continue
        owner, tag = chance.choice(places)
        if chance.random() < 0.4 and tag in owner:
            del owner[tag]
        elif tag in owner and owner[tag].VR != "SQ":
            odd = chance.choice(NUMBERS) if owner[tag].VR in ("US", "SS", "UL", "FD") else chance.choice(ODD)
            owner[tag].value = odd
    dataset.save_as(path)


def _items(sequence: Any) -> list[Any]:
    found = []
    for item in sequence.value:
        found.append(item)
        for element in item:
            if element.VR == "SQ":
                found += _items(element)
    return found


def pixels_hit(path: Path, chance: random.Random) -> bool:
    """Overwrite stored values only; False where it is not known which bytes they are."""
    from viewer3d.dicom.headers.fast import read_attributes

    found = read_attributes(str(path)) or {}
    if not found.get("length") or not found["length"][0]:
        return False
    start, data = int(found["offset"][0]), bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 50))):
        data[start + chance.randrange(int(found["length"][0]))] = chance.randrange(256)
    path.write_bytes(data)
    return True


BYTES: dict[str, Callable[[bytearray, random.Random], bytearray]] = {
    "truncated": truncated,
    "flipped": flipped,
    "overwritten": overwritten,
    "moved": moved,
}


def mutate(path: Path, chance: random.Random) -> str:
    """Break a file; return how."""
    how = chance.choice((*BYTES, "edited", "edited", "edited", "pixels"))
    if how == "edited":
        try:
            edited(path, chance)
        except Exception:
            how = "flipped"  # pydicom would not write that
    if how == "pixels" and not pixels_hit(path, chance):
        how = "overwritten"
    if how in BYTES:
        path.write_bytes(BYTES[how](bytearray(path.read_bytes()), chance))
    return how


# --- a case, in a child -------------------------------------------------------------------------------------------


def volumes(where: Path, keywords: dict[str, Any]) -> list[Volume]:
    try:
        return [load(where, **keywords)]
    except ChoiceError:
        return load_all(where, **keywords)


def shapes(where: Path, keywords: dict[str, Any]) -> list[tuple[int, ...]]:
    """Of the volumes of the whole series; none when it makes none."""
    try:
        return [volume.voxels.shape for volume in volumes(where, keywords)]
    except Viewer3DError:
        return []


def check(volume: Volume) -> None:
    assert np.isfinite(volume.affine).all(), "affine"
    assert np.linalg.det(volume.affine[:3, :3]) > 0, "not right-handed"
    assert volume.voxels.dtype in (np.int16, np.float32), volume.voxels.dtype
    assert volume.voxels.ndim == 3
    assert volume.voxels.size > 0


def try_case(folder: Path, name: str, number: int) -> None:
    """Break a copy of a series, and load it."""
    chance = random.Random(f"{SEED} {name} {number}")
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        for file in sorted(folder.iterdir()):
            (place / file.name).symlink_to(file)
        done = []
        files = sorted(place.iterdir())
        for path in chance.sample(files, min(len(files), chance.choice((1, 1, 3)))):
            original = path.resolve()
            path.unlink()
            shutil.copyfile(original, path)
            done.append(mutate(path, chance))
        where = path if chance.random() < 0.1 else place
        keywords = {"irregular": chance.choice(("resample", "resample", "error", "keep"))}
        keywords |= {"skip_bad": True} if chance.random() < 0.3 else {}
        print("case", number, *done, flush=True)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        try:
            found = volumes(where, keywords)
        except Viewer3DError as error:
            found, told = [], str(error)
        else:
            told = f"{len(found)} volumes"
        finally:
            faulthandler.cancel_dump_traceback_later()
        assert told, "no message"
        for volume in found:
            check(volume)
        if set(done) == {"pixels"} and where is place:
            kept = [volume.voxels.shape for volume in found]
            assert kept == shapes(folder, keywords), f"only pixels were hit: {told}"


def child(folder: str, name: str, first: int, last: int) -> None:
    """Do some cases of one source; what goes wrong is printed."""
    warnings.simplefilter("ignore")
    warnings.filterwarnings("error", module=r"viewer3d")  # pydicom may warn, this package may not
    place = Path(folder)
    with contextlib.suppress(Viewer3DError):  # what it imports is no part of the bound
        load_all(place)
    held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))
    for number in range(first, last):
        try:
            try_case(place, name, number)
        except Exception:
            print("FAILED", number, traceback.format_exc(limit=-6), flush=True)


def in_children(folder: Path, name: str, first: int, last: int) -> list[str]:
    """Do cases in a child, and in another one from where the first died; return what went wrong."""
    failures = []
    while first < last:
        command = [sys.executable, "-m", "tests.dicom.test_mutation", str(folder), name, str(first), str(last)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
        failures += [part.split("\ncase ")[0] for part in done.stdout.split("FAILED ")[1:]]
        if done.returncode == 0:
            break
        cases = [line for line in done.stdout.splitlines() if line.startswith("case ")]
        failures.append(f"{cases[-1:]} died with {done.returncode}: {done.stderr[-3000:]}")
        first = int(cases[-1].split()[1]) + 1 if cases else last
    return failures


# --- the sources --------------------------------------------------------------------------------------------------


def made(name: str, folder: Path) -> None:
    if name.startswith("enhanced"):
        phantom.write_enhanced(folder / "enhanced.dcm", shape=(24, 20, 6), faults=PHANTOMS[name])
    else:
        phantom.write(folder, shape=(24, 20, 6), faults=PHANTOMS[name])


def spread(paths: list[Path]) -> list[Path]:
    """Neighbours, from the middle: a series stays one."""
    start = max(0, (len(paths) - FILES) // 2)
    return paths[start : start + FILES]


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is bounded by Linux's RLIMIT_AS")
@pytest.mark.parametrize("name", [*SERIES, *SINGLE, *PHANTOMS])
def test_broken_files(name: str, real: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tmp_path / "whole"
    folder.mkdir()
    if name in PHANTOMS:
        made(name, folder)
    else:
        source = real(name) if name in SERIES else real(f"single/{name}.dcm")
        for path in spread(sorted(source.iterdir())) if source.is_dir() else [source]:
            shutil.copyfile(path, folder / path.name)
    share = -(-CASES // CHILDREN)
    with ThreadPoolExecutor(CHILDREN) as pool:
        shares = pool.map(lambda n: in_children(folder, name, n * share, (n + 1) * share), range(CHILDREN))
        failures = [failure for some in shares for failure in some]
    assert not failures, f"{len(failures)} of {CASES} cases of {name}, seed {SEED}:\n" + "\n\n".join(failures)


if __name__ == "__main__":
    child(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
