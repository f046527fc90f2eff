"""The README's table of hosts says what the desk itself knows of them."""

from pathlib import Path

from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import Host, Way
from deskapp.hosts.packages import make_package

README = (Path(__file__).parents[2] / "README.md").read_text()
HEADER = "| host | code | opens | what is signed | what to install | tested |"
OPENS = {Way.FRAME: "in a frame", Way.CALL: "by a link that its server asks for"}


def test_the_table_of_hosts_agrees_with_the_hosts() -> None:
    lines = README.partition(HEADER)[2].partition("\n\n")[0].strip().splitlines()[1:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [row[:3] for row in rows] == [[one.words, f"`{one.code}`", OPENS[one.way]] for one in HOSTS.values()]
    for (_, _, _, signed, to_install, tested), host in zip(rows, HOSTS.values(), strict=True):
        assert signed.startswith("nothing") is not host.is_signed, host.code
        assert to_install.startswith("the address") is not _is_installed(host), host.code
        assert tested == host.tested, host.code


def _is_installed(host: Host) -> bool:
    url = "https://desk.example.com"
    return host.code == "extension" or make_package(host, name="x", url=url, origin=url, fields={}) is not None
