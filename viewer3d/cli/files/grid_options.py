"""Options that change a volume before it is written: --crop, --resample, --mask and others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from viewer3d.cli.reading_options import spacing_of, with_options
from viewer3d.core.text import is_number
from viewer3d.errors import Viewer3DError, ViewError

if TYPE_CHECKING:
    from viewer3d.core.geometry import Geometry
    from viewer3d.core.placing.regions import AnyRegions
    from viewer3d.core.sampling import Interpolation
    from viewer3d.core.segmentation import Segmentation
    from viewer3d.core.volume import Volume

Ends = tuple[tuple[float | None, float | None], ...]
"""Of a box the two ends along x, y and z in LPS mm; None where it reaches as far as the volume does."""

_RAS: Final = "ras:"

GRID: Final = (
    click.option("--crop", metavar="BOX", help="Keep the box x0:x1,y0:y1,z0:z1 alone, LPS mm, or ras:...; : is all."),
    click.option("--crop-to", metavar="SEG", type=click.Path(), help="Keep the box around the segments of a file."),
    click.option("--margin", type=float, metavar="MM", help="Keep this much around that box as well."),
    click.option("--orientation", metavar="CODE", help="Where the axes of the voxels are to lead: LPS, RAS, PSR, ..."),
    click.option("--resample", metavar="X,Y,Z", help="Spacing along the voxels' axes, mm; one number is for all."),
    click.option("--like", metavar="PATH", type=click.Path(), help="Resample to the grid of what is there."),
    click.option(
        "--interpolation", type=click.Choice(["linear", "nearest"]), help="Of these two.  [default: linear]"
    ),
    click.option("--mask", metavar="SEG", type=click.Path(), help="Give what is outside of it the background's value."),
    click.option("--segments", metavar="A:B", help="Names or numbers of those that --crop-to and --mask mean."),
    click.option("--same-frame", is_flag=True, help="Trust that these files and PATH are in one frame of reference."),
)  # fmt: skip
"""In the order of the help, which is that in which they are applied."""


class GridChoice(NamedTuple):
    """How volumes are to be changed, as it was typed.

    Attributes
    ----------
    box : tuple of pairs of float, optional
        See :data:`Ends`.
    crop_to, like, mask : str, optional
        Paths.
    margin : float
        mm around the box.
    orientation : str, optional
    spacing : float or tuple of float, optional
        mm.
    interpolation : {"linear", "nearest"}
    segments : tuple of str or int
        Those of `crop_to` and `mask` that are meant; empty of all.
    same_frame : bool
    """

    box: Ends | None = None
    crop_to: str | None = None
    margin: float = 0.0
    orientation: str | None = None
    spacing: float | tuple[float, float, float] | None = None
    like: str | None = None
    interpolation: Interpolation = "linear"
    mask: str | None = None
    segments: tuple[int | str, ...] = ()
    same_frame: bool = False

    @property
    def flag(self) -> str:
        """The first option that changes volumes; empty where none was given."""
        given = {
            "--crop": self.box, "--crop-to": self.crop_to, "--orientation": self.orientation,
            "--resample": self.spacing, "--like": self.like, "--mask": self.mask,
        }  # fmt: skip
        return next((name for name, value in given.items() if value is not None), "")


class GridChanger:
    """Changes volumes one after another as was chosen; the files for that are read once.

    Parameters
    ----------
    choice : GridChoice
    max_memory : int or str, optional
        As for :func:`viewer3d.load`.

    Attributes
    ----------
    notes : list of str
        What is to be said of where those files lie.

    Raises
    ------
    Viewer3DError
        When such a file cannot be read; names the option.
    """

    def __init__(self, choice: GridChoice, max_memory: int | str | None) -> None:
        self._choice, self._max_memory = choice, max_memory
        self.notes: list[str] = []
        places = {"--crop-to": choice.crop_to, "--mask": choice.mask, "--like": choice.like}
        self._data: dict[str, Any] = {
            flag: _read(flag, path, regions=flag != "--like") for flag, path in places.items() if path is not None
        }

    def changed(self, volume: Volume) -> Volume:
        """Return a volume cropped, turned, resampled and masked, in this order."""
        choice, most = self._choice, self._max_memory
        if not choice.flag:
            return volume
        # All is placed over the volume as it is in the files: a grid that has changed says no longer whose it is.
        over = {flag: self._placed(volume, flag) for flag in ("--crop-to", "--mask") if flag in self._data}
        like = self._like(volume) if "--like" in self._data else None
        made = volume
        if choice.box is not None:
            with _naming("--crop"):
                box = _corners(choice.box, volume.geometry)
                made = made.crop(box, margin=choice.margin, max_memory=most)
        if "--crop-to" in over:
            with _naming("--crop-to"):
                made = made.crop(to=over["--crop-to"], margin=choice.margin, same_frame=True, max_memory=most)
        if choice.orientation is not None:
            with _naming("--orientation"):
                made = made.reoriented(choice.orientation, max_memory=most)
        if choice.spacing is not None or like is not None:
            with _naming("--resample" if like is None else "--like"):
                made = made.resample(choice.spacing, like=like, interpolation=choice.interpolation, max_memory=most)
        if "--mask" in over:
            with _naming("--mask"):
                made = made.mask(over["--mask"], same_frame=True, max_memory=most)
        # That they lie in its frame was said when they were placed, and why.
        kept = [note for note in made.notes if note in volume.notes or not note.startswith("the segmentation is taken")]
        return replace(made, info=replace(made.info, notes=tuple(kept)))

    def _placed(self, volume: Volume, flag: str) -> Segmentation:
        """Return the segments that are meant, in the world of a volume."""
        from viewer3d.core.layers import Layer, place_layers  # noqa: PLC0415 (each verb imports what it needs)
        from viewer3d.core.placing.regions import region_numbers  # noqa: PLC0415

        with _naming(flag):
            layer = Layer(self._data[flag], name=flag, same_frame=self._choice.same_frame)
            (placed,) = place_layers(volume, [layer]).regions
            segmentation = placed.segmentation
            told = (*placed.notes, *segmentation.notes)
            self.notes += [note if note.startswith(flag) else f"{flag}: {note}" for note in told]
            if not self._choice.segments:
                return segmentation
            numbers = region_numbers(placed, self._choice.segments)
        # Masks of contours may have other numbers, in the same order.
        pairs = zip(placed.regions, segmentation.segments, strict=True)
        return replace(segmentation, segments=tuple(one for region, one in pairs if region.number in numbers))

    def _like(self, volume: Volume) -> Geometry:
        from viewer3d.core.placing.frames import check_frame  # noqa: PLC0415 (as above)

        data = self._data["--like"]
        with _naming("--like"):
            self.notes += check_frame(volume, data, "--like", same_frame=self._choice.same_frame)
        geometry: Geometry = data.geometry
        return geometry


def grid_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a verb that changes volumes."""
    return with_options(command, GRID)


