"""Plaid in small: the Link flow that hands out public tokens."""
