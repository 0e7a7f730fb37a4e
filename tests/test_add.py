"""Files, folders and the web → the corpus, as they are and with where they came from."""

import contextlib
import datetime as dt
import gzip
import itertools
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pressroom import BRIDGE, FERRY, PressRoom, drip, endless_head, flood, silent
from written import WRITERS, as_html, as_pdf, as_txt, zipped

from eventqa import filing
from eventqa import web as web_module
from eventqa.add import Adding, Outcome
from eventqa.cli import main
from eventqa.corpus import Corpus
from eventqa.types import EventQAError, Release
from eventqa.web import Web


@pytest.fixture
def corpus(tmp_path) -> Path:
    place = tmp_path / "corpus"
    place.mkdir()
    return place


@pytest.fixture
def room():
    room = PressRoom()
    yield room
    room.close()


@pytest.fixture
def web() -> Web:
    return Web(delay=0, allow_private=True, seconds=5)


def added(corpus: Path, web: Web, *sources: str, **options) -> list[tuple[str, str | None]]:
    return [(one.did, one.path) for one in outcomes(corpus, web, *sources, **options)]


def outcomes(corpus: Path, web: Web, *sources: str, **options) -> list[Outcome]:
    return list(Adding(Corpus(corpus), web, **options).add(map(str, sources)))


def why(corpus: Path, web: Web, *sources: str) -> str:
    (outcome,) = outcomes(corpus, web, *sources)
    assert (outcome.did, outcome.path) == ("failed", None)
    return outcome.message


def release(corpus: Path, path: str) -> Release:
    reading, _ = Corpus(corpus).read(path)
    assert [str(problem) for problem in reading.problems] == []
    (one,) = reading.releases
    return one


def files(corpus: Path) -> list[str]:
    return sorted(
        file.relative_to(corpus).as_posix() for file in corpus.rglob("*") if file.is_file()
    )


# --- files and folders -------------------------------------------------------------------------


def test_a_file_is_copied_as_it_is_with_its_sidecar(corpus, web, tmp_path):
    data = as_pdf("Ferry returns", FERRY)
    (tmp_path / "ferry.pdf").write_bytes(data)
    (tmp_path / "ferry.pdf.yaml").write_text("place: Old Port")
    assert added(corpus, web, tmp_path / "ferry.pdf") == [("added", "ferry.pdf")]
    assert (corpus / "ferry.pdf").read_bytes() == data
    assert release(corpus, "ferry.pdf").place == "Old Port"


def test_a_folder_is_added_with_its_folders_and_what_is_no_release_is_named(corpus, web, tmp_path):
    source = tmp_path / "2018"
    (source / "may" / "page_files").mkdir(parents=True)
    (source / "may" / "page.html").write_bytes(as_html("Ferry returns", FERRY))
    (source / "may" / "page_files" / "ad.html").write_bytes(as_html("An ad", FERRY))
    (source / "a.txt").write_bytes(as_txt("Bridge opened", BRIDGE))
    (source / "b.xlsx").write_bytes(b"PK")
    (source / "c.txt").write_bytes(b"\0\1\2")
    (source / ".hidden.txt").write_text("x")
    (source / "link.txt").symlink_to("/etc/passwd")
    found = outcomes(corpus, web, source)
    assert [(one.did, one.path) for one in found] == [
        ("added", "2018/a.txt"),
        ("failed", None),
        ("failed", None),
        ("added", "2018/may/page.html"),
    ]
    assert "b.xlsx': .xlsx is not read. Save it as .docx" in found[1].message
    assert "c.txt was not added: it is binary, not text" in found[2].message
    assert files(corpus) == ["2018/a.txt", "2018/may/page.html"]


