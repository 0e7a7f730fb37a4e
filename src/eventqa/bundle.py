"""A .zip archive → the files in it. Nothing is ever written to disk."""

from __future__ import annotations

import io
import lzma
import posixpath
import re
import stat
import zipfile
import zlib
from collections.abc import Container, Iterator, Set

from eventqa.decode import Undecodable
from eventqa.document import (
    LARGEST_SIDECAR,
    SIDECAR,
    Enclosed,
    Origin,
    Piece,
    is_hidden,
    is_page_part,
    is_picture,
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
_ENCRYPTED, _IS_UTF8 = 0x1, 0x800
_DEEPEST = 20  # folders of saved pages inside of each other


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
        # Of several files with one name the last counts, as for everybody who unpacks it.
        files = {_named(one): one for one in archive.infolist()}
        if len(files) > _MOST_FILES:
            raise Undecodable(
                f"it holds {len(files):,} files, at most {_MOST_FILES:,} are read. Split it"
            )
        page_folders = {f"{page}_files" for page in map(_without_suffix, files) if page}
        unpacked = 0
        for name, one in files.items():
            if one.is_dir():
                continue
            if why := _objection(name, one):
                yield Piece(why, _shown(name))
            elif not _is_left_alone(name, files, page_folders):
                if (unpacked := unpacked + one.file_size) > _LARGEST_WHOLE:
                    raise Undecodable(
                        f"it unpacks to more than {_LARGEST_WHOLE:,} bytes: what comes from "
                        f"{_shown(name)!r} on was left out. Split it"
                    )
                yield _unpacked(archive, one, _shown(name), files.get(name + SIDECAR))


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
    archive: zipfile.ZipFile, one: zipfile.ZipInfo, name: str, beside: zipfile.ZipInfo | None
) -> Piece:
    sidecar, warnings = None, ()
    try:
        if beside and (_objection(beside.filename, beside) or beside.file_size > LARGEST_SIDECAR):
            warnings = (
                f"its sidecar was left aside: it has {beside.file_size:,} bytes, at most "
                f"{LARGEST_SIDECAR:,} are read, or it is no plain file. Put it right",
            )
        elif beside:
            sidecar = archive.read(beside)
        return Piece(Enclosed(name, archive.read(one), sidecar), name, warnings=warnings)
    except _BROKEN:
        return Piece("it cannot be unpacked. Get the archive again from its source", name)


_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


def _is_left_alone(name: str, files: Container[str], page_folders: Set[str]) -> bool:
    """Whether it is hidden, a picture, a part of a saved page, or the sidecar of another file."""
    parts = name.split("/")
    return (
        any(is_hidden(part) or part == "__MACOSX" for part in parts)
        or is_picture(name)
        or (is_page_part(name) and not _folders_of(name).isdisjoint(page_folders))
        or (name.endswith(SIDECAR) and name.removesuffix(SIDECAR) in files)
    )


def _folders_of(name: str) -> set[str]:
    """The folders that a file lies in whose names end as those of saved pages do."""
    ends = [match.end() for match in re.finditer(r"_files(?=/)", name)][:_DEEPEST]
    return {name[:end] for end in ends}


def _without_suffix(name: str) -> str | None:
    """The name of a web page without its suffix; None of anything else."""
    stem, suffix = posixpath.splitext(name)
    return stem if suffix.lower() in (".html", ".htm") else None


def _named(one: zipfile.ZipInfo) -> str:
    """The name of a file; many programs write UTF-8 without saying so."""
    if not one.flag_bits & _IS_UTF8:
        try:
            return one.filename.encode("cp437").decode()
        except UnicodeError:
            pass
    return one.filename


def _objection(name: str, one: zipfile.ZipInfo) -> str | None:
    if _ODD_NAME.search(name) or posixpath.normpath(name) != name:
        return "its name is no plain path inside of the archive. Rename it"
    if stat.S_ISLNK(one.external_attr >> 16):
        return "it is a link. Put the file itself into the archive"
    if one.flag_bits & _ENCRYPTED:
        return "it is protected by a password. Pack it without one"
    if one.file_size > _LARGEST_FILE:
        return (
            f"it unpacks to {one.file_size:,} bytes, at most {_LARGEST_FILE:,} are read. Split it"
        )
    if one.file_size > max(_HARMLESS, _HIGHEST_RATIO * one.compress_size):
        return (
            f"it unpacks to {one.file_size:,} bytes from {one.compress_size:,}, like what was made "
            "to do harm. If it is sound, put it beside the archive"
        )
    return None


def _shown(name: str) -> str:
    """A name that can be printed and stored on one line."""
    return re.sub(r"[\x00-\x1f\x7f]", "\N{REPLACEMENT CHARACTER}", whole(name))
