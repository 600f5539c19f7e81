"""Where trading meets Bluum."""

from trading.sync.desk import advance_desk as advance_desk
from trading.sync.market import advance_market as advance_market
from trading.sync.market import advance_quote as advance_quote
from trading.sync.market import quote_now as quote_now
from trading.sync.orders import advance_order as advance_order
