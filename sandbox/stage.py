"""What scenarios are played with: people, their banks, policies and money, made through the API.

All names are invented. Money is text in dollars, as the API takes it.
"""

from datetime import timedelta
from io import BytesIO
from typing import Any

from sandbox.inside import Inside
from sandbox.world import Row, World

PEOPLE = [
    ("Maya", "Lindqvist", "1988-04-17"),
    ("Omar", "Castellano", "1979-11-02"),
    ("Hanna", "Brightwater", "1993-06-23"),
    ("Theo", "Marchetti", "1985-01-30"),
    ("Priya", "Vanterpool", "1990-09-12"),
    ("Jonas", "Ekwueme", "1982-03-08"),
    ("Sofia", "Halloran", "1996-12-19"),
    ("Elias", "Nakashima", "1975-07-05"),
    ("Wanda", "Okonkwo", "1969-10-27"),
    ("Lucas", "Ferreira", "1999-02-14"),
]
PLACES = [
    ("18 Larch Row", "Albany", "NY", "12203"),
    ("402 Juniper Street", "Madison", "WI", "53703"),
    ("77 Harbor Lane", "Portland", "ME", "04101"),
    ("9 Mesa Court", "Tucson", "AZ", "85701"),
]
BALANCED = {"equities": 60, "fixed_income": 35, "treasury": 5}
CAREFUL = {"equities": 30, "fixed_income": 55, "treasury": 15}
BRAVE = {"equities": 85, "fixed_income": 13, "treasury": 2}
TOLERANCE = {30: "conservative", 60: "moderate", 85: "aggressive"}
BAND = 5
PAPER = b"%PDF-1.4\n% a made-up paper\n"