def test_what_is_there_is_not_added_twice_whatever_it_is_called(corpus, web, tmp_path):
    (tmp_path / "a.txt").write_bytes(as_txt("Ferry returns", FERRY))
    (tmp_path / "b.txt").write_bytes(as_txt("Ferry returns", FERRY))
    assert added(corpus, web, tmp_path / "a.txt", tmp_path / "b.txt", tmp_path / "a.txt") == [
        ("added", "a.txt"),
        ("known", "a.txt"),
        ("known", "a.txt"),
    ]
    assert files(corpus) == ["a.txt"]


def test_another_file_of_the_same_name_is_put_beside_and_nothing_is_overwritten(
    corpus, web, tmp_path
):
    (corpus / "a.txt").write_text("Mine\n\nIt stays.")
    (tmp_path / "a.txt").write_bytes(as_txt("Ferry returns", FERRY))
    assert added(corpus, web, tmp_path / "a.txt") == [("added", "a-2.txt")]
    assert (corpus / "a.txt").read_text() == "Mine\n\nIt stays."


def test_a_dry_run_writes_nothing(corpus, web, tmp_path, room):
    (tmp_path / "a.txt").write_bytes(as_txt("Ferry returns", FERRY))
    page = room.html("/ferry", "Ferry returns", FERRY)
    feed = room.feed("/feed", page, room.address + "/bridge")
    assert added(corpus, web, tmp_path / "a.txt", page, feed, dry_run=True) == [
        ("would add", "a.txt"),
        ("would add", f"{room.host}/ferry.html"),
        ("would add", None),
        ("would add", None),
    ]
    assert files(corpus) == []
    assert room.counted() == {"/robots.txt": 1, "/ferry": 1, "/feed": 1}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere.txt", "'nowhere.txt' is no file, folder or address. Check it"),
        ("ftp://port.example/a", "'ftp://port.example/a' is no http or https address. Check it"),
        ("http://", "'http://' is no http or https address. Check it"),
        ("file:///etc/passwd", "'file:///etc/passwd' is no http or https address. Check it"),
    ],
)
def test_a_source_that_is_none_is_named(corpus, web, source, message):
    assert why(corpus, web, source) == message


def test_a_file_of_the_corpus_is_not_added_to_it(corpus, web):
    (corpus / "a.txt").write_text("A Title\n\nIt began.")
    assert why(corpus, web, corpus / "a.txt").endswith("is in the corpus already")


def test_a_corpus_that_is_one_file_is_not_added_to(tmp_path, web):
    (tmp_path / "all.jsonl").write_text('{"text": "It began."}')
    with pytest.raises(EventQAError, match="is a file, to which nothing is added"):
        Adding(Corpus(tmp_path / "all.jsonl"), web)


# --- the web -----------------------------------------------------------------------------------


def test_a_page_is_kept_as_sent_with_where_and_when(corpus, web, room):
    url = room.html("/news/ferry", "Ferry returns", FERRY, etag='"1"')
    began = time.time() - 1
    assert added(corpus, web, url) == [("added", f"{room.host}/news/ferry.html")]
    path = f"{room.host}/news/ferry.html"
    assert (corpus / path).read_bytes() == as_html("Ferry returns", FERRY)
    one = release(corpus, path)
    assert (one.title, one.url, one.id) == ("Ferry returns", url, path)
    assert [passage.text for passage in one.passages] == FERRY
    told = dict(
        line.split(": ", 1) for line in (corpus / f"{path}.yaml").read_text().splitlines() if line
    )
    assert told["fetched_from"] == url
    assert told["etag"] == "'\"1\"'"
    at = dt.datetime.fromisoformat(told["fetched_at"].strip("'"))
    assert began - 1 <= at.timestamp() <= time.time() + 1


