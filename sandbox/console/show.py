"""How the console says things: moments, money, states, pages of a long list, what a button did."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from sandbox.calendar import NEW_YORK
from sandbox.errors import ApiError
from sandbox.world import Row, World

GOOD = ("ACTIVE", "active", "approved", "completed", "clear", "delivered", "filled")
BAD = ("REJECTED", "SUSPENDED", "DISCONNECTED", "ERROR", "rejected", "failed", "dead", "error",
       "lost", "expired", "suspended")  # fmt: skip
QUIET = ("canceled", "cancelled", "dropped", "superseded", "archived", "RELEASED", "CAPTURED",
         "EXPIRED", "INACTIVE", "paused")  # fmt: skip
PAGE = 50
NOTICES = "console_notices"
NOTICES_KEPT = 50


@dataclass(frozen=True)
class Notice:
    """What came of a button."""

    words: str
    good: bool


@dataclass(frozen=True)
class Page:
    """A part of a long list, and the addresses of its neighbours."""

    rows: Sequence[Any]
    first: int
    total: int
    newer: str | None
    older: str | None

    @property
    def last(self) -> int:
        """The number of the last row shown; the first has `first`."""
        return self.first + len(self.rows) - 1


def register(app: Flask) -> None:
    """Make filters and notices known to the templates."""
    app.config.setdefault(NOTICES, {})
    for function in (moment, day, clock_time, money, signed, quantity, words, tone, percent):
        app.add_template_filter(function)


def moment(value: datetime | None) -> str:
    """`Mar 10, 2026, 15:00:05`, UTC."""
    return f"{value:%b} {value.day}, {value:%Y, %H:%M:%S}" if value else ""


def day(value: date | str | None) -> str:
    """`Mar 10, 2026`."""
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    return f"{value:%b} {value.day}, {value:%Y}" if value else ""


def clock_time(value: datetime) -> str:
    """`Tue, Mar 10, 2026, 11:00 in New York`."""
    there = value.astimezone(NEW_YORK)
    return f"{there:%a, %b} {there.day}, {there:%Y, %H:%M} in New York"


def money(value: Decimal | str | None) -> str:
    """`$1,234.50`, with a minus sign in front of what is below zero."""
    if value is None:
        return ""
    amount = Decimal(value)
    return f"{'−' if amount < 0 else ''}${abs(amount):,.2f}"


def signed(value: Decimal | str) -> str:
    """`+$5.00` or `−$5.00`."""
    return f"{'+' if Decimal(value) >= 0 else ''}{money(value)}"


def quantity(value: Decimal | str | None) -> str:
    """A number of shares without needless zeros."""
    if value is None:
        return ""
    text = f"{Decimal(value):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: float | Decimal) -> str:
    """`+1.20 %` or `−1.20 %`."""
    sign = "−" if value < 0 else "+"
    return f"{sign}{abs(value):.2f} %"


def words(value: object) -> str:
    """`pending_review` as `pending review`."""
    return str(value).replace("_", " ")


def tone(status: object) -> str:
    """The class that colours a state; the word itself always stands beside it."""
    for name, states in (("good", GOOD), ("bad", BAD), ("quiet", QUIET)):
        if status in states:
            return name
    return "open"


def name_of(world: World, account_id: str | None) -> str:
    """First and last name of an account's holder."""
    account = world.table("accounts").get(account_id or "")
    if account is None:
        return account_id or ""
    return f"{account['identity']['first_name']} {account['identity']['last_name']}"


def page_of(rows: Sequence[Any], size: int = PAGE) -> Page:
    """The part of a list that `?page=` of the request asks for; other arguments are kept."""
    asked = request.args.get("page", "1")
    most = max(-(-len(rows) // size), 1)
    number = min(max(int(asked), 1), most) if asked.isdecimal() and len(asked) < 9 else 1

    def address(other: int) -> str:
        kept = {key: value for key, value in request.args.items() if key not in ("page", "said")}
        return f"{request.path}?{urlencode({**kept, 'page': other})}"

    start = (number - 1) * size
    return Page(
        rows=rows[start : start + size],
        first=start + 1,
        total=len(rows),
        newer=address(number - 1) if number > 1 else None,
        older=address(number + 1) if number < most else None,
    )


def act(app: Flask, action: Callable[[], object], back: str, done: str) -> ResponseReturnValue:
    """Do something, go back, say what came of it. `action` may return its own sentence."""
    try:
        said = action()
        notice = Notice(said if isinstance(said, str) else done, good=True)
    except ApiError as error:
        notice = Notice(f"That didn't work. {_capital(error.message)}", good=False)
    notices: dict[str, Notice] = app.config[NOTICES]
    number = str(int(next(reversed(notices), "0")) + 1)
    notices[number] = notice
    while len(notices) > NOTICES_KEPT:
        del notices[next(iter(notices))]
    place, _, section = back.partition("#")
    joint = "&" if "?" in place else "?"
    return redirect(f"{place}{joint}said={number}{'#' + section if section else ''}", 303)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def notice(app: Flask) -> Notice | None:
    """What the last button of this page did."""
    found: dict[str, Notice] = app.config[NOTICES]
    return found.get(request.args.get("said", ""))


def way_back(usual: str) -> str:
    """Where a form asked to go back to: a path of this program, else `usual`."""
    back = request.form.get("back", "")
    parts = urlsplit(back)
    inside = back.startswith("/") and not back.startswith(("//", "/\\"))
    return back if inside and not parts.netloc and "\\" not in back else usual


def number(name: str, text: str | None) -> Decimal | None:
    """A number as people type it (`-20 %`, `$1,234.50`); None if nothing is there.

    Raises ApiError 400-003.
    """
    given = (text or "").replace("−", "-").replace(",", "").strip(" $%")
    if not given:
        return None
    try:
        value = Decimal(given)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) > Decimal(10) ** 12:
        raise ApiError(400, "BLUM-400-003", f"{name} must be a number.")
    return value


def one_of(name: str, allowed: Sequence[str]) -> str:
    """The form's field, if it is one of these. Raises BadRequest."""
    found = request.form.get(name, "")
    if found not in allowed:
        raise BadRequest(f"{name} must be one of {', '.join(allowed)}.")
    return found


def newest_first(rows: list[Row], key: str = "created_at") -> list[Row]:
    """Rows by one of their moments."""
    return sorted(rows, key=lambda row: row[key], reverse=True)
