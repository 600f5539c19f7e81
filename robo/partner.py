"""The partner: one folder, `partners/<slug>/`, read once, validated and frozen.

Everything that differs between companies is in that folder: names, words, colours, type, legal
documents, fees, features. Code and templates never name a partner; they say `partner.name`.
"""

import hashlib
import json
import re
import tomllib
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from markdown_it import MarkdownIt
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from robo import brand
from robo.brand import Colours, Shape, Type

ROOT = Path(__file__).resolve().parent.parent / "partners"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$")]
Domain = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Fraction = Annotated[Decimal, Field(ge=0, lt=1)]
Dollars = Annotated[Decimal, Field(ge=0, decimal_places=2)]

AgreementKind = Literal[
    "account_agreement",
    "customer_agreement",
    "advisory_agreement",
    "privacy_policy",
    "form_crs",
    "esign_consent",
    "algorithm_disclosure",
    "trading_disclosure",
]
OF_ADVICE = ("advisory_agreement", "algorithm_disclosure")
GoalType = Literal["retirement", "home", "education", "emergency", "wealth", "custom"]


class Part(BaseModel):
    """A frozen piece of partner.toml; an unknown key is a mistake, not an extra."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", ignored_types=(cached_property,)
    )


class Step(Part):
    """One row of "what happens, and when" on the landing page."""

    when: Line
    title: Line
    text: str


class Words(Part):
    """What the partner may say its own way. Defaults are plain and name nobody."""

    landing_title: Line = "Put savings to work on a plan you can check."
    landing_lead: str = (
        "A portfolio of low-cost funds, looked after for you. You see the odds, the fees in "
        "dollars and the date of everything that happens next."
    )
    landing_note: Line = "Your answers are kept as you go. Close any time without a fee."
    open_account: Line = "Open an account"
    assistant_note: str = (
        "Answers come from a program of our custodian’s that reads your account. They can be "
        "wrong, they aren’t advice, and they promise nothing. The conversation is kept."
    )
    sign_in: Line = "Sign in"
    sign_in_title: Line = "Sign in"
    sign_in_lead: Line = "Use the face, fingerprint or PIN that unlocks this device."
    sign_up_title: Line = "Start with your e-mail address"
    sign_up_lead: Line = "We send a code to it, so that nobody can open an account in your name."
    steps_title: Line = "What happens, and when"
    steps: tuple[Step, ...] = (
        Step(
            when="First",
            title="Answer some questions",
            text="About your money, your dates and how a bad year would feel. You see your plan, "
            "and what it can’t promise, before you sign anything.",
        ),
        Step(
            when="Then",
            title="We check it’s you",
            text="The law asks us to. If we need a document, we say which one and why.",
        ),
        Step(
            when="After that",
            title="Your first deposit arrives",
            text="From your bank, on dates we tell you beforehand.",
        ),
        Step(
            when="And then",
            title="It’s invested",
            text="From then on we keep it at the mix you agreed to, and tell you each time we act.",
        ),
    )
    cost_title: Line = "What it costs, in dollars"
    cost_note: Line = "A year, at four balances."
    safety_title: Line = "Where your money is"
    start_title: Line = "Start when you like"
    start_text: str = (
        "You’ll need your Social Security number and a bank login or account number. Your answers "
        "are kept as you go, so you can stop and carry on from another device."
    )


class Support(Part):
    phone: Annotated[str, StringConstraints(pattern=r"^\(\d{3}\) \d{3}-\d{4}$")]
    email: Email
    hours: Line

    @property
    def phone_link(self) -> str:
        """The number as a tel: address wants it."""
        return "tel:+1" + re.sub(r"\D", "", self.phone)


class Mail(Part):
    """Who e-mail comes from."""

    from_name: Line
    from_address: Email


class Fees(Part):
    """A year's fees as fractions of the balance: 0.0025 is 0.25 percent."""

    advisory: Fraction
    fund_expense_max: Fraction

    def year(self, balance: Decimal) -> Decimal:
        """All fees of a year on a steady `balance`, dollars and cents."""
        return (balance * (self.advisory + self.fund_expense_max)).quantize(Decimal("0.01"))

    @cached_property
    def samples(self) -> tuple[dict[str, Decimal], ...]:
        """The fee table: dollars a year to the adviser, inside the funds, and together."""
        return tuple(
            {
                "balance": balance,
                "advisory": balance * self.advisory,
                "funds": balance * self.fund_expense_max,
                "month": self.year(balance) / 12,
                "year": self.year(balance),
            }
            for balance in map(Decimal, (1_000, 10_000, 50_000, 100_000))
        )


class Trading(Part):
    """What the partner charges for an order of a self-directed account.

    `commission` is dollars an order (`notional`), dollars a share (`qty`) or basis points of the
    amount (`bps`), as `commission_type` says in Bluum's words.
    """

    commission: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    commission_type: Literal["notional", "qty", "bps"] = "notional"