@pytest.mark.parametrize(
    ("path", "kind", "body", "expected"),
    [
        ("/a.pdf", "application/pdf", as_pdf("Ferry returns", FERRY), "a.pdf"),
        ("/a", "application/octet-stream", as_pdf("Ferry returns", FERRY), "a.pdf"),
        ("/a.txt", "text/plain", as_txt("Ferry returns", FERRY), "a.txt"),
        ("/a.htm", "text/html", as_html("Ferry returns", FERRY), "a.html"),
        ("/", "text/html", as_html("Ferry returns", FERRY), "index.html"),
        ("/news/", "text/html", as_html("Ferry returns", FERRY), "news/index.html"),
        ("/a.zip", "application/zip", zipped({"a.txt": as_txt("Ferry", FERRY)}), "a.zip"),
        ("/%2e%2e/%2e%2e/up", "text/html", as_html("Ferry returns", FERRY), "up.html"),
        ("/a%00b%0ac", "text/html", as_html("Ferry returns", FERRY), "a-b-c-?.html"),
        ("/" + "n" * 300, "text/html", as_html("Ferry returns", FERRY), "n" * 80 + "-?.html"),
        ("/a?id=5", "text/html", as_html("Ferry returns", FERRY), "a-?.html"),
    ],
)
def test_a_file_is_named_by_its_address_and_its_kind(corpus, web, room, path, kind, body, expected):
    url = room.sends(path, kind, body)
    ((did, there),) = added(corpus, web, url)
    assert did == "added"
    stem, mark, suffix = expected.partition("?")
    name = there.removeprefix(f"{room.host}/")
    assert name.startswith(stem) and name.endswith(suffix)
    assert len(name) == len(expected) + 7 * len(mark)


def test_addresses_that_differ_only_in_what_a_name_cannot_hold_are_kept_apart(corpus, web, room):
    urls = [room.html(f"/a?id={number}", f"Ferry {number}", FERRY) for number in range(3)]
    assert len({path for _, path in added(corpus, web, *urls)}) == 3


def test_what_has_not_changed_is_not_sent_again(corpus, web, room):
    url = room.html("/ferry", "Ferry returns", FERRY, etag='"1"')
    path = f"{room.host}/ferry.html"
    assert added(corpus, web, url) == [("added", path)]
    assert added(corpus, web, url) == [("known", path)]
    assert room.headers["/ferry"]["If-None-Match"] == '"1"'
    assert files(corpus) == [path, f"{path}.yaml"]


def test_what_has_changed_is_added_beside_what_was_there(corpus, web, room):
    url = room.html("/ferry", "Ferry returns", FERRY, etag='"1"')
    first, second = f"{room.host}/ferry.html", f"{room.host}/ferry-2.html"
    added(corpus, web, url)
    room.html("/ferry", "Ferry returns", [FERRY[0], "A corrected second paragraph."], etag='"2"')
    assert added(corpus, web, url) == [("added", second)]
    assert release(corpus, first).passages[1].text == FERRY[1]
    assert release(corpus, second).passages[1].text == "A corrected second paragraph."
    assert added(corpus, web, url) == [("known", second)]  # asked with the newer etag
    assert room.headers["/ferry"]["If-None-Match"] == '"2"'


def test_the_pages_of_a_feed_and_of_a_sitemap_are_added(corpus, web, room):
    ferry = room.html("/ferry", "Ferry returns", FERRY)
    bridge = room.pdf("/bridge.pdf", "Bridge opened", BRIDGE)
    room.sitemap("/inner.xml.gz", "/bridge.pdf", packed=True)
    index = (
        "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
        f"<sitemap><loc>{room.address}/inner.xml.gz</loc></sitemap></sitemapindex>"
    )
    listed = room.sends("/sitemap.xml", "text/xml", index.encode())
    feed = room.feed("/feed", "/ferry", ferry, room.address + "/gone")
    found = outcomes(corpus, web, feed, listed)
    assert [(one.did, one.path) for one in found] == [
        ("added", f"{room.host}/ferry.html"),
        ("failed", None),
        ("added", f"{room.host}/bridge.pdf"),
    ]
    assert found[1].message == (
        f"{room.address}/gone cannot be fetched: status 404. Check the address"
    )
    assert release(corpus, f"{room.host}/bridge.pdf").url == bridge
    assert room.counted()["/robots.txt"] == 1


