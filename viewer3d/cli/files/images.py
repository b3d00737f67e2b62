"""Images that make no volume, as text and as JSON; and which of them a verb means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from viewer3d.core.text import printable

if TYPE_CHECKING:
    from viewer3d.core.progress import Progress
    from viewer3d.core.view.state import ViewState
    from viewer3d.core.volume import Volume
    from viewer3d.dicom.images.find_images import ImageSet
    from viewer3d.dicom.series.scan import Scan


def color_rows(found: Scan, uid: str | None = None) -> list[tuple[str, str, str, str, str, str]]:
    """Return the rows of images of colour: of one series, or of those with nothing else."""
    from viewer3d.dicom.images.image_entries import image_kind  # noqa: PLC0415 (the program's --help needs none of it)

    listed = {series.uid for series in found}
    rows = []
    for one in meant_colors(found, None, None):
        if one.tags.uid != uid if uid is not None else one.tags.uid in listed:
            continue
        what = ", ".join(part for part in (one.tags.description, image_kind(one)) if part)
        number = "-" if one.tags.number is None else str(one.tags.number)
        size = " x ".join(map(str, (one.frames[0].columns, one.frames[0].rows, len(one.frames))))
        rows.append((number, str(one.number), one.tags.modality or "-", size, "-", what))
    return rows


def meant_colors(found: Scan, series: str | None, stack: int | None) -> list[ImageSet]:
    """Return the images of colour that were asked about: all, or those of a series or a stack."""
    if not any(one.frames for one in found.all_refused):
        return []
    from viewer3d.dicom.images.find_images import find_images  # noqa: PLC0415 (as above)

    return [
        one
        for one in find_images(found)
        if one.is_color and series in (None, one.tags.uid, str(one.tags.number)) and stack in (None, one.number)
    ]


def color_text(found: Scan, one: ImageSet) -> str:
    """Return what images of colour are, one line each."""
    from viewer3d.dicom.images.find_images import call_of, find_images  # noqa: PLC0415 (as above)
    from viewer3d.dicom.images.image_entries import image_kind  # noqa: PLC0415 (as above)

    rows = [("uid", one.tags.uid), ("is", image_kind(one)), ("size", one.size), ("colour", one.problem)]
    call, _ = call_of(one, find_images(found))
    rows += [("lengths", _lengths_text(one)), ("read by", f"viewer3d.load_image(..., {call})")]
    return "\n".join([f"{one}, stack {one.number}", *(f"  {topic:8} {printable(value)}" for topic, value in rows)])


def _lengths_text(one: ImageSet) -> str:
    from viewer3d.dicom.images.read_images import spacing_of_images  # noqa: PLC0415 (as above)

    found = spacing_of_images(one)
    if found.spacing is None:
        return f"in pixels: {found.origin}"
    return f"{found.spacing[0]:.4g} x {found.spacing[1]:.4g} mm  ({found.origin})"


def images_json(sets: list[ImageSet]) -> dict[str, Any]:
    """Return images of colour as values for JSON, below ``"images"``; nothing where there are none."""
    from viewer3d.dicom.images.image_entries import image_kind  # noqa: PLC0415 (as above)

    listed = [
        {
            "series": one.tags.number,
            "uid": one.tags.uid,
            "modality": one.tags.modality,
            "description": one.tags.description,
            "stack": one.number,
            "kind": image_kind(one),
            "columns": one.frames[0].columns,
            "rows": one.frames[0].rows,
            "frames": len(one.frames),
            "problem": one.problem,
        }
        for one in sets
    ]
    return {"images": listed} if listed else {}


def load_meant_image(
    found: Scan, reading: dict[str, Any], state: ViewState | None, progress: Progress
) -> Volume | None:
    """Load the images that a verb means; None where a volume is meant, or it is not certain.

    They are meant where a saved view was made on them, a series and a stack name them, or nothing else is there.

    Raises
    ------
    ChoiceError
        When nothing else is there, and several could be meant or none of them is; lists them with their flags.
    """
    if reading["spacing"] is not None or reading["presentation"] is not None or found.grids:
        return None
    is_named = state is not None or any(reading[name] is not None for name in ("series", "stack"))
    if reading["which"] or (not is_named and any(one.volumes for one in found.series)):
        return None  # as below, and nothing that a volume needs not is imported
    from viewer3d.cli.inputs import catalog_request  # noqa: PLC0415 (as above)
    from viewer3d.core.images.image2d import flat_volume  # noqa: PLC0415 (as above)
    from viewer3d.dicom.images.find_images import choose_images, find_images, image_digest, meant_images  # noqa: PLC0415
    from viewer3d.dicom.images.read_images import read_images  # noqa: PLC0415 (as above)

    request, images = catalog_request(reading, state), find_images(found)
    one = meant_images(found, images, request)
    if one is not None and not request.is_by_name and image_digest(one) not in request.digests and len(images) > 1:
        one = None
    if one is None and not (any(other.volumes for other in found.series) or any(two.is_volume_alone for two in images)):
        one = choose_images(found, request.series, request.stack) if images else None
    if one is None or one.is_volume_alone:
        return None
    return flat_volume(read_images(one, request.how, progress=progress))
