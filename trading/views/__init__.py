from trading.views.desk import home as home
from trading.views.desk import search as search
from trading.views.orders import order as order
from trading.views.orders import order_cancel as order_cancel
from trading.views.orders import orders as orders
from trading.views.quotes import quote as quote
from trading.views.tickets import disclosure as disclosure
from trading.views.tickets import ticket as ticket
