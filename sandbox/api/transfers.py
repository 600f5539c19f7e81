"""Wallets, transactions, deposits, withdrawals. What happens to them is in `sandbox.transfers`."""

import uuid
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from sandbox import ledger, transfers, web
from sandbox.errors import ApiError, invalid
from sandbox.pdf import one_page
from sandbox.world import Row, World

HIDDEN = {
    "deposit": ("metadata", "failed_at", "source_id"),
    "withdrawal": ("hold_id", "failed_at", "source_id"),
}
ACCEPTED = (
    "method",
    "currency",
    "description",
    "funding_source_id",
    "plaid_options",
)


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""

    @api.get("/accounts/<account_id>/wallets")
    def list_wallets(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        return {"wallets": wallet_views(world, account_id)}

    @api.get("/accounts/<account_id>/transactions")
    def list_transactions(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        kind = request.args.get("type")
        rows = [
            transaction_view(name, row)
            for name in transfers.STEPS
            if kind in (None, name)
            for row in _chosen(world, account_id, name)
        ]
        rows.sort(key=lambda row: row["created_at"], reverse=True)
        return {"transactions": web.page(rows)}

    @api.post("/accounts/<account_id>/deposits")
    def create_deposit(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        given = web.body()
        row = transfers.start_deposit(
            world,
            account_id,
            amount=Decimal(given["amount"]),
            metadata=given.get("metadata"),
            **{key: given[key] for key in ACCEPTED if key in given},
        )
        return view("deposit", row), 201

    @api.post("/accounts/<account_id>/withdrawals")
    def create_withdrawal(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        given = web.body()
        row = transfers.start_withdrawal(
            world,
            account_id,
            amount=Decimal(given["amount"]),
            **{key: given[key] for key in ACCEPTED if key in given},
        )
        return view("withdrawal", row), 201

    @api.get("/accounts/<account_id>/deposits")
    def list_deposits(account_id: str) -> ResponseReturnValue:
        return _page(world, account_id, "deposit")

    @api.get("/accounts/<account_id>/withdrawals")
    def list_withdrawals(account_id: str) -> ResponseReturnValue:
        return _page(world, account_id, "withdrawal")

    @api.get("/accounts/<account_id>/deposits/<deposit_id>")
    def get_deposit(account_id: str, deposit_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        return view("deposit", web.owned(world, "deposits", account_id, deposit_id, "Deposit"))

    @api.get("/accounts/<account_id>/withdrawals/<withdrawal_id>")
    def get_withdrawal(account_id: str, withdrawal_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        row = web.owned(world, "withdrawals", account_id, withdrawal_id, "Withdrawal")
        return view("withdrawal", row)

    @api.post("/accounts/<account_id>/deposits/<deposit_id>/cancel")
    def cancel_deposit(account_id: str, deposit_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        web.owned(world, "deposits", account_id, deposit_id, "Deposit")
        return view("deposit", transfers.cancel(world, deposit_id))

    @api.post("/accounts/<account_id>/withdrawals/<withdrawal_id>/cancel")
    def cancel_withdrawal(account_id: str, withdrawal_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        web.owned(world, "withdrawals", account_id, withdrawal_id, "Withdrawal")
        return view("withdrawal", transfers.cancel(world, withdrawal_id))

    @api.get("/accounts/<account_id>/deposits/<deposit_id>/wire-details")
    def get_deposit_wire_details(account_id: str, deposit_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        row = web.owned(world, "deposits", account_id, deposit_id, "Deposit")
        if row["method"] != "manual_bank_transfer":
            raise ApiError(400, "BLUM-400-001", "Only manual transfers have these details.")
        bank = row["method_details"]["bankDetails"]
        lines = [
            "Bank details for your transfer",
            f"Amount: USD {row['amount']:,}",
            f"Bank: {bank['bankName']}, {bank['bankAddress']}",
            f"Account name: {bank['accountName']}",
            f"Account number: {bank['accountNumber']}",
            f"Routing number: {bank['routingNumber']}",
            f"SWIFT: {bank['swiftCode']}",
            f"Memo: {row['method_details']['referenceCode']}",
            f"Send it by {row['expires_at']:%B %-d, %Y}.",
        ]
        return Response(one_page(lines), mimetype="application/pdf")


def view(kind: str, row: Row) -> Row:
    """A transfer as the API shows it."""
    return {key: value for key, value in row.items() if key not in HIDDEN[kind]}


def transaction_view(kind: str, row: Row) -> Row:
    """A transfer as the list of transactions shows it."""
    return {
        "transaction_id": row[f"{kind}_id"],
        "type": kind,
        **{
            key: row[key]
            for key in (
                "account_id",
                "wallet_id",
                "status",
                "amount",
                "currency",
                "method",
                "description",
                "created_at",
                "completed_at",
                "failed_at",
                "failure_reason",
            )
        },
    }


def wallet_views(world: World, account_id: str) -> list[Row]:
    """The wallets. Known: USD, NGN and KES come with every account; only USD is used here.

    Our choice: a suspended account's wallets are suspended.
    """
    usd = ledger.wallet(world, account_id)
    suspended = world.table("accounts")[account_id]["status"] == "SUSPENDED"
    status = "suspended" if suspended else "active"
    views: list[Row] = [
        {
            "wallet_id": usd["wallet_id"],
            "currency": "USD",
            "balance": usd["balance"],
            "available_balance": usd["balance"] - usd["reserved"],
            "reserved_balance": usd["reserved"],
            "status": status,
            "created_at": usd["created_at"],
        }
    ]
    for currency in ("NGN", "KES"):
        views.append(
            {
                "wallet_id": str(uuid.uuid5(uuid.UUID(account_id), currency)),
                "currency": currency,
                "balance": ledger.ZERO,
                "available_balance": ledger.ZERO,
                "reserved_balance": ledger.ZERO,
                "status": status,
                "created_at": usd["created_at"],
            }
        )
    return views


def _page(world: World, account_id: str, kind: str) -> Row:
    web.get_account(world, account_id)
    rows = _chosen(world, account_id, kind)
    return {f"{kind}s": [view(kind, row) for row in web.page(rows)], "total": len(rows)}


def _chosen(world: World, account_id: str, kind: str) -> Sequence[Row]:
    """The account's transfers that the query asks for, newest first."""
    wanted = {
        key: request.args[key] for key in ("method", "status", "currency") if key in request.args
    }
    first, last = _day("date_from"), _day("date_to")
    if first and last and first > last:
        raise invalid("date_from", "must not be after date_to", "BLUM-400-007")
    rows = [
        row
        for row in world.table(f"{kind}s").of(account_id)
        if all(row[key] == value for key, value in wanted.items())
        and (first is None or row["created_at"].date() >= first)
        and (last is None or row["created_at"].date() <= last)
    ]
    return sorted(rows, key=lambda row: row["created_at"])[::-1]


def _day(name: str) -> date | None:
    text = request.args.get(name)
    return date.fromisoformat(text) if text else None
