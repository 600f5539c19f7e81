"""The one box above the ledger: words to filters, the same each time. It knows no data.

What it can't read as a kind, state, day, amount or symbol is looked for in the lines' own words.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from portfolios.planning.months import months_later

DAY = timedelta(days=1)
KINDS: dict[str, str] = {
    "deposit": "deposits?|money in|paid in|put in",
    "withdrawal": "withdrawals?|withdrew|withdrawn|money out|took out|taken out",
    "auto_invest": "auto[- ]?invest(ments?|ing)?|recurring",
    "buy": "buys?|bought|purchases?|purchased",
    "sell": "sells?|sold|sales?",
    "trade": "trades?|traded|orders?",
    "dividend": "dividends?|income",
    "interest": "interest",
    "fee": "fees?|charges?|commissions?|costs?",
    "return": "returns?|returned|came back|taken back|sent back|bounced",
    "bank": "banks?|linked",
    "policy": "polic(y|ies)|ips|signed",
    "goal": "goals?",
    "account": "account",
    "document": "documents?|uploads?",
    "risk": "risk( questions)?",
}
"""Kind of line to how people say it."""
STATES: dict[str, str] = {
    "failed": "failed|fail|declined|refused|rejected|unsuccessful",
    "canceled": "cancell?ed|expired",
    "pending": "pending|open|under way|on (its|the) way|in transit|waiting",
    "completed": "completed?|settled|done|successful",
}
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MONTH = "|".join(f"{name}|{name[:3]}" + ("|sept" if name[:3] == "sep" else "") for name in MONTHS)
AMOUNT = r"\$?(\d[\d,]*(?:\.\d{1,2})?)"
YEAR = r"(?:19|20)\d\d"
ONE_DAY = (
    rf"(?:{YEAR}-\d\d?-\d\d?|\d\d?/\d\d?/{YEAR}|(?:{MONTH})\.? \d\d?(?:st|nd|rd|th)?"
    rf"(?:,? {YEAR})?)"
)
A_TIME = (
    rf"(?:{ONE_DAY}|{YEAR}-\d\d(?!-)|(?:last |this )?(?:{MONTH})\b\.?(?: {YEAR})?"
    rf"|q[1-4](?: {YEAR})?|{YEAR}|today|yesterday|(?:this|last|past) (?:week|month|quarter|year))"
)
FILLERS = {
    "a", "all", "and", "any", "at", "by", "during", "every", "find", "for", "from", "in", "list",
    "me", "my", "of", "on", "over", "show", "the", "to", "were", "what", "which", "with",
}  # fmt: skip


@dataclass(slots=True)
class Asked:
    """What to look for. Empty means anything; days and dollars include both ends."""

    kinds: set[str] = field(default_factory=set)
    states: set[str] = field(default_factory=set)
    first: date | None = None
    last: date | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    symbols: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return self == Asked()


def understand(text: str, today: date, symbols: Collection[str] = ()) -> Asked:
    """What a query asks for. `today` is New York's; `symbols` are those the account knows."""
    asked = Asked()
    rest = " ".join(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())[:200]
    rest = _symbols(rest, asked, {s.upper() for s in symbols})
    rest = f" {rest.casefold()} "
    for step in (_times, _amounts):
        rest = step(rest, asked, today)
    for table, found in ((STATES, asked.states), (KINDS, asked.kinds)):
        for name, pattern in table.items():
            rest, count = re.subn(rf"(?<![\w$])(?:{pattern})(?!\w)", " ", rest)
            if count:
                found.add(name)
    asked.words = [w for w in re.findall(r"[\w&'.-]+", rest) if w not in FILLERS]
    return asked


def _symbols(text: str, asked: Asked, known: set[str]) -> str:
    """Known symbols however they are written; unknown ones in capitals."""
    said = {name for pattern in KINDS.values() for name in re.findall(r"[a-z]+", pattern)}
    left = []
    for word in text.split():
        bare = word.strip(",.;:?!()").upper()
        looks = re.fullmatch(r"[A-Z]{2,5}", word) and word.casefold() not in said
        if bare in known or (looks and word.casefold() not in FILLERS):
            asked.symbols.add(bare)
        else:
            left.append(word)
    return " ".join(left)


# Days ----------------------------------------------------------------------------------------


def _times(text: str, asked: Asked, today: date) -> str:
    number = r"(\d{1,3})"
    readers: tuple[
        tuple[str, Callable[[re.Match[str]], tuple[date | None, date | None] | None]], ...
    ]
    readers = (
        (
            rf"(?:between|from) ({A_TIME}) (?:and|to|until|till|through) ({A_TIME})",
            lambda m: _joined(m[1], m[2], today),
        ),
        (
            rf"({A_TIME}) (?:-|–|to|until|through) ({A_TIME})",
            lambda m: _joined(m[1], m[2], today),
        ),
        (
            rf"(?:last|past) {number} (day|week|month|year)s?",
            lambda m: (_back(today, int(m[1]), m[2]), today),
        ),
        (rf"(?:since|from|after) ({A_TIME})", lambda m: _since(m, today)),
        (rf"(?:before|until|up to) ({A_TIME})", lambda m: _before(m, today)),
        (rf"(?:in |on |during )?({A_TIME})", lambda m: a_time(m[1], today)),
    )
    for pattern, read in readers:
        match = re.search(rf"(?<![\w$.,]){pattern}(?![\w.]*\d)(?!\w)", text)
        found = read(match) if match else None
        if match and found:
            asked.first, asked.last = found
            return f"{text[: match.start()]} {text[match.end() :]}"
    return text


