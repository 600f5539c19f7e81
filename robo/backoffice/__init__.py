"""What the apps' admins share: who may do what, lists of rows that mirror Bluum, the queues of the
dashboard, the sections of a client's page, and the work that is in motion."""
