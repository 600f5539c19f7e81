"""What the advisors' front page tells besides queues: figures, and signs of health. Each app
announces its own from its `admin.py`, as a function of who asks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in words, large, with a line below it."""

    title: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """Whether something goes as it should. `tone` is empty when it does, else warning or danger."""

    title: str
    help: str
    value: str
    tone: str = ""
    url: str = ""


Figures = Callable[[Any], Iterable[Figure]]
Signs = Callable[[Any], Iterable[Sign]]
_figures: list[Figures] = []
_signs: list[Signs] = []


def announce_figures(found: Figures) -> Figures:
    _figures.append(found)
    return found


def announce_signs(found: Signs) -> Signs:
    _signs.append(found)
    return found


def figures(user: Any) -> list[Figure]:
    return [figure for found in _figures for figure in found(user)]


def signs(user: Any) -> list[Sign]:
    return [sign for found in _signs for sign in found(user)]
