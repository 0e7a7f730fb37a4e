"""A .zip archive → the files in it. Nothing is ever written to disk."""

from __future__ import annotations

import io
import posixpath
import re
import stat
import zipfile
import zlib
from collections.abc import Container, Iterator

from eventqa.decode import Undecodable
from eventqa.document import (
    LARGEST_SIDECAR,
    SIDECAR,
    Enclosed,
    Origin,
    Piece,
    is_hidden,
    pages_of,
)
from eventqa.types import whole

_MOST_FILES = 20_000
_LARGEST_FILE = 64 * 1024 * 1024
_LARGEST_WHOLE = 512 * 1024 * 1024
# Text shrinks to a fifth or tenth; what shrinks so much more was made to fill a memory.
_HIGHEST_RATIO = 200
_HARMLESS = 1024 * 1024

_ODD_NAME = re.compile(
    r"[\x00-\x1f\x7f\ud800-\udfff\ufffd]|^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)"
)
_ENCRYPTED = 0x1


def read(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The files of an archive in its order; hidden ones are left alone, as in a folder.

    Raises:
        Undecodable: it is no archive, or far too much is in it.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
        raise Undecodable(
            f"it is no .zip archive, or a damaged one ({error}). Get it again from its source"
        ) from None
    with archive:
        everything = {one.filename: one for one in archive.infolist()}
        files = [one for one in archive.infolist() if not _is_left_alone(one, everything)]
        if len(files) > _MOST_FILES:
            raise Undecodable(
                f"it holds {len(files):,} files, at most {_MOST_FILES:,} are read. Split it"
            )
        unpacked = 0
        for one in files:
            name = _shown(one.filename)
            if why := _objection(one):
                yield Piece(why, name)
                continue
            if (unpacked := unpacked + one.file_size) > _LARGEST_WHOLE:
                raise Undecodable(
                    f"it unpacks to more than {_LARGEST_WHOLE:,} bytes: what comes from "
                    f"{name!r} on was left out. Split it"
                )
            sidecar = everything.get(one.filename + SIDECAR)
            if sidecar and (_objection(sidecar) or sidecar.file_size > LARGEST_SIDECAR):
                sidecar = None
            yield _unpacked(archive, one, name, sidecar)


def unpacked(data: bytes) -> bytes:
    """The content of a .gz file, as sitemaps are kept; anything else as it is.

    Raises:
        Undecodable: far too much is in it.
    """
    if not data.startswith(b"\x1f\x8b"):
        return data
    content = zlib.decompressobj(wbits=31).decompress(data, _LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise Undecodable(f"it unpacks to more than {_LARGEST_FILE:,} bytes. Split it")
    return content


def _unpacked(
    archive: zipfile.ZipFile, one: zipfile.ZipInfo, name: str, sidecar: zipfile.ZipInfo | None
) -> Piece:
    try:
        return Piece(Enclosed(name, archive.read(one), sidecar and archive.read(sidecar)), name)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError):
        return Piece("it cannot be unpacked. Get the archive again from its source", name)


def _is_left_alone(one: zipfile.ZipInfo, everything: Container[str]) -> bool:
    """Whether it is a folder, hidden, a part of a saved page, or the sidecar of another file."""
    folders = one.filename.split("/")[:-1]
    return (
        one.is_dir()
        or any(is_hidden(part) or part == "__MACOSX" for part in one.filename.split("/"))
        or any(
            page in everything
            for depth, folder in enumerate(folders)
            for page in pages_of("/".join([*folders[:depth], folder]))
        )
        or (one.filename.endswith(SIDECAR) and one.filename[: -len(SIDECAR)] in everything)
    )


def _objection(one: zipfile.ZipInfo) -> str | None:
    if _ODD_NAME.search(one.filename) or posixpath.normpath(one.filename) != one.filename:
        return "its name is no plain path inside of the archive. Rename it"
    if stat.S_ISLNK(one.external_attr >> 16):
        return "it is a link. Put the file itself into the archive"
    if one.flag_bits & _ENCRYPTED:
        return "it is protected by a password. Pack it without one"
    if one.file_size > _LARGEST_FILE:
        return f"it unpacks to {one.file_size:,} bytes, at most {_LARGEST_FILE:,} are read"
    if one.file_size > max(_HARMLESS, _HIGHEST_RATIO * one.compress_size):
        return f"it unpacks to {one.file_size:,} bytes from {one.compress_size:,}: it looks harmful"
    return None


def _shown(name: str) -> str:
    """A name that can be printed and stored on one line."""
    return re.sub(r"[\x00-\x1f\x7f]", "\N{REPLACEMENT CHARACTER}", whole(name))
