"""Measurements: `python -m bench` says what pages and webhooks cost, as ratios in one run."""
