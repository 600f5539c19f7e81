"""Errors as Plaid words them: type, code, a sentence for developers and one for people."""

from typing import Any

CATALOGUE: dict[str, tuple[str, int, str, str | None]] = {
    "MISSING_FIELDS": (
        "INVALID_REQUEST",
        400,
        "the following required fields are missing: {fields}",
        None,
    ),
    "INVALID_FIELD": ("INVALID_REQUEST", 400, "{fields}", None),
    "INVALID_BODY": ("INVALID_REQUEST", 400, "body could not be parsed as JSON", None),
    "NOT_FOUND": ("INVALID_REQUEST", 404, "the resource could not be found", None),
    "INVALID_API_KEYS": ("INVALID_INPUT", 400, "invalid client_id or secret provided", None),
    "INVALID_ACCESS_TOKEN": (
        "INVALID_INPUT",
        400,
        "provided access token is in an invalid format or does not exist",
        None,
    ),
    "INVALID_PUBLIC_TOKEN": (
        "INVALID_INPUT",
        400,
        "provided public token is expired or was used before; Link gives a new one",
        None,
    ),
    "INVALID_LINK_TOKEN": (
        "INVALID_INPUT",
        400,
        "invalid link_token provided",
        "The link has expired. Go back and start again.",
    ),
    "INVALID_INSTITUTION": ("INVALID_INPUT", 400, "invalid institution_id provided", None),
    "INVALID_ACCOUNT_ID": ("INVALID_INPUT", 400, "failed to find requested account ID", None),
    "INVALID_WEBHOOK_VERIFICATION_KEY_ID": (
        "INVALID_INPUT",
        400,
        "invalid key_id provided. note that key_ids are specific to Plaid environments",
        None,
    ),
    "PRODUCTS_NOT_SUPPORTED": (
        "ITEM_ERROR",
        400,
        "the following products are not supported by this institution: {fields}",
        None,
    ),
    "NO_ACCOUNTS": (
        "ITEM_ERROR",
        400,
        "no valid accounts were found for this item",
        "No compatible accounts could be found.",
    ),
    "NO_INVESTMENT_ACCOUNTS": ("ITEM_ERROR", 400, "no valid investment accounts were found", None),
    "NO_LIABILITY_ACCOUNTS": ("ITEM_ERROR", 400, "no valid liability accounts were found", None),
    "NO_AUTH_ACCOUNTS": ("ITEM_ERROR", 400, "no valid checking or savings account(s) found", None),
    "ITEM_LOGIN_REQUIRED": (
        "ITEM_ERROR",
        400,
        "the login details of this item have changed (credentials, MFA, or required user action) "
        "and a user login is required to update this information. use Link's update mode to "
        "restore the item to a good state",
        "The sign-in details of this account have changed. Please sign in again.",
    ),
    "INVALID_CREDENTIALS": (
        "ITEM_ERROR",
        400,
        "the provided credentials were not correct",
        "The user name or password is not right. Try again.",
    ),
    "INVALID_MFA": (
        "ITEM_ERROR",
        400,
        "the provided MFA response(s) were not correct",
        "The code is not right. Try again.",
    ),
    "ITEM_LOCKED": (
        "ITEM_ERROR",
        400,
        "the account is locked. prompt the user to visit the institution's web site",
        "Your sign-in is locked. Contact the bank.",
    ),
    "USER_SETUP_REQUIRED": (
        "ITEM_ERROR",
        400,
        "the account has not been fully set up. prompt the user to visit the institution's site",
        "The bank asks you to finish something on its own site first.",
    ),
    "INSTITUTION_DOWN": (
        "INSTITUTION_ERROR",
        400,
        "this institution is not currently responding to this request. please try again soon",
        "This bank isn’t answering right now. Try again later.",
    ),
    "INSTITUTION_NOT_RESPONDING": (
        "INSTITUTION_ERROR",
        400,
        "this institution is not currently responding to this request. please try again soon",
        "This bank isn’t answering right now. Try again later.",
    ),
    "PRODUCT_NOT_READY": (
        "ITEM_ERROR",
        400,
        "the requested product is not yet ready. please provide a webhook or try again later",
        None,
    ),
    "SANDBOX_WEBHOOK_INVALID": (
        "SANDBOX_ERROR",
        400,
        "webhook_code {fields} can't be fired for this item",
        None,
    ),
    "RATE_LIMIT": ("RATE_LIMIT_EXCEEDED", 429, "rate limit exceeded. try again later", None),
    "BALANCE_LIMIT": (
        "RATE_LIMIT_EXCEEDED",
        429,
        "rate limit exceeded for attempts to access this item. please try again later",
        None,
    ),
    "INTERNAL_SERVER_ERROR": ("API_ERROR", 500, "an unexpected error occurred", None),
}
"""Code to (type, HTTP status, message, display message)."""


class PlaidError(Exception):
    """Ends a request with an error answer. `fields` fills the gap in the catalogue's sentence."""

    def __init__(self, code: str, fields: str = "") -> None:
        kind, self.status, message, self.display = CATALOGUE[code]
        self.code, self.kind = code, kind
        self.message = message.format(fields=fields)
        super().__init__(code)

    def body(self, request_id: str) -> dict[str, Any]:
        """The answer's JSON."""
        return {**self.report(), "request_id": request_id}

    def report(self) -> dict[str, Any]:
        """As it stands inside an item, a webhook or a link session."""
        return {
            "error_type": self.kind,
            "error_code": self.code,
            "error_message": self.message,
            "display_message": self.display,
            "documentation_url": f"https://plaid.com/docs/errors/#{self.code.lower()}",
            "suggested_action": None,
        }
