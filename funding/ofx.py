"""The ledger for other programs: an OFX 2.2 investment statement.

Written after the specification (ofx.net, version 2.2, chapter 13). Amounts are dollars with their
sign, days are noon in New York so that no time zone turns one into another, and a line's FITID is
the same in every download. Funds trade like stocks, so they are told as stocks; a security's id is
its ticker, since Bluum tells no CUSIP.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement
from zoneinfo import ZoneInfo

from accounts.models import Account
from funding.models import Movement
from portfolios.models import Holding, Portfolio
from portfolios.written import without_keys
from robo import partner

NEW_YORK = ZoneInfo("America/New_York")
HEADER = (
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
    '<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n'
)
K = Movement.Kind
BANK_TYPES = {
    K.DEPOSIT: "XFER",
    K.WITHDRAWAL: "XFER",
    K.DEPOSIT_RETURN: "XFER",
    K.WITHDRAWAL_RETURN: "XFER",
    K.INTEREST: "INT",
    K.DIVIDEND: "DIV",
    K.FEE: "FEE",
    K.BUY: "DEBIT",
    K.SELL: "CREDIT",
}
"""Of what is told as a movement of cash; trades and dividends are so only without a security."""


def statement(
    account: Account,
    rows: Iterable[Movement],
    *,
    first: date,
    last: date,
    cash: Decimal | None,
    now: datetime,
) -> bytes:
    """The file. `rows` oldest first; `cash` is the balance at `now`, in dollars."""
    root = Element("OFX")
    _sign_on(root, now)
    response = SubElement(SubElement(root, "INVSTMTMSGSRSV1"), "INVSTMTTRNRS")
    _text(response, TRNUID="0")
    _status(response)
    told = SubElement(response, "INVSTMTRS")
    _text(told, DTASOF=_moment(now), CURDEF="USD")
    _text(
        SubElement(told, "INVACCTFROM"),
        BROKERID=partner.current().domain[:22],
        ACCTID=(account.account_number or account.key.hex)[:22],
    )
    moved = SubElement(told, "INVTRANLIST")
    _text(moved, DTSTART=_noon(first), DTEND=_noon(last))
    names: dict[str, str] = {}
    for row in rows:
        _movement(moved, row)
        if row.symbol:
            names.setdefault(row.symbol, row.symbol)
    portfolio = Portfolio.objects.filter(account=account).first()
    held = list(Holding.objects.filter(portfolio=portfolio)) if portfolio else []
    if held and portfolio:
        _positions(told, held, portfolio.as_of or now)
        names |= {holding.symbol: holding.name or holding.symbol for holding in held}
    if cash is not None:
        balances = SubElement(told, "INVBAL")
        _text(balances, AVAILCASH=f"{cash:.2f}", MARGINBALANCE="0", SHORTBALANCE="0")
    if names:
        listed = SubElement(SubElement(root, "SECLISTMSGSRSV1"), "SECLIST")
        for symbol, name in sorted(names.items()):
            about = SubElement(SubElement(listed, "STOCKINFO"), "SECINFO")
            _security(about, symbol)
            _text(about, SECNAME=name[:120], TICKER=symbol[:32])
    return (HEADER + ElementTree.tostring(root, encoding="unicode")).encode()


def _movement(into: Element, row: Movement) -> None:
    is_trade = row.kind in {K.BUY, K.SELL}
    if is_trade and row.symbol and row.quantity is not None and row.price is not None:
        side = "BUY" if row.kind == K.BUY else "SELL"
        whole = SubElement(into, f"{side}STOCK")
        trade = SubElement(whole, f"INV{side}")
        _transaction(trade, row)
        _security(trade, row.symbol)
        units = row.quantity if side == "BUY" else -row.quantity
        _text(
            trade, UNITS=f"{units.normalize():f}", UNITPRICE=f"{row.price.normalize():f}",
            TOTAL=f"{row.amount:.2f}", SUBACCTSEC="CASH", SUBACCTFUND="CASH",
        )  # fmt: skip
        _text(whole, **{f"{side}TYPE": side})
    elif row.kind == K.DIVIDEND and row.symbol:
        income = SubElement(into, "INCOME")
        _transaction(income, row)
        _security(income, row.symbol)
        _text(income, INCOMETYPE="DIV", TOTAL=f"{row.amount:.2f}")
        _text(income, SUBACCTSEC="CASH", SUBACCTFUND="CASH")
    else:
        whole = SubElement(into, "INVBANKTRAN")
        _text(
            SubElement(whole, "STMTTRN"),
            TRNTYPE=BANK_TYPES[K(row.kind)],
            DTPOSTED=_noon(row.day),
            TRNAMT=f"{row.amount:.2f}",
            FITID=row.fitid,
            NAME=row.get_kind_display()[:32],
            **({"MEMO": without_keys(row.words)} if row.words else {}),
        )
        _text(whole, SUBACCTFUND="CASH")


def _transaction(into: Element, row: Movement) -> None:
    about = SubElement(into, "INVTRAN")
    _text(about, FITID=row.fitid, DTTRADE=_noon(row.day))
    if row.words:
        _text(about, MEMO=row.words)


def _positions(into: Element, held: Iterable[Holding], at: datetime) -> None:
    listed = SubElement(into, "INVPOSLIST")
    for holding in held:
        if holding.price is None:
            continue
        about = SubElement(SubElement(listed, "POSSTOCK"), "INVPOS")
        _security(about, holding.symbol)
        _text(
            about, HELDINACCT="CASH", POSTYPE="LONG", UNITS=f"{holding.quantity.normalize():f}",
            UNITPRICE=f"{holding.price.normalize():f}", MKTVAL=f"{holding.value:.2f}",
            DTPRICEASOF=_moment(holding.price_at or at),
        )  # fmt: skip


def _sign_on(root: Element, now: datetime) -> None:
    about = SubElement(SubElement(root, "SIGNONMSGSRSV1"), "SONRS")
    _status(about)
    _text(about, DTSERVER=_moment(now), LANGUAGE="ENG")
    _text(SubElement(about, "FI"), ORG=partner.current().name[:32])


def _status(into: Element) -> None:
    _text(SubElement(into, "STATUS"), CODE="0", SEVERITY="INFO")


def _security(into: Element, symbol: str) -> None:
    _text(SubElement(into, "SECID"), UNIQUEID=symbol[:32], UNIQUEIDTYPE="TICKER")


def _text(into: Element, **values: str) -> None:
    for name, value in values.items():
        SubElement(into, name).text = value


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S}.000[0:GMT]"


def _noon(day: date) -> str:
    at = datetime.combine(day, time(12), NEW_YORK)
    offset = at.utcoffset()
    assert offset is not None
    return f"{at:%Y%m%d%H%M%S}.000[{offset.total_seconds() / 3600:.0f}:{at:%Z}]"
