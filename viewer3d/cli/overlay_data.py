"""Find and load what ``--overlay`` asks for: images, segmentations, structure sets or meshes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from viewer3d.cli.inputs import scan_headers, scan_inputs
from viewer3d.cli.look_values import OF_ALL
from viewer3d.cli.overlay_options import LABEL_MAP_KIND, MESH_KIND, OverlayChoice, check_regions_choice
from viewer3d.cli.reading_options import with_memory_left
from viewer3d.core.files import check_not_read
from viewer3d.core.text import printable
from viewer3d.errors import ChoiceError, Viewer3DError, ViewError

if TYPE_CHECKING:
    from viewer3d.cli.report import Meter
    from viewer3d.core.layers import Layer
    from viewer3d.core.placing.regions import AnyRegions
    from viewer3d.core.progress import Progress
    from viewer3d.core.volume import Volume
    from viewer3d.dicom.objects.dicom_object import DicomObject
    from viewer3d.dicom.read_options import ReadOptions
    from viewer3d.dicom.series.choose import Choice
    from viewer3d.dicom.series.scan import Scan


class FoundOverlay(NamedTuple):
    """An overlay of which the headers were read.

    Attributes
    ----------
    choice : OverlayChoice
    found : Scan, optional
        What is at its path; None of a label map or mesh.
    object : DicomObject, optional
        The segmentation or structure set that is meant; None where images are.
    """

    choice: OverlayChoice
    found: Scan | None
    object: DicomObject | None = None

    @property
    def name(self) -> str:
        """What it is called while it is read."""
        return printable(Path(self.choice.path).name)


def scan_overlays(
    output: str | Path | None, choices: Sequence[OverlayChoice], meter: Meter, known: dict[str, Scan]
) -> tuple[FoundOverlay, ...]:
    """Read the headers of overlays; the output must be none of the files that are read.

    Parameters
    ----------
    output : path-like, optional
    choices : sequence of OverlayChoice
    meter : Meter
    known : dict
        What was found at the paths that were searched already, by path; what is searched now is added.

    Raises
    ------
    Viewer3DError
        When there is nothing at a path, or its look is not of what is there; names the overlay.
    """
    overlays = []
    for choice in choices:
        with _naming(choice):
            overlays.append(_found(output, choice, meter, known))
    return tuple(overlays)


def _found(output: str | Path | None, choice: OverlayChoice, meter: Meter, known: dict[str, Scan]) -> FoundOverlay:
    from viewer3d.dicom.series.scan import with_spacing  # noqa: PLC0415 (what draws no overlay needs none of this)
    from viewer3d.formats.grid_files import grids_meant  # noqa: PLC0415
    from viewer3d.formats.load_overlay import objects_with_regions, regions_meant  # noqa: PLC0415
    from viewer3d.formats.load_segmentation import label_map_files  # noqa: PLC0415
    from viewer3d.formats.meshes.parts import mesh_files  # noqa: PLC0415

    if files := mesh_files(choice.path):
        check_regions_choice(choice, MESH_KIND)
        if output is not None:
            check_not_read(output, files)
        return FoundOverlay(choice, None)
    if (files := label_map_files(choice.path)) and _is_label_map(choice):
        check_regions_choice(choice, LABEL_MAP_KIND)
        if output is not None:
            check_not_read(output, files)
        return FoundOverlay(choice, None)
    if choice.path not in known:
        known[choice.path] = scan_headers(choice.path) if output is None else scan_inputs(output, choice.path, meter)
    found, spacing = known[choice.path], choice.reading.get("spacing")
    there = objects_with_regions(found)
    if grids_meant(found):
        if choice.of_regions:
            check_regions_choice(choice, LABEL_MAP_KIND)
        return FoundOverlay(choice, found)
    if choice.of_images and there and not any(one.volumes for one in found):
        check_regions_choice(choice, there[0].kind)
    meant = None
    if not choice.of_images:
        meant = regions_meant(found, choice.reading.get("series"), regions=choice.regions or bool(choice.of_regions))
    if meant is not None:
        check_regions_choice(choice, meant.kind)
        if output is not None:
            check_not_read(output, [meant.file])
    return FoundOverlay(choice, found if spacing is None else with_spacing(found, spacing), meant)


def _is_label_map(choice: OverlayChoice) -> bool:
    """Return whether a file is meant as a label map: its look says so, or its values."""
    from viewer3d.formats.load_overlay import holds_labels_at  # noqa: PLC0415 (as above)

    return choice.regions or bool(choice.of_regions) or (not choice.of_images and holds_labels_at(choice.path))


def load_overlays(
    overlays: Sequence[FoundOverlay],
    base: Sequence[Volume],
    reading: dict[str, Any],
    progress: Progress,
    *,
    series: Sequence[str] = (),
    whole: bool = False,
) -> tuple[Layer, ...]:
    """Load overlays.

    Parameters
    ----------
    overlays : sequence of FoundOverlay
    base : sequence of Volume
        One, or all of a 4-D set.
    reading : dict
        Arguments of :func:`viewer3d.load` for the base; those in :data:`OF_ALL` hold for overlays too.
    progress : callable
        See :data:`viewer3d.core.progress.Progress`.
    series : sequence of str
        Digests of the series of a saved view: an overlay is of one of them where no other is chosen.
    whole : bool
        Whether all of a 4-D set is loaded, where it is the only one.

    Raises
    ------
    Viewer3DError
        When one cannot be chosen or loaded, or is the base itself with no look of its own; names it.
    """
    if not overlays:
        return ()
    from viewer3d.core.origin import series_of  # noqa: PLC0415 (as in _found)
    from viewer3d.formats.grid_files import grids_meant, scan_as_saved  # noqa: PLC0415

    layers: list[Layer] = []
    volumes: list[Volume] = [*base]
    regions: list[AnyRegions] = []
    for one in overlays:
        data: list[Volume] | AnyRegions
        with _naming(one.choice):
            how = with_memory_left(
                {**one.choice.reading, **{name: reading[name] for name in OF_ALL}}, [*volumes, *regions]
            )
            if one.found is None or one.object is not None:
                data = _read_regions(one, how["max_memory"], progress)
                regions.append(data)
            else:
                left = [digest for digest in series if digest not in series_of(volumes)]
                if grids_meant(one.found):
                    found = scan_as_saved(one.found, left, _options(how), how.get("spacing"))
                    data = _read_grids(one, found, how, progress, whole=whole or "member" in one.choice.layer.look)
                    volumes += data
                    layers.append(replace(one.choice.layer, data=data))
                    continue
                meant = _meant(one, one.found, base[0], left, whole=whole or "member" in one.choice.layer.look)
                if not one.choice.layer.look and any(_is_of(volume, choice) for volume in base for choice in meant):
                    raise ViewError(_base_itself(one.found))
                data = _read(one, one.found, meant, how, progress)
                volumes += data
        layers.append(replace(one.choice.layer, data=data))
    return tuple(layers)


def _base_itself(found: Scan) -> str:
    from viewer3d.formats.load_overlay import name_among, objects_with_regions  # noqa: PLC0415 (as in _found)

    there = objects_with_regions(found)
    named = [(one, name) for one in there if (name := name_among(found, one))]
    also = f"; a {named[0][0].kind} there is --look series={named[0][1]}" if named else ""
    return f"is the base itself: choose another, or how it differs, as in --look window=bone{also}"


def _read_regions(one: FoundOverlay, max_memory: int | str | None, progress: Progress) -> AnyRegions:
    from viewer3d.formats.load_overlay import read_regions  # noqa: PLC0415 (as in _found)
    from viewer3d.formats.load_segmentation import load_segmentation  # noqa: PLC0415
    from viewer3d.formats.meshes.parts import mesh_files  # noqa: PLC0415

    progress(f"reading {one.name}", 0, 1)
    if one.object is not None:
        return read_regions(one.object, max_memory)
    if mesh_files(one.choice.path):
        from viewer3d.formats.meshes.load_mesh import load_mesh_layer  # noqa: PLC0415 (its parsers are for meshes alone)

        return load_mesh_layer(one.choice.path)
    return load_segmentation(one.choice.path, max_memory=max_memory, **one.choice.labels)


def _meant(one: FoundOverlay, found: Scan, base: Volume, digests: Sequence[str], *, whole: bool) -> list[Choice]:
    """Return the stacks of an overlay: one, or all of a 4-D set."""
    from viewer3d.dicom.series.choose import choose, series_named  # noqa: PLC0415 (as in _found)
    from viewer3d.dicom.series.stack_sets import find_sets, set_of_digests  # noqa: PLC0415

    reading = one.choice.reading
    series, stack, which = (reading.get(name) for name in ("series", "stack", "which"))
    try:
        if series is None and stack is None and not which and (saved := set_of_digests(found, digests)):
            return saved.choices
        if whole and stack is None and not which:
            sets = find_sets(found if series is None else series_named(found, series))
            if len(sets) == 1:
                return sets[0].choices
        return [choose(found, series, stack, which)]
    except ChoiceError as error:
        if sum(len(series.volumes) for series in found) < 2:
            raise
        text = str(error)
        raise ChoiceError(text + ("\n" if "\n" in text else "; ") + _fitting_text(found, base)) from error


def _read(one: FoundOverlay, found: Scan, meant: list[Choice], how: dict[str, Any], progress: Progress) -> list[Volume]:
    from viewer3d.dicom.load import read_stacks  # noqa: PLC0415 (as in _found)

    return read_stacks(
        found, meant, _options(how), progress=lambda stage, *done: progress(f"{stage} of {one.name}", *done)
    )


def _options(how: dict[str, Any]) -> ReadOptions:
    from viewer3d.dicom.read_options import ReadOptions  # noqa: PLC0415 (as in _found)

    return ReadOptions(**{field.name: how[field.name] for field in fields(ReadOptions) if field.name in how})


def _read_grids(
    one: FoundOverlay, found: Scan, how: dict[str, Any], progress: Progress, *, whole: bool
) -> list[Volume]:
    """Read a file of values that is not DICOM: one volume of it, or all of a 4-D set."""
    from viewer3d.formats.load import load, load_all  # noqa: PLC0415 (as in _found)

    progress(f"reading {one.name}", 0, 1)
    if whole and not any(how.get(name) for name in ("stack", "which")):
        return load_all(found, **{key: value for key, value in how.items() if key not in ("stack", "which", "spacing")})
    return [load(found, **how)]


def _is_of(volume: Volume, choice: Choice) -> bool:
    from viewer3d.dicom.series.identity import series_digest  # noqa: PLC0415 (as in _found)

    return volume.provenance is not None and volume.provenance.series == series_digest(*choice)


def _fitting_text(found: Scan, base: Volume) -> str:
    """Return what chooses the volumes that lie in the frame of reference of the base and overlap it."""
    from viewer3d.core.geometry import Geometry  # noqa: PLC0415 (as in _found)
    from viewer3d.core.placing.overlap import overlap  # noqa: PLC0415
    from viewer3d.dicom.series.choose import flags  # noqa: PLC0415
    from viewer3d.dicom.series.identity import frame_of_reference_of  # noqa: PLC0415
    from viewer3d.dicom.series.planned_grid import grid_if_any  # noqa: PLC0415

    fitting = []
    for series in found:
        for stack in series.volumes:
            grid = grid_if_any(stack)
            if grid is None or _is_of(base, (series, stack)):
                continue
            is_there = base.frame_of_reference and frame_of_reference_of(stack) == base.frame_of_reference
            if is_there and overlap(base.geometry, Geometry(grid.affine, grid.shape)):
                fitting.append(flags(found, series, stack)[1])
    if fitting:
        return f"in the frame of reference of the base, and overlapping it: {'; '.join(fitting)}"
    return "no other lies in the frame of reference of the base and overlaps it: give transform or same_frame as well"


@contextmanager
def _naming(choice: OverlayChoice) -> Iterator[None]:
    """Name an overlay in errors, and what to write in the shell."""
    try:
        yield
    except Viewer3DError as error:
        text, path = in_the_shell(str(error)), printable(choice.path)
        raise type(error)(f"--overlay {text}" if text.startswith(path) else f"--overlay {path}: {text}") from error


def in_the_shell(text: str) -> str:
    """Return a message of loading or placing with the words of ``--look``."""
    text = re.sub(r"--series (\S+) --stack (\d+)", r"--look series=\1,stack=\2", text)
    text = re.sub(r"--(series|stack|which|unit) (?=[^-])", r"--look \1=", text)
    text = re.sub(r"  series='([^']*)'  ", r"  --look series=\1  ", text)
    text = text.replace("--skip-bad", "--look skip_bad")
    text = text.replace("give a transform (", "give --look transform=FILE (")
    return text.replace("or same_frame where", "or --look same_frame where")
