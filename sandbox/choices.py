"""What we chose where Bluum's public material is silent. One place, so that a correction is cheap.

Accounts and portfolios
- An advised account gets one active portfolio by itself when it is created, and keeps that one:
  asking for a second active portfolio is 409-003. Positions and wallet cash belong to it.
- Any date of birth and tax id opens an account: verification fails for whoever is under 18 or over
  120, and for a tax id of zeros.
- A link to a goal, portfolio or public token that the account doesn't have is 404-001, as in a path.
- A webhook may name events that nobody sends.
- An existing path with another method is 405-001, with `Allow`.
- A key may not be used again while its first request runs (409-002). Keys count for POST, PUT and
  PATCH, also where the reference doesn't show the header.
- Profile, dependents, goals and assessments may be written before verification is complete.

Investment policy
- `target_allocation` keys: equities, fixed_income, treasury, alternatives. They add up to 100
  within 0.01, and min <= target <= max, else 400-001.
- `sub_allocations` maps us_equity, developed_equity, emerging_equity, us_bonds,
  international_bonds, inflation_protected_bonds, short_treasury (and alternatives) to percent of
  the whole portfolio, adding up to the class's target within 0.01. Without it the class is split
  as `strategy.STRUCTURE` says.
- Funds: VTI, VEA, VWO, BND, BNDX, VTIP, SGOV; with `esg_screening` ESGV, VSGX, ESGE, EAGG instead
  of the first four that have such a twin. An excluded security is replaced by the next fund.
- `asset_class` of holdings, trades and allocations is the policy's key, plus `cash`; the analysis
  lists `cash` among its classes.

Market
- Prices are invented: levels of the first session of 2026 are near the real ones, classes move as
  the house planning values say, histories start in 2014, there are no splits. TWTR has left the
  exchange: inactive, without a price, not tradable.
- A trade every 15 seconds of a session; a price is that of the last trade. Bars are stamped with
  their start: intraday ones count from the opening bell, days, weeks and months begin at midnight
  in New York. With `start` only bars that begin at or after it; `adjustment` `dividend` and `all`
  lower the past by later dividends, `raw` and `split` leave it. `feed` and `market` change nothing.
- `source` is DATABASE; `confidence` REAL_TIME in the hours, END_OF_DAY outside. Bid and ask are a
  cent to three basis points apart around the last price. Markets are XNYS and XNAS, same hours;
  a shortened day has type PARTIAL.
- A shock (scope, factor, moment) moves prices for good, or fades over `recovery_days`.

Investing and rebalancing
- A deposit by hand stays cash until the client asks by POST rebalancing. Auto-invest runs invest
  their own deposit, what is furthest under its target first.
- The analysis always lists the trades that would take the portfolio, cash included, to target.
  `needs_rebalancing` is true only if a class leaves its band or drifts by more than
  `threshold_percent` (5 points unless the policy says otherwise).
- POST executes the full list, or exactly `custom_trades`: sells first. Custom buys beyond cash plus
  the sells' estimated proceeds are 422-001. With a closed market it waits for the opening and works
  the full list out again at the prices found there.
- `minimum_cash_percent` is kept in cash as far as the treasury target does not cover it.
- Bluum does not rebalance by itself on the policy's frequency.

Orders and positions
- Market orders fill whole and at once at the last price, without spread. Day orders lapse at the
  close. Other orders are looked at every half hour of trading. ioc and fok that do not fill at once
  are canceled.
- Average cost; lots are first in, first out and only decide between short and long term.
- An order is accepted while the account is ACTIVE only (403-002, 403-004).

Returned deposits
- What the wallet can't give back at once is owed (`ledger.take_back`). At the next open market
  positions are sold for it, each by its share of the portfolio.

Auto-invest
- Times are UTC (15:00 if not given); short months use their last day; a day without trading moves
  the run to the next trading day and leaves the schedule's day as it is. A run makes an ACH deposit
  and invests it at the first open market after it completes. A failure leaves the schedule active.
  After a pause nothing is caught up.

Dividends, fees, reports
- Bond funds pay on the first session of each month, stock funds late in each quarter or half-year,
  stocks quarterly in one of three rounds (`universe.PAYS`): equal parts of the yearly yield, ex and
  paid at one opening, where the price opens lower by as much. Dividends are reinvested in the same
  security unless the settings say otherwise.
- No advisory fee is accrued yet; the only fees are commissions asked for in orders.
- ending = starting + contributions - withdrawals + gains - fees, to the cent. Gains contain
  dividends; money Bluum claws back after a returned deposit counts as a withdrawal.
- Returns chain daily values at the exchange's close; flows count from the start of their day.
- Both returns of a period are for the whole period; `annualized_return` is the yearly
  time-weighted one, from a year on.
- A named period of performance starts with the value at the close of its first day, a statement
  and any period from the account's first day on with the value before it.
"""
