"""Choose the volume that a caller means: the only one, or the one that was asked for."""

from __future__ import annotations

from collections.abc import Mapping

from viewer3d.dicom.files.refused import MESH
from viewer3d.dicom.series.planned_grid import loaded_shape
from viewer3d.dicom.series.scan import EVERY, Scan, Series, join_series
from viewer3d.dicom.series.slice_steps import is_one_stack
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import ChoiceError, NotFoundError, NoVolumeError

Choice = tuple[Series, Stack]


def choose(
    found: Scan,
    series: int | str | Series | None = None,
    stack: int | None = None,
    which: Mapping[str, str | float] | None = None,
) -> Choice:
    """Return the one stack that is meant; nothing is guessed.

    ``which`` has names and values by which stacks differ: ``{"echo": 2}``, ``{"time": 0}``, ``{"plane": "sagittal"}``.

    A single image is meant only when it is asked for: by its series and stack, or as the only file there is.

    Raises
    ------
    NotFoundError, NoVolumeError, ChoiceError
        When nothing, or more than one volume, could be meant.
    """
    if which is not None and not isinstance(which, Mapping):
        raise ChoiceError(f'which={which!r}: give names and values, as in which={{"echo": 2}}')
    candidates = found.series if series is None else series_named(found, series)
    if stack is not None:
        return _by_stack(found, candidates, stack)
    volumes = [(one, part) for one in candidates for part in one.volumes]
    if which:
        left_over = [(one, part) for one in candidates for part in one.stacks if part.left_over]
        volumes = _by_names(
            found, volumes or [(one, part) for one in candidates for part in one.stacks], which, left_over
        )
    if len(volumes) == 1:
        return volumes[0]
    if len(volumes) > 1:
        raise ChoiceError(_listing(found, volumes))
    alone = [(one, part) for one in candidates for part in one.stacks]
    if len(alone) == 1 and (series is not None or found.lone_file):
        return alone[0]
    raise no_volume_error(found, candidates)


def every_volume(found: Scan, series: int | str | Series | None = None) -> list[Choice]:
    """Return all stacks that are volumes, of one series or of all.

    Raises
    ------
    NotFoundError, NoVolumeError
        When there is none.
    """
    candidates = found.series if series is None else series_named(found, series)
    volumes = [(one, stack) for one in candidates for stack in one.volumes]
    if not volumes:
        raise no_volume_error(found, candidates)
    return volumes


def series_named(found: Scan, series: int | str | Series) -> tuple[Series, ...]:
    """Return the one series that has a number or UID, or all images as one series for ``"*"``.

    Raises
    ------
    ChoiceError
        When none or several have it.
    """
    if isinstance(series, Series):
        return (series,)
    word = str(series).strip()
    if word == EVERY and found.series:
        return (join_series(found),)
    matches = tuple(one for one in found if word in (one.uid, str(one.number)))
    if not matches:
        held = ", ".join(_name(found, one) for one in found) or "none"
        raise ChoiceError(f"{found.name}: no series {word!r}; give a Series Number or UID of those there: {held}")
    if len(matches) > 1:
        raise ChoiceError(_listing(found, [(one, part) for one in matches for part in one.volumes or one.stacks]))
    return matches


def _by_stack(found: Scan, candidates: tuple[Series, ...], stack: int) -> Choice:
    if len(candidates) != 1:
        raise ChoiceError(
            f"{found.name}: stack {stack} of which of the {len(candidates)} series? Name the series as well: "
            + ", ".join(_name(found, one) for one in candidates)
        )
    (series,) = candidates
    if not 1 <= stack <= len(series.stacks):
        raise ChoiceError(
            f"{found.name}: {series} has no stack {stack}; it has 1 to {len(series.stacks)}, see viewer3d list"
        )
    return series, series.stacks[stack - 1]


def _by_names(
    found: Scan, choices: list[Choice], which: Mapping[str, str | float], left_over: list[Choice]
) -> list[Choice]:
    """Return the volumes that have some names and values; if none has, the left over ones that have."""
    for name, value in which.items():
        known = {_text(part.which[name]): value for _, part in (*choices, *left_over) if name in part.which}
        if not known:
            names = ", ".join(dict.fromkeys(name for _, part in choices for name in part.which)) or "nothing"
            raise ChoiceError(f"{found.name}: no volumes are told apart by {name!r} here, but by {names}")
        choices, left_over = _named(choices, name, value), _named(left_over, name, value)
        if not choices and not left_over:
            raise ChoiceError(f"{found.name}: there is no {name} {_text(value)}; give one of {', '.join(known)}")
    return choices or left_over


