"""A browser's part of the conversation, in Python: it shows what it is sent on a canvas, and says so."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
from PIL import Image


class Canvas:
    """Decodes frames as a page does.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
    headers : list of dict
        All messages, without their buffers.
    buffers : list of bytes
        Those of the last message that had any.
    sizes : list of int
        Bytes of each frame.
    """

    def __init__(self, screen, size=(320, 240), scale=1.0, *, acks=True):
        self.pixels, self.acks = np.zeros((1, 1, 3), np.uint8), acks
        self.headers, self.buffers, self.sizes = [], [], []
        self.client = screen.connect(self.take)
        self.say("hello", v=1, size=list(size), scale=scale)

    @property
    def frames(self):
        return [one for one in self.headers if one["t"] == "frame"]

    @property
    def said(self):
        return [(one["kind"], one["text"]) for one in self.headers if one["t"] == "say"]

    def say(self, kind, **fields):
        self.client.receive({"t": kind, **fields})

    def take(self, header, buffers):
        header = json.loads(json.dumps(header, allow_nan=False))
        self.headers.append(header)
        if buffers:
            self.buffers = list(buffers)
        if header["t"] == "frame":
            self.sizes.append(sum(map(len, buffers)))
            self._draw(header, buffers)
            if self.acks:
                self.acknowledge()

    def acknowledge(self):
        self.say("ack", n=self.frames[-1]["n"])

    def _draw(self, header, buffers):
        width, height = header["size"]
        if self.pixels.shape[:2] != (height, width):
            self.pixels = np.zeros((height, width, 3), np.uint8)
        for (x, y, columns, rows, kind), data in zip(header["rects"], buffers, strict=True):
            image = Image.open(io.BytesIO(data))
            assert image.format.lower() == kind
            assert image.size == (columns, rows)
            self.pixels[y : y + rows, x : x + columns] = np.asarray(image.convert("RGB"))


def unpacked(data):
    """Return header and buffers of a binary message."""
    (length,) = struct.unpack("<I", data[:4])
    header, at = json.loads(data[4 : 4 + length]), 4 + length
    buffers = []
    for size in header["bytes"]:
        buffers.append(data[at : at + size])
        at += size
    assert at == len(data)
    return header, buffers
