"""Writes `xnys.json` from exchange_calendars: run `python -m sandbox.data.make_xnys` to extend it.

The sandbox reads the small file instead of importing the library, which would cost every start
half a second and pandas.
"""

import json
from pathlib import Path

FIRST, LAST = "2014-01-01", "2037-12-31"


def main() -> None:
    """Write holidays and shortened days of the New York Stock Exchange as ISO dates."""
    import exchange_calendars

    xnys = exchange_calendars.get_calendar("XNYS", start=FIRST, end=LAST)
    named = xnys.regular_holidays.holidays(FIRST, LAST, return_name=True)
    holidays = {day.date().isoformat(): str(name) for day, name in named.items()}
    for day in xnys.adhoc_holidays:
        if FIRST <= day.date().isoformat() <= LAST:
            holidays[day.date().isoformat()] = "Day of Mourning"
    ordered = dict(sorted(holidays.items()))
    early = {
        day.date().isoformat(): xnys.session_close(day).tz_convert(xnys.tz).strftime("%H:%M")
        for day in xnys.early_closes
    }
    found = {"first": FIRST, "last": LAST, "holidays": ordered, "early_closes": early}
    Path(__file__).with_name("xnys.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
