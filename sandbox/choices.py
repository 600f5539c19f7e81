"""What we chose where Bluum's public material is silent. One place, so that a correction is cheap.

Accounts and portfolios
- An advised account gets one active portfolio by itself when it is created, and keeps that one:
  the first POST gives it a name (201), asking for a second active portfolio is 409-003. Positions
  and wallet cash belong to it.
- Any date of birth and tax id opens an account: verification fails for whoever is under 18 or over
  120, and for a tax id of zeros.
- A link to a goal, portfolio or public token that the account lacks is 404-001, as in a path.
- A funding source in a body: 404-001 if the account has none of that id, 409-003 if it is not
  active, 400-002 if none is named and there are several.
- A webhook may name events that nobody sends.
- An existing path with another method is 405-001, with `Allow`.
- A key may not be used again while its first request runs (409-002). Keys count for POST, PUT and
  PATCH, also where the reference doesn't show the header.
- Profile, dependents, goals and assessments may be written before verification is complete.

Accounts, verification, documents
- An account is PENDING, without a number, until verified: seconds at fast pace, minutes at real
  pace. `account_type` trading is individual. A joint or corporate account is opened by the one
  person given; a corporate one is a legal entity, its workflow `kyb` with a business check.
- `crypto_status` is null without `crypto` in `enabled_assets`, else the account's status.
- `verification_url` only where the investor is needed (last name Verify). It leads to a page of
  ours, which goes back to `redirect-uri` with `inquiry-id` and `status`; after 7 days the workflow
  is expired, the account INACTIVE. `restart` works after rejected and expired, and while the
  investor is waited for: the old workflow is expired then.
- A submitted payload counts by its `status`, or the end of `event_type`; else it is for review.
- An approved workflow may be suspended (SUSPENDED), reinstated, or expire (INACTIVE, renewed by
  restart). Wallets of a suspended account are suspended.
- Last names, file names and amounts that make something happen: `magic.TABLE`.

Funding sources and transfers
- A public token connects once (30 minutes); a link token lives 4 hours. Sending the token again
  gives the same source, 400-001 once that is disconnected. Only checking and savings are linked.
- Every id of a login or its accounts, Bluum's or Plaid's, names it. One that is missing, broken or
  gone is 400 about `funding_source_id`. Without any, the only active account is used.
- From 1.00 to 50,000.00 dollars a transfer, else 400-005, for withdrawals above 422-005. USD only.
- At fast pace 4, 3 and 2 seconds a step; at real pace the next banking day at 10:00 New York for
  each of the last two. Asked for after 17:00 New York counts for the next banking day.
- Deposits by hand and wires wait 7 days for their money, then expire, announced as failed. Until
  received they may be canceled (409-003 after). Their instructions as PDF: by hand only, else 400.
- A bank may look well without an ACH link (control API: UNLINKED; sign-in `user_unlinked`): its
  transfers fail on their way. A source tells its `achRelationshipStatus` (`ach_relationship_status`
  in the later shape), APPROVED or FAILED, at once; Bluum documents no such field.
- `funding_source_id` in the body of `plaid/link-token` opens Plaid's update mode for that login:
  the person signs in again, the source is ACTIVE with the ids it had, and the public token connects
  to it. Bluum documents no update mode; a server that ignores the field opens Link as for a new
  bank, and a client has to recognise the account by institution, name, type and last digits.
- At real pace a wire is there on the banking day it is sent, an ACH withdrawal two days later.
- A wire withdrawal without a bank goes to the only one there is, else to the one on file.
- `failure_reason` is the ACH code, a colon and the reason (`nacha.RETURN_CODES`). A return after
  completion is `failed` with a reversing movement. `alpacaStatus` follows Alpaca's ACH states.
- Account and document events carry ids and states, nothing personal.

Investment policy
- `target_allocation` keys: equities (or stocks), fixed_income (or bonds), treasury, alternatives,
  cash; cash stays in the wallet. They add up to 100 within 0.01, and min <= target <= max, else
  400-001. A new version counts at once, whatever its effective_date.
- `sub_allocations` are percent of the whole portfolio and add up to the class's target within 0.01.
  Their keys are free: `strategy.PARTS` says which fund stands for which; a part it does not know,
  and a class without parts, is split as `strategy.STRUCTURE` says.
- Funds: VTI, VEA, VWO, BND, BNDX, VTIP, SGOV; with `esg_screening` ESGV, VSGX, ESGE, EAGG instead
  of the first four that have such a twin. An excluded security, or one of an excluded sector, is
  replaced by the next fund; what a broad fund holds inside is not looked at.
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
- A symbol whose price is taken away (`market/unpriced`) has `price_source` and `price_confidence`
  UNAVAILABLE, no timestamp, and the last price and value where it is held, since Bluum requires a
  value; it can still be traded.

Investing and rebalancing
- A deposit by hand stays cash until the client asks by POST rebalancing. Auto-invest runs invest
  their own deposit, what is furthest under its target first.
- The analysis always lists the trades that would take the portfolio, cash included, to target.
  `needs_rebalancing` is true only if a class leaves its band or drifts by more than
  `threshold_percent` (5 points unless the policy says otherwise).
- POST executes the full list, or exactly `custom_trades`: sells first. Custom buys beyond cash plus
  the sells' estimated proceeds are 422-001. With a closed market it waits for the opening and works
  the full list out again at the prices found there.
- `minimum_cash_percent` is kept in cash as far as the treasury target does not cover it, also by
  auto-invest toward the policy, by dividends that follow the policy and by the sweep.
- Trades are worth 1.00 at least; smaller buys are added to the largest one. No asset class is
  bought and sold in one run, unless its fund changes. Cash that comes in never sells.
- Nothing is rebalanced without being asked, unless the sandbox runs with `--auto-rebalance`: then
  at an opening, when a band is left, or on the policy's day; not within 7 days of the last one.
- `next_scheduled`: months of the policy's frequency after its effective date or the last
  rebalance, on a session; null for as_needed. `strategy_application` is the policy's version.
- Withdrawals use available cash only. `GET .../rebalancing?raise_cash=500.00` lists the sales for
  it, the most overweight first, which a custom rebalance then makes.
- Lots: the oldest first; those that cost the least tax (24 % short, 15 % long term, over 365 days)
  if the policy's or the request's `tax_aware` says so. `tax_impact` is net of losses, of the very
  lots; `wash_sale_symbols` are sold at a loss though bought within 30 days.

Orders and positions
- Orders fill at the last price, without spread: market orders at once, limits, stops and trails at
  the very trade that brings their price, orders that waited for the opening at its first trade,
  sells first. A stop on the wrong side of the market is a market order. A trailing stop follows the
  best trade since it was placed.
- day lapses at the close, also the part that is left; gtc stays. ioc and fok that can't fill at
  once are canceled, and refused with 422-002 while the market is shut. opg waits for the next
  opening, cls for the next close; what can't fill there is canceled. Lapsed orders are `canceled`.
- A buy holds limit times quantity; a stop or a market order that waits 3 % more than it would cost
  now; commissions come on top. If an opening gap asks for more than was held, what is available is
  used too, else the order ends `rejected` with `insufficient_funds`. A sell claims its shares
  (422-004 beyond them). notional is at least 1.00 (400-005), quantities have up to nine decimals.
- Commission: `notional` once an order, at its first fill; `qty` by the share, `bps` of the amount,
  at each fill. A sale's commission comes out of its proceeds and never exceeds the wallet.
- A client_order_id used again for the same order answers that order and does nothing; for another
  order it is 409-001. `partial-...` fills half, and the rest waits for a hand or its end (fok is
  canceled); `reject-...` is accepted, then rejected. Control API: `orders/<id>/fill`, `.../reject`.
- Accepted and partially filled orders can be canceled; what has filled stays.
- The average cost shown is that of the lots left; a sale uses the oldest lots first, or those that
  cost the least tax if the policy is tax-aware.
- `extended_hours` is kept and changes nothing: there is no trading outside the hours.
- An order is accepted while the account is ACTIVE only (403-002, 403-004).

Returned deposits
- What the wallet can't give back at once is owed (`ledger.take_back`) and paid by whatever comes in
  or gets free, after commissions. At the next open market positions are sold for it, the most
  overweight first.

Auto-invest
- Times are UTC (15:00 if not given); short months use their last day; a day without trading moves
  the run to the next trading day and leaves the schedule's day as it is. A run makes an ACH deposit
  and invests it at the first open market after it completes. A failure leaves the schedule active.
  After a pause nothing is caught up. Without a day, a schedule takes that of its start. An end date
  is the last day a run may be due. `last_execution.status`: processing, completed, failed (the
  money did not come, went back, or bought nothing). PATCH replaces `schedule` as a whole.
- A `start_date` that PATCH moves forward leaves the runs before it out; the rhythm counts from it.
  A schedule whose row says `keeps_start` is one of a Bluum that does not heed it.
- equal_weight is over what is held, over the model while nothing is. A policy is needed (409-003)
  unless the schedule says itself what to buy.

Dividends, fees, reports
- Bond funds pay on the first session of each month, stock funds late in each quarter or half-year,
  stocks quarterly in one of three rounds (`universe.PAYS`): equal parts of the yearly yield, ex and
  paid at one opening, where the price opens lower by as much. Dividends are reinvested in the same
  security unless the settings say otherwise.
- Who holds a share overnight gets its dividend. `minimum_amount` is for each payment; what is less
  than 1.00 stays cash. The sweep invests at the opening what lies above its threshold.
- The advisory fee is nothing, unless the sandbox runs with `--advisory-fee PERCENT`: of each
  close's value, by 365 days, taken as `fee` at the first opening of a month; what the wallet lacks
  is sold for, the most overweight first. Other fees are commissions asked for in orders.
- ending = starting + contributions - withdrawals + gains - fees, to the cent. Gains contain
  dividends; money Bluum claws back after a returned deposit counts as a withdrawal.
- Returns chain daily values at the exchange's close; a day's net flow counts from its start if
  money came in, at its end if it left. A broken chain or a money-weighted return without
  one answer is left out. Both returns of a period are for the whole period; `annualized_return`
  is the yearly time-weighted one from 365 days on, before that the period's.
- A named period of performance starts with the value at the close of its first day, a statement
  and any period from the account's first day on with the value before it.
- A statement is corrected from console or control API only (`accounts/<id>/statements/<month>/
  correct`): one fund's value at the month's last close is restated, no cash moves, and every
  statement, report and valuation at that close changes with it. No webhook tells of it, and the
  statement keeps its id; Bluum documents neither corrections nor a field for them.
- A statement without dates is the last finished month, quarter or year; one date names the period
  it lies in. What happens after a period's last close is posted on the first day of the next. The
  PDF of a finished period is the same bytes for good.
- P&L is before fees; `unrealized_pnl` is the period's change. Tax ideas are for the present year,
  lot by lot, at the profile's rates, else the plan's bracket, else 24 % (`taxes.py`).

Profile, goals, insights, assistant
- Risk scoring is one table for both scales (`risk.py`); completeness is the mean of the sections.
- A goal without `current_amount` has its share, by target, of the linked portfolio, else its
  initial amount. It grows monthly at the plan's expected return (5 % without one). Archiving
  keeps links. `include_projections` adds `projections`; a goal never completes itself.
- A plan's PUT matches by id or by name and type, is taken whole or not at all, deletes nothing.
- Guides' names and percent strings are taken in and answered in the reference's (`spellings.py`).
- Kinds and limits of insights are in `insights.py`; `total_insights` counts before `limit`.
- The assistant knows topics, not language; it gives no advice or forecast, and takes no orders.

Clock, faults, webhooks on their way, state
- Time goes on from 2015 to a year before the exchange calendar's end, never back. Tries of a
  webhook are counted in sandbox time; its signature's `t` is real time. Each webhook is sent to in
  the order of events; a try that failed does not hold up the next event. 2,000 ended deliveries are
  remembered, 100,000 may wait, beyond that the oldest are dropped.
- A fault is drawn from seed, fault and the number of the request it meets. Faults of status, html
  and reset do nothing to the account unless `done` is asked for (`faults.py`).
- The nightly clearing (`--nightly-clear`) takes everything but webhook registrations, wealth too.
- Control API and console answer to this machine only, unless a token is set (`guard.py`).
- The log of requests keeps JSON bodies up to 20 kB, without tax ids, dates of birth, account
  numbers, tokens and secrets (`masking.py`).

Plaid (what Plaid documents is kept; these are ours)
- The API lies under `/plaid` and takes Bluum's key and secret as client_id and secret. Link's page
  asks for agreement first; `client_name` in its address names the partner where the token doesn't.
- Items: `sandbox/plaid/items.py`. HOLDINGS DEFAULT_UPDATE comes at 22:00 UTC on weekdays; consent
  given to the OAuth bank lasts a year. Balance checks: 100 a minute for each item.
- A public token of a partner's own link is unknown to Bluum; one made for tests serves both, once.
- Balances, holdings, owners and numbers are made up from the seed; routing numbers begin with 90,
  which no bank has. A card is paid in full on the 10th, a loan on the 1st.
- `user_none` has no accounts, `user_mfa` is asked for a code, `user_locked` is locked.
"""

