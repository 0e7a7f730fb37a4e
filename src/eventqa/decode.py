"""Bytes of a file → its text, or the reason why it cannot be read.

Python's own codecs decide, strictly. UTF-8 is tried first, UTF-16 is known by its byte order
mark or by its zeros, and Windows-1252 is what remains for a text of one byte a letter.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What is meant by these names, as browsers read them (WHATWG, Encoding Standard).
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "shift_jis": "cp932"}
# Other codecs of Python are no encodings that a text is written in.
_PAGES = re.compile(r"ascii|big5|cp\d|euc_|gb|iso8859|koi8|mac|shift_jis")
_UTF8_LETTER = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
# Not among them: white space, the end mark of DOS, and U+0080–9F, which are the dashes and quotes
# of a text that went through the wrong encoding once.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1b\x7f]")


class Undecodable(ValueError):
    """The bytes are no text; the message says why and what to do."""


def decode(data: bytes, declared: str | None = None) -> tuple[str, str | None]:
    """The text of a file, its newlines made one kind and nothing else, and a warning or None.

    Args:
        declared: the encoding that the file says it has, if it says so. It is believed of bytes
            that are not UTF-8: hardly any other text is UTF-8 by chance, and many a page that is
            declares what it was before.

    Raises:
        Undecodable: the bytes are empty, binary or in no encoding that is read here.
    """
    text, warning = _decoded(data, declared)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise Undecodable("the file is empty. Put the release's text into it, or remove it")
    return text, warning


def check_text(text: str) -> str:
    """The text itself, when every character of it is one that UTF-8 can hold.

    Raises:
        Undecodable: it holds half of a surrogate pair, as broken JSON escapes make them.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Undecodable(
            f"character {error.start + 1} is half a character (\\u{ord(text[error.start]):04x}). "
            "Write the text again from its source"
        ) from None
    return text


def _decoded(data: bytes, declared: str | None) -> tuple[str, str | None]:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _strict(data, encoding), None
    if b"\0" in data:
        return _strict(data, _unmarked_utf16(data)), None
    try:
        return _no_controls(data.decode()), None
    except UnicodeDecodeError as error:
        text = _as_declared(data, declared)
        return (text, None) if text is not None else _windows_1252(data, error)


def _as_declared(data: bytes, declared: str | None) -> str | None:
    """The text, if it is in the encoding that it says it has."""
    try:
        codec = codecs.lookup(declared or "").name
        return _no_controls(data.decode(_MEANT.get(codec, codec))) if _PAGES.match(codec) else None
    except (LookupError, ValueError):
        return None


def _strict(data: bytes, encoding: str) -> str:
    try:
        return _no_controls(data.decode(encoding))
    except UnicodeDecodeError as error:
        raise Undecodable(
            f"it starts as {encoding.upper().removesuffix('-SIG')} but byte {error.start + 1} does "
            "not fit. Save it again as UTF-8"
        ) from None


def _unmarked_utf16(data: bytes) -> str:
    """Which UTF-16 this is, told by the upper halves of its characters.

    Spaces and Latin letters have a zero there, and the letters of an alphabet share one value.
    """
    for encoding, upper, lower in (
        ("utf-16-le", data[1::2], data[0::2]),
        ("utf-16-be", data[0::2], data[1::2]),
    ):
        alike = sum(count for _, count in Counter(upper).most_common(2))
        if len(upper) == len(lower) and 0 not in lower and alike > 0.9 * len(upper):
            return encoding
    raise _binary()


def _windows_1252(data: bytes, error: UnicodeDecodeError) -> tuple[str, str]:
    wrong = len(re.findall(rb"[\x80-\xff]", _UTF8_LETTER.sub(b"", data)))
    if len(_UTF8_LETTER.findall(data)) > wrong:
        raise Undecodable(
            f"it is UTF-8 but damaged at byte {error.start + 1}. Get it again from its source"
        )
    try:
        text = _no_controls(data.decode("cp1252"))
    except UnicodeDecodeError:
        raise Undecodable(
            "it is neither UTF-8, UTF-16 nor Windows-1252. Save it again as UTF-8"
        ) from None
    return text, (
        f"byte {error.start + 1} is not UTF-8, so it was read as Windows-1252. "
        "Check its accents, or save it again as UTF-8"
    )


def _no_controls(text: str) -> str:
    """The text, unless control characters give it away as something else.

    One stray control, or one in a thousand characters, is dirt; more is a binary file.
    """
    if len(_CONTROL.findall(text)) * 1000 > max(len(text), 1000):
        raise _binary()
    return text


def _binary() -> Undecodable:
    return Undecodable("it is binary, not text. Save the release as UTF-8 text, or remove the file")
