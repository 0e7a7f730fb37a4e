"""The folder or the .jsonl file: what is there, what changed."""

import hashlib
import os
import socket
import time
from pathlib import Path

import pytest

from eventqa.corpus import Changes, Corpus, FileState, with_content
from eventqa.types import EventQAError


def look(place: Path, known=None) -> Changes:
    return Corpus(place).changes(known or {})


def told(changes: Changes) -> dict[str, str]:
    return {problem.path: problem.message for problem in changes.problems}


def write(path: Path, text: str = "It began.", age: float = 60) -> Path:
    """A file last changed so many seconds ago, as far as its modification time tells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - age,) * 2)
    return path


def entered(folder: int, name: str) -> int:
    """A folder in an open folder, open in its stead."""
    try:
        return os.open(name, os.O_RDONLY, dir_fd=folder)
    finally:
        os.close(folder)


def settled(changes: Changes) -> dict[str, FileState]:
    """The files as they will be known once the clock has moved on."""
    return {path: FileState(one.stamp, one.sha256, True) for path, one in changes.files.items()}


def test_a_folder_is_searched_recursively_in_order_of_path(corpus):
    for name in ("b.txt", "a.md", "sub/deep/c.jsonl", "sub/D.TXT"):
        write(corpus / name)
    assert look(corpus).changed == ("a.md", "b.txt", "sub/D.TXT", "sub/deep/c.jsonl")


def test_a_jsonl_file_is_a_corpus_of_its_own(corpus):
    write(corpus / "a.JSONL", '{"text": "It began."}')
    write(corpus / "other.txt")
    changes = look(corpus / "a.JSONL")
    assert (changes.changed, changes.problems) == (("a.JSONL",), ())
    assert Corpus(corpus / "a.JSONL").read("a.JSONL")[0].releases[0].text == "It began."


@pytest.mark.parametrize(
    "name", ["a b.txt", "a\nb.txt", "é😀.txt", "'\"<b>.txt", "-rf.txt", "x.txt/y.txt"]
)
def test_odd_names_are_read(corpus, name):
    write(corpus / name)
    assert look(corpus).changed == (name,)
    assert Corpus(corpus).read(name)[0].releases[0].id == name


@pytest.mark.parametrize("name", [b"\xff.txt", b"\xff/a.txt"])
def test_a_name_that_is_no_text_is_named_and_stops_no_other(corpus, name):
    write(corpus / "a.txt")
    path = os.path.join(os.fsencode(corpus), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(b"x")
    changes = look(corpus)
    assert changes.changed == ("a.txt",)
    shown = name.decode("ascii", "surrogateescape").encode("utf-8", "replace").decode()
    assert told(changes) == {shown: "its name or its folder's is not valid Unicode. Rename it"}


def test_hidden_files_and_folders_are_passed_over(corpus):
    write(corpus / ".a.txt")
    write(corpus / ".git/b.txt")
    changes = look(corpus)
    assert (changes.changed, changes.problems) == ((), ())


def test_another_kind_of_file_is_named(corpus):
    write(corpus / "a.xlsx")
    write(corpus / "b.doc")
    write(corpus / "README")
    assert told(look(corpus)) == {
        "a.xlsx": ".xlsx is not read. Save it as .docx, .odt, .pdf, .html or .txt",
        "b.doc": ".doc is not read. Save it as .docx",
        "README": "a file without suffix is not read. Save it as .docx, .odt, .pdf, .html or .txt",
    }


def test_pipes_and_sockets_are_named_and_not_waited_for(corpus):
    os.mkfifo(corpus / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as one:
        folder = os.open(corpus, os.O_RDONLY)
        one.bind(f"/proc/self/fd/{folder}/s.txt")  # a socket's own path must be short
        os.close(folder)
    why = "it is no regular file. Remove it from the corpus"
    assert told(look(corpus)) == {"pipe.txt": why, "s.txt": why}


def test_a_pipe_put_in_the_place_of_a_file_is_not_waited_for(corpus):
    os.mkfifo(corpus / "a.txt")
    reading, _ = Corpus(corpus).read("a.txt")
    assert reading.releases == [] and reading.problems[0].lost


def test_a_link_leading_out_is_named_and_not_read(corpus, tmp_path):
    outside = write(tmp_path / "outside/secret.txt")
    (corpus / "file.txt").symlink_to(outside)
    (corpus / "folder").symlink_to(outside.parent)
    (corpus / "up.txt").symlink_to("../outside/secret.txt")
    why = "it is a link leading out of the corpus. Copy the file itself into the corpus"
    changes = look(corpus)
    assert told(changes) == {"file.txt": why, "folder": why, "up.txt": why}
    assert changes.changed == ()


def test_a_link_put_in_the_place_of_a_file_is_not_followed(corpus, tmp_path):
    (corpus / "a.txt").symlink_to(write(tmp_path / "secret.txt", "secret"))
    reading, hashes = Corpus(corpus).read("a.txt")
    assert (reading.releases, hashes) == ([], {"a.txt": ""})
    assert reading.problems[0].message.startswith("it cannot be opened")


def test_a_link_inside_the_corpus_is_read_where_it_leads(corpus):
    write(corpus / "a.txt")
    (corpus / "again.txt").symlink_to("a.txt")
    (corpus / "loop").symlink_to(".")
    changes = look(corpus)
    assert (changes.changed, changes.problems) == (("a.txt",), ())


def test_links_to_nothing_and_in_a_circle_are_named_and_stop_no_other(corpus):
    write(corpus / "a.txt")
    (corpus / "gone.txt").symlink_to("nowhere.txt")
    (corpus / "one.txt").symlink_to("two.txt")
    (corpus / "two.txt").symlink_to("one.txt")
    changes = look(corpus)
    assert changes.changed == ("a.txt",)
    why = "it is a link to nothing. Remove it"
    assert told(changes) == {"gone.txt": why, "one.txt": why, "two.txt": why}


def test_a_corpus_may_itself_be_a_link(corpus, tmp_path):
    write(corpus / "a.jsonl", '{"text": "It began."}')
    (tmp_path / "folder").symlink_to(corpus)
    (tmp_path / "latest.jsonl").symlink_to(corpus / "a.jsonl")
    assert look(tmp_path / "folder").changed == ("a.jsonl",)
    file = Corpus(tmp_path / "latest.jsonl")
    assert file.changes({}).changed == ("latest.jsonl",)
    assert file.read("latest.jsonl")[0].releases[0].text == "It began."


def test_folders_nested_a_thousand_deep_are_searched(corpus):
    here = os.open(corpus, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=here)
        here = entered(here, "d")
    os.close(os.open("a.txt", os.O_CREAT, dir_fd=here))
    try:
        assert look(corpus).changed == ("d/" * 1200 + "a.txt",)
    finally:  # pytest cannot remove folders so deep
        os.unlink("a.txt", dir_fd=here)
        for _ in range(1200):
            here = entered(here, "..")
            os.rmdir("d", dir_fd=here)
        os.close(here)


@pytest.mark.parametrize(
    "name, why", [("gone", "No such file"), ("gone.jsonl", "No such file"), ("a.txt", "Not a dir")]
)
def test_a_corpus_that_is_not_there_is_an_error_that_names_it(tmp_path, name, why):
    write(tmp_path / "a.txt")
    with pytest.raises(
        EventQAError,
        match=f"{name}' cannot be read .{why}.*another folder or .jsonl file with --corpus",
    ):
        look(tmp_path / name)


def test_a_file_that_vanished_is_named_and_stops_no_other(corpus):
    reading, hashes = Corpus(corpus).read("gone.txt")
    assert (reading.releases, hashes) == ([], {"gone.txt": ""})
    assert reading.problems[0].message == (
        "it cannot be opened (No such file or directory). Check its permissions"
    )


def test_reading_gives_the_hash_of_the_bytes(corpus):
    write(corpus / "a.txt", "It began.")
    assert Corpus(corpus).read("a.txt")[1] == {"a.txt": hashlib.sha256(b"It began.").hexdigest()}


def test_nothing_has_changed_when_nothing_has(corpus):
    write(corpus / "a.txt")
    changes = look(corpus, look(corpus).files)
    assert not changes
    assert list(changes.files) == ["a.txt"]


def test_new_edited_and_vanished_files_are_told_apart(corpus):
    for name in ("kept.txt", "edited.txt", "gone.txt"):
        write(corpus / name)
    known = settled(look(corpus))
    write(corpus / "new.txt")
    write(corpus / "edited.txt", "It ended!")
    (corpus / "gone.txt").unlink()
    changes = look(corpus, known)
    assert (changes.changed, changes.vanished) == (("edited.txt", "new.txt"), ("gone.txt",))


def test_a_touched_file_is_not_changed(corpus):
    file = write(corpus / "a.txt")
    known = settled(look(corpus))
    os.utime(file)
    changes = look(corpus, known)
    assert not changes and changes.files["a.txt"].stamp != known["a.txt"].stamp


def test_a_file_is_trusted_by_its_stamp_once_it_has_settled(corpus):
    write(corpus / "a.txt")
    known = settled(look(corpus))
    wrong = {"a.txt": FileState(known["a.txt"].stamp, "0" * 64, True)}
    assert not look(corpus, wrong)


def test_a_file_changed_within_one_tick_of_the_clock_is_found_out(corpus):
    write(corpus / "a.txt", "one", age=0)
    known = look(corpus).files
    assert not known["a.txt"].settled
    same_stamp = FileState(known["a.txt"].stamp, hashlib.sha256(b"two").hexdigest(), False)
    assert look(corpus, {"a.txt": same_stamp}).changed == ("a.txt",)


def test_what_was_read_counts_and_not_what_was_looked_at_before():
    state = FileState((1, 2, 3, 4), "a", True)
    assert with_content(state, "a") is state
    assert with_content(state, "b") == FileState((1, 2, 3, 4), "b", False)


def test_a_stamp_has_four_parts():
    with pytest.raises(ValueError, match="4 parts, this has 3"):
        FileState((1, 2, 3), "", False)


def test_the_pictures_and_scripts_of_a_saved_page_are_passed_over(corpus):
    write(corpus / "page.html")
    write(corpus / "page_files/ad.html")
    write(corpus / "page_files/deep/style.css")
    write(corpus / "other_files/a.txt")
    write(corpus / "~$open.docx")
    changes = look(corpus)
    assert (changes.changed, changes.problems) == (("other_files/a.txt", "page.html"), ())


@pytest.mark.parametrize(
    ("name", "size", "largest"),
    [
        ("a.txt", 500_000_000, 16_777_216),
        ("a.html", 16_777_217, 16_777_216),
        ("a.pdf", 300_000_000, 268_435_456),
        ("a.zip", 600_000_000, 536_870_912),
    ],
)
def test_a_file_that_is_too_large_is_named_and_not_opened(corpus, name, size, largest):
    write(corpus / name, "")
    os.truncate(corpus / name, size)
    began = time.monotonic()
    changes = look(corpus)
    assert changes.changed == ()
    assert told(changes) == {
        name: f"it has {size:,} bytes, at most {largest:,} are read of {name[1:]}. Split it"
    }
    assert time.monotonic() - began < 0.5


def test_a_sidecar_tells_facts_and_is_no_release(corpus):
    write(corpus / "a.txt", "A Title\n\nIt began.")
    write(corpus / "a.txt.yaml", "date: 2018-05-05\nbody: Port of Aldmar")
    changes = look(corpus)
    assert (changes.changed, changes.problems) == (("a.txt", "a.txt.yaml"), ())
    (release,) = Corpus(corpus).read("a.txt")[0].releases
    assert (str(release.date), release.body) == ("2018-05-05", "Port of Aldmar")
    reading, hashes = Corpus(corpus).read("a.txt")
    assert hashes == {
        name: hashlib.sha256((corpus / name).read_bytes()).hexdigest()
        for name in ("a.txt", "a.txt.yaml")
    }
    reading, hashes = Corpus(corpus).read("a.txt.yaml")  # which is read with its file
    assert (reading.releases, reading.problems, hashes) == ([], [], {})


def test_beside_a_corpus_that_is_one_file_there_is_no_sidecar(corpus):
    write(corpus / "all.jsonl", '{"text": "It began."}')
    write(corpus / "all.jsonl.yaml", "place: Aldmar")
    (release,) = Corpus(corpus / "all.jsonl").read("all.jsonl")[0].releases
    assert release.place is None


def test_a_file_is_read_again_when_its_sidecar_comes_changes_or_goes(corpus):
    write(corpus / "a.txt", "A Title\n\nIt began.")
    known = settled(look(corpus))
    sidecar = write(corpus / "a.txt.yaml", "date: 2018-05-05")
    changes = look(corpus, known)
    assert changes.changed == ("a.txt", "a.txt.yaml")
    write(sidecar, "date: 2018-05-06", age=30)
    changes = look(corpus, settled(changes))
    assert changes.changed == ("a.txt", "a.txt.yaml")
    sidecar.unlink()
    changes = look(corpus, settled(changes))
    assert (changes.changed, changes.vanished) == (("a.txt",), ("a.txt.yaml",))


def test_a_sidecar_without_its_file_is_named_until_that_comes(corpus):
    write(corpus / "a.txt.yaml", "date: 2018-05-05")
    (problem,) = Corpus(corpus).read("a.txt.yaml")[0].problems
    assert (problem.path, problem.lost) == ("a.txt.yaml", True)
    assert problem.message == (
        "there is no file that it tells facts about. Name it as that file with .yaml after it"
    )
    known = settled(look(corpus))
    write(corpus / "a.txt")
    assert look(corpus, known).changed == ("a.txt", "a.txt.yaml")
    assert Corpus(corpus).read("a.txt.yaml")[0].problems == []


def test_pictures_sounds_and_films_are_passed_over_in_silence(corpus):
    for name in ("a.jpg", "b.PNG", "sub/c.mp4", "d.wav", "Thumbs.db"):
        write(corpus / name)
    changes = look(corpus)
    assert (changes.changed, changes.problems) == ((), ())