DOCUMENTED = {
    "Accounts and portfolios": (
        "Two kinds of management; an e-mail address once per tenant; error codes and their "
        "meaning; idempotency for 24 hours. Not: who makes a portfolio, the body that makes one, "
        "codes for a lack of policy or an unusable bank."
    ),
    "Accounts, verification, documents": (
        "Account, check, workflow and document states; risk levels; submit and restart; formats "
        "and 10 MB. Not: minimum age, when a number is given, values that force a result."
    ),
    "Funding sources and transfers": (
        "Plaid's three steps; source states; transfer states and who may cancel; 1 to 3 business "
        "days; an amount is held at once. Not: limits, cut-off times, life of tokens, returns."
    ),
    "Investment policy": (
        "Sections, targets that add up to 100, versions, validation in three parts. Not: "
        "tolerance, which error, what an effective date in the future means, which securities."
    ),
    "Market": (
        "Fields of quotes, bars and snapshots, sources and confidence, US hours. Not: prices."
    ),
    "Investing and rebalancing": (
        "Analysis with drift and trades; full and custom, 202, states, key mandatory, 409 while "
        "one runs. Not: whether Bluum rebalances by itself, lots, what minimum trades are."
    ),
    "Orders and positions": (
        "Types, sides, times in force, states, commissions; market orders fill at once in the "
        "sandbox and wait outside the hours. Not: partial fills on demand, holds, price paths."
    ),
    "Returned deposits": "Nothing: returns after completion are spoken of nowhere.",
    "Auto-invest": (
        "Frequencies, days, rules, states, pause and resume. Not: the time zone, short months, "
        "holidays, where the money comes from, failures, catching up."
    ),
    "Dividends, fees, reports": (
        "Reinvestment in three rules with a sweep; statements by month, quarter, year; fields of "
        "reports. Not: schedules of payment, fees, cost basis, methods of return."
    ),
    "Profile, goals, insights, assistant": (
        "Sections, questionnaires, goal types, states, progress fields, kinds of insights, one "
        "message in and one answer out. Not: scoring, projection formulas, thresholds."
    ),
    "Clock, faults, webhooks on their way, state": (
        "Events, body, tries after 1, 5, 30, 120 and 480 minutes, nightly clearing at midnight "
        "UTC. Not: the signature, order, an event's id, any control of time."
    ),
    "Plaid": "What Plaid documents is kept. Bluum documents which of its calls to make.",
}
"""What Bluum's public material says about each part above; the rest of a part is our choice."""
