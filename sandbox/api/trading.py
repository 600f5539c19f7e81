"""Endpoints to come."""

from flask import Blueprint

from sandbox.world import World


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""
