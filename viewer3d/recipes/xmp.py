"""Texts in XMP packets, for formats other than PNG, and how they are found in a file's bytes.

XMP (ISO 16684-1) is made to be found by scanning a file, whatever its format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from viewer3d.recipes.record import ALT_KEY, CAPTION_KEY, TITLE_KEY

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMP = "adobe:ns:meta/"
_OWN = "viewer3d:texts"
_BEGIN, _END = b"<x:xmpmeta", b"</x:xmpmeta>"

_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold at all, not even as an entity (2.2)."""

_DC = "http://purl.org/dc/elements/1.1/"
_IPTC = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"

_WORDS: Final = {
    TITLE_KEY: ("dc:title", _DC),
    CAPTION_KEY: ("dc:description", _DC),
    ALT_KEY: ("Iptc4xmpCore:AltTextAccessibility", _IPTC),
}
"""The properties that other programs read, and their namespaces: of ISO 16684-1, 8.3, and of the IPTC Photo Metadata
Standard 2021.1."""

_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'  # ISO 16684-1, 7.3.2: the same in all packets
    '<x:xmpmeta xmlns:x="{xmp}"><rdf:RDF xmlns:rdf="{rdf}"><rdf:Description rdf:about="" xmlns:v="{own}"{more}>\n'
    "{texts}"
    "</rdf:Description></rdf:RDF></x:xmpmeta>\n"
    '<?xpacket end="r"?>'
)


def xmp_packet(texts: Mapping[str, str]) -> str:
    r"""Write texts as an XMP packet.

    Parameters
    ----------
    texts : mapping of str to str
        By keys that XML can have as names; title, description and alternative text become the properties in which
        other programs look for them. Letters that XML cannot hold, as most control characters, are written as JSON
        does, ``\u0007``: in JSON they come back.
    """
    rows = "".join(_row(key, text) for key, text in texts.items())
    used = dict.fromkeys(_WORDS[key] for key in texts if key in _WORDS)
    spaces = dict.fromkeys((name.partition(":")[0], space) for name, space in used)
    more = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in spaces)
    return _PACKET.format(xmp=_XMP, rdf=_RDF, own=_OWN, more=more, texts=rows)


def _row(key: str, text: str) -> str:
    if key not in _WORDS:
        return f"<v:{key}>{_escaped(text)}</v:{key}>\n"
    name, _ = _WORDS[key]
    return f'<{name}><rdf:Alt><rdf:li xml:lang="x-default">{_escaped(text)}</rdf:li></rdf:Alt></{name}>\n'


def texts_in(content: bytes) -> dict[str, str]:
    """Find the texts that :func:`xmp_packet` wrote, anywhere in a file; empty where there are none."""
    from xml.etree import ElementTree  # noqa: PLC0415 (2 ms, and who writes needs none)

    begin = content.find(_BEGIN)
    end = content.find(_END, begin)
    if begin < 0 or end < 0:
        return {}
    try:
        packet = ElementTree.fromstring(content[begin : end + len(_END)])
    except ElementTree.ParseError:
        return {}
    own = f"{{{_OWN}}}"
    found = {node.tag.removeprefix(own): node.text or "" for node in packet.iter() if node.tag.startswith(own)}
    for key, (name, space) in _WORDS.items():
        node = packet.find(f".//{{{space}}}{name.partition(':')[2]}//{{{_RDF}}}li")
        if node is not None:
            found[key] = node.text or ""
    return found


def _escaped(text: str) -> str:
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
        text = text.replace(sign, entity)
    return _NOT_IN_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