def test_of_a_long_list_so_many_are_fetched(corpus, web, room):
    links = [room.html(f"/{number}", f"Ferry {number}", FERRY) for number in range(4)]
    found = outcomes(corpus, web, room.feed("/feed", *links), most=2)
    assert [one.did for one in found] == ["added", "added", "failed"]
    assert found[2].message.endswith(
        "/feed lists more than 2 new pages; the others are left out. Add it "
        "again, or allow more with --most"
    )


def test_robots_are_obeyed(corpus, web, room):
    room.robots("User-agent: *\nDisallow: /private\n\nUser-agent: eventqa\nDisallow: /drafts")
    url = room.html("/drafts/ferry", "Ferry returns", FERRY)
    assert why(corpus, web, url) == (
        f"{url} may not be fetched by programs: {room.address}/robots.txt forbids it"
    )
    assert room.asked == ["/robots.txt"]


def test_without_robots_everything_may_be_fetched_and_with_broken_ones_nothing(corpus, room):
    url = room.html("/ferry", "Ferry returns", FERRY)
    assert [did for did, _ in added(corpus, Web(delay=0, allow_private=True), url)] == ["added"]
    room.sends("/robots.txt", "text/plain", b"", status=500)
    assert why(corpus, Web(delay=0, allow_private=True), url) == (
        f"{room.address}/robots.txt cannot be read (status 500), so nothing may be fetched from "
        "there now. Try again later"
    )


def test_a_redirect_is_followed_and_its_end_is_the_address_of_the_release(corpus, web, room):
    end = room.html("/new", "Ferry returns", FERRY)
    start = room.sends("/old", "text/html", b"", status=301, Location="/new")
    ((did, path),) = added(corpus, web, start)
    assert (did, path) == ("added", f"{room.host}/old.html")
    assert release(corpus, path).url == end
    assert added(corpus, web, start) == [("known", path)]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("/loop", "is where more than 5 redirects lead to. It is left out"),
        ("file:///etc/passwd", "'file:/etc/passwd' is no http or https address. Check it"),
        ("/private", "forbids it"),
    ],
)
def test_every_redirect_is_looked_at(corpus, web, room, target, message):
    room.robots("User-agent: *\nDisallow: /private")
    url = room.sends("/loop", "text/html", b"", status=302, Location=target)
    assert why(corpus, web, url).endswith(message)
    assert "/private" not in room.asked


def test_addresses_inside_of_a_network_are_refused_unless_allowed(corpus, room, monkeypatch):
    url = room.html("/ferry", "Ferry returns", FERRY)
    assert why(corpus, Web(delay=0), url) == (
        f"{url} leads to 127.0.0.1, which is inside of a network. If it is yours, allow it with "
        "--allow-private"
    )
    assert room.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
    ]
    + ["::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "::"],
)
def test_no_way_of_writing_a_private_address_is_public(address):
    assert not web_module._is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1", "::ffff:93.184.216.34"])
def test_public_addresses_are_public(address):
    assert web_module._is_public(address)


def test_a_name_that_leads_elsewhere_a_moment_later_is_asked_where_it_was_looked_at(
    corpus, room, monkeypatch
):
    """DNS rebinding: a look gives a public address, a later one another that is not."""
    looks = itertools.count()

    def look(host, port, *_, **__):
        address = "93.184.216.34" if next(looks) < 2 else "127.0.0.1"
        return [(2, 1, 6, "", (address, port))]

    monkeypatch.setattr(web_module.socket, "getaddrinfo", look)
    connected = []

    def connect(self, request, **_):
        connected.append((request.url.host, request.headers["Host"]))
        raise web_module.httpx.ConnectError("stopped by the test")

    monkeypatch.setattr(web_module.httpx.Client, "send", connect)
    assert "stopped by the test" in why(corpus, Web(delay=0), "http://press.example/ferry")
    assert connected == [("93.184.216.34", "press.example")]


