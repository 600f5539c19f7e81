"""How allauth's sign-in meets our people."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url

from accounts import disputes, letters, services
from accounts.models import User
from robo import partner, seal


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages: ClassVar = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "That address and password don’t go together. Check both.",
        "duplicate_email": "That is the address you have now.",
        "enter_current_password": "Enter the password you have now.",
        "incorrect_code": "That code isn’t right. Look at the newest e-mail and try again.",
        "incorrect_password": "That isn’t your password. Try again.",
        "too_many_login_attempts": "Too many tries. Wait a few minutes, or have a code sent.",
        "same_as_current": "That is what it is already.",
        "rate_limited": "Too many tries in a short time. Wait a few minutes.",
    }

    def clean_email(self, email: str) -> str:
        """E-mail addresses are kept in lower case: one person, one address."""
        return str(super().clean_email(email)).lower()

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Someone signs up: their account begins with them."""
        user = super().save_user(request, user, form, commit=False)
        user.email = user.email.lower()
        if commit:
            user.save()
            services.account_of(user)
        return user

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        if request.user.is_staff:
            return resolve_url("admin:index")
        account = services.account_of(request.user)  # type: ignore[arg-type]
        return resolve_url("onboarding:start" if account.may_be_edited else "home")

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url("onboarding:start")

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        request = self.request
        if request is not None and request.user.is_authenticated:
            next_page = self.get_login_redirect_url(request)
            # Who has an account already has changed the address, and comes from its page.
            return resolve_url("accounts:you") if next_page == resolve_url("home") else next_page
        return resolve_url("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url("accounts:security")

    def get_client_ip(self, request: HttpRequest) -> str:
        """Rate limits count by the address that `robo.http.true_client` found."""
        return str(getattr(request, "client_ip", "")) or str(super().get_client_ip(request))

    def get_from_email(self) -> str:
        return partner.current().email_from

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> Any:
        brand = {"partner": partner.current(), "site_url": settings.SITE_URL}
        return super().render_mail(template_prefix, email, {**context, **brand}, headers)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """About a change of how someone signs in: with a link that disputes it.

        When the address itself changes, the old and the new one hear of it.
        """
        about = EVENTS.get(template_prefix.rpartition("/")[2], "A change of how you sign in")
        locks = template_prefix == "account/email/email_changed"
        url = disputes.link(user, about=about, locks=locks)
        given = {**(context or {}), "dispute_url": url}
        given["why"] = letters.MANDATORY_WHY
        super().send_notification_mail(template_prefix, user, given, email)
        new = given.get("to_email")
        if template_prefix == "account/email/email_changed" and new and new != email:
            super().send_notification_mail(template_prefix, user, given, new)


EVENTS = {
    "email_changed": "A change of the e-mail address",
    "email_confirm": "A change of the e-mail address",
    "email_deleted": "A change of the e-mail address",
    "password_changed": "A change of the password",
    "password_reset": "A change of the password",
    "password_set": "A change of the password",
    "recovery_codes_generated": "New recovery codes",
    "totp_activated": "A new authenticator app",
    "totp_deactivated": "The removal of an authenticator app",
    "webauthn_added": "A new passkey",
    "webauthn_removed": "The removal of a passkey",
}
"""What each of allauth's notifications is about, as a case names it."""


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "That code isn’t right. Wait for the next one and try again.",
        "unverified_email": "Confirm your e-mail address first.",
    }

    def get_totp_issuer(self) -> str:
        """The name an authenticator app shows beside the code."""
        return partner.current().name

    def _get_site_name(self) -> str:
        return partner.current().name

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """What a new passkey is called until its owner names it."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}" if count else "My passkey"

    def encrypt(self, text: str) -> str:
        return seal.seal(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return seal.unseal(encrypted_text.encode()).decode()
