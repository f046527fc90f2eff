"""`./run` makes an environment and trusts only a finished one. A stand-in for uv tells what was asked of it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEEDED = ["run", "pyproject.toml", "requirements.lock", "requirements-dev.lock", "requirements-spark.lock", ".ci"]
TOOLS = [
    "cat",
    "cksum",
    "dirname",
    "env",
    "ln",
    "mkdir",
    "mv",
    "readlink",
    "rm",
    "rmdir",
    "sh",
    "sleep",
    "touch",
    "uname",
]

FAKE_UV = f"""#!/bin/sh
echo "$1 $2" >>uv.log
[ ! -e uv-fails ] || exit 1
for last; do :; done
if [ "$1" = venv ]; then
    mkdir -p "$last/bin"
    ln -s '{sys.executable}' "$last/bin/python"
    printf '#!/bin/sh\\necho deskapp "$@"\\n' >"$last/bin/deskapp"
    /bin/chmod +x "$last/bin/deskapp"
else
    mkdir -p static/vendor
    touch static/vendor/htmx.min.js
fi
"""


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder with `run` in it, and a PATH that holds a few plain tools, no Python, and perhaps uv."""

    folder: Path
    tools: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", self.folder / "run", *arguments],
            cwd=self.folder,
            env={"PATH": str(self.tools)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def asked_of_uv(self) -> list[str]:
        """What uv was asked since the last time this was called."""
        log = self.folder / "uv.log"
        asked = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return asked


@pytest.fixture
def bare(tmp_path) -> Checkout:
    made = Checkout(tmp_path / "a checkout", tmp_path / "tools")
    made.folder.mkdir()
    made.tools.mkdir()
    for name in NEEDED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, made.folder / name)
    for tool in TOOLS:
        (made.tools / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
    return made


@pytest.fixture
def checkout(bare) -> Checkout:
    program(bare.tools / "uv", FAKE_UV)
    return bare


def test_the_first_run_makes_the_environment_and_passes_the_command_on(checkout):
    done = checkout.run("import", "a folder")
    assert done.stdout == "deskapp import a folder\n"
    assert checkout.asked_of_uv() == ["venv --quiet", "pip install", "pip install"]


def test_the_second_run_asks_for_nothing(checkout):
    checkout.run("init")
    checkout.asked_of_uv()
    assert checkout.run("deskapp", "token", "create").stdout == "deskapp token create\n"
    assert checkout.asked_of_uv() == []


def test_spark_is_set_up_on_top_of_what_is_there(checkout):
    checkout.run("init")
    checkout.asked_of_uv()
    program(checkout.tools / "java", "#!/bin/sh\n")
    assert checkout.run("setup", "spark").returncode == 0
    assert checkout.asked_of_uv() == ["pip install", "pip install"]


def test_without_java_spark_is_not_set_up_and_the_rest_still_stands(checkout):
    done = checkout.run("setup", "spark")
    assert done.returncode == 1
    assert "Spark needs Java 17 or newer" in done.stderr
    checkout.asked_of_uv()
    assert checkout.run("init").stdout == "deskapp init\n"
    assert checkout.asked_of_uv() == []


def test_a_failed_set_up_is_not_trusted_and_the_next_starts_over(checkout):
    (checkout.folder / "uv-fails").touch()
    failed = checkout.run("init")
    assert failed.returncode != 0
    assert failed.stdout == ""
    (checkout.folder / "uv-fails").unlink()
    checkout.asked_of_uv()
    assert checkout.run("init").stdout == "deskapp init\n"
    assert checkout.asked_of_uv() == ["venv --quiet", "pip install", "pip install"]


def test_a_killed_first_set_up_is_removed_before_the_next(checkout):
    (checkout.folder / ".venv/bin").mkdir(parents=True)
    (checkout.folder / ".venv/bin/python").symlink_to(sys.executable)
    (checkout.folder / ".venv/half").touch()
    (checkout.folder / ".venv.unfinished").write_text("made\n")
    assert checkout.run("init").stdout == "deskapp init\n"
    assert not (checkout.folder / ".venv/half").exists()
    assert not (checkout.folder / ".venv.unfinished").exists()


def test_a_changed_lock_updates_the_environment_without_making_it_anew(checkout):
    checkout.run("init")
    checkout.asked_of_uv()
    with (checkout.folder / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    checkout.run("init")
    assert checkout.asked_of_uv() == ["pip install", "pip install"]


def test_an_environment_that_moved_with_its_folder_is_made_anew(checkout):
    checkout.run("init")
    moved = Checkout(checkout.folder.rename(checkout.folder.with_name("elsewhere")), checkout.tools)
    moved.asked_of_uv()
    assert moved.run("init").returncode == 0
    assert moved.asked_of_uv() == ["venv --quiet", "pip install", "pip install"]


def test_an_environment_whose_python_is_gone_is_made_anew(checkout):
    checkout.run("init")
    checkout.asked_of_uv()
    python = checkout.folder / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python")
    assert checkout.run("init").returncode == 0
    assert checkout.asked_of_uv()[0] == "venv --quiet"


def test_a_lock_left_by_a_dead_process_is_cleared(checkout):
    with subprocess.Popen(["true"]) as dead:
        pass
    (checkout.folder / ".venv.lock").symlink_to(str(dead.pid))
    assert checkout.run("init").stdout == "deskapp init\n"
    assert not (checkout.folder / ".venv.lock").is_symlink()


def test_without_a_python_it_says_what_to_install_and_leaves_nothing(bare):
    done = bare.run("demo")
    assert done.returncode == 1
    assert "sudo apt-get install python3-venv" in done.stderr
    assert not [path.name for path in bare.folder.iterdir() if path.name.startswith(".venv")]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ('case "$*" in *ensurepip*) exit 1 ;; esac', "python3: right version, but without venv and pip"),
        ('case "$*" in *print*) echo "is 3.9.6" ;; *) exit 1 ;; esac', "python3: is 3.9.6"),
    ],
)
def test_a_python_that_will_not_do_is_named_with_the_reason(bare, answers, said):
    program(bare.tools / "python3", f"#!/bin/sh\n{answers}\n")
    done = bare.run("demo")
    assert done.returncode == 1
    assert said in done.stderr


