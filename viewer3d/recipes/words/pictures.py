"""What each kind of picture shows: shots, figures and movies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from viewer3d.core.notes.kinds import NOTE_KINDS
from viewer3d.core.view.planes import PANES, PLANES
from viewer3d.recipes.words.english import counted, enumerated, plural, some, tenths
from viewer3d.recipes.words.looks import (
    asked_window_words,
    kind_words,
    look_words,
    member_words,
    overlay_words,
    regions_words,
)
from viewer3d.recipes.words.phrases import DIFFERING, joined
from viewer3d.recipes.words.views import (
    FACE_HIDDEN,
    SIDE_WORDS,
    marked_words,
    measurement_words,
    place_words,
    planes_of,
    rendering_words,
    slices_words,
    subject_words,
)

if TYPE_CHECKING:
    from viewer3d.core.view.planes import PlaneName
    from viewer3d.core.view.state import ViewState
    from viewer3d.recipes.data_record import VolumeRecord
    from viewer3d.recipes.record import Recipe


@dataclass(frozen=True)
class PictureWords:
    """What a picture shows, in parts of a sentence.

    Attributes
    ----------
    subject : str
        What is seen: ``"axial CT slice"``.
    place : str
        Where slices cut; empty where that is not one place.
    details : tuple of str
        How it looks: window, slab, colours, camera.
    others : tuple of str
        What lies over it, and what is measured.
    planes : tuple of str
        Of its slices.
    rendering : str
        What decides the 3D rendering beside slices; empty where there is none, or nothing else.
    in_3d : bool
        Whether a part of it is a 3D rendering.
    """

    subject: str
    place: str = ""
    details: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    planes: tuple[PlaneName, ...] = ()
    rendering: str = ""
    in_3d: bool = False

    @property
    def title(self) -> str:
        """What is seen and where, in a few words."""
        where = f"{self.subject} {self.place}".strip()
        return f"{where}, and a 3D rendering" if self.rendering else where

    @property
    def sentence(self) -> str:
        """All of it in one sentence, without a capital and a full stop."""
        where = f"{self.subject} {self.place}".strip()
        return joined([", ".join([where, *self.details]), self.rendering, *self.others])


def picture_words(recipe: Recipe) -> PictureWords:
    """Return what the picture of a recipe shows; nothing in it was written by a person or stood in a file."""
    return _FIGURES.get(recipe.figure, _other)(recipe)


def _what(recipe: Recipe) -> str:
    return kind_words(recipe.volumes[0]) if recipe.volumes else "image"


def _unit(recipe: Recipe) -> str:
    return recipe.volumes[0].unit if recipe.volumes else ""


def _view(recipe: Recipe, planes: Sequence[PlaneName], *, in_3d: bool, subject: str = "") -> PictureWords:
    """Return words of panes of one view."""
    state, planes = recipe.state, tuple(planes)
    if state is None:
        return PictureWords(subject or subject_words(planes, _what(recipe), is_oblique=False))
    look = state.layers[0]
    if recipe.volumes and recipe.volumes[0].image:
        return _image(recipe.volumes[0], state)
    subject = subject or subject_words(planes, _what(recipe), is_oblique=state.is_oblique)
    details = [member_words(look.member, len(recipe.volumes))] if len(recipe.volumes) > 1 else []
    if planes or state.planes_shown:
        details += look_words(look, _unit(recipe)) if look.shown else ["base hidden"]
    details += slices_words(state, planes)
    rendered = rendering_words(state, _unit(recipe)) if in_3d else []
    beside = f"3D rendering by {', '.join(rendered)}" if planes and rendered else ""
    details += rendered if not planes else []
    drawn = (measurement_words(state.measurements), marked_words(state)) if planes else ()
    others = (*_overlays(recipe, planes, in_3d=in_3d), *drawn)
    place = place_words(state, planes)
    return PictureWords(subject, place, tuple(details), tuple(filter(None, others)), planes, beside, in_3d)


def _image(record: VolumeRecord, state: ViewState) -> PictureWords:
    """Return words of the pane of an image that lies in no space."""
    look, count, is_color = state.layers[0], record.shape[2], record.image.endswith("colour")
    kind = kind_words(record)
    subject = kind if kind == "image" else f"{kind} image"
    subject = f"{subject} in colour" if is_color else subject
    frame = min(max(round(state.cursor[2]), 0), count - 1)
    place = f"frame {frame + 1} of {count}" if count > 1 else ""
    details = (["inverted"] if look.inverted else []) if is_color else look_words(look, record.unit)
    details = [*(details if look.shown else ["hidden"]), *slices_words(state, ["axial"])]
    details += ["lengths in pixels"] if record.image.startswith("px") else []
    return PictureWords(subject, place, tuple(details), tuple(filter(None, [measurement_words(state.measurements)])))


def _overlays(recipe: Recipe, planes: Sequence[PlaneName], *, in_3d: bool) -> tuple[str, ...]:
    """Return what lies over the base, in slices and in 3D; what is hidden is not told."""
    state, told = recipe.state, []
    looks = () if state is None else state.layers[1:]
    region_looks = () if state is None else state.regions
    images = [one for one in recipe.overlays if one.regions is None]
    for number, one in enumerate(images):
        look = looks[number] if number < len(looks) else None
        told.append(overlay_words(one, look) if planes else "")
        if in_3d and look is not None and look.rendering != "none":
            told.append(f"{kind_words(one.volumes[0])} in the 3D rendering")
    regions = [one.regions for one in recipe.overlays if one.regions is not None]
    for number, record in enumerate(regions):
        region_look = region_looks[number] if number < len(region_looks) else None
        told.append(regions_words(record, region_look) if planes else "")
        if in_3d and region_look is not None and region_look.rendering == "surface" and region_look.shown:
            told.append(f"surfaces of the {record.kind} in 3D")
    return tuple(filter(None, told))


def _shot(recipe: Recipe) -> PictureWords:
    state = recipe.state
    return _other(recipe) if state is None else _view(recipe, planes_of(state), in_3d="3d" in state.panes)


def _plane(recipe: Recipe) -> PictureWords:
    return _view(recipe, _planes(recipe), in_3d=False)


def _mpr(recipe: Recipe) -> PictureWords:
    return _view(recipe, _THREE, in_3d=False)


def _quad(recipe: Recipe) -> PictureWords:
    return _view(recipe, _THREE, in_3d=True)


_THREE: Final[tuple[PlaneName, ...]] = ("axial", "coronal", "sagittal")


def _lightbox(recipe: Recipe) -> PictureWords:
    (plane,) = _planes(recipe)
    places = [float(one) for one in _list(recipe, "positions") if _is_number(one)]
    count = len(places) or recipe.arguments.get("n")
    many = f"{count} " if _is_number(count) else ""
    scout = " with a scout" if recipe.arguments.get("scout") else ""
    part = "through what lies over it" if recipe.figure == "overlay" else ""
    subject = f"{many}{plane} {_what(recipe)} slices {part}".rstrip() + scout
    words = _view(recipe, (plane,), in_3d=False, subject=subject)
    axis = "xyz"[PLANES[plane].axis]
    where = f"at {axis} = {some([tenths(one) for one in places])} mm (LPS)" if places else ""
    return PictureWords(words.subject, where, words.details, words.others, words.planes)


def _key_images(recipe: Recipe) -> PictureWords:
    if recipe.state is None:
        return _other(recipe)
    state = recipe.state
    shown = [one for one in state.key_images if one.member == state.layers[0].member]
    planes = tuple(plane for plane in _THREE if any(one.plane == plane for one in shown))
    is_oblique = any(replace(state, axes=one.axes).is_oblique for one in shown)
    subject = f"{counted(len(shown), 'key image')}: {subject_words(planes, _what(recipe), is_oblique=is_oblique)}"
    words = _view(recipe, planes, in_3d=False, subject=subject)
    windows = {one.window for one in shown}
    own = [] if len(windows) < 2 else [f"{len(windows)} windows"]
    details = [one for one in look_words(state.layers[0], _unit(recipe)) if not own or "window" not in one]
    others = tuple(one for one in words.others if one != marked_words(state))
    return PictureWords(subject, "", (*own, *details), others, planes)


def _windows(recipe: Recipe) -> PictureWords:
    (plane,) = _planes(recipe)
    windows = recipe.arguments.get("windows")
    given = windows if isinstance(windows, list) else []
    many = counted(len(given), "window", in_words=True) if given else "the usual windows"
    subject = f"{plane} {_what(recipe)} slice in {many}"
    words = _view(recipe, (plane,), in_3d=False, subject=subject)
    own = tuple(asked_window_words(one, _unit(recipe)) for one in given)
    return PictureWords(subject, words.place, (*own, *words.details[1:]), words.others, words.planes)


def _compare(recipe: Recipe) -> PictureWords:
    given = recipe.arguments.get("planes")
    listed = [given] if isinstance(given, str) else _list(recipe, "planes")
    planes = [one for one in listed if isinstance(one, str) and one in PLANES]
    kinds = list(dict.fromkeys(kind_words(one) for one in recipe.volumes))
    # As in "of a CT and an MR", or two of a kind.
    pair = f"two {kinds[0]} volumes" if len(kinds) == 1 else enumerated(kinds)
    subject = f"{enumerated(planes)} slices of {pair} side by side".strip()
    words = _view(recipe, planes, in_3d=False, subject=subject)
    difference = ["the second less the first beside them"] if recipe.arguments.get("difference") else []
    # Of two modalities the subject tells already.
    ids = [note.id for note in recipe.compared if note.id in NOTE_KINDS and note.id != "compare.modality"]
    names = [DIFFERING.get(one, one.partition(".")[2].replace("_", " ")) for one in ids]
    differing = [f"the two differ in {enumerated(names)}"] if names else []
    return replace(words, details=(*_but_member(words), *difference, *differing))


def _beside(recipe: Recipe) -> PictureWords:
    kinds = list(dict.fromkeys(kind_words(one) for one in recipe.volumes))
    count = {2: "two", 3: "three", 4: "four"}.get(len(recipe.volumes), "several")
    what = f"{count} {kinds[0]} volumes" if len(kinds) == 1 else enumerated(kinds)
    state = recipe.arguments.get("state")
    is_linked = isinstance(state, dict) and state.get("is_linked") is True
    return PictureWords(f"views of {what} side by side", details=("at one scale",) if is_linked else ())


def _but_member(words: PictureWords) -> tuple[str, ...]:
    """Return details of a picture that shows all volumes, not one of a set."""
    return tuple(one for one in words.details if not one.startswith("volume "))


def _directions(recipe: Recipe) -> PictureWords:
    seen = [SIDE_WORDS[one] for one in _list(recipe, "sides") if isinstance(one, str) and one in SIDE_WORDS]
    subject = f"3D {'rendering' if len(seen) == 1 else 'renderings'} of {_what(recipe)} seen from {enumerated(seen)}"
    words = _view(recipe, (), in_3d=True, subject=subject)
    details = tuple(one for one in words.details if not one.startswith("seen from"))
    return PictureWords(subject, "", details, words.others, in_3d=True)


def _mips(recipe: Recipe) -> PictureWords:
    subject = f"maximum intensity projections of {_what(recipe)} along the three axes of the patient"
    words = _view(recipe, _THREE, in_3d=False, subject=subject)
    slabs = ("MIP", "MinIP", "mean")
    details = tuple(one for one in words.details if not one.endswith(slabs))
    if recipe.state is not None and any(look.face_hidden for look in recipe.state.layers):
        details = (*details, FACE_HIDDEN)
    return PictureWords(subject, "", details, words.others, words.planes)


def _histogram(recipe: Recipe) -> PictureWords:
    windows = recipe.arguments.get("windows")
    given = windows if isinstance(windows, list) else [windows] if windows else []
    told = tuple(asked_window_words(one, _unit(recipe)) for one in given)
    return PictureWords(f"histogram of the values of {_what(recipe)}", "", told)


def _time_curve(recipe: Recipe) -> PictureWords:
    state = recipe.state
    regions = 0 if state is None else sum(one.has_voxels for one in state.measurements)
    regions += recipe.arguments.get("segment") is not None
    has_point = recipe.arguments.get("at") is not None or not regions
    many = counted(regions, "region", in_words=True) if regions else ""
    of = enumerated([part for part in ("a point" if has_point else "", many) if part])
    subject = f"curves of the values of {_what(recipe)} over {counted(len(recipe.volumes), 'volume')}, of {of}"
    x, y, z = (0.0, 0.0, 0.0) if state is None else state.cursor
    where = f"the point at {tenths(x)}, {tenths(y)}, {tenths(z)} mm (LPS)" if has_point and state is not None else ""
    return PictureWords(subject, "", (where,) if where else ())


def _profile(recipe: Recipe) -> PictureWords:
    layers = counted(len(recipe.overlays), "layer", in_words=True) if recipe.overlays else ""
    over = f" and of what lies over it ({layers})" if layers else ""
    return PictureWords(f"profile of the values of {_what(recipe)}{over} along a line")


def _dvh(recipe: Recipe) -> PictureWords:
    parts = [regions_words(one.regions, None) for one in recipe.overlays if one.regions is not None]
    plan = recipe.arguments.get("plan")
    told = (f"prescribed dose {tenths(float(plan))} Gy",) if _is_number(plan) else ()
    return PictureWords(
        f"dose-volume histograms of {enumerated(parts)}" if parts else "dose-volume histograms", "", told
    )


def _segmentation_comparison(recipe: Recipe) -> PictureWords:
    (plane,) = _planes(recipe)
    kinds = [f"{one.regions.kind}" for one in recipe.overlays if one.regions is not None]
    pair = f"two {kinds[0]}s" if len(set(kinds)) == 1 else enumerated(kinds) or "two segmentations"
    count = recipe.arguments.get("n")
    many = f"up to {count} " if _is_number(count) and recipe.volumes else ""
    subject = f"outlines of {pair} compared on {many}{plane} {f'{_what(recipe)} ' if recipe.volumes else ''}slices"
    if not recipe.volumes or recipe.state is None:
        return PictureWords(subject)
    return PictureWords(subject, "", tuple(look_words(recipe.state.layers[0], _unit(recipe))), (), (plane,))


def _movie(recipe: Recipe) -> PictureWords:
    state = recipe.state
    panes = () if state is None else state.panes
    what = _what(recipe)
    planes = tuple(one for one in _THREE if one in panes)
    (plane,) = _planes(recipe)
    seen = (
        "3D rendering"
        if panes == ("3d",)
        else f"{enumerated(planes)} {plural('slice', len(planes))}{' and 3D' if '3d' in panes else ''}"
    )
    frames = recipe.arguments.get("frames")
    count = f" of {counted(int(frames), 'frame')}" if _is_number(frames) else ""
    subject = f"movie{count}: " + {
        "turntable": f"one turn around {what}, {seen}",
        "cine": f"through the {plane} slices of {what}",
        "sweep": f"{seen} of {what} from window to window",
        "times": f"{seen} of {what}, {counted(len(recipe.volumes), 'volume')} one after another",
    }.get(recipe.figure, what)
    words = _view(recipe, planes, in_3d="3d" in panes, subject=subject)
    details = _but_member(words) if recipe.figure == "times" else words.details
    windows = recipe.arguments.get("windows")
    if recipe.figure == "sweep" and isinstance(windows, list):
        own = tuple(asked_window_words(one, _unit(recipe)) for one in windows)
        details = (*own, *(one for one in details if "window" not in one))
    is_still = recipe.figure in ("sweep", "times")
    return PictureWords(
        subject, words.place if is_still else "", details, words.others, planes, words.rendering, words.in_3d
    )


def _page(recipe: Recipe) -> PictureWords:
    state = recipe.state
    if state is None:
        return _other(recipe)
    planes, in_3d = tuple(one for one in _THREE if one in state.panes), "3d" in state.panes
    is_image = bool(recipe.volumes and recipe.volumes[0].image)
    slices = f"{enumerated(planes)} {_what(recipe)} slices" if planes else f"3D rendering of {_what(recipe)}"
    words = _view(recipe, planes, in_3d=in_3d, subject=f"frames of {_what(recipe)}" if is_image else slices)
    windows = [asked_window_words(one, _unit(recipe)) for one in _list(recipe, "windows")]
    details = tuple(one for one in words.details if one not in windows and not one.startswith("seen from"))
    shown = tuple(windows) if planes and not (is_image and recipe.volumes[0].image.endswith("colour")) else ()
    turn = ("on a turntable",) if in_3d else ()
    return replace(words, place="", details=(*shown, *details), others=(*turn, *words.others))


def _other(recipe: Recipe) -> PictureWords:
    return PictureWords(f"picture of {_what(recipe)}")


def _planes(recipe: Recipe) -> tuple[PlaneName, ...]:
    """Return the plane that was given to a figure."""
    given = recipe.arguments.get("plane")
    return PANES[given] if isinstance(given, str) and given in PLANES else ("axial",)  # type: ignore[return-value]


def _list(recipe: Recipe, name: str) -> Sequence[Any]:
    """Return an argument that is several, which any JSON may stand for; letters of a text are several too."""
    given = recipe.arguments.get(name)
    return given if isinstance(given, list | str) else ()


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


_FIGURES: Final[dict[str, Callable[[Recipe], PictureWords]]] = {
    "shot": _shot,
    "page": _page,
    "plane": _plane,
    "mpr": _mpr,
    "quad": _quad,
    "lightbox": _lightbox,
    "overlay": _lightbox,
    "key_images": _key_images,
    "windows": _windows,
    "compare": _compare,
    "beside": _beside,
    "directions": _directions,
    "mips": _mips,
    "histogram": _histogram,
    "dvh": _dvh,
    "time_curve": _time_curve,
    "profile": _profile,
    "segmentation_comparison": _segmentation_comparison,
    **dict.fromkeys(("turntable", "cine", "sweep", "times"), _movie),
}
"""By the name of the figure or movie; "shot" is :data:`viewer3d.recipes.make.SHOT`."""
