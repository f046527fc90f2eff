"""The tests' own PostgreSQL comes up alone and goes away alone; what is missing is said aloud."""

import subprocess
import sys
from pathlib import Path

import pytest
import servers
from sqlalchemy.engine import make_url


@pytest.mark.postgres
def test_a_killed_test_run_leaves_no_server_and_no_folder(postgres):
    code = (
        "import servers, signal\n"
        "with servers.postgres_server() as server:\n"
        "    print(server.url.query['host'], flush=True)\n"
        "    signal.pause()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=Path(servers.__file__).parent
    ) as run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        assert folder.is_dir()
        run.kill()
        run.stdout.read()  # ends when the keeper, who shares it, has ended
    assert not folder.exists()


def test_every_database_is_a_new_one(postgres):
    one, two = postgres.create(), postgres.create()
    assert make_url(one).database != make_url(two).database
    postgres.drop(one)
    postgres.drop(two)


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_what_cannot_be_had_skips_here_and_fails_in_ci(monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="Printer cannot be had: none found"):
        servers._go_without("Printer", "none found")
