"""Files from the web, fetched as a polite and careful guest. The only home of httpx and Protego.

Polite: robots.txt is obeyed, one request at a time with a pause, and what has not changed is not
sent again. Careful: http and https only, no address inside of this network, each redirect looked
at like the first address, and nothing larger or slower than it may be.
"""

# Protego is typed loosely.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from eventqa.types import EventQAError, brief

_REDIRECTS = 5
_PATIENCE = 15.0  # seconds until something comes
_LONGEST_DELAY = 60.0  # seconds; a site that asks for more is one for its owner
_LARGEST_ROBOTS = 512 * 1024  # RFC 9309 asks for 500 KiB at least
_OK, _NOT_MODIFIED = 200, 304
_AGENT = "eventqa"


class Unfetched(EventQAError):
    """Something could not or may not be fetched; the message says what and why."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server sent."""

    url: str  # where it was found in the end
    data: bytes
    kind: str  # its media type in lower case, without parameters; empty if not said
    charset: str | None
    etag: str | None
    modified: str | None  # as the server wrote it
    is_unchanged: bool = False  # since the time of the etag or date asked with; then without data


class Web:
    """Fetches one thing after another.

    Args:
        delay: seconds between two requests to one host, or what its robots.txt asks for if longer.
        allow_private: fetch from addresses that are not of the public internet, too.
        largest: bytes, unpacked, that a file may have.
        seconds: that a file may take.
    """

    def __init__(
        self,
        *,
        delay: float = 1.0,
        allow_private: bool = False,
        largest: int = 64 * 1024 * 1024,
        seconds: float = 120.0,
    ) -> None:
        self._delay = delay
        self._allow_private = allow_private
        self._largest = largest
        self._seconds = seconds
        self._robots: dict[str, Any] = {}
        self._asked: dict[str, float] = {}  # when each host was asked last
        patience = min(_PATIENCE, seconds)
        self._timeout = dict.fromkeys(("connect", "read", "write", "pool"), patience)
        self._trusted = ssl.create_default_context()

    def fetch(self, url: str, etag: str | None = None, modified: str | None = None) -> Fetched:
        """What is at an address.

        Args:
            etag: what the server called what it sent before, to be told that it is unchanged.
            modified: when the server said that it was changed last.

        Raises:
            Unfetched: it is not there, not allowed, too large or too slow.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": modified}
        headers = {name: value for name, value in conditions.items() if value}
        for _ in range(_REDIRECTS + 1):
            target = _parsed(url)
            self._address(target)  # before its robots.txt is asked for
            self._require_welcome(target)
            found, leads_to = self._get(target, headers, self._largest)
            if found is not None:
                return found
            url = leads_to
        raise Unfetched(f"{url} is where more than {_REDIRECTS} redirects lead to. It is left out")

    def _require_welcome(self, target: httpx.URL) -> None:
        """Does nothing where robots.txt lets this program in.

        Raises:
            Unfetched: it does not, or cannot be read (RFC 9309).
        """
        origin = f"{target.scheme}://{target.netloc.decode('ascii')}"
        if origin not in self._robots:
            self._robots[origin] = self._rules(origin)
        rules = self._robots[origin]
        if rules is not None and not rules.can_fetch(str(target), _AGENT):
            raise Unfetched(
                f"{target} may not be fetched by programs: {origin}/robots.txt forbids it"
            )

    def _rules(self, origin: str) -> Any:
        """What a site asks of programs; None if nothing."""
        from protego import Protego

        url = f"{origin}/robots.txt"
        for _ in range(_REDIRECTS + 1):
            try:
                found, leads_to = self._get(_parsed(url), {}, _LARGEST_ROBOTS)
            except _Refused as error:
                if 400 <= error.status < 500:
                    return None
                raise Unfetched(
                    f"{origin}/robots.txt cannot be read (status {error.status}), so nothing may "
                    "be fetched from there now. Try again later"
                ) from None
            if found is not None:
                return Protego.parse(found.data.decode("utf-8", "replace"))
            url = leads_to
        return None

    def _get(
        self, target: httpx.URL, headers: dict[str, str], largest: int
    ) -> tuple[Fetched | None, str]:
        """What is at an address, or where that leads to."""
        address = self._address(target)
        self._pause(target.host)
        request = httpx.Request(
            "GET",
            # To the very address that was looked at: a name may lead elsewhere a moment later.
            target.copy_with(host=address, fragment=None),
            headers={
                **headers,
                "Host": target.netloc.decode("ascii"),
                "User-Agent": f"{_AGENT} (a private archive of press releases)",
                "Accept-Encoding": "gzip, deflate",
            },
            extensions={"sni_hostname": target.raw_host.decode("ascii"), "timeout": self._timeout},
        )
        with self._answer(request, target) as response:
            if response.has_redirect_location:
                return None, str(target.join(response.headers["Location"]))
            if response.status_code == _NOT_MODIFIED and headers:
                return _received(target, response, b"", is_unchanged=True), ""
            if response.status_code != _OK:
                raise _Refused(target, response)
            return _received(target, response, _body(response, target, largest)), ""

    @contextmanager
    def _answer(self, request: httpx.Request, target: httpx.URL) -> Generator[httpx.Response]:
        """What a server answers, broken off when its time is up even if it sends drop by drop.

        Raises:
            Unfetched: the connection fails or takes too long.
        """
        # Behind a proxy of the environment nobody could tell where a name leads.
        client = httpx.Client(trust_env=False, verify=self._trusted)
        late = threading.Timer(self._seconds, client.close)
        late.daemon = True
        began = time.monotonic()
        late.start()
        try:
            with client, contextlib.closing(client.send(request, stream=True)) as response:
                yield response
        except (httpx.HTTPError, httpx.StreamError, OSError, RuntimeError, ValueError) as error:
            if time.monotonic() - began >= self._seconds:
                reason = f"it takes longer than {self._seconds:g} s"
            else:
                reason = " ".join(str(error).split()) or type(error).__name__
            raise Unfetched(f"{target} cannot be fetched: {reason}. Try again later") from error
        finally:
            late.cancel()

    def _address(self, target: httpx.URL) -> str:
        """The address to connect to.

        Raises:
            Unfetched: there is none, or one of them lies inside of a network.
        """
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Unfetched(f"{target} has an unknown host. Check the address") from None
        addresses = [str(one[4][0]).partition("%")[0] for one in found]
        for address in addresses:
            if not self._allow_private and not _is_public(address):
                raise Unfetched(
                    f"{target} leads to {address}, which is inside of a network. If it is yours, "
                    "allow it with --allow-private"
                )
        return addresses[0]

    def _pause(self, host: str) -> None:
        """Waits until a host may be asked again."""
        delays = [
            rules.crawl_delay(_AGENT) or 0.0
            for origin, rules in self._robots.items()
            if rules is not None and httpx.URL(origin).host == host
        ]
        delay = min(max([self._delay, *delays]), _LONGEST_DELAY)
        time.sleep(max(0.0, self._asked.get(host, -delay) + delay - time.monotonic()))
        self._asked[host] = time.monotonic()


class _Refused(Unfetched):
    """A server answered with something else than what it was asked for."""

    def __init__(self, target: httpx.URL, response: httpx.Response) -> None:
        self.status = response.status_code
        wait = response.headers.get("Retry-After", "")
        when = f" (after {wait[:40]} s)" if wait.isdigit() else ""
        advice = {404: "Check the address", 410: "It was taken away"}.get(
            self.status,
            f"Try again later{when}"
            if self.status in (429, 500, 502, 503, 504)
            else "It is left out",
        )
        super().__init__(f"{target} cannot be fetched: status {self.status}. {advice}")


def _parsed(url: str) -> httpx.URL:
    """An address that may be asked.

    Raises:
        Unfetched: it is none of the web, or tells a password.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError):
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise Unfetched(f"{brief(url)} is no http or https address. Check it")
    if parsed.userinfo:
        raise Unfetched(f"{brief(parsed.host)}: an address with a name or password is not fetched")
    return parsed


def _is_public(address: str) -> bool:
    """Whether an address is one of the public internet, and wraps none that is not."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None and not _is_public(str(inner)):
            return False
        if ip.ipv4_mapped:
            return True
    return ip.is_global and not ip.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _body(response: httpx.Response, target: httpx.URL, largest: int) -> bytes:
    """The body, unpacked as it comes, so that a bomb is seen before it has grown."""
    body = bytearray()
    for part in response.iter_bytes(_PART):
        body += part
        if len(body) > largest:
            raise Unfetched(f"{target} has more than {largest:,} bytes. It is left out")
    return bytes(body)


_PART = 65_536


def _received(
    target: httpx.URL, response: httpx.Response, data: bytes, *, is_unchanged: bool = False
) -> Fetched:
    kind, _, parameters = response.headers.get("Content-Type", "").partition(";")
    return Fetched(
        url=str(target),
        data=data,
        kind=kind.strip().lower(),
        charset=response.charset_encoding if parameters else None,
        etag=response.headers.get("ETag"),
        modified=response.headers.get("Last-Modified"),
        is_unchanged=is_unchanged,
    )