def grid_choice(choices: Mapping[str, Any]) -> GridChoice:
    """Return how volumes are to be changed; what can be checked before anything is loaded is checked.

    Parameters
    ----------
    choices : mapping
        What click found, by name; other options' are passed over.

    Raises
    ------
    ViewError
        When an option cannot be read, or two exclude each other; names them.
    """
    for one, other in (("crop", "crop_to"), ("resample", "like"), ("orientation", "like")):
        if choices[one] is not None and choices[other] is not None:
            raise ViewError(f"{_flag(one)} and {_flag(other)} say the same in two ways: give one of them")
    for name, of in (
        ("margin", ("crop", "crop_to")),
        ("interpolation", ("resample", "like")),
        ("segments", ("crop_to", "mask")),
        ("same_frame", ("crop_to", "like", "mask", "source")),
    ):
        if choices[name] not in (None, False) and all(choices[one] is None for one in of):
            raise ViewError(f"{_flag(name)}: is of {' and '.join(map(_flag, of))}: give one of them, or leave it out")
    margin = choices["margin"] or 0.0
    if not 0 <= margin < float("inf"):
        raise ViewError(f"--margin {margin:g}: expected a distance in mm, as in --margin 10")
    words = [one for part in (choices["segments"] or "").split(":") if (one := part.strip())]
    if choices["segments"] is not None and not words:
        raise ViewError("--segments: expected names or numbers, as in --segments Liver:Spleen")
    return GridChoice(
        box=None if choices["crop"] is None else _ends(choices["crop"]),
        crop_to=choices["crop_to"],
        margin=margin,
        orientation=choices["orientation"],
        spacing=_spacing(choices["resample"]),
        like=choices["like"],
        interpolation=choices["interpolation"] or "linear",
        mask=choices["mask"],
        segments=tuple(int(one) if one.isdecimal() else one for one in words),
        same_frame=choices["same_frame"],
    )


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _spacing(text: str | None) -> float | tuple[float, float, float] | None:
    if text is not None and is_number(text):
        return float(text)
    return spacing_of(text, "--resample ")