def _named(choices: list[Choice], name: str, value: str | float) -> list[Choice]:
    return [(one, part) for one, part in choices if _text(part.which.get(name, "")) == _text(value)]


def _text(value: str | float) -> str:
    """Return a value as a text that compares numbers by value and words without case."""
    try:
        return f"{float(value):g}"
    except ValueError:
        return str(value).lower()


def _name(found: Scan, series: Series) -> str:
    """Return what to write after --series: the number when only one series has it, else the UID."""
    if series.uid == EVERY:
        return EVERY
    same = [one for one in found if one.number == series.number]
    return str(series.number) if series.number is not None and len(same) == 1 else series.uid


def flags(found: Scan, series: Series, stack: Stack) -> tuple[str, str]:
    """Return the call's arguments and the program's flags that choose a stack."""
    name = _name(found, series)
    call, flag = [], []
    if len(found.series) > 1:
        call.append(f"series={name if name.isdigit() else repr(name)}")
        flag.append(f"--series {name}" if name != EVERY else f"--series '{name}'")
    if len(series.volumes) > 1 or not stack.is_volume:
        number = series.stacks.index(stack) + 1
        call.append(f"stack={number}")
        flag.append(f"--stack {number}")
    return ", ".join(call), " ".join(flag)


def _listing(found: Scan, choices: list[Choice]) -> str:
    lines = [f"{found.name} holds {len(choices)} volumes; choose one:"]
    for series, stack in choices:
        call, flag = flags(found, series, stack)
        size = " x ".join(str(n) for n in loaded_shape(stack))
        what = ", ".join(part for part in (str(series), size, stack.label) if part)
        lines.append(f"  {flag or '(no flag)'}  or  viewer3d.load(..., {call})   {what}")
    return "\n".join(lines)


def _offer(found: Scan, candidates: tuple[Series, ...]) -> str:
    """Write a hint that images of several series are certainly one stack; an empty text if they are not."""
    if len(candidates) < 2 or candidates != found.series:
        return ""
    stack = max(join_series(found).stacks, key=lambda one: len(one.frames))
    uids = {frame.series.uid for frame in stack.frames}
    if len(uids) < 2 or stack.layout is None or not is_one_stack(stack.frames):
        return ""
    return (
        f"no volume in one series, but {len(stack.frames)} images of {len(uids)} series follow on in even steps of "
        f"{stack.layout.step_length:.4g} mm, as if each slice had been given a Series Instance UID of its own; "
        f"load them as one with series={EVERY!r} (--series '{EVERY}')"
    )


def no_volume_error(found: Scan, candidates: tuple[Series, ...]) -> NoVolumeError | NotFoundError:
    """Return the error that says what was found instead of a volume."""
    reasons = []
    for series in candidates:
        for problem in dict.fromkeys(stack.problem for stack in series.stacks):
            count = sum(len(stack.frames) for stack in series.stacks if stack.problem == problem)
            reasons.append(f"{count} of {series}: {problem}")
    reasons += [f"{one.kind} {one.file}, which {one.read_by} reads" for one in found.objects]
    reasons += [f"{count} {reason}" for reason, count in found.refused_reasons.most_common()]
    if not reasons:
        return NotFoundError(f"{found.name}: empty; give a folder of DICOM files, one file, a DICOMDIR or a zip")
    if offer := _offer(found, candidates):
        return NoVolumeError(f"{found.name}: {offer}")
    some = "; ".join(reasons[:5]) + (f"; and {len(reasons) - 5} more, see viewer3d list" if len(reasons) > 5 else "")
    if set(found.refused_reasons) == {MESH} and not candidates and not found.objects:
        return NoVolumeError(
            f"{found.name}: no images ({some}): give images, and the mesh over them (overlays=, --overlay); alone, "
            "pyvista shows it: pyvista.read(path).plot()"
        )
    if set(found.refused_reasons) <= {"not DICOM"} and not candidates and not found.objects:
        return NotFoundError(f"{found.name}: no DICOM here ({some}); give a folder of DICOM files, one file or a zip")
    single = next(((s, part) for s in candidates for part in s.stacks if part.layout is not None), None)
    remedy = f"open one image with {flags(found, *single)[1] or '--stack 1'}" if single else "give another folder"
    flat = any(part.layout is None for one in candidates for part in one.stacks)
    if flat or any(one.frames for one in found.all_refused):
        shown = "viewer3d.load_image reads images that lie in no space; viewer3d shot and show take them"
        remedy = f"{remedy}; {shown}" if single else shown
    return NoVolumeError(f"{found.name}: no volume, which takes two parallel images or more ({some}); {remedy}")
