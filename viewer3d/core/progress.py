"""Progress: what long work calls to say how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Is called with the name of a stage, how many of its parts are done and how many there are (0: not known)."""

StageProgress = Callable[[int, int], None]
"""Is called within one stage: with how many of its parts are done and how many there are."""


def stage_progress(progress: Progress | None, stage: str) -> StageProgress | None:
    """Return what reports one stage to a :data:`Progress`; None where nobody listens.

    Parameters
    ----------
    progress : callable, optional
    stage : str
        The name that the reports have, as ``"headers"``.
    """
    return None if progress is None else lambda done, total: progress(stage, done, total)
