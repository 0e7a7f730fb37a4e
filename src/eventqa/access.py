"""Who may use the page: where it listens, under which names it answers, and the login."""

from __future__ import annotations

import base64
import binascii
import errno
import hashlib
import ipaddress
import os
import secrets
import socket
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from eventqa import words
from eventqa.types import EventQAError, InvalidInput

LOOPBACK = "127.0.0.1"
_LOCAL = frozenset(("127.0.0.1", "localhost", "::1"))


@dataclass(frozen=True, slots=True)
class Login:
    """The name and the password that open the page (HTTP Basic, RFC 7617)."""

    user: str
    password: str = field(repr=False)
    warning: str = ""  # what is wrong with the file that it came from

    @classmethod
    def read(cls, written: str) -> Self:
        """The login of `USER:PASSWORD-FILE`, whose first line is the password.

        Raises:
            InvalidInput: it is written otherwise, or the file cannot be read or is empty.
        """
        user, colon, file = written.partition(":")
        if not (user and colon and file):
            raise InvalidInput(f"--auth {written!r} is no login. Write USER:PASSWORD-FILE")
        path = Path(file)
        try:
            mode = path.stat().st_mode
            with path.open(encoding="utf-8-sig") as opened:
                password = opened.readline(_LONGEST).rstrip("\r\n")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise InvalidInput(
                f"the password file {file!r} cannot be read ({reason}). Name a text file whose "
                "first line is the password"
            ) from error
        if not password:
            raise InvalidInput(f"the first line of {file!r} is empty. Write the password there")
        open_to_others = os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO)
        mend = f"others on this machine may read the password in {file!r}: chmod 600 it"
        return cls(user, password, mend if open_to_others else "")

    def admits(self, header: bytes) -> bool:
        """Whether an Authorization header carries this name and password."""
        scheme, _, token = header.partition(b" ")
        if scheme.lower() != b"basic":
            return False
        try:
            given = base64.b64decode(token.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        wanted = f"{self.user}:{self.password}".encode()
        # Hashes are of one length, which tells nothing.
        return secrets.compare_digest(*(hashlib.sha256(one).digest() for one in (given, wanted)))


_LONGEST = 1000  # characters of a password


def require(host: str, port: int) -> None:
    """Sees to it that this machine can listen there now.

    Raises:
        InvalidInput: the host is no name or address of this machine.
        EventQAError: the port is taken, or may not be used.
    """
    other = f"Write {LOOPBACK} for this machine only, 0.0.0.0 for all its networks"
    if not host:
        raise InvalidInput(f"host is empty. {other}")
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise InvalidInput(f"host {host!r} is no name that this machine knows. {other}") from error
    with socket.socket(family, kind) as probe:
        if os.name == "posix":  # or what has just been closed would still hold the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise InvalidInput(f"host {host!r} is not this machine. {other}") from error
            reason = "" if error.errno == errno.EADDRINUSE else f" ({error.strerror})"
            raise EventQAError(words.port_taken(host, port, reason)) from error


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    return host.lower() in _LOCAL or _is_loopback_address(host)


def names_of(host: str) -> frozenset[str]:
    """The names, beside the usual ones of the loopback, under which a page there is asked for.

    Addresses need not be listed (`answers_to`): what is dangerous is a name that an attacker
    lets point to this machine (DNS rebinding).
    """
    return frozenset({host.lower()} if is_loopback(host) else {host.lower(), _machine()})


def answers_to(name: str | None, host: str, names: frozenset[str]) -> bool:
    """Whether a page that listens on `host` answers when it is asked for by a name."""
    if not name:
        return False
    return name in _LOCAL or name in names or (not is_loopback(host) and _is_address(name))


def _machine() -> str:
    return socket.gethostname().lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback_address(host: str) -> bool:
    return _is_address(host) and ipaddress.ip_address(host).is_loopback
