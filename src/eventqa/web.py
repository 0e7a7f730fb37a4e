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
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from eventqa.types import EventQAError, brief

_REDIRECTS = 5
_PATIENCE = 15.0  # seconds until something comes
_LONGEST_DELAY = 600.0  # seconds; a site that asks for more wants no programs
_LARGEST_ROBOTS = 512 * 1024  # RFC 9309 asks for 500 KiB at least
_OK, _NOT_MODIFIED, _TOO_MANY, _UNAVAILABLE = 200, 304, 429, 503
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
        self._robots: dict[str, Any] = {}  # of each site: rules, None, or why there are none
        self._closed: dict[str, str] = {}  # hosts that are not asked again, and why
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
        headers = {name: value for name, value in conditions.items() if value and value.isascii()}
        for _ in range(_REDIRECTS + 1):
            target = parsed(url)
            self._addresses(target)  # before its robots.txt is asked for
            self._require_welcome(target)
            found, leads_to = self._get(target, headers, self._largest)
            if found is not None:
                return found
            url = leads_to
        raise Unfetched(f"{url} is where more than {_REDIRECTS} redirects lead to. It is left out")

    def _require_welcome(self, target: httpx.URL) -> None:
        """Does nothing where robots.txt lets this program in.

        Raises:
            Unfetched: it does not, cannot be read (RFC 9309), or asks for too long a pause.
        """
        origin = f"{target.scheme}://{target.netloc.decode('ascii')}"
        if origin not in self._robots:
            try:
                self._robots[origin] = self._rules(origin)
            except Unfetched as error:
                self._robots[origin] = error
        rules = self._robots[origin]
        if isinstance(rules, Unfetched):
            raise rules
        if rules is None:
            return
        if not rules.can_fetch(str(target), _AGENT):
            raise Unfetched(
                f"{target} may not be fetched by programs: {origin}/robots.txt forbids it"
            )
        if (delay := rules.crawl_delay(_AGENT) or 0.0) > _LONGEST_DELAY:
            raise Unfetched(
                f"{target}: {origin}/robots.txt asks for {delay:g} s between two requests, more "
                f"than {_LONGEST_DELAY:g}. Save the page with a browser, and add the file"
            )

    def _rules(self, origin: str) -> Any:
        """What a site asks of programs; None if nothing."""
        from protego import Protego

        url = f"{origin}/robots.txt"
        for _ in range(_REDIRECTS + 1):
            try:
                found, leads_to = self._get(parsed(url), {}, _LARGEST_ROBOTS, cut=True)
            except _Refused as error:
                if 400 <= error.status < 500 and error.status != _TOO_MANY:
                    return None
                raise Unfetched(
                    f"{origin}/robots.txt cannot be read (status {error.status}), so nothing may "
                    "be fetched from there now. Try again later"
                ) from None
            if found is not None:
                return Protego.parse(found.data.decode("utf-8-sig", "replace"))
            url = leads_to
        return None

    def _get(
        self, target: httpx.URL, headers: dict[str, str], largest: int, *, cut: bool = False
    ) -> tuple[Fetched | None, str]:
        """What is at an address, or where that leads to."""
        addresses = self._addresses(target)
        if target.host in self._closed:
            raise Unfetched(f"{target} was not asked: {self._closed[target.host]}")
        self._pause(target.host)
        # To the very addresses that were looked at: a name may lead elsewhere a moment later.
        for number, address in enumerate(addresses, start=1):
            try:
                return self._get_from(address, target, headers, largest, cut=cut)
            except _Unreachable:
                if number == len(addresses):
                    raise
        raise AssertionError("a host without addresses is refused before")

    def _get_from(
        self, address: str, target: httpx.URL, headers: dict[str, str], largest: int, *, cut: bool
    ) -> tuple[Fetched | None, str]:
        request = httpx.Request(
            "GET",
            target.copy_with(host=address, fragment=None),
            headers={
                **headers,
                "Host": target.netloc.decode("ascii"),
                "User-Agent": f"{_AGENT} (a private archive of press releases)",
                "Accept-Encoding": "gzip",
            },
            extensions={"sni_hostname": target.raw_host.decode("ascii"), "timeout": self._timeout},
        )
        with self._answer(request, target) as response:
            if response.has_redirect_location:
                return None, str(target.join(response.headers["Location"]))
            if response.status_code == _NOT_MODIFIED and headers:
                return _received(target, response, b"", is_unchanged=True), ""
            if response.status_code != _OK:
                refused = _Refused(target, response)
                if response.status_code in (_TOO_MANY, _UNAVAILABLE):
                    self._closed[target.host] = f"the host has asked for peace{refused.when}"
                raise refused
            return _received(target, response, _body(response, target, largest, cut=cut)), ""

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
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            httpx.StreamError,
            OSError,
            RuntimeError,
            zlib.error,
        ) as error:
            if time.monotonic() - began >= self._seconds:
                reason = f"it takes longer than {self._seconds:g} s"
            else:
                reason = " ".join(str(error).split()) or type(error).__name__
            kind = _Unreachable if isinstance(error, httpx.ConnectError) else Unfetched
            raise kind(f"{target} cannot be fetched: {reason}. Try again later") from error
        finally:
            late.cancel()

    def _addresses(self, target: httpx.URL) -> list[str]:
        """The addresses that a host has.

        Raises:
            Unfetched: there is none, or one of them lies inside of a network.
        """
        host = target.raw_host.decode("ascii").strip("[]")  # as it goes into the request
        try:
            found = socket.getaddrinfo(host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []
        addresses = list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))
        if not addresses:
            raise Unfetched(f"{target} has an unknown host. Check the address")
        for address in addresses:
            if not self._allow_private and not _is_public(address):
                raise Unfetched(
                    f"{target} leads to {address}, which is inside of a network. If it is yours, "
                    "allow it with --allow-private"
                )
        return addresses

    def _pause(self, host: str) -> None:
        """Waits until a host may be asked again."""
        delays = [
            rules.crawl_delay(_AGENT) or 0.0
            for origin, rules in self._robots.items()
            if rules is not None
            and not isinstance(rules, Unfetched)
            and httpx.URL(origin).host == host
        ]
        delay = max([self._delay, *delays])
        time.sleep(max(0.0, self._asked.get(host, -delay) + delay - time.monotonic()))
        self._asked[host] = time.monotonic()