def test_a_host_is_not_asked_again_before_its_time(corpus, room):
    room.robots("User-agent: *\nCrawl-delay: 0.4")
    urls = [room.html(f"/{number}", f"Ferry {number}", FERRY) for number in range(2)]
    added(corpus, Web(delay=0.2, allow_private=True), *urls)
    gaps = [later - earlier for earlier, later in itertools.pairwise(room.times)]
    assert len(gaps) == 2 and min(gaps) > 0.38


@pytest.mark.parametrize("page", [drip, endless_head, silent])
def test_a_server_that_never_comes_to_an_end_is_left(corpus, room, page):
    room.pages["/ferry"] = page
    began = time.monotonic()
    message = why(corpus, Web(delay=0, allow_private=True, seconds=1.5), room.address + "/ferry")
    assert message == (
        f"{room.address}/ferry cannot be fetched: it takes longer than 1.5 s. Try again later"
    )
    assert time.monotonic() - began < 8


def test_what_is_too_large_is_left_before_all_of_it_has_come(corpus, room):
    room.pages["/flood"] = flood
    room.sends("/bomb", "text/html", gzip.compress(b"0" * 50_000_000), Content_Encoding="gzip")
    web = Web(delay=0, allow_private=True, largest=1_000_000)
    for path in ("/flood", "/bomb"):
        assert why(corpus, web, room.address + path) == (
            f"{room.address}{path} has more than 1,000,000 bytes. It is left out"
        )


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (404, {}, "status 404. Check the address"),
        (410, {}, "status 410. It was taken away"),
        (403, {}, "status 403. It is left out"),
        (500, {}, "status 500. Try again later"),
        (429, {"Retry_After": "120"}, "status 429. Try again later (for 120 s)"),
    ],
)
def test_a_server_that_says_no_is_named_with_what_to_do(
    corpus, web, room, status, headers, message
):
    url = room.sends("/ferry", "text/html", b"no", status=status, **headers)
    assert why(corpus, web, url) == f"{url} cannot be fetched: {message}"
    assert files(corpus) == []


def test_a_page_without_an_article_or_of_another_kind_is_not_added(corpus, web, room):
    empty = room.sends("/empty", "text/html", b"<nav><a href=/>Home</a></nav>")
    assert why(corpus, web, empty).startswith(f"{empty} was not added: no article is found in it")
    picture = room.sends("/a.png", "image/png", b"\x89PNG")
    assert why(corpus, web, picture) == (
        f"{picture} is image/png, which is not read. Save what it shows, and add it"
    )
    broken = room.sends("/a.pdf", "application/pdf", b"%PDF-1.4 broken")
    assert why(corpus, web, broken).startswith(
        f"{broken} was not added: it is no PDF, or a damaged"
    )
    assert files(corpus) == []


def test_the_encoding_that_only_the_server_tells_is_kept(corpus, web, room):
    page = (
        "<html><body><h1>Вена</h1><p>Вена встретила гостей конференции сегодня.</p></body></html>"
    )
    url = room.sends("/a", "text/html; charset=windows-1251", page.encode("cp1251"))
    ((_, path),) = added(corpus, web, url)
    assert release(corpus, path).passages[0].text == "Вена встретила гостей конференции сегодня."
    wrong = room.sends("/b", "text/html; charset=iso-8859-1", page.replace("Вена", "Рим").encode())
    ((_, path),) = added(corpus, web, wrong)
    assert release(corpus, path).title == "Рим"


def test_a_connection_that_nobody_takes_is_named(corpus, web):
    room = PressRoom()
    room.close()
    assert "cannot be fetched: " in why(corpus, web, room.address + "/ferry")


@pytest.mark.parametrize("url", ["http://user:secret@127.0.0.1/a", "http://nowhere.invalid/a"])
def test_an_address_with_a_password_or_of_nobody_is_not_asked(corpus, web, url):
    message = why(corpus, web, url)
    assert "secret" not in message
    assert ("password" in message) or message == f"{url} has an unknown host. Check the address"


# --- where things go wrong ----------------------------------------------------------------------


