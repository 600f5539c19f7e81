"""Where money meets Bluum: banks, deposits, schedules, the wallet."""
