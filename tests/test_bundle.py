"""A .zip archive: what is in it is read, what could do harm is named."""

import io
import stat
import zipfile

import pytest
from written import as_html, as_pdf, zipped

from eventqa.readers import Reading, read

FERRY = (
    "The ferry Marta has returned to service after nine months of repairs, and both of her engines "
    "were replaced in that time."
)


def told(reading: Reading) -> dict[str | None, str]:
    assert all(problem.lost for problem in reading.problems)
    return {problem.member: problem.message for problem in reading.problems}


def test_files_of_every_kind_in_an_archive_are_releases_named_by_their_place():
    reading = read(
        "2018.zip",
        zipped(
            {
                "may/ferry.html": as_html("Ferry returns", [FERRY]),
                "may/ferry.pdf": as_pdf("Ferry returns", ["She is back."]),
                "all.jsonl": b'{"text": "One."}\n{"text": "Two.", "id": "two"}\n{bad',
                "table.xlsx": b"PK",
            }
        ),
    )
    assert [(one.id, one.where, one.line, one.passages[0].text) for one in reading.releases] == [
        (
            "2018.zip/may/ferry.html",
            "2018.zip/may/ferry.html",
            None,
            FERRY,
        ),
        ("2018.zip/may/ferry.pdf", "2018.zip/may/ferry.pdf", None, "She is back."),
        ("2018.zip/all.jsonl:1", "2018.zip/all.jsonl", 1, "One."),
        ("two", "2018.zip/all.jsonl", 2, "Two."),
    ]
    bad, table = reading.problems
    assert str(bad).startswith("2018.zip/all.jsonl, line 3: it is not JSON")
    assert str(table).startswith("2018.zip/table.xlsx: .xlsx is not read. Save it as .docx")


def test_hidden_files_folders_parts_of_saved_pages_and_sidecars_are_no_releases():
    page = as_html("Ferry returns", [FERRY])
    reading = read(
        "a.zip",
        zipped(
            {
                "folder/": b"",
                "__MACOSX/page.html": b"x",
                "folder/.DS_Store": b"x",
                "~$note.docx": b"x",
                "page.html": page,
                "page.html.yaml": b"place: Aldmar\ndate: 2024-03-04",
                "page_files/style.css": b"x",
                "page_files/deep/ad.html": page,
                "other_files/release.txt": b"A title\n\nKept.",
            }
        ),
    )
    assert [(one.where, one.place) for one in reading.releases] == [
        ("a.zip/page.html", "Aldmar"),
        ("a.zip/other_files/release.txt", None),
    ]
    assert reading.problems == []


@pytest.mark.parametrize(
    "name",
    [
        "../up.txt",
        "a/../../up.txt",
        "/etc/up.txt",
        "C:\\up.txt",
        "a\nb.txt",
        "a//b.txt",
    ],
)
def test_a_name_that_leads_out_of_the_archive_is_named_and_the_rest_is_read(name):
    reading = read("a.zip", zipped({name: b"Out.", "in.txt": b"In."}))
    assert [one.where for one in reading.releases] == ["a.zip/in.txt"]
    ((member, message),) = told(reading).items()
    assert message == "its name is no plain path inside of the archive. Rename it"
    assert "\n" not in str(member)


def test_links_and_locked_files_are_named():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("in.txt", "In.")
    locked = packed.getvalue().replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )
    reading = read("a.zip", packed.getvalue())
    assert told(reading) == {"link.txt": "it is a link. Put the file itself into the archive"}
    assert [one.text for one in reading.releases] == ["In."]
    assert told(read("a.zip", locked))["in.txt"] == (
        "it is protected by a password. Pack it without one"
    )


def test_a_bomb_is_named_before_it_is_unpacked():
    reading = read("a.zip", zipped({"bomb.txt": b"0" * 80_000_000, "in.txt": b"In."}))
    assert told(reading) == {
        "bomb.txt": "it unpacks to 80,000,000 bytes, at most 67,108,864 are read. Split it"
    }
    assert [one.text for one in reading.releases] == ["In."]
    reading = read("a.zip", zipped({"bomb.txt": b"0" * 10_000_000}))
    assert told(reading)["bomb.txt"].startswith("it unpacks to 10,000,000 bytes from ")


def test_archives_in_an_archive_may_not_unpack_to_more_than_it_may(monkeypatch):
    monkeypatch.setattr("eventqa.readers._LARGEST_WHOLE", 5_000_000)
    inner = zipped({f"{number}.txt": b"word " * 200_000 for number in range(4)})
    reading = read("a.zip", zipped({f"{number}.zip": inner for number in range(12)}))
    assert sum(len(one.text) for one in reading.releases) < 5_000_000
    assert "it unpacks to more than 5,000,000 bytes" in reading.problems[0].message


def test_an_archive_of_too_much_is_read_as_far_as_it_may(monkeypatch):
    monkeypatch.setattr("eventqa.bundle._LARGEST_WHOLE", 10)
    reading = read("a.zip", zipped({"a.txt": b"Kept.", "b.txt": b"Too much."}))
    assert [one.text for one in reading.releases] == ["Kept."]
    assert told(reading) == {
        None: "it unpacks to more than 10 bytes: what comes from 'b.txt' on was left out. Split it"
    }
    monkeypatch.setattr("eventqa.bundle._MOST_FILES", 1)
    assert told(read("a.zip", zipped({"a.txt": b"A.", "b.txt": b"B."}))) == {
        None: "it holds 2 files, at most 1 are read. Split it"
    }


def test_archives_in_archives_are_read_to_a_depth():
    inner = zipped({"in.txt": b"In."})
    for _ in range(2):
        inner = zipped({"inner.zip": inner})
    assert [one.where for one in read("a.zip", inner).releases] == [
        "a.zip/inner.zip/inner.zip/in.txt"
    ]
    for _ in range(2):
        inner = zipped({"inner.zip": inner})
    reading = read("a.zip", inner)
    assert reading.releases == []
    assert list(told(reading).values()) == [
        "it lies too deep inside of other files. Take it out of them"
    ]


def test_a_damaged_file_in_an_archive_is_named_and_the_rest_is_read():
    data = bytearray(zipped({"a.txt": b"It began and it went on." * 9, "in.txt": b"In."}))
    data[40] ^= 0xFF
    reading = read("a.zip", bytes(data))
    assert [one.text for one in reading.releases] == ["In."]
    assert told(reading) == {
        "a.txt": "it cannot be unpacked. Get the archive again from its source"
    }


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"no archive at all", b"PK\x05\x06" + b"\xff" * 18]
)
def test_what_is_no_archive_is_named(data):
    (message,) = told(read("a.zip", data)).values()
    assert message.startswith("it is no .zip archive, or a damaged one")


def test_an_empty_archive_is_named():
    assert told(read("a.zip", zipped({}))) == {
        None: "it holds no release. Remove it, or put one into it"
    }
