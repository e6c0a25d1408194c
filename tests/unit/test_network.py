"""Networks: a trusted one that holds Docker's gateway is named aloud."""

from collections.abc import Callable
from ipaddress import IPv4Address, ip_network
from pathlib import Path

import pytest

from mailstead import network
from mailstead.settings import Settings

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"
# As the kernel of a little-endian machine writes 192.168.32.1 and a network without gateway.
ROUTES = (
    f"{HEAD}\n"
    "eth0\t00000000\t0120A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    "eth0\t0020A8C0\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0\n"
)


@pytest.fixture
def routes(tmp_path: Path) -> Path:
    """The routes of a container on a compose network."""
    (tmp_path / "route").write_text(ROUTES)
    return tmp_path / "route"


@pytest.mark.parametrize(
    ("url", "starttls", "loud"),
    [
        ("ldap://ldap.example.org/dc=example", "no", True),
        ("ldap://8.8.8.8/dc=example", "no", True),
        ("ldap://ldap.example.org/dc=example", "yes", False),
        ("ldaps://ldap.example.org/dc=example", "no", False),
        ("ldap://lldap:3890/dc=example", "no", False),
        ("ldap://192.168.1.5/dc=example", "no", False),
        ("ldap://[::1]/dc=example", "no", False),
    ],
)
def test_passwords_in_clear_to_a_directory_server_are_named_aloud(
    make_settings: Callable[..., Settings], tmp_path: Path, url: str, starttls: str, loud: bool
):
    """Where they leave the networks of one's own."""
    said = list(network.warnings(make_settings(directory_url=url, ldap_starttls=starttls), tmp_path / "none"))

    assert bool(said) == loud
    assert all("goes to" in sentence and "in clear" in sentence for sentence in said)


def test_the_gateway_is_read_from_the_routes():
    """Only rows that have one."""
    assert network.gateways(ROUTES) == [IPv4Address("192.168.32.1")]
    assert network.gateways(HEAD + "\n") == []


@pytest.mark.parametrize("trusted", ["192.168.0.0/16", "192.168.32.1", "10.0.0.0/8 192.168.32.0/20", "0.0.0.0/0"])
def test_trusting_the_gateway_is_named_aloud(make_settings: Callable[..., Settings], routes: Path, trusted: str):
    """Which network, which address, and what could happen."""
    (warning,) = network.warnings(make_settings(trusted_networks=trusted), routes)

    assert f"MAIL_TRUSTED_NETWORKS={ip_network(trusted.split()[-1])} holds 192.168.32.1, Docker's gateway." in warning
    assert "open relay" in warning


@pytest.mark.parametrize("trusted", ["", "10.0.0.0/8", "192.168.32.2", "2001:db8::/32"])
def test_trusting_others_is_nothing_to_speak_of(make_settings: Callable[..., Settings], routes: Path, trusted: str):
    """A network beside the gateway's, or none."""
    assert list(network.warnings(make_settings(trusted_networks=trusted), routes)) == []


def test_a_machine_without_a_table_of_routes_is_no_error(make_settings: Callable[..., Settings], tmp_path: Path):
    """Settings can be checked anywhere."""
    assert list(network.warnings(make_settings(trusted_networks="0.0.0.0/0"), tmp_path / "absent")) == []