def _back(today: date, count: int, unit: str) -> date:
    """`count` days, weeks, months or years before today; the first day that counts."""
    if unit in {"day", "week"}:
        return today - (count * 7 if unit == "week" else count) * DAY + DAY
    return months_later(today, -count * (12 if unit == "year" else 1)) + DAY


def _joined(one: str, two: str, today: date) -> tuple[date, date] | None:
    first, last = a_time(one, today), a_time(two, today)
    if not first or not last:
        return None
    if last[1] < first[0] and re.fullmatch(rf"(?:{MONTH})\b.*", one) and not re.search(YEAR, one):
        first = _year_on(first, -1)
    return (first[0], last[1]) if first[0] <= last[1] else (last[0], first[1])


def _since(match: re.Match[str], today: date) -> tuple[date, None] | None:
    found = a_time(match[1], today)
    if not found:
        return None
    return (found[1] + DAY if match[0].startswith("after") else found[0]), None


def _before(match: re.Match[str], today: date) -> tuple[None, date] | None:
    found = a_time(match[1], today)
    if not found:
        return None
    return None, found[0] - DAY if match[0].startswith("before") else found[1]


def a_time(text: str, today: date) -> tuple[date, date] | None:
    """First and last day of what was named. A month, quarter or day without a year is the last one
    that has begun; "last March" is the last one that is over, and never this month."""
    text = text.strip().replace(".", "").replace(",", "")
    if text == "today":
        return today, today
    if text == "yesterday":
        return today - DAY, today - DAY
    if found := re.fullmatch(r"(this|last|past) (week|month|quarter|year)", text):
        return _span(found[1] != "this", found[2], today)
    if re.fullmatch(YEAR, text):
        return date(int(text), 1, 1), date(int(text), 12, 31)
    if found := re.fullmatch(rf"q([1-4])(?: ({YEAR}))?", text):
        return _some_months(int(found[1]) * 3 - 2, 3, found[2], today)
    if found := re.fullmatch(rf"({YEAR})-(\d\d)", text):
        return _some_months(int(found[2]), 1, found[1], today) if 1 <= int(found[2]) <= 12 else None
    if found := re.fullmatch(rf"(?:(last|this) )?({MONTH})(?: ({YEAR}))?", text):
        month = _month(found[2])
        span = _some_months(month, 1, found[3], today)
        if found[1] == "last" and span[0] <= today <= span[1]:
            return _year_on(span, -1)
        return span
    return next(_days(text, today), None)


def _span(past: bool, unit: str, today: date) -> tuple[date, date]:
    if unit == "week":  # Sunday to Saturday, as calendars here show it
        first = today - ((today.weekday() + 1) % 7) * DAY - (7 * DAY if past else 0 * DAY)
        return first, first + 6 * DAY
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = date(today.year, (today.month - 1) // months * months + 1, 1)
    if past:
        first = months_later(first, -months)
    return first, months_later(first, months) - DAY


def _some_months(month: int, count: int, year: str | None, today: date) -> tuple[date, date]:
    first = date(int(year) if year else today.year, month, 1)
    if not year and first > today:
        first = first.replace(year=first.year - 1)
    return first, months_later(first, count) - DAY


def _year_on(span: tuple[date, date], by: int) -> tuple[date, date]:
    first = months_later(span[0], 12 * by)
    return first, months_later(span[1] + DAY, 12 * by) - DAY


def _month(name: str) -> int:
    return next(n for n, month in enumerate(MONTHS, start=1) if month.startswith(name[:3]))


def _days(text: str, today: date) -> Iterator[tuple[date, date]]:
    forms = (
        (rf"({YEAR})-(\d\d?)-(\d\d?)", (1, 2, 3)),
        (rf"(\d\d?)/(\d\d?)/({YEAR})", (3, 1, 2)),
        (rf"({MONTH}) (\d\d?)(?:st|nd|rd|th)?(?: ({YEAR}))?", (3, 1, 2)),
    )
    for pattern, (year, month, day) in forms:
        if found := re.fullmatch(pattern, text):
            number = int(found[month]) if found[month].isdigit() else _month(found[month])
            try:
                named = date(int(found[year] or today.year), number, int(found[day]))
                if not found[year] and named > today:
                    named = named.replace(year=named.year - 1)
            except ValueError:
                return
            yield named, named


# Dollars -------------------------------------------------------------------------------------


def _amounts(text: str, asked: Asked, today: date) -> str:
    readers: tuple[
        tuple[str, Callable[[re.Match[str]], tuple[Decimal | None, Decimal | None]]], ...
    ]
    readers = (
        (
            rf"(?:between|from) {AMOUNT} (?:and|to) {AMOUNT}",
            lambda m: (min(_money(m[1]), _money(m[2])), max(_money(m[1]), _money(m[2]))),
        ),
        (
            rf"(?:over|above|more than|at least|bigger than|larger than|>=?) ?{AMOUNT}",
            lambda m: (_money(m[1]), None),
        ),
        (
            rf"(?:under|below|less than|at most|up to|smaller than|<=?) ?{AMOUNT}",
            lambda m: (None, _money(m[1])),
        ),
        (rf"(?:exactly |of )?{AMOUNT}", lambda m: (_money(m[1]), _money(m[1]))),
    )
    for pattern, read in readers:
        if match := re.search(rf"(?<![\w.,]){pattern}(?: dollars)?(?![\w]|[.,]\d)", text):
            asked.least, asked.most = read(match)
            return f"{text[: match.start()]} {text[match.end() :]}"
    return text


def _money(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))
