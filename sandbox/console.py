"""Pages to come."""

from flask import Flask

from sandbox.world import World


def routes(app: Flask, world: World) -> None:
    """Register the pages."""
