"""The order ticket: what a person fills in, and what they should be told kindly."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import Account
from funding.forms import Keyed
from robo.ui import words
from robo.ui.forms import Choice, MoneyField
from trading import estimate as sums
from trading import services, told
from trading.models import Asset, Hours, Order, Quote

T = Order.Type
MOST_SHARES = Decimal(1_000_000_000)
LEAST_AMOUNT = Decimal("1.00")
ZERO = Decimal(0)


class SharesField(forms.Field):
    """A number of shares, from `10`, `1,200` or `0.25`; up to nine decimals."""

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        text = str(value).strip()
        if not re.fullmatch(r"(\d+|\d{1,3}(,\d{3})+)?(\.\d{1,9})?", text) or not text:
            raise ValidationError("Enter a number of shares, like 10 or 0.25.")
        try:
            found = Decimal(text.replace(",", ""))
        except InvalidOperation:
            raise ValidationError("Enter a number of shares, like 10 or 0.25.") from None
        if not 0 < found <= MOST_SHARES:
            raise ValidationError("Enter a number above zero.")
        return found


class PriceField(forms.Field):
    """Dollars a share: cents from a dollar up, hundredths of a cent below (SEC Rule 612)."""

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        text = str(value).strip().removeprefix("$").strip()
        if not re.fullmatch(r"(\d+|\d{1,3}(,\d{3})+)?(\.\d+)?", text) or not text:
            raise ValidationError("Enter a price in dollars, like 24.50.")
        found = Decimal(text.replace(",", ""))
        if not 0 < found <= 10_000_000:
            raise ValidationError("Enter a price above zero.")
        step = Decimal("0.01") if found >= 1 else Decimal("0.0001")
        if found != found.quantize(step):
            least = "a cent" if found >= 1 else "a hundredth of a cent"
            raise ValidationError(f"Prices like this go in steps of {least}.")
        return found.quantize(step)


class PercentField(forms.Field):
    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        text = str(value).strip().removesuffix("%").strip()
        if not re.fullmatch(r"\d*\.?\d{1,2}", text):
            raise ValidationError("Enter a percentage, like 5 or 2.5.")
        found = Decimal(text)
        if not 0 < found < 100:
            raise ValidationError("Enter a percentage above 0 and below 100.")
        return found


def decimal_input(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(
        {"inputmode": "decimal", "autocomplete": "off", "class": "input", **attrs}
    )


def cards(choices: Any, sentences: dict[Any, str]) -> list[tuple[str, Choice]]:
    return [(value, Choice(label, hint=sentences.get(value, ""))) for value, label in choices]


NEEDS: dict[str, tuple[str, ...]] = {
    T.MARKET: (),
    T.LIMIT: ("limit_price",),
    T.STOP: ("stop_price",),
    T.STOP_LIMIT: ("stop_price", "limit_price"),
    T.TRAILING_STOP: ("trail_by", "trail"),
}
"""Which fields each type asks for beside its size, as the contract has it."""


class OrderForm(Keyed):
    """Only the fields that the chosen side, type and measure need are on it."""

    side = forms.ChoiceField(label="Buy or sell", choices=Order.Side.choices)
    type = forms.ChoiceField(
        label="Kind of order",
        choices=Order.Type.choices,
        error_messages={"invalid_choice": "Choose a kind of order."},
    )
    by = forms.ChoiceField(
        label="Counted in", choices=[("quantity", "Shares"), ("amount", "Dollars")], required=False
    )
    quantity = SharesField(
        label="How many shares", error_messages={"required": "Enter how many shares."}
    )
    amount = MoneyField(
        label="Amount",
        least=LEAST_AMOUNT,
        error_messages={"required": "Enter an amount."},
    )
    stop_price = PriceField(
        label="Stop price",
        help_text="The price that sets it going.",
        error_messages={"required": "Enter the stop price."},
    )
    limit_price = PriceField(
        label="Limit price",
        error_messages={"required": "Enter the limit price."},
    )
    trail_by = forms.ChoiceField(
        label="Distance in", choices=[("percent", "Percent"), ("price", "Dollars")], required=False
    )
    trail = forms.CharField(
        label="Distance", error_messages={"required": "Enter how far behind the price it follows."}
    )
    time_in_force = forms.ChoiceField(
        label="How long it counts",
        choices=cards(Order.Tif.choices, told.TIFS),
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose how long it counts.",
            "invalid_choice": "Choose how long it counts.",
        },
    )

    def __init__(
        self,
        data: Any = None,
        *,
        account: Account,
        asset: Asset,
        quote: Quote | None,
        now: Hours,
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.account, self.asset, self.quote, self.now = account, asset, quote, now
        first = {"side": "buy", "type": "market", "by": "quantity", "trail_by": "percent"}
        first |= {"time_in_force": "day"} | (initial or {})
        super().__init__(data, initial=first)
        for name in ("quantity", "stop_price", "limit_price", "trail"):
            self.fields[name].widget = decimal_input()
        for name in ("side", "by", "trail_by"):
            self.fields[name].widget = forms.RadioSelect(choices=self.fields[name].choices)  # type: ignore[attr-defined]
        again = {
            "hx-get": reverse("trading:ticket", args=[asset.symbol]),
            "hx-target": "#ticket",
            "hx-swap": "outerHTML",
            "hx-include": "closest form",
            "hx-params": "not csrfmiddlewaretoken,key",
        }
        for name in ("side", "type", "by", "trail_by"):
            self.fields[name].widget.attrs |= again
        self.chosen_type = self._chosen("type", Order.Type.values, "market")
        self.side_chosen = self._chosen("side", Order.Side.values, "buy")
        self.by_amount = (
            asset.is_fractionable
            and self.chosen_type == T.MARKET
            and self._chosen("by", ["quantity", "amount"], "quantity") == "amount"
        )
        self._offer_times()
        self.trail_in = self._chosen("trail_by", ["percent", "price"], "percent")
        self.offers_amount = asset.is_fractionable and self.chosen_type == T.MARKET
        unneeded = {"stop_price", "limit_price", "trail_by", "trail"} - set(NEEDS[self.chosen_type])
        unneeded.add("quantity" if self.by_amount else "amount")
        if not self.offers_amount:
            unneeded.add("by")
        for name in unneeded:
            del self.fields[name]
        if asset.is_fractionable and "quantity" in self.fields:
            self.fields["quantity"].help_text = "Parts of a share work too, like 0.25."
        elif "quantity" in self.fields:
            self.fields["quantity"].help_text = f"{asset.symbol} is traded in whole shares."
        if "limit_price" in self.fields:
            least = "Most you pay" if self.side_chosen == "buy" else "Least you take"
            self.fields["limit_price"].help_text = f"{least} a share."
        if "trail" in self.fields:
            unit = "percent" if self.trail_in == "percent" else "dollars a share"
            self.fields["trail"].help_text = f"In {unit}, behind the best price since then."

    def _offer_times(self) -> None:
        """Only the times that go with the type are offered; `not_offered` has the others' reasons,
        `time_dropped` the one that was chosen before the type was another. Cleaning knows them all,
        so that each wrong pair gets its own reason."""
        why = {tif: told.why_not(tif, self.chosen_type, self.now) for tif in Order.Tif.values}
        field = self.fields["time_in_force"]
        assert isinstance(field, forms.ChoiceField)
        field.widget.choices = [
            one for one in cards(Order.Tif.choices, told.TIFS) if not why[one[0]]
        ]
        self.not_offered = [(Order.Tif(tif).label, reason) for tif, reason in why.items() if reason]
        asked = str(self.initial.get("time_in_force"))
        self.time_dropped = ""
        if not self.is_bound and why.get(asked):
            self.time_dropped = str(Order.Tif(asked).label)
            self.initial["time_in_force"] = Order.Tif.DAY.value

    def _chosen(self, name: str, allowed: list[str], default: str) -> str:
        given = self.data.get(name) if self.is_bound else self.initial.get(name)
        return given if given in allowed else default

    def fill_in_all(self) -> None:
        """All the cash, for a buy in dollars, or all the shares that are free to sell."""
        if self.side_chosen == "sell" and not self.by_amount:
            free = services.sellable(self.account, self.asset.symbol)
            self.initial["quantity"] = told.count(free).replace(",", "") if free else ""
        elif self.side_chosen == "buy" and self.by_amount:
            cash, _ = services.buying_power(self.account)
            most = sums.most(cash) if cash is not None else ZERO
            self.initial["amount"] = most if most >= LEAST_AMOUNT else None

    @property
    def all_label(self) -> str:
        """What `fill_in_all` would do; empty where it can't."""
        if self.side_chosen == "sell":
            return "" if self.by_amount else "Sell all that’s free"
        return "Use all the cash" if self.by_amount else ""

    @property
    def type_sentence(self) -> str:
        return told.TYPES[T(self.chosen_type)]

    # What goes together ------------------------------------------------------------------------

    def clean_quantity(self) -> Decimal:
        found: Decimal = self.cleaned_data["quantity"]
        if not self.asset.is_fractionable and found != found.to_integral_value():
            raise ValidationError(f"{self.asset.symbol} is traded in whole shares only.")
        return found

    def clean_time_in_force(self) -> str:
        found: str = self.cleaned_data["time_in_force"]
        if reason := told.why_not(found, self.chosen_type, self.now):
            raise ValidationError(reason)
        return found

    def clean_trail(self) -> Decimal:
        field = PercentField() if self.trail_in == "percent" else PriceField()
        found = field.clean(self.cleaned_data["trail"])
        assert isinstance(found, Decimal)
        return found

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.asset.is_tradable:
            raise ValidationError(f"{self.asset.symbol} can’t be traded at the moment.")
        self._check_prices(given)
        if not self.errors:
            self._check_means()
        return given

    def _check_prices(self, given: dict[str, Any]) -> None:
        last = self.quote.price if self.quote else None
        buys = given.get("side") == "buy"
        stop, limit = given.get("stop_price"), given.get("limit_price")
        if stop and last and (stop <= last if buys else stop >= last):
            where = "above" if buys else "below"
            self.add_error(
                "stop_price",
                f"A stop to {'buy' if buys else 'sell'} has to be {where} the last price, "
                f"{told.exact(last)}. At {told.exact(stop)} it would go off at once.",
            )
        if stop and limit and (limit < stop if buys else limit > stop):
            self.add_error(
                "limit_price",
                f"With the stop at {told.exact(stop)} it could never be filled: set the limit "
                f"{'at or above' if buys else 'at or below'} the stop.",
            )
        if limit and last and not stop and not last / 5 < limit < last * 5:
            self.add_error(
                "limit_price",
                f"That is very far from the last price, {told.exact(last)}. Is it a slip?",
            )
        trail = given.get("trail")
        if trail and last and self.trail_in == "price" and trail >= last:
            self.add_error("trail", f"It has to be less than the price itself, {told.exact(last)}.")

    def _check_means(self) -> None:
        wish = self.order()
        price = sums.reckoned_at(wish, self.quote)
        if wish.is_buy:
            cash, _ = services.buying_power(self.account)
            found = sums.estimate(wish, self.quote, cash=cash, held=Decimal(0))
            if cash is None:
                self.add_error(None, "Your cash hasn’t been read yet. Try again in a minute.")
            elif found.total is not None and found.total > cash:
                size = "amount" if self.by_amount else "quantity"
                self.add_error(
                    size,
                    f"That would cost about {words.money(found.total)}; there is "
                    f"{words.money(cash)} free to spend, with your open orders counted.",
                )
            return
        free = services.sellable(self.account, self.asset.symbol, price)
        if wish.quantity is not None and wish.quantity > free:
            self.add_error("quantity", self._too_many(free))
        if wish.notional is not None and price and wish.notional > sums.cents(free * price):
            self.add_error("amount", self._too_many(free))

    def _too_many(self, free: Decimal) -> str:
        if not free:
            return f"You have no shares of {self.asset.symbol} that are free to sell."
        return f"You have {told.in_shares(free)} free to sell, with your open orders counted."

    def order(self) -> Order:
        """The wish as an unsaved row, once the form is valid."""
        given = self.cleaned_data
        trail, percent = given.get("trail"), self.trail_in == "percent"
        return Order(
            account=self.account,
            key=given["key"],
            symbol=self.asset.symbol,
            name=self.asset.name,
            side=given["side"],
            type=given["type"],
            time_in_force=given["time_in_force"],
            quantity=given.get("quantity"),
            notional=given.get("amount"),
            limit_price=given.get("limit_price"),
            stop_price=given.get("stop_price"),
            trail_percent=trail if percent else None,
            trail_price=None if percent else trail,
        )

    def sent_again(self) -> list[tuple[str, str]]:
        """What was filled in, to be carried to the next page."""
        return [(name, self.data[name]) for name in ("key", *self.fields) if name in self.data]
