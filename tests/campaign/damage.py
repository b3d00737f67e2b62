"""Bytes, damaged with no regard to what they mean."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

Damage = Callable[[bytes, random.Random], bytes]


def cut(data: bytes, chance: random.Random) -> bytes:
    """Leave out the end, or what follows the beginning."""
    return data[: _place(data, chance)]


def flipped(data: bytes, chance: random.Random) -> bytes:
    """Flip some bits."""
    damaged = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 20))):
        damaged[_place(data, chance)] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def overwritten(data: bytes, chance: random.Random) -> bytes:
    """Put zeros, ones or noise over a part."""
    start = _place(data, chance)
    size = min(chance.choice((1, 4, 50, 1000)), len(data) - start)
    return data[:start] + _filler(size, chance) + data[start + size :]


def moved(data: bytes, chance: random.Random) -> bytes:
    """Leave out some bytes, or put some between, so that all that follows lies elsewhere."""
    start, gone = _place(data, chance), chance.choice((0, 1, 2, 8, 100))
    added = _filler(chance.choice((1, 2, 8, 100)), chance) if gone == 0 or chance.random() < 0.3 else b""
    return data[:start] + added + data[start + gone :]


def repeated(data: bytes, chance: random.Random) -> bytes:
    """Have a part twice."""
    start = _place(data, chance)
    end = start + chance.choice((1, 8, 100, len(data)))
    return data[:end] + data[start:end] + data[end:]


def numbered(data: bytes, chance: random.Random) -> bytes:
    """Put a number that is a limit of something in the place of two or four bytes."""
    start, size = _place(data, chance), chance.choice((1, 2, 4, 8))
    number = chance.choice((0, 1, -1, 1 << (8 * size - 1), (1 << (8 * size - 1)) - 1, 16, 255, 256)) % (1 << 8 * size)
    return data[:start] + number.to_bytes(size, chance.choice(("little", "big"))) + data[start + size :]


DAMAGES: Sequence[Damage] = (cut, flipped, flipped, overwritten, moved, repeated, numbered)


def damaged(data: bytes, chance: random.Random) -> tuple[bytes, str]:
    """Return other bytes in the place of some, and what was done to them."""
    if not data:
        return b"\0", "filled"
    way = chance.choice(DAMAGES)
    return way(data, chance), way.__name__


def _place(data: bytes, chance: random.Random) -> int:
    """Return a place: half of all are near the beginning, where what is to come is described."""
    return chance.randrange(chance.choice((len(data), min(len(data), 64), min(len(data), 2000))))


def _filler(size: int, chance: random.Random) -> bytes:
    return chance.choice((bytes(size), b"\xff" * size, chance.randbytes(size)))
