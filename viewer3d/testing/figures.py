"""Checks whether a picture is still the one that was approved, for tests of other projects.

>>> from viewer3d.testing import assert_figure
>>> assert_figure(volume, "baselines/lung.png", window="lung")      # doctest: +SKIP

With pytest the fixture of the same name does that, finds the baselines beside the test and makes them on request, see
:mod:`viewer3d.pytest_plugin`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import RecipeError, ViewError
from viewer3d.recipes.compare import (
    BLOCK_SIZE,
    SAME_TOLERANCE,
    compare_files,
    compare_pictures,
    pixel_differences,
    read_pictures,
)
from viewer3d.recipes.data_record import OverlayRecord
from viewer3d.recipes.embed import read_recipe
from viewer3d.render.marks.display_list import Path as Outline
from viewer3d.render.marks.display_list import Text
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.output import check_path, write_picture
from viewer3d.render.scene import BORDER
from viewer3d.render.shot import screenshot

HOW: Final = "with pytest --viewer3d-baselines=make or viewer3d.testing.make_baseline"
"""How a baseline is made."""

AMPLIFIED: Final = 8
"""Differences are shown so many times larger: 32 grey levels are white."""

STRIP: Final = 24
"""Pixels above each of the pictures that show a difference, for what it is."""

_BOX_COLOR: Final = (255, 196, 0)
"""Colour of the box around the window that differs most."""


class Savable(Protocol):
    """Anything with a method that writes it to a file, as a figure of :mod:`viewer3d.figures`."""

    def save(self, path: str | os.PathLike[str]) -> object:
        """Write it into a file."""


Subject = Volume | Savable | NDArray[np.uint8] | str | os.PathLike[str]
"""What can be checked: a volume, a figure, the pixels of a picture, or its file."""


def assert_figure(
    subject: Subject,
    baseline: str | os.PathLike[str],
    *,
    tolerance: float = SAME_TOLERANCE,
    folder: str | os.PathLike[str] | None = None,
    **drawing: Any,
) -> None:
    """Fail unless a picture is, to the eye, the one that was approved.

    Parameters
    ----------
    subject : Volume, Figure, ndarray of uint8 or path-like
        A volume is drawn first; pixels have the shape (height, width, 3) or (height, width, 4).
    baseline : path-like
        The picture that was approved, see :func:`make_baseline`; PNG, TIFF or WebP.
    tolerance : float
        Grey levels, over the 8 x 8 pixels that differ most (:mod:`viewer3d.recipes.compare` says why). The default
        forgives another processor or driver of the same kind, but no difference, however small, of many pixels alike;
        a larger one does. Slices are the same everywhere, and 0 will do for them.
    folder : path-like, optional
        Where a picture that fails, and one of the difference, are left; without it, in a new temporary one.
    **drawing
        For a volume: arguments of :func:`viewer3d.screenshot`. The view is "mpr" unless given, which needs no OpenGL.

    Raises
    ------
    AssertionError
        When the picture differs or there is no baseline; says by how much, where, and what is known of the reason.
    """
    approved = Path(baseline)
    if not approved.is_file():
        raise AssertionError(f"{approved}: there is no baseline yet: look at the picture and make it, {HOW}")
    with tempfile.TemporaryDirectory(prefix="viewer3d-") as scratch:
        drawn = Path(scratch, f"{approved.stem}-drawn{approved.suffix}")
        _draw(subject, drawn, drawing)
        if reason := _reason(drawn, approved, tolerance):
            kept = Path(tempfile.mkdtemp(prefix="viewer3d-")) if folder is None else Path(folder)
            kept.mkdir(parents=True, exist_ok=True)
            shutil.copy(drawn, kept)
            left = _leave_difference(drawn, approved, kept)
            raise AssertionError(f"{approved}: {reason}; see {left}, or make it anew, {HOW}")


def make_baseline(subject: Subject, baseline: str | os.PathLike[str], **drawing: Any) -> Path:
    """Draw what :func:`assert_figure` is to check, and keep it; its folder is made where it is not there.

    Parameters
    ----------
    subject, **drawing
        As for :func:`assert_figure`.
    baseline : path-like
        Where to write it.

    Raises
    ------
    OutputError
        When it cannot be written there.
    """
    path = Path(baseline)
    path.parent.mkdir(parents=True, exist_ok=True)
    _draw(subject, path, drawing)
    return path


def _draw(subject: Subject, path: Path, drawing: dict[str, Any]) -> None:
    if isinstance(subject, Volume):
        if "state" not in drawing:
            drawing = {"view": "mpr", **drawing}
        screenshot(subject, path, **drawing)
        return
    if drawing:
        raise TypeError(f"{', '.join(drawing)}: only a volume is drawn here; leave them out")
    check_path(path)
    if isinstance(subject, np.ndarray):
        write_picture(subject, path)
    elif isinstance(subject, str | os.PathLike):
        shutil.copy(subject, path)
    else:
        subject.save(path)


def _reason(drawn: Path, approved: Path, tolerance: float) -> str:
    """Return why a picture is not the one that was approved; empty when it is."""
    try:
        comparison = compare_files(drawn, approved)
    except ViewError as error:
        return "; ".join([str(error), *_known(drawn, approved)])
    if comparison.is_within(tolerance):
        return ""
    return "; ".join([f"differs by {comparison}, beyond a tolerance of {tolerance:g}", *_known(drawn, approved)])


def _known(drawn: Path, approved: Path) -> list[str]:
    """Return how the recipes of two pictures differ, where they have one."""
    try:
        now, then = read_recipe(drawn), read_recipe(approved)
    except RecipeError:
        return []
    said = []
    for number, (new, old) in enumerate(zip(now.volumes, then.volumes, strict=False), 1):
        which = f"volume {number}" if len(now.volumes) > 1 else "the volume"
        said += [f"{which} has other {', '.join(names)}"] if (names := old.differences(new)) else []
    said += _overlays_known(now.overlays, then.overlays)
    if now.state != then.state and now.state and then.state:
        said.append(f"the view has another {', '.join(_other_fields(now.state, then.state))}")
    return [*said, *then.other_tools(now)]


def _overlays_known(now: Sequence[OverlayRecord], then: Sequence[OverlayRecord]) -> list[str]:
    """Return how what lies over the volume differs."""
    if len(now) != len(then):
        return [f"{len(now)} overlays, there were {len(then)}"]
    said = []
    for new, old in zip(now, then, strict=True):
        pairs = zip(new.volumes, old.volumes, strict=False)
        found = list(dict.fromkeys(name for one, other in pairs for name in other.differences(one)))
        found += ["number of volumes"] if len(new.volumes) != len(old.volumes) else []
        if new.regions is not None and old.regions is not None:
            found += old.regions.differences(new.regions)
        is_moved = new.transform != old.transform or new.same_frame != old.same_frame
        found += ["placing"] if is_moved else []
        found += ["name"] if new.name != old.name else []
        said += [f"{old.name or 'an overlay'} has another {', '.join(found)}"] if found else []
    return said


def _other_fields(now: ViewState, then: ViewState) -> list[str]:
    """Return the names of what differs between views; of looks of overlays with the number of the layer."""
    names = [name for name in vars(now) if name != "layers" and getattr(now, name) != getattr(then, name)]
    if len(now.layers) != len(then.layers):
        return [*names, "number of layers"]
    for number, (new, old) in enumerate(zip(now.layers, then.layers, strict=True), 1):
        looks = [name for name in vars(new) if getattr(new, name) != getattr(old, name)]
        names += [f"{name} of layer {number}" if number > 1 else name for name in looks]
    return names


def _leave_difference(drawn: Path, approved: Path, folder: Path) -> Path:
    """Draw baseline, picture and difference where possible; return the paths of the files."""
    one, other = (read_pictures(path)[0][..., :3] for path in (approved, drawn))
    if one.shape != other.shape:
        return folder / drawn.name
    apart = np.minimum(pixel_differences(one, other).astype(np.uint16) * AMPLIFIED, 255).astype(np.uint8)
    titled = {"baseline": one, "drawn": other, f"difference x {AMPLIFIED}": np.repeat(apart[..., None], 3, 2)}
    panes = [_titled(title, pixels, compare_pictures(one, other).place) for title, pixels in titled.items()]
    height, width = one.shape[:2]
    sheet = np.concatenate(panes, axis=0 if width > height else 1)
    return write_picture(sheet, folder / f"{approved.stem}-difference.png")


def _titled(title: str, pixels: NDArray[np.uint8], place: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture below its title, with a box around a place."""
    height, width = pixels.shape[:2]
    pane = np.full((height + STRIP, width, 3), BORDER, np.uint8)
    pane[STRIP:] = pixels
    x0, x1 = (place[0] + way * BLOCK_SIZE for way in (-1, 1))
    y0, y1 = (place[1] + STRIP + way * BLOCK_SIZE for way in (-1, 1))
    box = Outline(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), closed=True, color=_BOX_COLOR)
    Rasterizer().draw(pane, (Text(6, STRIP - 7, title, STRIP // 2), box))
    return pane
