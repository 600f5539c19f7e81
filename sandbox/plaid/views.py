"""Rows as Plaid's answers show them. Plaid writes amounts as JSON numbers, so here and only here
decimals become floats.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox import book
from sandbox.market import assets
from sandbox.plaid import banks, money
from sandbox.plaid.errors import PlaidError
from sandbox.world import Row, World

USD = {"iso_currency_code": "USD", "unofficial_currency_code": None}


def number(amount: Decimal | None) -> float | None:
    """A JSON number, cents exact as far as a float goes."""
    return None if amount is None else float(amount)


def stamp(moment: datetime) -> str:
    """An instant in ISO 8601, whole seconds, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def item(row: Row) -> Row:
    """`item` as it comes with most answers."""
    bank = banks.bank(row["institution_id"])
    offered = banks.products(bank) if bank else []
    return {
        "item_id": row["item_id"],
        "institution_id": row["institution_id"],
        "institution_name": bank["name"] if bank else None,
        "webhook": row["webhook"],
        "error": PlaidError(row["error"]).report() if row["error"] else None,
        "available_products": [name for name in offered if name not in row["products"]],
        "billed_products": row["products"],
        "products": row["products"],
        "consented_products": row["products"],
        "consent_expiration_time": stamp(row["consent_ends_at"])
        if row["consent_ends_at"]
        else None,
        "update_type": "background",
    }


def account(world: World, row: Row) -> Row:
    """An account with its balances of this moment."""
    amount = money.current(world, row)
    shown = {
        "account_id": row["account_id"],
        "balances": {
            "current": number(amount),
            "available": number(money.available(row, amount)),
            "limit": number(row["limit"]),
            **USD,
        },
        "mask": row["mask"],
        "name": row["name"],
        "official_name": row["official_name"],
        "type": row["type"],
        "subtype": row["subtype"],
        "holder_category": "personal",
    }
    if row["type"] == "investment":
        shown["balances"]["margin_loan_amount"] = None
    if row["type"] == "depository":
        shown["persistent_account_id"] = row["persistent_account_id"]
    if row.get("verification_status"):
        shown["verification_status"] = row["verification_status"]
    return shown


def owner(row: Row) -> Row:
    """Who the bank says owns the accounts of an item."""
    person = row["owner"]
    return {
        "names": [person["name"]],
        "emails": [{"data": person["email"], "primary": True, "type": "primary"}],
        "phone_numbers": [{"data": person["phone"], "primary": True, "type": "mobile"}],
        "addresses": [{"data": person["address"], "primary": True}],
    }


def ach(row: Row, at: Row) -> Row:
    """Account and routing number."""
    bank = banks.bank(row["institution_id"])
    digest = hashlib.sha256(at["persistent_account_id"].encode()).hexdigest()
    return {
        "account_id": at["account_id"],
        "account": f"{int(digest[:10], 16) % 10**8:08d}{at['mask']}",
        "routing": bank["routing"] if bank else "",
        "wire_routing": bank["routing"] if bank else None,
        "can_transfer_in": True,
        "can_transfer_out": True,
    }


def institution(bank: banks.Bank, options: dict[str, Any]) -> Row:
    """An institution; the optional parts are asked for in `options`."""
    shown: Row = {
        "institution_id": bank["id"],
        "name": bank["name"],
        "products": banks.products(bank),
        "country_codes": ["US"],
        "routing_numbers": [bank["routing"]],
        "oauth": bank["oauth"],
        "connection_availability": "NOT_SUPPORTED" if bank["down"] else "SUPPORTED",
    }
    if options.get("include_optional_metadata"):
        shown |= {"url": f"https://{bank['url']}", "primary_color": bank["color"], "logo": None}
    return shown


def holdings(world: World, accounts: list[Row]) -> tuple[list[Row], list[Row]]:
    """Positions of the accounts and the securities they are in."""
    shown: list[Row] = []
    symbols: dict[str, Row] = {}
    day = world.clock.now().date().isoformat()
    for at in accounts:
        for row in money.holdings(world, at):
            symbols.setdefault(row["symbol"], security(row["symbol"], row["price"], day))
            shown.append(
                {
                    "account_id": at["account_id"],
                    "security_id": security_id(row["symbol"]),
                    "quantity": number(row["quantity"]),
                    "institution_price": number(row["price"]),
                    "institution_price_as_of": day,
                    "institution_value": number(row["value"]),
                    "cost_basis": number(row["cost"]),
                    **USD,
                }
            )
    return shown, list(symbols.values())


def security_id(symbol: str) -> str:
    """The same for a symbol in every answer."""
    return "sec" + hashlib.sha256(symbol.encode()).hexdigest()[:34]


def security(symbol: str, price: Decimal, day: str) -> Row:
    """What a position is in. Identifiers that are licensed (CUSIP, ISIN, SEDOL) are left out, as
    Plaid does for clients without a licence.
    """
    asset = assets().get(symbol)
    fund = asset is not None and any(word in asset.name for word in ("ETF", "Fund", "Trust"))
    return {
        "security_id": security_id(symbol),
        "isin": None,
        "cusip": None,
        "sedol": None,
        "institution_security_id": None,
        "institution_id": None,
        "proxy_security_id": None,
        "name": asset.name if asset else "U S Dollar",
        "ticker_symbol": symbol,
        "is_cash_equivalent": asset is None,
        "type": "cash" if asset is None else "etf" if fund else "equity",
        "subtype": None,
        "close_price": number(price),
        "close_price_as_of": day,
        "update_datetime": None,
        **USD,
        "market_identifier_code": asset.market if asset else None,
        "sector": asset.sector if asset else None,
        "industry": None,
        "cfi_code": None,
        "figi": None,
        "option_contract": None,
        "fixed_income": None,
    }


def investment_transactions(world: World, accounts: list[Row], start: str, end: str) -> list[Row]:
    """A purchase on the 5th of every month, newest first. Raises ValueError for bad dates."""
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    last = min(last, world.clock.now().date())
    shown: list[Row] = []
    day = first.replace(day=5)
    while day <= last:
        if day >= first:
            shown += [_purchase(world, at, day) for at in accounts if not at.get("fixed")]
        day = (day.replace(day=1) + timedelta(days=32)).replace(day=5)
    return shown[::-1]


def _purchase(world: World, at: Row, day: date) -> Row:
    symbols = money.PORTFOLIOS.get(at["subtype"], money.PORTFOLIOS["brokerage"])
    symbol = symbols[day.month % len(symbols)][0]
    price = book.market(world).price(symbol, datetime(day.year, day.month, day.day, 21, tzinfo=UTC))
    quantity = (Decimal(250) / price).quantize(Decimal("0.0001"))
    digest = hashlib.sha256(f"{at['account_id']}/{day}".encode()).hexdigest()
    return {
        "investment_transaction_id": digest[:37],
        "account_id": at["account_id"],
        "security_id": security_id(symbol),
        "date": day.isoformat(),
        "name": f"BUY {symbol}",
        "quantity": number(quantity),
        "amount": number((quantity * price).quantize(money.CENT)),
        "price": number(price),
        "fees": 0.0,
        "type": "buy",
        "subtype": "buy",
        **USD,
    }