class Limits(Part):
    """What a client may move, in dollars, and how long money stays in, in bank days.

    Days and weeks count from New York's days; a week is seven days up to today.
    """

    deposit: Dollars = Decimal("50000.00")
    deposits_a_day: Dollars = Decimal("50000.00")
    deposits_a_week: Dollars = Decimal("250000.00")
    withdrawal: Dollars = Decimal("50000.00")
    withdrawals_a_day: Dollars = Decimal("50000.00")
    withdrawals_a_week: Dollars = Decimal("250000.00")
    new_bank_days: Annotated[int, Field(ge=0, le=30)] = 0
    """After linking a bank, before money can be sent to it."""
    deposit_days: Annotated[int, Field(ge=0, le=30)] = 0
    """After a deposit from a linked bank has arrived, before it can be withdrawn."""


class Features(Part):
    self_directed: bool = False
    passkeys: bool = True
    assistant: bool = False


class Advice(Part):
    """How the partner's advisers take part."""

    approve_policies: bool = False
    """Whether an adviser looks at every policy before it can be signed."""
    bands: Literal["absolute", "relative", "hybrid"] = "absolute"
    """How far a class may stand from its target in new policies: `planning.policy.width`."""
    clients_rebalance: bool = True
    """Whether investors may say yes to a rebalance with sales themselves, or only their adviser."""


class Agreement(Part):
    """A legal document in one version. People sign exactly the bytes whose hash is kept."""

    slug: Slug
    title: Line
    kind: AgreementKind
    version: Line
    effective: date
    sign: bool = True
    text: str

    @cached_property
    def sha256(self) -> str:
        """Hash of the UTF-8 bytes of the document as written, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def html(self) -> SafeString:
        """The document as HTML. Raw HTML in the source stays text."""
        rendered: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(self.text)
        return SafeString(rendered)  # our own folder, rendered with HTML off


class Partner(Part):
    slug: Slug
    name: Line
    short_name: Line
    legal_name: Line
    domain: Domain
    registration: Line
    """Who registers the adviser, as the footer says it."""
    not_insured: Line
    """What investments are not, as the footer says it."""
    minimum_deposit: Dollars
    goal_types: Annotated[tuple[GoalType, ...], Field(min_length=1)]
    support: Support
    mail: Mail
    fees: Fees
    limits: Limits = Limits()
    features: Features = Features()
    advice: Advice = Advice()
    trading: Trading = Trading()
    words: Words = Words()
    type: Type
    shape: Shape
    colours: Colours
    agreements: tuple[Agreement, ...]
    logo_svg: str

    @property
    def logo(self) -> SafeString:
        """The mark, inline, in the colour of its surroundings."""
        return mark_safe(self.logo_svg)  # noqa: S308 (checked at load: no scripts, no handlers)

    @property
    def email_from(self) -> str:
        return f"{self.mail.from_name} <{self.mail.from_address}>"

    @property
    def to_sign(self) -> tuple[Agreement, ...]:
        """What opening an account that is managed asks to sign."""
        return tuple(a for a in self.agreements if a.sign and a.kind != "trading_disclosure")

    @property
    def to_sign_self_directed(self) -> tuple[Agreement, ...]:
        """What opening an account that the person trades asks to sign: nothing about advice. The
        trading disclosure comes before the first order."""
        return tuple(a for a in self.to_sign if a.kind not in OF_ADVICE)

    def agreement(self, slug: str) -> Agreement:
        """The document with this slug. Raises KeyError when there is none."""
        for agreement in self.agreements:
            if agreement.slug == slug:
                return agreement
        raise KeyError(slug)

    def kind(self, kind: str) -> Agreement:
        """The document of this kind; a loaded partner has one of each. Raises KeyError."""
        for agreement in self.agreements:
            if agreement.kind == kind:
                return agreement
        raise KeyError(kind)

    @property
    def form_crs(self) -> Agreement:
        return self.kind("form_crs")

    @property
    def brand_url(self) -> str:
        """Where the brand's stylesheet is; a change of brand is a new address."""
        return reverse("brand_css", args=[_stylesheet(self)[0]])

    @property
    def font_url(self) -> str:
        return static(self.type.file)


class BadPartner(ImproperlyConfigured):
    """The folder can't be used. `problems` has one line each."""

    def __init__(self, slug: str, problems: list[str]) -> None:
        super().__init__(f"partners/{slug}: " + "; ".join(problems))
        self.problems = problems


def directory(slug: str) -> Path:
    """The partner's folder. Raises ImproperlyConfigured when there is none."""
    found = ROOT / slug
    if not (found / "partner.toml").is_file():
        names = ", ".join(slugs()) or "none"
        raise ImproperlyConfigured(f"No partners/{slug}/partner.toml; there are: {names}.")
    return found


