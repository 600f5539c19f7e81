"""What a financial plan says, from what is known. Pure: the same inputs give the same document.

A document is JSON: sections of blocks, each with a `kind` that page and PDF draw in their own way
(see `blocks`). Names that people typed are not in it: they stand as tokens such as `⟨goal:12⟩`
until `named` puts them in, so the evidence of advice holds nobody's words.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from onboarding import advice
from onboarding.models import Advice
from portfolios.plan import ahead, today
from portfolios.plan.facts import Facts

ENGINE_VERSION = "plan-1"
TOKEN = re.compile("⟨([a-z]+:[0-9]+)⟩")

Document = dict[str, Any]


def document(inputs: Mapping[str, Any]) -> Document:
    """The sections in reading order: today, aims, assumptions, advice, costs, risks, what next."""
    facts = Facts(inputs)
    return {
        "title": "Your financial plan",
        "on": facts.on.isoformat(),
        "summary": ahead.summary(facts),
        "sections": [
            today.where_you_are(facts),
            ahead.where_you_want_to_be(facts),
            today.what_we_recommend(facts),
            today.what_it_costs(facts),
            ahead.what_could_go_wrong(facts),
            today.what_we_do(facts),
            ahead.next_steps(facts),
            ahead.what_we_assume(facts),
        ],
    }


@advice.replayer(Advice.Kind.PLAN)
def _replay(inputs: Mapping[str, Any]) -> Document:
    return document(inputs)


def named(found: Any, names: Mapping[str, str]) -> Any:
    """The document with people's own names for things; an unknown one is told by its kind."""
    if isinstance(found, str):
        return TOKEN.sub(lambda m: names.get(m[1]) or m[1].replace(":", " "), found)
    if isinstance(found, Mapping):
        return {key: named(value, names) for key, value in found.items()}
    if isinstance(found, list):
        return [named(value, names) for value in found]
    return found


def differences(old: Document, new: Document) -> list[tuple[str, list[str], list[str]]]:
    """(section, lines that are gone, lines that are new) of each section that says something
    else."""
    before = {s["title"]: _lines(s["blocks"]) for s in old["sections"]}
    found = []
    for section in new["sections"]:
        was, now = before.get(section["title"], []), _lines(section["blocks"])
        gone = [line for line in was if line not in now]
        come = [line for line in now if line not in was]
        if gone or come:
            found.append((section["title"], gone, come))
    return found


def _lines(blocks: list[dict[str, Any]]) -> list[str]:
    """A section's statements, a line each, as they are read."""
    lines: list[str] = []
    for block in blocks:
        kind = block["kind"]
        if kind in {"text", "note"}:
            lines.append(block["text"])
        elif kind == "ledger":
            lines += [f"{row['label']}: {row['value']}" for row in block["rows"]]
        elif kind == "bars":
            lines += [f"{row['label']}: {row['target']}" for row in block["rows"]]
        elif kind == "table":
            lines += [", ".join(row) for row in block["rows"]]
        elif kind == "goal":
            lines += [block["headline"], block["words"]]
        else:
            lines += [" ".join(filter(None, (i["text"], i["detail"]))) for i in block["items"]]
    return lines


def day_of(found: Document) -> date:
    return date.fromisoformat(found["on"])
