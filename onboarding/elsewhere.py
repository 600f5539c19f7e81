"""What people hold and owe elsewhere: Bluum's account types in words, in groups."""

ASSETS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Cash", (("checking", "Checking account"), ("savings", "Savings account"))),
    (
        "Investments",
        (
            ("brokerage", "Brokerage account"),
            ("investment", "Other investments"),
            ("plan_529", "529 college savings"),
            ("utma_ugma", "Custodial account (UTMA, UGMA)"),
            ("trust", "Trust"),
            ("crypto", "Crypto"),
        ),
    ),
    (
        "Retirement",
        (
            ("retirement_401k", "401(k)"),
            ("retirement_ira_traditional", "Traditional IRA"),
            ("retirement_ira_roth", "Roth IRA"),
            ("retirement_403b", "403(b)"),
            ("retirement_457b", "457(b)"),
            ("retirement_pension", "Pension"),
            ("retirement", "Other retirement account"),
            ("hsa", "Health savings account (HSA)"),
            ("fsa", "Flexible spending account (FSA)"),
        ),
    ),
    (
        "Things you own",
        (
            ("real_estate", "Home or other real estate"),
            ("vehicle", "Car or other vehicle"),
            ("business_equity", "Share of a business"),
            ("collectibles", "Collectibles"),
            ("other_asset", "Something else"),
        ),
    ),
)
DEBTS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Home loans",
        (
            ("mortgage", "Mortgage"),
            ("home_equity_loan", "Home equity loan"),
            ("home_equity_loc", "Home equity line of credit"),
        ),
    ),
    (
        "Other debts",
        (
            ("credit_card", "Credit card"),
            ("student_loan", "Student loan"),
            ("auto_loan", "Car loan"),
            ("personal_loan", "Personal loan"),
            ("loan", "Other loan"),
            ("medical_debt", "Medical bills"),
            ("tax_debt", "Tax owed"),
            ("other_liability", "Something else you owe"),
        ),
    ),
)
DEBT_TYPES = frozenset(name for _, kinds in DEBTS for name, _ in kinds)
TYPE_WORDS = {name: words for _, kinds in (*ASSETS, *DEBTS) for name, words in kinds}
GROUP_OF = {name: group for group, kinds in (*ASSETS, *DEBTS) for name, _ in kinds}

PLAID_TYPES = {
    "checking": "checking",
    "savings": "savings",
    "cd": "savings",
    "money market": "savings",
    "cash management": "savings",
    "brokerage": "brokerage",
    "401k": "retirement_401k",
    "roth 401k": "retirement_401k",
    "403b": "retirement_403b",
    "457b": "retirement_457b",
    "ira": "retirement_ira_traditional",
    "roth": "retirement_ira_roth",
    "pension": "retirement_pension",
    "retirement": "retirement",
    "hsa": "hsa",
    "529": "plan_529",
    "ugma": "utma_ugma",
    "utma": "utma_ugma",
    "trust": "trust",
    "crypto exchange": "crypto",
    "mortgage": "mortgage",
    "home equity": "home_equity_loc",
    "student": "student_loan",
    "auto": "auto_loan",
    "consumer": "personal_loan",
    "credit card": "credit_card",
}
"""Plaid's subtypes to Bluum's types."""
PLAID_KINDS = {
    "depository": "checking",
    "investment": "investment",
    "brokerage": "brokerage",
    "credit": "credit_card",
    "loan": "loan",
}
"""Plaid's types, for a subtype we don't know."""


def bluum_type(kind: str, subtype: str | None) -> str:
    """Bluum's type for an account at a bank."""
    return PLAID_TYPES.get((subtype or "").lower()) or PLAID_KINDS.get(kind, "other_asset")
