"""The endpoints of the contract, one module a subject. Each module has `routes(api, world)`."""
