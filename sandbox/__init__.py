"""A local stand-in for Bluum, Plaid and a mail server. Not affiliated with any of them.

The program answers the contract in `contract/openapi.yaml` over real HTTP, so that a client can be
built and tested without credentials. Start it with `python -m sandbox`; see `docs/sandbox.md`.
"""
