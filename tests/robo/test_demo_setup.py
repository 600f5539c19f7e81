"""Starting where it can't be started: one sentence that says why, and a failure code."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from robo import partner
from robo.demo import Demo
from robo.embedded import CannotStart
from tests.services import ROOT


def run(*command: object, **env: str) -> tuple[int, list[str]]:
    """The exit code, and the lines that were said on both channels."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=os.environ | env,
        capture_output=True,
        text=True,
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what a first start needs, without packages or data."""
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "bin", copy / "bin")
    shutil.copy(ROOT / "requirements.lock", copy)
    return copy


@pytest.fixture
def old_python(tmp_path: Path) -> Path:
    """A PATH with a shell and nothing but Pythons that are too old, as they answer."""
    folder = tmp_path / "path"
    folder.mkdir()
    for name in ("sh", "dirname"):
        (folder / name).symlink_to(str(shutil.which(name)))
    for name in ("python3", "python"):
        fake = folder / name
        fake.write_text("#!/bin/sh\nexit 1\n")  # what `sys.exit(version < (3, 11))` comes to
        fake.chmod(0o755)
    return folder


def test_an_old_python_is_named_as_the_trouble(tree: Path, old_python: Path) -> None:
    code, said = run(tree / "bin" / "demo", PATH=str(old_python), PYTHON="")
    assert code == 1
    assert said == [
        "This needs Python 3.11 or newer, and none was found on the PATH (or in $PYTHON)."
    ]
    assert not (tree / ".venv").exists()


def test_a_newer_python_further_along_the_path_is_found(tree: Path, old_python: Path) -> None:
    newer = old_python / "python3.13"
    newer.write_text('#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "started $*"\n')
    newer.chmod(0o755)
    code, said = run(tree / "bin" / "demo", "--port", 8300, PATH=str(old_python), PYTHON="")
    assert code == 0
    assert said == [f"started {tree}/bin/setup_venv.py robo.demo --port 8300"]


def test_a_folder_that_cannot_be_written_to_is_named(tree: Path) -> None:
    (tree / ".setup.lock").mkdir()  # stands where a file must be: true for root, too
    code, said = run(tree / "bin" / "demo")
    assert code == 1
    assert len(said) == 1
    assert said[0].startswith(f"The set-up could not write to {tree}:")


def test_a_data_folder_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "partners", tmp_path / "partners")
    (tmp_path / ".demo").write_text("a file where the folder should be")
    monkeypatch.setattr("robo.demo.ROOT", tmp_path)
    with pytest.raises(CannotStart, match=r"\.demo/.* can't be written to: Not a directory\.$"):
        Demo("", 18300, reset=False)


@pytest.fixture
def taken() -> Iterator[int]:
    """The first of three ports, whose second one somebody else uses."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1] - 1


def test_a_taken_port_is_named(taken: int) -> None:
    slug = partner.first()
    try:
        code, said = run(ROOT / "bin" / "demo", "--port", taken)
    finally:
        shutil.rmtree(ROOT / ".demo" / f"{slug}-{taken}", ignore_errors=True)
    assert code == 1
    assert len(said) == 1
    assert re.match(r"Port \d+ is taken; stop what uses it, or choose another with --port", said[0])


def test_an_unknown_partner_is_told_which_there_are() -> None:
    code, said = run(ROOT / "bin" / "demo", "--partner", "acme")
    assert code == 1
    assert said == [f"There is no partner 'acme'; there are: {', '.join(partner.slugs())}."]


@pytest.mark.parametrize("wrong", ["80", "65001", "eight", "-1"])
def test_a_port_that_is_none_is_refused(wrong: str) -> None:
    code, said = run(ROOT / "bin" / "demo", f"--port={wrong}")
    assert code == 2
    assert said[-1].endswith("give a port from 1024 to 65000")


def test_a_deployment_for_an_unknown_partner_does_not_start() -> None:
    code, said = run(ROOT / ".venv/bin/python", "manage.py", "check", PARTNER="acme")
    assert code != 0
    names = ", ".join(partner.slugs())
    assert said[-1].endswith(f"No partners/acme/partner.toml; there are: {names}.")


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "BLUUM_API_SECRET", "SEAL_KEYS"])
def test_a_missing_variable_is_named_and_has_no_default(name: str) -> None:
    env = {key: value for key, value in os.environ.items() if key != name}
    done = subprocess.run(
        [ROOT / ".venv/bin/python", "manage.py", "check"],
        cwd=ROOT, env=env, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stderr.strip().endswith(f"Set {name} (or {name}_FILE) in the environment.")