def test_a_sidecar_that_lies_there_alone_is_kept_and_tells_nothing_about_another_file(
    corpus, web, tmp_path
):
    (corpus / "a.txt.yaml").write_text("title: Mine")
    (tmp_path / "a.txt").write_bytes(as_txt("Ferry returns", FERRY))
    (tmp_path / "a.txt.yaml").write_text("place: Old Port")
    assert added(corpus, web, tmp_path / "a.txt") == [("added", "a-2.txt")]
    assert (corpus / "a.txt.yaml").read_text() == "title: Mine"
    one = release(corpus, "a-2.txt")
    assert (one.title, one.place) == ("Ferry returns", "Old Port")


def test_two_at_once_never_overwrite_each_other(corpus, web, tmp_path, monkeypatch):
    texts = {name: as_txt(f"Title {name}", FERRY) for name in "xyz"}
    for name, text in texts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_bytes(text)
    # All of them have looked before one of them writes.
    barrier, is_taken = threading.Barrier(len(texts)), Adding._is_taken

    def looked(self, target):
        found = is_taken(self, target)
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(1)
        return found

    monkeypatch.setattr(Adding, "_is_taken", looked)
    with ThreadPoolExecutor(len(texts)) as pool:
        found = list(pool.map(lambda name: added(corpus, web, tmp_path / name / "a.txt"), texts))
    assert {path for ((_, path),) in found} == {"a.txt", "a-2.txt", "a-3.txt"}
    assert {(corpus / path).read_bytes() for path in files(corpus)} == set(texts.values())


def test_a_write_that_fails_leaves_nothing_behind(corpus, web, room, monkeypatch):
    url = room.html("/ferry", "Ferry returns", FERRY)

    def full(part, path, data):
        if not path.name.endswith(".yaml"):
            raise OSError(28, "No space left on device")
        linked(part, path, data)

    linked = filing._linked
    monkeypatch.setattr(filing, "_linked", full)
    assert why(corpus, web, url) == (
        f"{url!r} cannot be read or added (No space left on device). Check it"
    )
    assert files(corpus) == []


@pytest.mark.parametrize(
    "address",
    [
        "http://[::1/a",
        "http://exa\u2100mple.com/",
        "http://127.0.0.1:{port}/" + "a/" * 1500,
        "http://127.0.0.1:{port}/jump",
        "http://127.0.0.1:{port}/rtf",
    ],
)
def test_an_odd_address_or_answer_stops_no_other(corpus, web, room, tmp_path, address):
    (tmp_path / "a.txt").write_bytes(as_txt("Ferry returns", FERRY))
    room.sends("/jump", "text/html", b"", status=302, Location="javascript:alert(1)")
    room.sends("/rtf", "application/rtf", rb"{\rtf1 Hello}")
    address = address.format(port=room.address.rpartition(":")[2])
    first, second = added(corpus, web, address, tmp_path / "a.txt")
    assert (first, second) == (("failed", None), ("added", "a.txt"))


def test_an_etag_that_no_request_can_hold_is_not_asked_with(corpus, web, room):
    url = room.html("/ferry", "Ferry returns", FERRY, etag='"caf\xe9"')
    path = f"{room.host}/ferry.html"
    assert added(corpus, web, url) == [("added", path)]
    assert added(corpus, web, url) == [("known", path)]  # by its content


def test_what_is_packed_in_layers_or_cut_off_is_not_added(corpus, web, room):
    page = as_html("Ferry returns", FERRY * 40)
    layers = gzip.compress(gzip.compress(page))
    room.sends("/layers", "text/html", layers, Content_Encoding="gzip, gzip")
    room.sends("/cut", "text/html", gzip.compress(page)[:200], Content_Encoding="gzip")
    assert "comes packed as 'gzip, gzip', which was not asked for" in why(
        corpus, web, room.address + "/layers"
    )
    assert "was cut off on its way. Try again later" in why(corpus, web, room.address + "/cut")
    whole = room.sends("/whole", "text/html", gzip.compress(page), Content_Encoding="gzip")
    assert [did for did, _ in added(corpus, web, whole)] == ["added"]


