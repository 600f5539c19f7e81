"""Rows by id, in the order they were made, and quickly found by the account they belong to."""

from typing import Any

Row = dict[str, Any]


class Table(dict[str, Row]):
    """A dict from id to row that keeps an index of `account_id`.

    The index is made when first asked for. A row's `account_id` must not change while it is here.
    Rows come and go by item assignment, `setdefault`, `del`, `pop` and `clear` only.
    """

    __slots__ = ("_by_account",)

    def __init__(self, rows: dict[str, Row] | None = None) -> None:
        super().__init__(rows or {})
        self._by_account: dict[str, dict[str, Row]] | None = None

    def of(self, account_id: str) -> list[Row]:
        """The account's rows, oldest first."""
        if self._by_account is None:
            self._by_account = {}
            for key, row in self.items():
                self._note(self._by_account, key, row)
        return list(self._by_account.get(account_id, {}).values())

    @staticmethod
    def _note(index: dict[str, dict[str, Row]], key: str, row: Row) -> None:
        account_id = row.get("account_id")
        if account_id is not None:
            index.setdefault(account_id, {})[key] = row

    def __setitem__(self, key: str, row: Row) -> None:
        if key in self:
            self._by_account = None
        super().__setitem__(key, row)
        if self._by_account is not None:
            self._note(self._by_account, key, row)

    def __delitem__(self, key: str) -> None:
        self._forget(key)
        super().__delitem__(key)

    def setdefault(self, key: str, default: Row) -> Row:
        """The row under this id; `default` becomes it if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str, *default: Any) -> Any:
        """Take a row out and return it."""
        self._forget(key)
        return super().pop(key, *default)

    def clear(self) -> None:
        """Forget every row."""
        super().clear()
        self._by_account = None

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Put in many rows."""
        super().update(*args, **kwargs)
        self._by_account = None

    def popitem(self) -> tuple[str, Row]:
        """Take out the newest row."""
        self._by_account = None
        return super().popitem()

    def _forget(self, key: str) -> None:
        row = self.get(key)
        if row is not None and self._by_account is not None:
            self._by_account.get(row.get("account_id") or "", {}).pop(key, None)
