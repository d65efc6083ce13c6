"""Where a push may go. A table, and what hypothesis finds beside it."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.endpoints import is_public, parse

PUBLIC = ["8.8.8.8", "142.250.185.74", "192.0.1.1", "2606:4700:4700::1111", "2a00:1450:4001::5f", "64:ff9b::8.8.8.8"]
NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",  # the metadata of clouds
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::8.8.8.8",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::",
    "3ffe::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700:4700::1111%eth0",
    "ff02::1",
    "",
    "push.example.org",
    "127.1",
    "0x7f000001",
]
PRIVATE = [
    IPv4Network(one) for one in ("10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
]


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_whatever_is_not_of_the_internet_is_not(address: str) -> None:
    assert not is_public(address)


@given(network=st.sampled_from(PRIVATE), number=st.integers(0, 2**32 - 1))
def test_no_private_address_is_public_in_any_clothes(network: IPv4Network, number: int) -> None:
    inside = IPv4Address(int(network.network_address) + number % network.num_addresses)
    low = int(inside)
    assert not is_public(str(inside))
    for prefix in ("::", "::ffff:0:0", "64:ff9b::", "::ffff:0:0:0"):
        assert not is_public(str(IPv6Address(int(IPv6Address(prefix)) + low)))
    assert not is_public(str(IPv6Address(int(IPv6Address("2002::")) + (low << 80))))
    assert not is_public(str(IPv6Address(int(IPv6Address("2001::")) + low)))


@given(st.ip_addresses(v=6))
def test_of_ipv6_only_what_is_given_out_is_public(address: IPv6Address) -> None:
    inside = 0x2000 <= int(address) >> 112 <= 0x3FFF
    assert inside or str(address).startswith("64:ff9b::") or not is_public(str(address))


@pytest.mark.parametrize(
    ("url", "netloc"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc:def", "fcm.googleapis.com"),
        ("https://updates.push.services.mozilla.com/wpush/v2/gAAA?x=1", "updates.push.services.mozilla.com"),
        ("https://Push.Example.ORG:443/x", "push.example.org"),
        ("https://8.8.8.8/x", "8.8.8.8"),
        ("https://db5p_1.notify.windows.com./w/?token=x", "db5p_1.notify.windows.com."),
        ("https://local.example.org/x", "local.example.org"),
        ("https://[2606:4700:4700::1111]/x", "[2606:4700:4700::1111]"),
    ],
)
def test_an_endpoint_of_a_push_service_is_one(url: str, netloc: str) -> None:
    parsed = parse(url)
    assert parsed
    assert (parsed.origin, parsed.port, parsed.is_test) == (f"https://{netloc}", 443, False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://push.example.org/",
        "ftp://push.example.org/",
        "file:///etc/passwd",
        "//push.example.org/",
        "https:push.example.org",
        "https:///x",
        "https://push.example.org:8443/",
        "https://push.example.org:0/",
        "https://push.example.org:99999/",
        "https://user@push.example.org/",
        "https://user:password@push.example.org/",
        "https://push.example.org@127.0.0.1/",
        "https://push.example.org\\@127.0.0.1/",
        "https://push.example.org/#x",
        "https://push.example.org/a b",
        "https://push.example.org/\r\nX: y",
        "https://push.example.org/\u00e4",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://p%75sh.example.org/",
        "https://localhost/",
        "https://localhost./",
        "https://intranet/",
        "https://127.0.0.1/",
        "https://127.0.0.1./",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://0x7f000001/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[2002:7f00:1::]/",
        "https://[/",
        "https://push.example.org/" + "a" * 2_000,
        "https://a..b/",
        "https://.example.org/",
        "https://push.example.org../",
        "https://-push.example.org/",
        "https://push-.example.org/",
        f"https://{'a' * 64}.example.org/",
        f"https://{'a.' * 126}org/",
        "https://printer.local/",
        "https://printer.LOCAL./",
        "https://vault.internal/",
        "https://push.localhost/",
        "https://nas.home.arpa/",
        "https://home.arpa/",
        "https://[3ffe::1]/",
        "https://8.8.8.8./",
    ],
)
def test_anything_else_is_no_endpoint(url: str) -> None:
    assert parse(url) is None


def test_a_test_origin_is_exact() -> None:
    origins = ["http://127.0.0.1:1234"]
    parsed = parse("http://127.0.0.1:1234/push/x", origins)
    assert parsed
    assert (parsed.is_test, parsed.origin, parsed.port) == (True, origins[0], 1234)
    for other in (
        "http://127.0.0.1:12345/",
        "http://127.0.0.1/",
        "https://127.0.0.1:1234/",
        "http://x@127.0.0.1:1234/",
    ):
        assert parse(other, origins) is None


@given(st.text(max_size=60), st.sampled_from(["https://", "https://127.0.0.1", "https://[", ""]))
def test_no_text_makes_it_fail(text: str, prefix: str) -> None:
    parsed = parse(prefix + text)
    assert parsed is None or parsed.url.startswith("https://")
