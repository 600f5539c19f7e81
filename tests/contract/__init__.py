"""The contract as the referee of a running sandbox, with Schemathesis."""
