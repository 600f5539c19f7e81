"""Make .venv from requirements.lock when it is missing or out of date, then run a module in it.

Standard library only. Two starts at once wait for each other. Every problem is one sentence.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
# Published as source only. It is pure Python: no compiler is needed for it.
PURE_SOURCES = "plaid-python"


def give_up(sentence: str) -> None:
    print(sentence, file=sys.stderr)
    sys.exit(1)


def stamp() -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return hashlib.sha256(LOCK.read_bytes() + version.encode()).hexdigest()


def python() -> Path:
    return VENV / "bin" / "python"


def runs() -> bool:
    """Whether .venv is there and of this Python's version."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        found = subprocess.run([str(python()), "-c", ask], capture_output=True, text=True)
    except OSError:
        return False
    return found.stdout.strip() == version


def up_to_date() -> bool:
    done = VENV / "installed"
    return done.is_file() and done.read_text() == stamp() and python().exists()


def install() -> None:
    print("Installing what is needed into .venv (once; about a minute).", flush=True)
    try:
        if not runs():
            venv.create(VENV, with_pip=True, clear=True)
    except (subprocess.CalledProcessError, ImportError):
        give_up(
            "This Python can't make virtual environments; install its venv module "
            "(python3-venv on Debian and Ubuntu)."
        )
    log = VENV / "install.log"
    with log.open("wb") as out:
        result = subprocess.run(
            [
                str(python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                "--require-hashes", "--only-binary", ":all:", "--no-binary", PURE_SOURCES,
                "-r", str(LOCK),
            ],
            stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    if result.returncode:
        lines = [line for line in log.read_text(errors="replace").splitlines() if "ERROR" in line]
        reason = lines[-1].removeprefix("ERROR: ") if lines else "pip failed"
        give_up(f"The packages could not be installed: {reason} (see {log}).")
    (VENV / "installed").write_text(stamp())


def main() -> None:
    if sys.platform == "win32":
        give_up("This runs on Linux and macOS; on Windows use WSL.")
    import fcntl

    if not os.access(ROOT, os.W_OK):
        give_up(f"The folder {ROOT} can't be written to; copy the project to one that can.")
    try:
        with (ROOT / ".setup.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not up_to_date():
                install()
    except OSError as problem:
        give_up(f"The set-up could not write to {ROOT}: {problem.strerror}.")
    os.chdir(ROOT)
    os.execv(python(), [str(python()), "-m", *sys.argv[1:]])


if __name__ == "__main__":
    main()