class _Unreachable(Unfetched):
    """Nobody takes a connection at an address."""


class _Refused(Unfetched):
    """A server answered with something else than what it was asked for."""

    def __init__(self, target: httpx.URL, response: httpx.Response) -> None:
        self.status = response.status_code
        wait = response.headers.get("Retry-After", "")
        self.when = f" (for {wait} s)" if wait.isdigit() and len(wait) < 9 else ""
        advice = {404: "Check the address", 410: "It was taken away"}.get(
            self.status,
            f"Try again later{self.when}"
            if self.status in (_TOO_MANY, 500, 502, _UNAVAILABLE, 504)
            else "It is left out",
        )
        super().__init__(f"{target} cannot be fetched: status {self.status}. {advice}")


def parsed(url: str) -> httpx.URL:
    """An address that may be asked.

    Raises:
        Unfetched: it is none of the web, or tells a password.
    """
    try:
        found = httpx.URL(url)
        found.netloc  # noqa: B018  # which fails for some hosts
    except (httpx.InvalidURL, ValueError, TypeError):
        found = httpx.URL("")
    shown = re.sub(r"//[^/@]*@", "//…@", url)
    if found.scheme not in ("http", "https") or not found.host:
        raise Unfetched(f"{brief(shown)} is no http or https address. Check it")
    if found.userinfo:
        raise Unfetched(f"{brief(shown)}: an address with a name or password is not fetched")
    return found


def _is_public(address: str) -> bool:
    """Whether an address is one of the public internet, and wraps none that is not."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast and ip not in _OLD_RELAYS
    inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
    if inner is None and ip in _NAT64:
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    if inner is not None:
        return _is_public(str(inner)) and (ip.is_global or ip.ipv4_mapped is not None)
    # Only this is given out on the internet; an address of ISATAP wraps one of its network.
    is_isatap = (int(ip) >> 32) & 0xFDFF_FFFF == 0x0000_5EFE
    return ip in _UNICAST and ip.is_global and not is_isatap


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
_OLD_RELAYS = ipaddress.ip_network("192.88.99.0/24")


def _body(response: httpx.Response, target: httpx.URL, largest: int, *, cut: bool) -> bytes:
    """The body, unpacked as it comes, so that a bomb is seen before it has grown.

    Args:
        cut: give the beginning of what is too large.
    """
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip", ""):
        raise Unfetched(f"{target} comes packed as {brief(coding)}, which was not asked for")
    packed = zlib.decompressobj(wbits=31) if "gzip" in coding else None
    body = bytearray()
    for part in response.iter_raw(_PART):
        while part and len(body) <= largest:
            body += packed.decompress(part, _PART) if packed else part
            part = packed.unconsumed_tail if packed else b""
        if len(body) > largest and cut:
            return bytes(body[:largest])
        if len(body) > largest:
            raise Unfetched(f"{target} has more than {largest:,} bytes. It is left out")
    if packed and not packed.eof:
        raise Unfetched(f"{target} was cut off on its way. Try again later")
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
