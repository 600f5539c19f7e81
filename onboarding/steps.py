"""The screens of the application, in order, and what each one asks."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """`keys` are the sealed answers it leaves behind; `minutes` what it takes, honestly."""

    slug: str
    name: str
    title: str
    why: str
    minutes: float
    keys: tuple[str, ...] = ()
    more: str = ""
    """Why we ask, for who wants to know."""


STEPS = (
    Step(
        "name",
        "You",
        "What’s your name, and when were you born?",
        "As on your passport or driver’s license.",
        1,
        ("first_name", "last_name", "date_of_birth"),
        "The law asks us to know who opens an account. Your name and birth date are compared with "
        "public records.",
    ),
    Step(
        "address",
        "Address",
        "Where do you live?",
        "Your home address in the United States, and a phone number.",
        1,
        ("street_address", "city", "state", "postal_code", "country", "phone_number"),
        "The address is compared with public records. The phone number is for questions about "
        "your account, never for advertising.",
    ),
    Step(
        "tax",
        "Tax ID",
        "Where are you a citizen, and what’s your tax ID?",
        "Your tax ID is encrypted as soon as you send it, shown nowhere again beyond its last "
        "four digits, and deleted from our system once your account is opened.",
        1,
        (
            "country_of_citizenship",
            "country_of_birth",
            "country_of_tax_residence",
            "tax_id_type",
            "tax_id",
        ),
        "Whoever holds investments for you has to report their income to the IRS under this "
        "number, and it’s part of the check that it’s you.",
    ),
    Step(
        "work",
        "Work and income",
        "What do you do, and where does the money come from?",
        "Round figures are enough.",
        1.5,
        ("funding_source",),
        "Advice has to fit your means, and the law asks where invested money comes from.",
    ),
    Step(
        "position",
        "Your position",
        "Four questions the law asks us to ask.",
        "For most people each answer is no. A yes doesn’t stop you from opening an account; it "
        "may take a day longer.",
        1,
        (
            "is_control_person",
            "is_affiliated_exchange_or_finra",
            "is_politically_exposed",
            "immediate_family_exposed",
        ),
        "Rules against insider trading and corruption ask for closer care with some positions.",
    ),
    Step(
        "agreements",
        "Agreements",
        "What we agree on.",
        "Each document is here in full. Open it, read it, and tick its box if you agree.",
        4,
    ),
    Step(
        "review",
        "Check and send",
        "Is everything right?",
        "This is what we send. You can change any of it.",
        1,
    ),
)

BY_SLUG = {step.slug: step for step in STEPS}
ASKED = tuple(step for step in STEPS if step.keys)

TOGETHER = {"name": "address", "work": "position", "agreements": "review"}
"""Screens that come on one page the first time: who one is, what one does, a last look and the
signature. Each can be corrected alone."""

PAGES = tuple(step for step in STEPS if step.slug not in TOGETHER.values())

OF_BLUUM = {
    "contact": "address",
    "identity.date_of_birth": "name",
    "identity.first_name": "name",
    "identity.last_name": "name",
    "identity.funding_source": "work",
    "identity": "tax",
    "disclosures": "position",
    "agreements": "agreements",
}
"""Which step a field that Bluum refused belongs to."""


def number(step: Step) -> int:
    """Its place in the order, from 1."""
    return STEPS.index(step) + 1


def page(step: Step) -> int:
    """The place of the page it is first asked on, from 1."""
    return sum(number(other) <= number(step) for other in PAGES)


def before(step: Step) -> Step | None:
    return STEPS[number(step) - 2] if number(step) > 1 else None


def after(step: Step) -> Step:
    return STEPS[min(number(step), len(STEPS) - 1)]


def minutes_left(step: Step) -> str:
    """From this screen to the end, in words."""
    minutes = round(sum(other.minutes for other in STEPS[number(step) - 1 :]))
    return f"about {minutes} minutes left" if minutes > 1 else "about a minute left"


def first_undone(done: Iterable[str]) -> Step:
    """The first screen that still asks something; the last one if none does."""
    finished = set(done)
    return next((step for step in STEPS[:-1] if step.slug not in finished), STEPS[-1])


def of_refusal(field: str) -> Step | None:
    """The screen on which a refused field can be corrected."""
    place = field
    while place:
        if slug := OF_BLUUM.get(place):
            return BY_SLUG[slug]
        place = place.rpartition(".")[0]
    return None