class Stage:
    """One sandbox, as a scenario sees it."""

    def __init__(self, world: World) -> None:
        assert isinstance(world.inside, Inside), "a scenario needs the application"
        self.world = world
        self.api = world.inside

    def open_account(
        self, last_name: str | None = None, *, advised: bool = True, born: str | None = None
    ) -> str:
        """Apply for an account. Returns its id; verification runs as the last name asks."""
        number = self.world.sequence()
        first, usual_last, usual_born = PEOPLE[number % len(PEOPLE)]
        street, city, state, postal_code = PLACES[number % len(PLACES)]
        last = last_name or usual_last
        signed = {
            "agreed": True,
            "signed_at": self.world.clock.now().isoformat(),
            "ip_address": "198.51.100.24",
        }
        made = self.api.post(
            "/v1/accounts",
            {
                "account_type": "individual",
                "management_type": "advised" if advised else "self_directed",
                "contact": {
                    "email_address": f"{first}.{last}.{number}@mail.test".lower(),
                    "phone_number": f"+1212555{number % 10_000:04}",
                    "street_address": [street],
                    "city": city,
                    "state": state,
                    "postal_code": postal_code,
                    "country": "US",
                },
                "identity": {
                    "first_name": first,
                    "last_name": last,
                    "date_of_birth": born or usual_born,
                    "tax_id_type": "SSN",
                    "tax_id": f"900-{number // 10_000 % 90 + 10:02}-{number % 10_000:04}",
                    "country_of_citizenship": "US",
                    "country_of_birth": "US",
                    "country_of_tax_residence": "US",
                    "funding_source": ["employment_income", "savings"],
                },
                "disclosures": {
                    "is_control_person": False,
                    "is_affiliated_exchange_or_finra": False,
                    "is_politically_exposed": False,
                    "immediate_family_exposed": False,
                },
                "agreements": [
                    {"agreement": name, **signed}
                    for name in ("account_agreement", "customer_agreement")
                ],
                "trading_type": "cash",
                "enabled_assets": ["us_equity", "etf"],
            },
        )
        return str(made["id"])

    def active_account(self, *, advised: bool = True, born: str | None = None) -> str:
        """An account that is verified already."""
        account_id = self.open_account(advised=advised, born=born)
        if self.api.get(f"/v1/accounts/{account_id}")["status"] != "ACTIVE":
            self.decide(account_id, "approve")
        return account_id

    def decide(self, account_id: str, decision: str) -> None:
        """A person decides about the verification: approve, reject or document."""
        self.api.post(f"/_sandbox/accounts/{account_id}/compliance", {"decision": decision})

    def upload(self, account_id: str, document_type: str = "id_verification") -> str:
        """Send a document. Returns its id."""
        fields = {"document_type": document_type, "file": (BytesIO(PAPER), "paper.pdf")}
        made = self.api.upload(f"/v1/documents/accounts/{account_id}/upload", fields)
        return str(made["document_id"])

    def link_bank(self, account_id: str) -> str:
        """Link a bank. Returns the id of its first account, a `funding_source_id`."""
        given = {"account_id": account_id}
        token = self.api.post("/_sandbox/plaid/public-token", given)["public_token"]
        base = f"/v1/accounts/{account_id}/funding-sources/plaid/connect"
        item = self.api.post(base, {"public_token": token})["data"]["item"]
        return str(item["accounts"][0]["id"])

    def accept_policy(self, account_id: str, targets: dict[str, int]) -> None:
        """Write an investment policy with bands of five points around whole-percent targets."""
        stocks = targets["equities"]
        self.api.put(
            f"/v1/wealth/accounts/{account_id}/investment-policy",
            {
                "risk_profile": {
                    "risk_tolerance": TOLERANCE[stocks],
                    "volatility_tolerance": "medium",
                },
                "time_horizon": {"years": 15, "category": "long_term"},
                "investment_objectives": {"primary": "capital_appreciation"},
                "target_allocation": {
                    name: {
                        "target_percent": f"{target}.00",
                        "min_percent": f"{max(target - BAND, 0)}.00",
                        "max_percent": f"{min(target + BAND, 100)}.00",
                    }
                    for name, target in targets.items()
                },
                "constraints": {"rebalancing_policy": {"threshold_percent": "5.00"}},
            },
        )

    def deposit(self, account_id: str, amount: str, source_id: str | None = None) -> str:
        """Begin a deposit: by ACH from a bank, or by hand. Returns its id."""
        body: Row = {"amount": amount, "currency": "USD", "method": "manual_bank_transfer"}
        if source_id is not None:
            body |= {"method": "ach", "funding_source_id": source_id}
        key = f"scenario-{self.world.sequence()}"
        return str(self.api.post(f"/v1/accounts/{account_id}/deposits", body, key)["deposit_id"])

    def withdraw(self, account_id: str, amount: str, source_id: str) -> str:
        """Begin a withdrawal. Returns its id."""
        body = {
            "amount": amount,
            "currency": "USD",
            "method": "ach",
            "funding_source_id": source_id,
        }
        key = f"scenario-{self.world.sequence()}"
        made = self.api.post(f"/v1/accounts/{account_id}/withdrawals", body, key)
        return str(made["withdrawal_id"])

    def transfer(self, transfer_id: str, what: str, **more: Any) -> None:
        """Let a transfer settle, fail or return."""
        self.api.post(f"/_sandbox/transfers/{transfer_id}/{what}", more)

    def pay_in(self, account_id: str, amount: str, source_id: str) -> None:
        """A deposit that has arrived."""
        self.transfer(self.deposit(account_id, amount, source_id), "settle")

    def portfolio(self, account_id: str) -> str:
        """The id of the account's portfolio."""
        found = self.api.get(f"/v1/wealth/accounts/{account_id}/portfolios")["portfolios"]
        return str(found[0]["portfolio_id"])

    def invest(self, account_id: str) -> None:
        """Ask for the portfolio to be taken to its targets; orders follow when markets are open."""
        base = f"/v1/wealth/accounts/{account_id}/portfolios/{self.portfolio(account_id)}"
        key = f"scenario-{self.world.sequence()}"
        self.api.post(f"{base}/rebalancing", {"execution_type": "full"}, key)

    def auto_invest(
        self, account_id: str, source_id: str, amount: str, frequency: str = "monthly"
    ) -> str:
        """Invest an amount on the first of the month, or on Mondays. Returns the schedule's id."""
        days = {"day_of_week": 1} if frequency in ("weekly", "biweekly") else {"day_of_month": 1}
        made = self.api.post(
            f"/v1/wealth/accounts/{account_id}/auto-invest",
            {
                "name": "Every week" if frequency == "weekly" else "Every month",
                "portfolio_id": self.portfolio(account_id),
                "funding_source_id": source_id,
                "amount": amount,
                "frequency": frequency,
                "schedule": {**days, "time": "15:00"},
                "allocation_rule": "ips_target",
            },
        )
        return str(made["auto_invest_id"])

    def order(self, account_id: str, symbol: str, side: str = "buy", **more: str) -> str:
        """Give an order, at the market and for the day unless told. Returns its id."""
        body = {
            "symbol": symbol,
            "side": side,
            "type": "market",
            "time_in_force": "day",
            **more,
        }
        made = self.api.post(f"/v1/trading/accounts/{account_id}/orders", body)
        return str(made["id"])

    def investor(
        self, *amounts: str, mix: dict[str, int] = BALANCED, born: str | None = None
    ) -> tuple[str, str]:
        """An advised account with bank and policy, deposits arrived and orders asked for.

        Returns the ids of the account and of its bank account.
        """
        account_id = self.active_account(born=born)
        source_id = self.link_bank(account_id)
        self.accept_policy(account_id, mix)
        for amount in amounts:
            self.pay_in(account_id, amount, source_id)
        self.invest(account_id)
        return account_id, source_id

    def pass_time(self, step: timedelta) -> None:
        """Live through some time."""
        self.world.clock.advance(step)
