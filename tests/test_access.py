"""The login's file, and where a page is reached."""

import os

import pytest
from desk import free_port, taken_port

from eventqa.access import Login, is_loopback, require
from eventqa.types import EventQAError, InvalidInput


def file_of(tmp_path, content, mode=0o600):
    file = tmp_path / "password.txt"
    file.write_bytes(content)
    file.chmod(mode)
    return file


@pytest.mark.parametrize(
    ("content", "password"),
    [
        (b"secret", "secret"),
        (b"secret\nsecond line", "secret"),
        (b"secret\r\n", "secret"),
        (b"\xef\xbb\xbfs\xc3\xa9cret \n", "sécret "),
        (b"with:colon", "with:colon"),
    ],
)
def test_the_password_is_the_first_line_of_the_file(tmp_path, content, password):
    login = Login.read(f"desk:{file_of(tmp_path, content)}")
    assert (login.user, login.password, login.warning) == ("desk", password, "")


def test_the_password_is_never_shown():
    assert "secret" not in repr(Login("desk", "secret"))


@pytest.mark.parametrize("written", ["desk", "desk:", ":file", "", ":"])
def test_a_login_that_is_written_otherwise_is_refused(written):
    with pytest.raises(InvalidInput, match="is no login. Write USER:PASSWORD-FILE"):
        Login.read(written)


def test_a_file_without_a_password_is_refused_by_its_name(tmp_path):
    with pytest.raises(InvalidInput, match=r"nowhere.*cannot be read \(No such file"):
        Login.read(f"desk:{tmp_path / 'nowhere'}")
    with pytest.raises(InvalidInput, match="cannot be read"):
        Login.read(f"desk:{tmp_path}")
    for content in (b"", b"\nsecret", b"\r\n"):
        with pytest.raises(InvalidInput, match=r"first line of .*password.txt.* is empty"):
            Login.read(f"desk:{file_of(tmp_path, content)}")
    with pytest.raises(InvalidInput, match="it is not UTF-8"):
        Login.read(f"desk:{file_of(tmp_path, bytes([255, 255]))}")


@pytest.mark.skipif(os.name != "posix", reason="files have no such mode")
def test_a_password_that_others_may_read_is_warned_of(tmp_path):
    login = Login.read(f"desk:{file_of(tmp_path, b'secret', 0o644)}")
    assert "others on this machine may read the password" in login.warning
    assert "secret" not in login.warning


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_a_free_port_of_this_machine_can_be_listened_on(host):
    require(host, free_port())


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("", "host is empty. Write 127.0.0.1 for this machine only"),
        ("no.such.name.invalid", "host 'no.such.name.invalid' is no name that this machine knows"),
        ("a b", "host 'a b' is no name that this machine knows"),
        ("192.0.2.77", "host '192.0.2.77' is not this machine. Write 127.0.0.1"),
    ],
)
def test_a_host_that_is_none_of_this_machine_is_named(host, message):
    with pytest.raises(InvalidInput, match=message):
        require(host, 7860)


def test_a_port_that_is_taken_is_named_and_another_one_offered():
    message = "^port {} is not free on 127.0.0.1. Stop"
    with taken_port() as port, pytest.raises(EventQAError, match=message.format(port)):
        require("127.0.0.1", port)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST", "::1"])
def test_the_loopback_is_known(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "newsroom", "127.0.0.1.x", ""])
def test_everything_else_is_no_loopback(host):
    assert not is_loopback(host)
