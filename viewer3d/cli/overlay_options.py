"""The options ``--overlay`` and ``--look``: what is drawn over the volume at PATH, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from viewer3d.cli.look_values import look_keys, look_texts, look_value
from viewer3d.cli.reading_options import with_options
from viewer3d.errors import ViewError

if TYPE_CHECKING:
    from viewer3d.core.layers import Layer

OVERLAY: Final = (
    click.option(
        "--overlay",
        multiple=True,
        type=click.Path(),
        metavar="PATH",
        help="Drawn over PATH: PET, segmentation, structures, mesh, ...; once or more.",
    ),
    click.option(
        "--look",
        multiple=True,
        metavar="KEY=VALUE,...",
        help="Of the --overlay before it: colors=pet, window=0-10, opacity=0.5, blend, segments=Liver:Spleen, "
        "outline=2, fill=0.2, levels=20Gy:40Gy, plan=FILE,levels=95%, series=3, which=time:2, transform=FILE, "
        "same_frame, ...",
    ),
)
"""In the order of the help."""


class OverlayWords(NamedTuple):
    """An ``--overlay`` and the ``--look`` options that follow it, as they were typed."""

    path: str
    looks: tuple[str, ...] = ()


class OverlayCommand(click.Command):
    """Verb with ``--overlay`` and ``--look``, which it is given as ``overlays``: :class:`OverlayWords`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words of the command line, and give each ``--look`` to the ``--overlay`` before it."""
        given = list(args)
        rest = super().parse_args(ctx, args)
        values = {name: list(ctx.params.pop(name, None) or ()) for name in ("overlay", "look")}
        named: list[str] = []
        if any(values.values()) and not ctx.resilient_parsing:
            # click gathers the values of an option, whatever comes between them; the parser alone knows the order.
            _, _, order = self.make_parser(ctx).parse_args(args=given)
            named = [str(one.name) for one in order if one.name in values]
        ctx.params["overlays"] = _gathered((name, values[name].pop(0)) for name in named)
        return rest


def overlay_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a verb, made with :class:`OverlayCommand`, that draws volumes over another."""
    return with_options(command, OVERLAY)


class OverlayChoice(NamedTuple):
    """An overlay that was asked for.

    Attributes
    ----------
    reading : dict
        Arguments of :func:`viewer3d.load`, those for all that is loaded left out.
    labels : dict
        Arguments of :func:`viewer3d.load_segmentation` that label maps alone have.
    layer : Layer
        How it lies and looks; its data are the path.
    regions : bool
        Whether a segmentation or structure set is meant even where there are images.
    """

    reading: dict[str, Any]
    labels: dict[str, Any]
    layer: Layer
    regions: bool = False

    @property
    def path(self) -> str:
        """Where its files are."""
        return str(self.layer.data)

    @property
    def of_images(self) -> tuple[str, ...]:
        """The keys that were given which images alone have."""
        others = {key for group in _OF_REGIONS for key in look_keys()[group]} | {"series"}
        return tuple(key for key in (*self.reading, *self.layer.look) if key not in others)

    @property
    def of_regions(self) -> tuple[str, ...]:
        """The keys that were given which segmentations and structure sets alone have."""
        images = look_keys()["ImageLook"]
        return (*self.labels, *(key for key in self.layer.look if key not in images))


def overlay_choices(words: Sequence[OverlayWords]) -> tuple[OverlayChoice, ...]:
    """Return what overlays are asked for; what can be checked before anything is loaded is checked.

    Raises
    ------
    ViewError, WindowError
        When a ``--look`` has an unknown key, or a value that its key cannot have.
    """
    return tuple(_choice(one) for one in words)


def _gathered(options: Iterable[tuple[str, str]]) -> tuple[OverlayWords, ...]:
    found: list[OverlayWords] = []
    for name, value in options:
        if name == "overlay":
            found.append(OverlayWords(value))
        elif not found:
            raise ViewError(f"--look {value}: is of no overlay: give --overlay PATH before it")
        else:
            found[-1] = OverlayWords(found[-1].path, (*found[-1].looks, value))
    return tuple(found)


def _choice(words: OverlayWords) -> OverlayChoice:
    from viewer3d.core.layers import Layer  # noqa: PLC0415 (what draws no overlay needs none of this)

    groups = look_keys()
    texts = look_texts(words.looks, {key: kind for group in groups.values() for key, kind in group.items()})
    values = {
        name: {key: look_value(key, texts[key], kind) for key, kind in group.items() if key in texts}
        for name, group in groups.items()
    }
    look = values["ImageLook"] | values["RegionLook"]
    layer = Layer(words.path, **values["Layer"], look=look)
    choice = OverlayChoice(values["load"], values["load_segmentation"], layer)
    if choice.of_images and choice.of_regions:
        raise ViewError(
            f"--look {choice.of_images[0]} is of images, {choice.of_regions[0]} of segmentations and structure sets: "
            "give those of one kind"
        )
    _check_values(choice)
    return choice


def _check_values(choice: OverlayChoice) -> None:
    """Refuse what no look can be, before it is known what is at the path."""
    from viewer3d.core.view.look import ImageLook, RegionLook  # noqa: PLC0415 (as above)
    from viewer3d.core.window import Window  # noqa: PLC0415
    from viewer3d.render.colors import palette  # noqa: PLC0415
    from viewer3d.settings.names import colors_in_full  # noqa: PLC0415

    look = {key: value for key, value in choice.layer.look.items() if key not in ("window", "segments", "levels")}
    if choice.of_regions:
        RegionLook(**look)
    else:
        ImageLook(Window(0, 1), **look)
    if "colors" in look:
        palette(colors_in_full(look["colors"]))


def check_regions_choice(choice: OverlayChoice, kind: str) -> None:
    """Refuse what images alone have, of an overlay that is none.

    Parameters
    ----------
    choice : OverlayChoice
    kind : str
        What it is: ``"segmentation"``, ``"label map"``, ``"structure set"``, ``"mesh"``.

    Raises
    ------
    ViewError
        When a key is of images, or of label maps and it is none; lists those that it can have.
    """
    from viewer3d.core.view.look import RegionLook  # noqa: PLC0415 (as above)

    is_label_map = kind == LABEL_MAP_KIND
    wrong = dict.fromkeys(choice.of_images, "images")
    if kind in (LABEL_MAP_KIND, MESH_KIND):
        wrong |= dict.fromkeys(choice.reading, "DICOM")
    if not is_label_map:
        wrong |= dict.fromkeys(choice.labels, "label maps (NIfTI, NRRD)")
    for key, whose in wrong.items():
        keys = look_keys()
        placing = (one for one in keys["Layer"] if one != "plan")  # of levels, which have values
        own = keys["load_segmentation"] if is_label_map else [] if kind == MESH_KIND else ["series"]
        able = [*own, *placing, *keys["RegionLook"]]
        raise ViewError(f"is a {kind}, and --look {key} is of {whose}: give some of {', '.join(able)}")
    RegionLook(**{key: value for key, value in choice.layer.look.items() if key != "segments"})  # refuses what is none


LABEL_MAP_KIND: Final = "label map"
"""What a segmentation in NIfTI or NRRD is called."""

MESH_KIND: Final = "mesh"
"""What STL, PLY, OBJ, GLB and VTP hold."""

_OF_REGIONS: Final = ("load_segmentation", "Layer", "RegionLook")
"""The groups of keys that are of segmentations and structure sets."""
