"""What a box beside a document says, and how the page names the exact text it showed."""

from robo.partner import Agreement


def fingerprint(agreement: Agreement) -> str:
    return f"{agreement.version}:{agreement.sha256}"


ONLY_READ = {"form_crs", "privacy_policy", "algorithm_disclosure"}


def statement(agreement: Agreement) -> str:
    """The words beside the box; they are kept with the signature."""
    if agreement.kind in ONLY_READ:
        return f"I have received and read “{agreement.title}”, version {agreement.version}."
    return f"I have read and agree to “{agreement.title}”, version {agreement.version}."