def _ends(text: str) -> Ends:
    parts = text.lower().removeprefix(_RAS).split(",")
    ends: list[tuple[float | None, float | None]] = []
    try:
        for part in parts:
            low, high = (None if end.strip() == "" else float(end) for end in part.split(":"))
            ends.append((low, high))
    except ValueError:
        ends = []
    if len(ends) != 3 or not all(abs(end) < float("inf") for pair in ends for end in pair if end is not None):
        raise ViewError(f"--crop {text!r:.60}: expected x0:x1,y0:y1,z0:z1 in LPS mm, as in --crop -80:80,-60:60,:")
    if text.lower().startswith(_RAS):  # of x and y both signs are others, and so is which end comes first
        ends[:2] = [(_opposite(high), _opposite(low)) for low, high in ends[:2]]
    return tuple(ends)


def _opposite(end: float | None) -> float | None:
    return None if end is None else -end


def _corners(ends: Ends, geometry: Geometry) -> list[list[float]]:
    """Return two opposite corners of a box in LPS mm, ends that are left out beyond the volume."""
    low, high = geometry.bounds - 1, geometry.bounds + 1  # voxels beyond its first and last are none
    firsts = [float(low[0, n]) if one is None else one for n, (one, _) in enumerate(ends)]
    return [firsts, [float(high[1, n]) if one is None else one for n, (_, one) in enumerate(ends)]]


def _read(flag: str, path: str, *, regions: bool) -> AnyRegions | Volume:
    """Read what an option names: what has segments, or what has a grid."""
    from viewer3d.core.structures import StructureSet  # noqa: PLC0415 (as above)
    from viewer3d.core.volume import Volume  # noqa: PLC0415
    from viewer3d.formats.grid_files import is_grid_file  # noqa: PLC0415
    from viewer3d.formats.load import load  # noqa: PLC0415
    from viewer3d.formats.load_overlay import load_overlay  # noqa: PLC0415

    with _naming(f"{flag} {path}"):
        if not regions and is_grid_file(path):
            return load(path, stack=1)  # all of its volumes are on one grid
        data = load_overlay(path, regions=regions)
        if regions and isinstance(data, Volume):
            raise ViewError("has values and no segments: give a segmentation, a label map or a structure set")
        if not regions and isinstance(data, StructureSet):
            raise ViewError("has contours and no grid: give a volume or a segmentation")
    return data  # type: ignore[return-value]


@contextmanager
def _naming(flag: str) -> Iterator[None]:
    """Name an option in errors, and what to write in the shell."""
    try:
        yield
    except Viewer3DError as error:
        text = re.sub(r"give a transform \(.*\), or same_frame where", "give --same-frame where", str(error))
        text = text.removeprefix(f"{flag}: ").removeprefix(f"{flag.partition(' ')[2]}: ")
        raise type(error)(f"{flag}: {text}") from error
