"""The parts of docs/sandbox.md that are written from code: `python -m tests.sandbox.guide`."""

import re
from pathlib import Path

from sandbox import choices, faults, magic, scenarios

PATH = Path(__file__).resolve().parents[2] / "docs" / "sandbox.md"


def parts() -> dict[str, str]:
    """Name of each part to its text."""
    return {
        "magic": _table(("input", "where", "what happens"), [list(row) for row in magic.TABLE]),
        "scenarios": _table(
            ("scenario", "what it is", "can be told"),
            [
                [f"`{row['name']}`", row["description"], ", ".join(row["arguments"])]
                for row in scenarios.catalogue()
            ],
        ),
        "presets": _table(
            ("preset", "what goes wrong"),
            [[f"`{name}`", about] for name, (about, _) in faults.PRESETS.items()],
        ),
        "choices": _table(
            ("subject", "documented by Bluum", "our choice"),
            [
                [subject, choices.DOCUMENTED[subject], "<br>".join(f"• {line}" for line in lines)]
                for subject, lines in chosen().items()
            ],
        ),
    }


def chosen() -> dict[str, list[str]]:
    """Subject to our choices about it, as `sandbox/choices.py` says them."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in (choices.__doc__ or "").splitlines()[1:]:
        if line.startswith("- "):
            lines.append(line[2:].strip())
        elif line.startswith("  "):
            lines[-1] += " " + line.strip()
        elif line.strip():
            lines = found.setdefault(line.split(" (")[0].strip(), [])
    return found


def block(text: str, name: str) -> str:
    """What a guide's text has between the marks of a part."""
    found = re.search(_marks(name), text, re.DOTALL)
    assert found, f"docs/sandbox.md has no part {name}"
    return found[2]


def written(text: str) -> str:
    """The text with every part as the code has it."""
    for name, part in parts().items():
        text = re.sub(_marks(name), lambda m, part=part: m[1] + part + m[3], text, flags=re.DOTALL)
    return text


def shell_blocks(text: str) -> list[str]:
    """The ```sh blocks, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def _marks(name: str) -> str:
    return rf"(<!-- {name} -->\n)(.*?)(<!-- /{name} -->)"


def _table(head: tuple[str, ...], rows: list[list[str]]) -> str:
    lines = [list(head), ["---"] * len(head), *rows]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


if __name__ == "__main__":
    PATH.write_text(written(PATH.read_text()))
