"""Addresses of servers: read as they are pasted, those of the metadata kind in any spelling."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.chat.address import forbidden, read_address
from visdiff_plugin.secret import Secret


@pytest.mark.parametrize(
    ("given_", "url"),
    [
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        (" HTTP://LocalHost:11434/v1/ ", "http://localhost:11434/v1/"),
        ("https://h/v1/chat/completions", "https://h/v1"),
        ("https://h/v1/chat/completions/", "https://h/v1"),
        ("https://h/api/v1/completions", "https://h/api/v1"),
        ("https://h/v1/models", "https://h/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("http://0.0.0.0:8000/v1", "http://0.0.0.0:8000/v1"),
        ("http://192.168.1.7/v1", "http://192.168.1.7/v1"),
    ],
)
def test_an_address_as_it_is_pasted(given_, url):
    assert read_address(given_).url == read_address(given_).shown == url


def test_azures_version_is_kept_and_a_key_is_not_shown():
    address = read_address(
        "https://me:hunter2@x.openai.azure.com/openai/deployments/d/chat/completions"
        "?api-version=2024-10-21&api-key=sk-canary"
    )
    assert address.url == "https://x.openai.azure.com/openai/deployments/d"
    assert dict(address.query) == {"api-version": "2024-10-21", "api-key": "sk-canary"}
    assert address.shown == f"{address.url}?api-version=2024-10-21"
    assert address.user.reveal() == "me:hunter2"
    assert set(address.secrets) == {"me:hunter2", "hunter2", "sk-canary"}
    assert "canary" not in repr(address) and "hunter2" not in repr(address)


@pytest.mark.parametrize(
    "text",
    ["", "localhost:11434/v1", "ftp://host/v1", "file:///etc/passwd", "gopher://h", "http://",
     "http:///v1", "javascript:alert(1)", "http://h:99999/v1", "http://h:x/v1", "http://[::1/v1",
     "http://a b/v1", "http://h\\@evil/v1", "joe:hunter2@host/v1", "http://joe:hunter2@/v1",
     "ftp://joe:hunter2@h/v1", "http://joe:hun/ter2@h:x", "http://joe:hunter2@h:99999/v1",
     "//joe:hunter2@h/v1", "host?api-key=hunter2", "ftp://h/?api-key=hunter2"],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_its_password(text):
    with pytest.raises(ValueError, match="Expected an address") as caught:
        read_address(Secret(text))
    assert "hun" not in str(caught.value) and "ter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "169.254.169.254.", "2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE",
        "0251.0376.0251.0376", "169.254.43518", "169.16689662", "169.254.0.1", "169.254.170.2",
        "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[0:0:0:0:0:ffff:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[::a9fe:a9fe]", "[fd00:ec2::254]",
        "[FD00:0EC2:0:0::0254]", "[fe80::1]", "[fe80::1%25eth0]", "[fd20:ce::254]",
        "metadata.google.internal", "METADATA.Google.Internal.", "metadata", "metadata.goog",
        "instance-data", "100.100.100.200", "192.0.0.192", "168.63.129.16",
        "１６９.２５４.１６９.２５４", "169。254。169。254", "169%2e254%2e169%2e254",
    ],
)  # fmt: skip
def test_metadata_in_any_spelling_is_never_asked(host):
    for address in (f"http://{host}/v1", f"https://me:pw@{host}:8080/latest?x=1"):
        with pytest.raises(ValueError, match="reserved|Expected an address"):
            read_address(address)


@given(st.integers(0, 0xFFFF))
def test_every_link_local_number_is_forbidden_and_its_neighbors_are_not(low):
    number = ipaddress.IPv4Address(0xA9FE0000 + low)
    for text in (
        str(number),
        str(int(number)),
        hex(int(number)),
        oct(int(number)).replace("o", ""),
    ):
        assert forbidden(text), text
    assert forbidden(str(ipaddress.IPv6Address(0xFFFF00000000 + int(number))))
    assert not forbidden(str(ipaddress.IPv4Address(0xA9FD0000 + low)))
    assert not forbidden(str(ipaddress.IPv4Address(0x0A000000 + low)))


@pytest.mark.parametrize(
    ("one", "other", "inside"),
    [
        ("https://h/v1", "https://h/v1", True),
        ("https://h/v1/", "https://h:443/v1", True),
        ("https://h/v1/x", "https://h/v1", True),
        ("https://h/v12", "https://h/v1", False),
        ("https://h/v1", "https://h/v1/x", False),
        ("http://h/v1", "https://h/v1", False),
        ("https://h:444/v1", "https://h/v1", False),
        ("https://h.evil/v1", "https://h/v1", False),
        ("https://h@evil/v1", "https://h/v1", False),
    ],
)
def test_what_is_within_another_address(one, other, inside):
    assert read_address(one).within(read_address(other)) is inside


@pytest.mark.parametrize(
    ("text", "is_openai"),
    [
        ("https://api.openai.com/v1", True),
        ("https://API.openai.com:443/v1/chat/completions", True),
        ("https://eu.api.openai.com/v1", True),
        ("http://api.openai.com/v1", False),
        ("https://api.openai.com:8443/v1", False),
        ("https://api.openai.com.evil.example/v1", False),
        ("https://evilapi.openai.com/v1", False),
        ("https://api.openai.com@evil.example/v1", False),
        ("https://evil.example/api.openai.com", False),
    ],
)
def test_what_is_openai_itself(text, is_openai):
    assert read_address(text).is_openai is is_openai
