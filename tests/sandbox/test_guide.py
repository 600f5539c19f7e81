"""docs/sandbox.md does what it says, and its tables are those of the code."""

import re
import subprocess

import httpx
import pytest

from sandbox import choices
from sandbox.server import parse
from tests.sandbox import guide
from tests.sandbox.person import Integrator, signature_holds
from tests.sandbox.plaid_person import running

TEXT = guide.PATH.read_text()


@pytest.mark.parametrize("name", guide.parts())
def test_tables_of_the_guide_are_those_of_the_code(name):
    again = "write them with `python -m tests.sandbox.guide`"
    assert guide.block(TEXT, name) == guide.parts()[name], again


def test_every_choice_stands_beside_what_bluum_documents():
    chosen = guide.chosen()
    assert set(chosen) == set(choices.DOCUMENTED)
    assert all(chosen.values())
    source = choices.__doc__ or ""
    assert sum(map(len, chosen.values())) == len(re.findall(r"^- ", source, re.MULTILINE))


def test_every_option_is_told(capsys):
    with pytest.raises(SystemExit):
        parse(["--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    table = TEXT[TEXT.index("## Options") : TEXT.index("## Magic inputs")]
    assert options - set(re.findall(r"--[a-z-]+", table)) == set()


def test_every_path_of_the_control_api_is_told():
    table = TEXT[TEXT.index("## The control API") :]
    listed = Integrator().home.get("/_sandbox/").json()["endpoints"]
    subjects = {row["path"].removeprefix("/_sandbox/").split("/")[0] for row in listed} - {""}
    missing = [name for name in subjects if not re.search(rf"`{re.escape(name)}\b", table)]
    assert missing == []


def test_the_first_five_minutes_work_as_they_are_pasted():
    with running() as sandbox:
        httpx.post(f"{sandbox.home}/_sandbox/scenarios/one_investor", timeout=60)
        said = ""
        for block in guide.shell_blocks(TEXT):
            text = block.replace("http://127.0.0.1:8100", sandbox.home)
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", text],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            said += done.stdout
    assert "\ncompleted\n" in said
    assert "BLUM-503-001" in said
    assert '"first_name":"Ada"' in said.replace(" ", "")


def test_the_verification_of_webhooks_accepts_ours_and_nothing_else():
    (code,) = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    known: dict = {}
    exec(code, known)
    us = Integrator()
    secret = us.subscribe("account.*")
    us.open_account()
    us.deliver()
    _, headers, body = us.received[0]
    header = headers["X-Bluum-Signature"]
    assert signature_holds(secret, headers, body)
    assert known["is_genuine"](body, header, secret)
    assert not known["is_genuine"](body + b" ", header, secret)
    assert not known["is_genuine"](body, header, "another")
