"""Find the images that make no volume: single ones, cine, secondary captures and colour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from viewer3d.core.digest import digest_of_text
from viewer3d.dicom.catalog_rows import CatalogRequest
from viewer3d.dicom.headers.frame import Frame, Frames, SeriesTags
from viewer3d.dicom.series.identity import series_digest
from viewer3d.dicom.series.scan import Scan, Series, series_key
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import ChoiceError, NoVolumeError


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Frames of one series, size and kind, which are shown one after another.

    Attributes
    ----------
    tags : SeriesTags
    number : int
        Of the stack, from 1; those of colour are counted after the stacks of their series.
    frames : tuple of Frame
        In the order of their numbers; those of colour in the order of Instance Number.
    problem : str
        Why they make no volume.
    stack : Stack, optional
        The stack that they are; None of colour.
    series : Series, optional
        Of that stack.
    """

    tags: SeriesTags
    number: int
    frames: Frames
    problem: str
    stack: Stack | None = None
    series: Series | None = None

    @property
    def is_color(self) -> bool:
        """Whether its pixels are colours, and no values."""
        return self.stack is None

    @property
    def is_volume_alone(self) -> bool:
        """Whether :func:`viewer3d.load` gives it, asked for by its stack: a slice whose place is known."""
        return self.stack is not None and self.stack.layout is not None and len(self.frames) == 1

    @property
    def choice(self) -> tuple[Series, tuple[Stack, ...]]:
        """Series and stack of grey images."""
        assert self.series is not None  # who calls has asked whether it is grey
        assert self.stack is not None
        return self.series, (self.stack,)

    @property
    def label(self) -> str:
        """By what the stack differs from others of its series, in words."""
        return "" if self.stack is None else self.stack.label

    @property
    def size(self) -> str:
        """Columns, rows and frames, as ``"640 x 480, 30 frames"``."""
        first, count = self.frames[0], len(self.frames)
        return f"{first.columns} x {first.rows}{f', {count} frames' if count > 1 else ''}"

    def __str__(self) -> str:
        number = "series without a number" if self.tags.number is None else f"series {self.tags.number}"
        return " ".join(part for part in (number, self.tags.modality, self.tags.description) if part)


def find_images(found: Scan) -> tuple[ImageSet, ...]:
    """Return all images that make no volume, in the order of the Series Numbers."""
    colors: dict[object, list[Frame]] = defaultdict(list)
    for one in found.all_refused:
        if one.series is not None and one.frames:
            colors[series_key(one.series)] += one.frames
    sets: list[ImageSet] = []
    for series in found.series:
        sets += images_of(series, colors.pop(series_key(series.tags), ()))
    for frames in colors.values():  # of series that hold nothing else
        sets += _of_color(frames, 0)
    sets.sort(key=lambda one: (one.tags.study_uid, one.tags.number is None, one.tags.number or 0))
    return tuple(sets)


def images_of(series: Series, colored: Sequence[Frame] = ()) -> list[ImageSet]:
    """Return the images of a series that make no volume, grey ones by their stacks and colour by its size."""
    sets = [
        ImageSet(series.tags, number, _ordered(stack.frames), stack.problem, stack, series)
        for number, stack in enumerate(series.stacks, 1)
        if not stack.is_volume and not stack.left_over
    ]
    return [*sets, *_of_color(colored, len(series.stacks))]