def test_robots_with_a_mark_of_their_encoding_are_obeyed(corpus, web, room):
    room.sends("/robots.txt", "text/plain", b"\xef\xbb\xbfUser-agent: *\nDisallow: /")
    url = room.html("/ferry", "Ferry returns", FERRY)
    assert why(corpus, web, url).endswith("/robots.txt forbids it")


def test_a_host_that_asks_for_peace_is_left_in_peace(corpus, web, room):
    busy = room.sends("/busy", "text/html", b"", status=429, Retry_After="3600")
    other = room.html("/ferry", "Ferry returns", FERRY)
    first, second = outcomes(corpus, web, busy, other)
    assert first.message.endswith("status 429. Try again later (for 3600 s)")
    assert second.message == f"{other} was not asked: the host has asked for peace (for 3600 s)"
    assert "/ferry" not in room.asked


def test_robots_that_fail_are_asked_for_once(corpus, web, room):
    room.sends("/robots.txt", "text/plain", b"", status=503)
    links = [room.html(f"/{number}", f"Ferry {number}", FERRY) for number in range(3)]
    found = outcomes(corpus, web, *links)
    assert [one.did for one in found] == ["failed"] * 3
    assert room.counted()["/robots.txt"] == 1


def test_a_site_that_asks_for_very_long_pauses_is_left_alone(corpus, web, room):
    room.robots("User-agent: *\nCrawl-delay: 86400")
    url = room.html("/ferry", "Ferry returns", FERRY)
    assert "asks for 86400 s between two requests, more than 600" in why(corpus, web, url)


def test_one_broken_sitemap_or_file_costs_none_of_the_others(corpus, web, room, tmp_path):
    page = room.html("/ferry", "Ferry returns", FERRY)
    room.sitemap("/good.xml", page)
    index = "".join(
        f"<sitemap><loc>{room.address}/{n}.xml</loc></sitemap>" for n in ("bad", "good")
    )
    listed = room.sends("/index.xml", "text/xml", f"<sitemapindex>{index}</sitemapindex>".encode())
    assert [did for did, _ in added(corpus, web, listed)] == ["failed", "added"]
    source = tmp_path / "src"
    (source / "m").mkdir(parents=True)
    (source / "m" / "a.txt").write_bytes(as_txt("A", FERRY))
    (source / "z.txt").write_bytes(as_txt("Z", FERRY))
    (corpus / "src").mkdir()
    (corpus / "src" / "m").write_text("a file where a folder should be")
    first, second = outcomes(corpus, web, source)
    assert (first.did, first.path) == ("added", "src/z.txt")
    assert (second.did, second.source) == ("failed", str(source / "m/a.txt"))


def test_a_feed_with_its_full_text_and_no_links_is_kept_as_it_is(corpus, web, room):
    feed = b"<rss version='2.0'><channel><item><title>Ferry</title><description>%b</description>"
    body = feed % f"&lt;p&gt;{FERRY[0]}&lt;/p&gt;".encode() + b"</item></channel></rss>"
    url = room.sends("/feed", "text/html", b"\xef\xbb\xbf" + body)
    assert added(corpus, web, url) == [("added", f"{room.host}/feed.xml")]