def test_a_dev_environment_serves_for_the_demo_too(checkout):
    checkout.run("setup", "dev")
    checkout.asked_of_uv()
    checkout.run("setup", "demo")
    assert checkout.asked_of_uv() == []


def test_a_demo_environment_does_not_serve_for_the_tests(checkout):
    checkout.run("setup", "demo")
    checkout.asked_of_uv()
    checkout.run("setup", "dev")
    assert checkout.asked_of_uv() == ["pip install", "pip install"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "deskapp demo\ndeskapp serve\n"),
        (["--no-serve"], "deskapp demo\n"),
        (["--port", "9000"], "deskapp demo\ndeskapp serve --port 9000\n"),
        (["--port=9000", "--no-serve"], "deskapp demo\n"),
    ],
)
def test_the_demo_is_made_and_then_served_if_wanted(checkout, arguments, said):
    done = checkout.run("demo", *arguments)
    assert (done.stdout, done.returncode) == (said, 0)


@pytest.mark.parametrize("arguments", [["--prot", "9000"], ["--port"]])
def test_the_demo_refuses_what_it_does_not_know_before_it_begins(checkout, arguments):
    done = checkout.run("demo", *arguments)
    assert done.returncode != 0
    assert done.stdout == ""


def test_help_needs_no_environment(bare):
    done = bare.run("help")
    assert done.returncode == 0
    assert "./run demo" in done.stdout
    assert not (bare.folder / ".venv").exists()


def test_the_instance_folder_is_that_of_the_checkout_unless_told_otherwise(checkout):
    checkout.run("init")
    program(checkout.folder / ".venv/bin/deskapp", '#!/bin/sh\necho "$DESKAPP_INSTANCE"\n')
    assert checkout.run("init").stdout.strip() == str(checkout.folder.resolve() / "instance")
    told = {"PATH": str(checkout.tools), "DESKAPP_INSTANCE": "/some/where"}
    done = subprocess.run(
        [checkout.folder / "run", "init"], env=told, cwd="/", capture_output=True, text=True, check=True
    )
    assert done.stdout == "/some/where\n"


def test_the_script_is_plain_sh():
    shells = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]
    for shell in shells:
        command = [shell, "sh"] if shell == "busybox" else [shell]
        subprocess.run([*command, "-n", ROOT / "run"], check=True)
    assert os.access(ROOT / "run", os.X_OK)