def choose_images(found: Scan, series: int | str | None = None, stack: int | None = None) -> ImageSet:
    """Return the one set of images that is meant.

    Parameters
    ----------
    found : Scan
    series : int or str, optional
        Series Number or Series Instance UID.
    stack : int, optional
        Its number, as ``viewer3d list`` has it.

    Raises
    ------
    NoVolumeError
        When there are none.
    ChoiceError
        When several could be meant; lists them with the call and the flags.
    """
    sets = find_images(found)
    meant = [one for one in sets if _is_named(one, series) and stack in (None, one.number)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        heading = f"{found.name} holds {len(meant)} sets of images; choose one:"
        raise ChoiceError("\n".join([heading, *_calls(meant, sets)]))
    if sets:
        raise ChoiceError("\n".join([f"{found.name}: no such images; there are:", *_calls(sets, sets)]))
    from viewer3d.dicom.series.choose import no_volume_error  # noqa: PLC0415 (only an error needs it)

    volumes = [one for one in found.series if one.volumes]
    if volumes:
        raise NoVolumeError(f"{found.name}: all images are slices of volumes, as {volumes[0]}: viewer3d.load loads one")
    raise no_volume_error(found, found.series)


def image_digest(one: ImageSet) -> str:
    """Return the SHA-256 by which recipes and saved views know images, see :class:`viewer3d.Provenance`."""
    if one.stack is not None and one.series is not None:
        return series_digest(one.series, one.stack)
    return digest_of_text(one.tags.uid, f"colour {one.frames[0].columns} x {one.frames[0].rows}")


def meant_images(found: Scan, images: Sequence[ImageSet], request: CatalogRequest) -> ImageSet | None:
    """Return the images that are opened first; None where a volume is, or nothing that could be.

    Those that a saved view was made on, or that a series and a stack name; where nothing is named and there is no
    volume, those with the most frames, rows and columns.
    """
    if request.which:
        return None
    if not request.is_by_name:
        saved = [one for one in images if image_digest(one) in request.digests]
        if saved or any(one.volumes for one in found.series):
            return saved[0] if saved else None
        return max(images, key=lambda one: (len(one.frames), one.frames[0].rows, one.frames[0].columns), default=None)
    named = [one for one in images if _is_named(one, request.series) and request.stack in (None, one.number)]
    has_volumes = any(one.volumes for one in found.series if str(request.series).strip() in _names(one.tags))
    return named[0] if len(named) == 1 and (request.stack is not None or not has_volumes) else None


def _is_named(one: ImageSet, series: int | str | None) -> bool:
    return series is None or str(series).strip() in _names(one.tags)


def _names(tags: SeriesTags) -> tuple[str, str]:
    return tags.uid, str(tags.number)


def _calls(meant: Iterable[ImageSet], sets: Sequence[ImageSet]) -> list[str]:
    calls = [(one, *call_of(one, sets)) for one in meant]
    return [f"  {flags}  or  viewer3d.load_image(..., {call})   {one}, {one.size}" for one, call, flags in calls]


def call_of(one: ImageSet, sets: Iterable[ImageSet]) -> tuple[str, str]:
    """Return the call's arguments and the program's flags that choose one set of images among others.

    A series is called by its number where no other one has it.
    """
    number, uid = one.tags.number, one.tags.uid
    is_one = number is not None and all(other.tags.uid == uid for other in sets if other.tags.number == number)
    call, flag = (str(number), str(number)) if is_one else (repr(uid), uid)
    return f"series={call}, stack={one.number}", f"--series {flag} --stack {one.number}"


def _of_color(frames: Sequence[Frame], before: int) -> list[ImageSet]:
    sizes: dict[tuple[int, int], list[Frame]] = defaultdict(list)
    for frame in frames:
        sizes[frame.columns, frame.rows].append(frame)
    groups = [_ordered(group) for group in sizes.values()]
    kinds = [", ".join(dict.fromkeys(one.stored.photometric for one in group)) for group in groups]
    return [
        ImageSet(group[0].series, before + n, group, f"colour ({kind})")
        for n, (group, kind) in enumerate(zip(groups, kinds, strict=True), 1)
    ]


def _ordered(frames: Iterable[Frame]) -> Frames:
    def key(frame: Frame) -> tuple[float, str, int]:
        return float(frame.dimension_values.get("InstanceNumber", 0)), frame.stored.source.name, frame.index

    return tuple(sorted(frames, key=key))