def slugs() -> list[str]:
    return sorted(path.parent.name for path in ROOT.glob("*/partner.toml"))


def first() -> str:
    """The partner used when PARTNER isn't set: the first by name. Raises ImproperlyConfigured."""
    found = slugs()
    if not found:
        raise ImproperlyConfigured("partners/ holds no folder with a partner.toml.")
    return found[0]


@cache
def load(slug: str) -> Partner:
    """The partner of this slug. Raises BadPartner with every problem found."""
    found, problems = read(directory(slug))
    if found is None or problems:
        raise BadPartner(slug, problems)
    return found


def sender(slug: str) -> str:
    """Whom the partner's e-mails come from, as a From line. Raises BadPartner."""
    return load(slug).email_from


def current() -> Partner:
    """The partner this deployment serves."""
    return load(settings.PARTNER)


def check(slug: str) -> list[str]:
    """What is wrong with the partner's folder, one line each; empty when nothing is."""
    return read(directory(slug))[1]


def read(folder: Path) -> tuple[Partner | None, list[str]]:
    """Read a partner's folder: the partner, if it could be made, and what is wrong, a line each."""
    try:
        data = tomllib.loads((folder / "partner.toml").read_text(), parse_float=Decimal)
    except tomllib.TOMLDecodeError as e:
        return None, [f"partner.toml is not valid TOML: {e}"]
    problems: list[str] = []
    data.setdefault("slug", folder.name)
    if data["slug"] != folder.name:
        problems.append(f"slug is {data['slug']!r}, but the folder is {folder.name!r}")
    data["logo_svg"] = _read_logo(folder, problems)
    data["agreements"] = _read_agreements(folder, data.get("agreements", []), problems)
    try:
        partner = Partner.model_validate_json(json.dumps(data, default=str))
    except ValidationError as e:
        return None, problems + [_line(error) for error in e.errors()]
    problems += brand.contrast_problems(partner.colours)
    if not any((place / partner.type.file).is_file() for place in _static_places(folder)):
        problems.append(f"type.file: no such static file {partner.type.file}")
    for needed in ("brand/icon.svg",):
        if not (folder / "static" / needed).is_file():
            problems.append(f"static/{needed} is missing")
    if not partner.mail.from_address.endswith("@" + partner.domain):
        problems.append(f"mail.from_address is not at {partner.domain}, so it would fail DMARC")
    kinds = [a.kind for a in partner.agreements]
    needed_kinds = set(get_args(AgreementKind))
    if not partner.features.self_directed:
        needed_kinds.discard("trading_disclosure")
    problems += [f"agreements: no {kind}" for kind in sorted(needed_kinds - set(kinds))]
    problems += [
        f"agreements: {kind} twice" for kind in sorted({k for k in kinds if kinds.count(k) > 1})
    ]
    return partner, problems


def _static_places(folder: Path) -> tuple[Path, Path]:
    return folder / "static", ROOT.parent / "static"


def _read_logo(folder: Path, problems: list[str]) -> str:
    path = folder / "logo.svg"
    if not path.is_file():
        problems.append("logo.svg is missing")
        return ""
    svg = path.read_text().strip()
    if re.search(r"<script|\son\w+\s*=|javascript:|<foreignObject|style\s*=", svg, re.I):
        problems.append("logo.svg holds a script, a handler or a style attribute")
        return ""
    return svg


def _read_agreements(
    folder: Path, rows: list[dict[str, Any]], problems: list[str]
) -> list[dict[str, Any]]:
    """Join each row of partner.toml with the text of its file in legal/."""
    found = []
    for row in rows:
        row = dict(row)
        name = row.pop("file", f"{row.get('slug')}.md")
        path = folder / "legal" / name
        if not path.is_file():
            problems.append(f"legal/{name} is missing")
            continue
        found.append(row | {"text": path.read_text()})
    return found


def _line(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{where}: not a setting"
    if error["type"] == "missing":
        return f"{where}: missing"
    return f"{where}: {error['msg'][:1].lower()}{error['msg'][1:]}"


@cache
def _stylesheet(partner: Partner) -> tuple[str, str]:
    css = brand.css(
        partner.colours, partner.type, partner.shape, font_url=static(partner.type.file)
    )
    return hashlib.sha256(css.encode()).hexdigest()[:12], css


@require_GET
@cache_control(public=True, max_age=31_536_000, immutable=True)
def brand_css(request: HttpRequest, digest: str) -> HttpResponse:
    """The partner's tokens as CSS, at an address that changes when they do."""
    current_digest, css = _stylesheet(current())
    if digest != current_digest:
        raise Http404("No such brand stylesheet.")
    return HttpResponse(css, content_type="text/css; charset=utf-8")


def context(request: HttpRequest) -> dict[str, Partner]:
    """Template context: `partner`."""
    return {"partner": current()}
