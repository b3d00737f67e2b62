"""The file structure of a PDF; section numbers are those of ISO 32000-1."""

from __future__ import annotations

from collections.abc import Mapping


class PdfFile:
    """Numbered objects, and the table of where each begins (7.5)."""

    def __init__(self) -> None:
        self.objects: list[bytes] = []

    def add(self, body: str | bytes) -> int:
        """Add an object and return its number."""
        self.objects.append(body.encode("cp1252") if isinstance(body, str) else body)
        return len(self.objects)

    def written(self, root: int, info: int = 0) -> bytes:
        """Return the whole file, given the numbers of its catalog and of its title (14.3.3), if any."""
        content = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")  # bytes above 127 say that it is no text (7.5.2)
        places = []
        for number, body in enumerate(self.objects, 1):
            places.append(len(content))
            content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        start, count = len(content), len(places) + 1
        content += b"xref\n0 %d\n0000000000 65535 f \n" % count
        content += b"".join(b"%010d 00000 n \n" % place for place in places)
        about = b"/Size %d /Root %d 0 R" % (count, root) + (b" /Info %d 0 R" % info if info else b"")
        content += b"trailer\n<< %s >>\nstartxref\n%d\n%%%%EOF\n" % (about, start)
        return bytes(content)


def pdf_stream(about: Mapping[str, object], content: bytes) -> bytes:
    """Return the body of a stream (7.3.8): its dictionary, with the length, and its bytes."""
    entries = " ".join(f"/{key} {value}" for key, value in {**about, "Length": len(content)}.items())
    return b"<< %s >>\nstream\n%s\nendstream" % (entries.encode(), content)


def pdf_text(text: str) -> str:
    """Return a text string (7.9.2.2): as it is where ASCII has all its letters, else in UTF-16."""
    if not (text.isascii() and text.isprintable()):
        return f"<FEFF{text.encode('utf-16-be', 'replace').hex().upper()}>"
    return pdf_literal(text)


def pdf_literal(text: str) -> str:
    """Return a literal string (7.3.4.2) of text."""
    for sign in ("\\", "(", ")"):
        text = text.replace(sign, f"\\{sign}")
    return f"({text})"
