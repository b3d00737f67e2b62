"""The verb that writes meshes: surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from viewer3d.cli.inputs import path_argument, scan_inputs
from viewer3d.cli.overlay_data import load_overlays, scan_overlays
from viewer3d.cli.overlay_options import OverlayCommand, OverlayWords, overlay_choices, overlay_options
from viewer3d.cli.overlays import overlay_notes, place_overlays
from viewer3d.cli.reading_options import reading_arguments, reading_options
from viewer3d.cli.report import Meter, print_notes
from viewer3d.cli.terminal import print_lines
from viewer3d.errors import ViewError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viewer3d.core.mesh import Mesh
    from viewer3d.core.placing.regions import PlacedRegions
    from viewer3d.core.progress import Progress
    from viewer3d.formats.meshes.parts import MeshSpace


@click.command("surface", cls=OverlayCommand)
@path_argument
@click.option("-o", "--output", required=True, type=click.Path(), help="Mesh to write: .stl, .ply, .obj, .glb or .vtp.")
@click.option("--at", "value", type=float, metavar="VALUE", help="Value that the surface is at, as 300 (HU: bone).")
@click.option("--smoothing", type=float, metavar="0..1", help="Smooth the surface at a value, as 0.3; default not.")
@click.option("--reduction", type=float, default=0.0, metavar="SHARE", help="Share of triangles to leave out, as 0.8.")
@click.option("--largest", is_flag=True, help="Keep the largest part alone, with its cavities, as for printing.")
@click.option(
    "--hide-couch", "couch_hidden", is_flag=True, help="Of a CT, leave the couch out of the surface at a value."
)
@click.option("--hide-face", "face_hidden", is_flag=True, help="Of a head, leave the front of a face out of it.")
@click.option(
    "--space", type=click.Choice(["LPS", "RAS"], case_sensitive=False), default="LPS", show_default=True,
    help="Axes of the file, which says them: RAS for programs that take all meshes as such.",
)  # fmt: skip
@reading_options
@overlay_options
def surface_command(
    *,
    path: str | list[str],
    output: str,
    value: float | None,
    smoothing: float | None,
    reduction: float,
    largest: bool,
    couch_hidden: bool,
    face_hidden: bool,
    space: MeshSpace,
    overlays: Sequence[OverlayWords],
    **choices: Any,
) -> None:
    """Write the closed surface of the volume at PATH at a value, or of segments over it.

    With --at 300 it is that at 300 HU; with --overlay SEG those of its segments, of which --look
    segments=Liver:Spleen chooses some. STL, PLY and VTP hold all as one surface, OBJ and GLB each by its name.
    Coordinates are LPS in mm unless --space says RAS; of GLB metres, +Y up.
    """
    from viewer3d.core.files import check_folder, check_suffix  # noqa: PLC0415 (each verb imports what it needs)
    from viewer3d.formats.load import load  # noqa: PLC0415
    from viewer3d.formats.meshes.write_meshes import MESH_WRITERS, write_meshes  # noqa: PLC0415
    from viewer3d.render.volume.isosurface import check_surface_options, surface  # noqa: PLC0415

    reading = reading_arguments(choices)
    asked = [one._replace(regions=True) for one in overlay_choices(overlays)]
    if value is None and not asked:
        raise ViewError("surface: give the value that it is at, as in --at 300, or segments, as in --overlay seg.dcm")
    if value is None and (couch_hidden or face_hidden):
        option = "--hide-couch" if couch_hidden else "--hide-face"
        raise ViewError(f"surface: {option} is of the surface at a value: give --at, or leave it out")
    check_surface_options(smoothing, reduction)
    target = check_folder(check_suffix(output, MESH_WRITERS, "mesh"))
    with Meter() as meter:
        found = scan_inputs(target, path, meter)
        over = scan_overlays(target, asked, meter, {str(path): found})
        for one in over:
            if one.found is not None and one.object is None:
                raise ViewError(f"--overlay {one.choice.path}: has images: give segmentations and structure sets alone")
        volume = load(found, **reading, progress=meter)
        layers = load_overlays(over, [volume], reading, meter)
        placed = place_overlays([volume], layers, strict=reading["strict"])
        how: dict[str, Any] = {"reduction": reduction, "largest": largest}
        meshes = []
        if value is not None:
            meshes = [
                surface(volume, value, smoothing=smoothing, couch_hidden=couch_hidden, face_hidden=face_hidden, **how)
            ]
        for regions in () if placed is None else placed.regions:
            meshes += _of_regions(regions, how, meter)
        meter.begin("writing")
        write_meshes(meshes, target, space=space)
    print_lines("\n".join([*map(_summary, meshes), str(target)]))
    told = [f"{one.name}: {note}" for one in meshes for note in one.notes]
    print_notes([volume], [*overlay_notes(placed), *told])


def _of_regions(placed: PlacedRegions, how: dict[str, Any], progress: Progress) -> Iterator[Mesh]:
    """Yield the surfaces of those regions that are looked at and have voxels."""
    from viewer3d.core.placing.regions import seen_numbers  # noqa: PLC0415 (as above)
    from viewer3d.render.first_state import first_region_look  # noqa: PLC0415
    from viewer3d.render.volume.isosurface import surface  # noqa: PLC0415

    if placed.meshes is not None:
        raise ViewError(f"{placed.name}: is a mesh already: give segmentations and structure sets alone")
    seen = seen_numbers(placed, first_region_look(placed))
    segmentation = placed.segmentation
    # Masks of contours may have other numbers, in the same order.
    pairs = [
        (region, segment)
        for region, segment in zip(placed.regions, segmentation.segments, strict=True)
        if region.number in seen and segmentation.voxels(segment.number)
    ]
    if not pairs:
        raise ViewError(f"{placed.name}: none of the segments that were chosen has a voxel: choose others")
    for done, (region, segment) in enumerate(pairs):
        progress("surfaces", done, len(pairs))
        mesh = surface(segmentation, segment.number, **how)
        yield replace(mesh, name=region.name, color=region.color)


def _summary(mesh: Mesh) -> str:
    """Return a line on a mesh: how many triangles, what it encloses, and how large it is."""
    x, y, z = mesh.bounds[1] - mesh.bounds[0]
    state = "closed" if mesh.is_closed else "open"
    return f"{mesh.name}: {len(mesh.triangles):,} triangles, {state}, {mesh.ml:.2f} ml, {x:.1f} x {y:.1f} x {z:.1f} mm"
