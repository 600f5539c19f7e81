"""The evidence of advice: what went in, what came out, and whether it comes out again."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import Account
from onboarding.models import Advice

Replayer = Callable[[Mapping[str, Any]], Any]
_replayers: dict[str, Replayer] = {}


def replayer(kind: str) -> Callable[[Replayer], Replayer]:
    """Register the function that makes outputs from inputs for a kind of advice. It must be pure:
    no database, no clock, no chance beyond the seed in the inputs."""

    def register(function: Replayer) -> Replayer:
        _replayers[kind] = function
        return function

    return register


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def record(
    account: Account,
    *,
    kind: str,
    about: str,
    engine: str,
    assumptions: str,
    inputs: Mapping[str, Any],
    seed: int | None = None,
) -> Advice:
    """Make the outputs from the inputs and keep both. The same advice about the same thing is kept
    once."""
    inputs = json.loads(json.dumps(inputs))
    outputs = json.loads(json.dumps(_replayers[kind](inputs)))
    kept: Advice
    kept, _ = Advice.objects.get_or_create(
        kind=kind,
        about=about,
        sha256=digest(outputs),
        defaults={
            "account": account,
            "engine": engine,
            "assumptions": assumptions,
            "seed": "" if seed is None else str(seed),
            "inputs": inputs,
            "outputs": outputs,
        },
    )
    return kept


@dataclass(frozen=True)
class Replay:
    """`differences` lists what came out otherwise: path, then, now."""

    advice: Advice
    sha256: str
    differences: tuple[tuple[str, Any, Any], ...]

    @property
    def is_same(self) -> bool:
        return self.sha256 == self.advice.sha256


def replay(advice: Advice) -> Replay:
    """Make the advice again from what was kept, with today's code."""
    outputs = json.loads(json.dumps(_replayers[advice.kind](advice.inputs)))
    return Replay(advice, digest(outputs), tuple(_differences("", advice.outputs, outputs)))


def _differences(path: str, then: Any, now: Any) -> list[tuple[str, Any, Any]]:
    if then == now:
        return []
    if isinstance(then, dict) and isinstance(now, dict):
        found = []
        for key in sorted({*then, *now}):
            found += _differences(f"{path}.{key}".lstrip("."), then.get(key), now.get(key))
        return found
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [
            difference
            for i, (a, b) in enumerate(zip(then, now, strict=True))
            for difference in _differences(f"{path}[{i}]", a, b)
        ]
    return [(path, then, now)]