@pytest.mark.parametrize("source", ["", " "])
def test_nothing_is_not_taken_for_the_folder_one_is_in(corpus, web, source, tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.txt").write_bytes(as_txt("A", FERRY))
    monkeypatch.chdir(tmp_path / "work")
    assert why(corpus, web, source) == f"{source!r} is no file, folder or address. Check it"


def test_an_empty_folder_and_a_hidden_file_are_told_of(corpus, web, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / ".a.txt").write_bytes(as_txt("A", FERRY))
    assert why(corpus, web, tmp_path / "empty").endswith("holds no file that could be a release")
    assert why(corpus, web, tmp_path / ".a.txt").endswith("hidden or not Unicode. Rename it")


def test_a_long_list_is_gone_on_with_where_it_was_left(corpus, web, room):
    links = [room.html(f"/{n}", f"Ferry {n}", FERRY, etag=f'"{n}"') for n in range(3)]
    feed = room.feed("/feed", *links)
    assert [one.did for one in outcomes(corpus, web, feed, most=2)] == ["added", "added", "failed"]
    assert [one.did for one in outcomes(corpus, web, feed, most=2)] == ["known", "known", "added"]


def test_a_word_file_is_known_by_its_name_where_the_server_calls_it_anything(corpus, web, room):
    data = WRITERS[".docx"]("Ferry returns", FERRY)
    for kind in ("application/zip", "text/plain", "application/octet-stream"):
        url = room.sends("/ferry.docx", kind, data)
        ((_, path),) = added(corpus, web, url)
        assert path == f"{room.host}/ferry.docx"


def test_no_address_can_make_a_folder_that_others_are_lost_in(corpus, web, room):
    for path in ("/news", "/news.html/a", "/news_files/b", "/news.html.yaml/c"):
        room.html(path, f"Title of {path}", FERRY)
    found = added(corpus, web, *(room.address + p for p in list(room.pages)))
    assert [did for did, _ in found] == ["added"] * 4
    assert {problem.message for problem in Corpus(corpus).changes({}).problems} == set()
    assert len([path for path in Corpus(corpus).changes({}).files if ".yaml" not in path]) == 4


def test_a_dry_run_gives_two_files_of_one_name_two_names_and_tells_no_password(
    corpus, web, room, tmp_path
):
    for name in "xy":
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_bytes(as_txt(f"Title {name}", FERRY))
    feed = room.feed("/feed", "http://user:secret@127.0.0.1/a", "javascript:alert(1)")
    found = outcomes(corpus, web, tmp_path / "x", tmp_path / "y", feed, dry_run=True)
    assert [one.path for one in found] == ["x/a.txt", "y/a.txt", None, None]
    assert [one.did for one in found[2:]] == ["failed", "failed"]
    assert "secret" not in f"{found[2].message}"
    again = outcomes(corpus, web, tmp_path / "x/a.txt", tmp_path / "y/a.txt", dry_run=True)
    assert [one.path for one in again] == ["a.txt", "a-2.txt"]


# --- the command -------------------------------------------------------------------------------


def test_the_command_tells_what_became_of_each_and_ends_with_a_code(corpus, tmp_path, room, capsys):
    (tmp_path / "a.txt").write_bytes(as_txt("Ferry returns", FERRY))
    url = room.html("/bridge", "Bridge opened", BRIDGE)
    arguments = ["add", str(tmp_path / "a.txt"), url, "--corpus", str(corpus), "--delay", "0"]
    assert main([*arguments, "--allow-private"]) == 0
    assert capsys.readouterr().out == (
        f"+ a.txt from {tmp_path}/a.txt\n+ {room.host}/bridge.html from {url}\n"
        "2 added. `eventqa build` encodes it; a running chat does by itself.\n"
    )
    assert main(arguments) == 1  # a private address
    told = capsys.readouterr()
    assert told.out == (f"= a.txt is there already: {tmp_path}/a.txt\n1 known, 1 failed.\n")
    assert "is inside of a network" in told.err
    assert main([*arguments, "--allow-private", "--json", "--dry-run"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["did"], one["path"]) for one in lines] == [
        ("known", "a.txt"),
        ("known", f"{room.host}/bridge.html"),
    ]


def test_the_corpus_folder_is_made_when_it_is_not_there(tmp_path, web):
    (tmp_path / "a.txt").write_bytes(as_txt("Ferry returns", FERRY))
    assert added(tmp_path / "new", web, tmp_path / "a.txt") == [("added", "a.txt")]
    assert os.listdir(tmp_path / "new") == ["a.txt"]
