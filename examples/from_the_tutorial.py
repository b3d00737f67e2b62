"""The usual tutorial, step by step, and what viewer3d does instead: ``python from_the_tutorial.py [PATH] [OUT.png]``.

Each step of the tutorial is done as it says, then as the scanner meant it, and what the difference is on these files
is printed; what the tutorial draws is OUT-tutorial.png. PATH is a folder that holds one CT or MR series, one file a
slice. Without it a synthetic patient is scanned the way real ones sometimes are: files in no order, overlapping slices,
a rescale slope for each, some of them missing.
"""

import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pydicom

import viewer3d
from viewer3d.phantom import Faults

path = sys.argv[1] if len(sys.argv) > 1 else None
out = Path(sys.argv[2] if len(sys.argv) > 2 else "from_the_tutorial.png")
if path is None:
    scratch = tempfile.TemporaryDirectory()
    path = scratch.name
    faults = Faults(order="shuffled", missing=(30, 31, 32), thickness=12.0, slopes=(1.0, 2.0))
    viewer3d.phantom.write(path, shape=(128, 128, 80), faults=faults)


def tell(step: str, wrong: str, right: str) -> None:
    print(f"{step}\n    on these files: {wrong}\n    viewer3d:       {right}")


volume = viewer3d.load(path)

# 1. Read every file and sort by Instance Number.
files = [pydicom.dcmread(file) for file in sorted(Path(path).rglob("*")) if pydicom.misc.is_dicom(file)]
slices = sorted((s for s in files if "PixelData" in s), key=lambda s: int(s.InstanceNumber))
row, column = (np.array(slices[0].ImageOrientationPatient[n : n + 3], float) for n in (0, 3))
along = np.array([np.cross(row, column) @ np.array(s.ImagePositionPatient, float) for s in slices])
steps = np.diff(along)
turns = int((np.sign(steps) != np.sign(np.median(steps))).sum())
tell(
    "1. slices.sort(key=lambda s: s.InstanceNumber)",
    f"{turns} of {len(slices)} slices follow one they do not lie next to"
    if turns
    else f"they lie in this order, {'towards' if steps[0] > 0 else 'away from'} the head, which nobody has promised",
    "sorts by Image Position (Patient) along the normal, and by nothing else",
)

# 2. Stack the pixels; Slice Thickness is the spacing.
thickness = float(slices[0].get("SliceThickness") or 1)
gaps = np.diff(np.sort(along))
tell(
    "2. spacing = (*PixelSpacing, SliceThickness)",
    f"SliceThickness is {thickness:.4g} mm, but slices lie {np.median(gaps):.4g} mm apart"
    f" ({100 * (thickness / np.median(gaps) - 1):+.0f} % in height); the widest gap is {gaps.max():.4g} mm",
    f"spacing {volume.spacing[2]:.4g} mm from the positions; what is uneven is resampled and noted",
)


# 3. One slope and intercept for all.
def rescaled(pixels_of: pydicom.Dataset, numbers_of: pydicom.Dataset) -> np.ndarray:
    slope, intercept = (float(numbers_of.get(f"Rescale{name}", n)) for name, n in (("Slope", 1), ("Intercept", 0)))
    return pixels_of.pixel_array * slope + intercept


image = np.stack([rescaled(one, slices[0]) for one in slices], axis=-1)
right = np.stack([rescaled(one, one) for one in slices], axis=-1)
tell(
    "3. image = pixels * slices[0].RescaleSlope + slices[0].RescaleIntercept",
    f"values are off by up to {np.abs(image - right).max():g} {volume.unit or '(no unit)'}",
    "each slice has its own slope and intercept",
)

# 4. Three sections, their aspect from the spacing.
dy, dx = (float(v) for v in slices[0].PixelSpacing)
tell(
    "4. imshow(image[:, j, :], aspect=SliceThickness / dy)",
    f"pixels of {thickness:.4g} x {dy:.4g} mm, lying or upside down as the files came; which side is right is not said",
    "true proportions, head up, the patient's right on the left, letters at every edge",
)

# 5. vmin and vmax.
window = volume.default_window
low, high = window.center - window.width / 2, window.center + window.width / 2
values = np.arange(np.floor(low), np.ceil(high) + 1)
grey = np.clip((values - low) / (high - low) * 256, 0, 255).astype(int)  # what a map of 256 colours does
standard = np.rint(255 * window.apply(values)).astype(int)
tell(
    "5. imshow(..., vmin=center - width / 2, vmax=center + width / 2)",
    f"{100 * np.mean(grey != standard):.0f} % of the values in the window get another grey than PS3.3 C.11.2 says",
    f"window {window}, to the last grey",
)

i, j, k = (length // 2 for length in image.shape)
tutorial, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
axes[0].imshow(image[:, :, k], cmap="gray", vmin=low, vmax=high, aspect=dy / dx)
axes[1].imshow(image[i, :, :].T, cmap="gray", vmin=low, vmax=high, aspect=thickness / dx)
axes[2].imshow(image[:, j, :], cmap="gray", vmin=low, vmax=high, aspect=dy / thickness)
tutorial.savefig(out.with_stem(f"{out.stem}-tutorial"), dpi=100)

for note in volume.notes:
    print("note:", note)
viewer3d.screenshot(volume, out, view="mpr", size=(1200, 500))
