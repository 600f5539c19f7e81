"""The assistant: takes a question apart by its words, answers from the account's own data.

No model of language and no chance: the same question about the same data gets the same answer. It
knows the topics of `sandbox/answers.py`; it says so when a question is about the future, asks for
advice, gives an order or is about somebody else, and when it does not understand.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox import answers, portfolio
from sandbox.answers import Answer, Question, link
from sandbox.errors import not_found
from sandbox.market import assets
from sandbox.world import Row, World

MOST_TOPICS = 2
FUTURE = re.compile(
    r"\b(predict\w*|forecast\w*|crystal ball)\b"
    r"|\b(will|going to|gonna|expect\w*)\b.*\b(market|markets|stocks?|bonds?|prices?|rates?|crash"
    r"|rise|fall|rally|go up|go down|gain|lose|drop|double|be worth)\b"
    r"|\b(next|coming) (week|month|year)'?s? (return|performance|price)s?\b"
)
ADVICE = re.compile(
    r"\bshould (i|we)\b|\b(recommend|advise|advice|suggestion)\w*\b"
    r"|\b(best|good|hot) (stock|fund|etf|investment|time)s?\b|\bis it (wise|smart|a good idea)\b"
    r"|\bwhat (stock|fund|etf)s? (to|can i|do i) (buy|sell)\b"
)
OTHERS = re.compile(
    r"\b(other|another|someone|somebody|everyone|everybody|anyone)\b.*\b(accounts?|portfolios?"
    r"|balances?|hold\w*|own\w*|money|clients?|customers?|invest\w*|data|else'?s)\b"
    r"|\bmy (wife|husband|spouse|partner|friend|neighbou?r|boss|mother|father|brother|sister)'?s?\b"
    r"|\b[a-z]+'s (account|portfolio|balance|holdings|money)\b"
    r"|[\w.+-]+@[\w-]+\.\w+"
)
MARKETS_OWN = re.compile(r"\b(portfolio|account|market|today|fund|plan|goal|month|year|week)'s\b")
ORDER = re.compile(
    r"^(please |can you |could you |now )*(buy|sell|withdraw|deposit|transfer|send|cancel|pause"
    r"|rebalance|invest|close|pay|move|delete|change|update)\b(?!.*\?)"
)
UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")

CANT = (
    "I can't answer that. I can tell you, from this account's own data, what the portfolio is "
    "worth, what it holds, how it has done, how it stands against its targets, what cash and "
    "transfers are under way, when auto-invest runs next, and about fees, dividends, taxes, goals "
    "and your risk level."
)
NO_FUTURE = (
    "I can't tell the future, and nobody can say what markets will do. I can tell you how the "
    "portfolio has done and how its targets are set."
)
NO_ADVICE = (
    "I can't give advice. What follows from your own policy is listed under recommendations; a "
    "person who knows your situation can tell you whether it fits."
)
NO_OTHERS = "I can only speak about this account, not about anyone else or another account."
NO_ORDERS = "I can't carry anything out; I only answer questions. You can do that yourself here:"


@dataclass(frozen=True)
class Topic:
    """What a question may be about. A phrase counts by its number of words, a star any ending."""

    phrases: tuple[str, ...]
    answer: Callable[[Question], Answer]


def _topic(phrases: str, answer: Callable[[Question], Answer]) -> Topic:
    return Topic(tuple(part.strip() for part in phrases.split(",")), answer)


TOPICS = (
    _topic("what changed, changed, what happened, happened, what is new, news", answers.changes),
    _topic(
        "auto invest*, autoinvest*, next run, next invest*, schedule*, recurring",
        answers.auto_invest,
    ),
    _topic(
        "in transit, pending, under way, on its way, arrive*, deposit*, withdrawal*, withdr*, "
        "transfer*, my deposit",
        answers.transfers,
    ),
    _topic("dividend*, income paid", answers.dividends),
    _topic("fee*, commission*, cost me, charged, expensive", answers.fees),
    _topic("tax*, harvest*, realized, realised, capital gain*, wash sale", answers.taxes_of),
    _topic(
        "drift*, rebalanc*, inside my bands, band*, allocation, target*, off target, mix",
        answers.allocation,
    ),
    _topic("policy, investment policy, ips", answers.policy),
    _topic("risk level, risk score, risk toleran*, risk profile, risk*", answers.risk_level),
    _topic("net worth, savings rate, cash flow, liabilities, debt*, financial plan", answers.plan),
    _topic("goal*, on track, reach*, progress, retire*, saving for", answers.goals),
    _topic(
        "perform*, return*, gain*, earn*, lost, lose, done, doing, profit*, made", answers.gains
    ),
    _topic("attention, anything wrong, insight*, to do, notice*", answers.attention),
    _topic("cash, wallet*, available, buying power, uninvested", answers.cash),
    _topic(
        "hold*, own, position*, shares, funds, securities, invested in, stocks do i",
        answers.holdings,
    ),
    _topic("worth, value, balance, much, portfolio, total", answers.worth),
)


def reply(world: World, account: Row, message: str, context: Row | None = None) -> Answer:
    """The answer to one message. Raises ApiError 404-001 for a portfolio of somebody else.

    `context` may name the portfolio, and ask for the positions to be listed too.
    """
    asked = context or {}
    account_id = account["id"]
    mine = portfolio.of_account(world, account_id)
    wanted = asked.get("portfolio_id")
    if wanted is not None and wanted not in {row["portfolio_id"] for row in mine}:
        raise not_found("Portfolio not found.")
    words = " ".join(message.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
    question = Question(world, account_id, words, _symbols(message), wanted or _first(mine))
    found = _refusal(question, account) or _answer(question)
    if asked.get("include_positions") and found.used and "positions" not in found.used:
        return found.with_more(answers.holdings(question))
    return found


def _first(portfolios: list[Row]) -> str | None:
    return portfolios[0]["portfolio_id"] if portfolios else None


def _symbols(message: str) -> list[str]:
    """Symbols in capitals, as they are written."""
    words = re.findall(r"\b[A-Z][A-Z.]{0,5}\b", message)
    return list(dict.fromkeys(word for word in words if word in assets() and len(word) > 1))


def _refusal(question: Question, account: Row) -> Answer | None:
    words = question.words
    own = {account["id"], *(row["portfolio_id"] for row in question.portfolios())}
    if set(UUID.findall(words)) - own or OTHERS.search(MARKETS_OWN.sub("", words)):
        return Answer(NO_OTHERS)
    if ORDER.search(words):
        return Answer(NO_ORDERS, suggestions=tuple(_ways(question)))
    if FUTURE.search(words) and not _about(words, "goal*, auto invest*, next run, deposit*"):
        return Answer(
            NO_FUTURE, suggestions=(link("See the performance", question, "performance"),)
        )
    if ADVICE.search(words) and not _about(words, "rebalanc*, drift*, band*"):
        there = link("See the recommendations", question, "recommendations")
        return Answer(NO_ADVICE, suggestions=(there,))
    return None


def _ways(question: Question) -> list[Row]:
    labels = (
        ("Place an order", "orders"),
        ("Make a deposit", "deposits"),
        ("Withdraw money", "withdrawals"),
        ("Rebalance", "rebalancing"),
    )
    return [link(label, question, name) for label, name in labels]


def _about(words: str, phrases: str) -> bool:
    return any(_matches(phrase.strip(), words) for phrase in phrases.split(","))


def _matches(phrase: str, words: str) -> bool:
    pattern = re.escape(phrase).replace(r"\*", r"\w*").replace(r"\ ", r"[\s-]")
    return re.search(rf"\b{pattern}(?!\w)", words) is not None


def _answer(question: Question) -> Answer:
    """The topic most of the words speak of; two, if the question joins them with "and"."""
    weights = [(_weight(topic, question), topic) for topic in TOPICS]
    known = [(weight, topic) for weight, topic in weights if weight]
    if not known:
        return answers.holdings(question) if question.symbols else Answer(CANT)
    best = max(weight for weight, _ in known)
    leading = [topic for weight, topic in known if weight == best]
    most = MOST_TOPICS if re.search(r"\band\b", question.words) else 1
    rest = [topic for _, topic in known if topic not in leading] if most > 1 else []
    found = [topic.answer(question) for topic in (leading + rest)[:most]]
    answer = found[0]
    for other in found[1:]:
        answer = answer.with_more(other)
    return answer


def _weight(topic: Topic, question: Question) -> int:
    """How much of the question is about a topic; naming a symbol speaks for its position."""
    named = 2 * len(question.symbols) if topic.answer is answers.holdings else 0
    return named + sum(len(p.split()) for p in topic.phrases if _matches(p, question.words))
