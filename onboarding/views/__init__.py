from onboarding.views.landing import landing

__all__ = ["landing"]
