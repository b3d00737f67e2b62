"""Draw the pictures of a page as ``viewer3d.screenshot`` does, and encode them side by side."""

from __future__ import annotations

import io
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.view.state import ViewState
from viewer3d.render.scene import Scene
from viewer3d.web.page.plan import LOSSLESS

TURN_QUALITY: Final = 90
"""Of WebP for the turntable: a rendering has grain that nothing is read from, and lossless takes five times as much."""

_SAMPLES: Final = 5
"""Slices of a pane by which its size is estimated."""

_THREADS: Final = min(8, os.cpu_count() or 1)

MEDIA_TYPE: Final = "image/webp"


def encoded(pixels: NDArray[np.uint8], quality: int) -> bytes:
    """Return a picture as WebP.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
    quality : int
        Up to 99, or :data:`~viewer3d.web.page.plan.LOSSLESS`.
    """
    from PIL import Image  # noqa: PLC0415 (as all that writes files)

    content = io.BytesIO()
    how: dict[str, Any] = {"lossless": True, "method": 2} if quality == LOSSLESS else {"quality": quality, "method": 4}
    Image.fromarray(pixels).save(content, "WEBP", **how)
    return content.getvalue()


def text_size(content: bytes) -> int:
    """Return how many letters bytes take as Base64, with the end of the line."""
    return 4 * -(-len(content) // 3) + 1


def drawn(scene: Scene, states: Iterable[ViewState], quality: int) -> Iterator[bytes]:
    """Yield the pictures of states, encoded in other threads while the next ones are drawn.

    Parameters
    ----------
    scene : Scene
    states : iterable of ViewState
    quality : int
        See :func:`encoded`.
    """
    waiting: deque[Future[bytes]] = deque()
    pool = ThreadPoolExecutor(_THREADS)
    try:
        for state in states:
            scene.apply(state)
            waiting.append(pool.submit(encoded, scene.screenshot(), quality))
            if len(waiting) > 2 * _THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def few_of(numbers: Sequence[int]) -> list[int]:
    """Return a few of many numbers, evenly, from the middles of equal parts."""
    count = min(_SAMPLES, len(numbers))
    return [numbers[int((n + 0.5) * len(numbers) / count)] for n in range(count)]
