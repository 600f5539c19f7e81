"""Plaid in small: its API under `/plaid`, its banks, its signed webhooks and its Link page."""
