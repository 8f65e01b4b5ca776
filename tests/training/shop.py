"""A synthetic shop in two tables, orders and customers, written once to tests/data/csv/shop for the config `returns`.

Whether an order comes back depends on columns of both tables, and on habits of the customer that stand in neither, so
orders of one customer are alike. Run this file to write the tables again; a test checks that they are what it makes.
"""

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from math import exp
from pathlib import Path
from random import Random

SHOP = Path(__file__).parents[1] / "data" / "csv" / "shop"

_CUSTOMERS = 150
_ORDERS = 900
_FIRST_DAY = date(2026, 1, 1)
_CATEGORIES = {"shoes": 0.9, "dresses": 0.7, "shirts": 0.0, "bags": -0.9}


def shop() -> dict[str, str]:
    """Both files by name, the same text every time."""
    random = Random(7)
    customers = [_customer(random, number) for number in range(_CUSTOMERS)]
    habits = [random.gauss(0, 0.7) for _ in range(_CUSTOMERS)]
    orders = [_order(random, number, customers, habits) for number in range(_ORDERS)]
    return {
        "orders.csv": _csv(("order", "customer", "ordered", "category", "price", "pieces", "returned"), orders),
        "customers.csv": _csv(("customer", "age", "region", "member"), sorted(customers, key=lambda row: row[0])),
    }


def _customer(random: Random, number: int) -> tuple[str, ...]:
    age = str(min(90, max(18, round(random.gauss(42, 14)))))
    return (
        f"c{random.randrange(100):02}{number:03}",
        "" if random.random() < 0.1 else age,
        random.choice(("north", "south", "east", "west")),
        str(random.random() < 0.4),
    )


def _order(random: Random, number: int, customers: list[tuple[str, ...]], habits: list[float]) -> tuple[str, ...]:
    who = random.randrange(_CUSTOMERS)
    customer, age, region, member = customers[who]
    category = random.choice(list(_CATEGORIES))
    price = round(random.lognormvariate(3.8, 0.6), 2)
    pieces = random.choice((1, 1, 1, 2, 3))
    lean = -3.2 + habits[who] + _CATEGORIES[category] + 0.03 * price - 0.03 * (int(age or 42) - 42)
    lean += 0.6 * (pieces - 1) - 0.9 * (member == "True") + 0.5 * (region == "west")
    ordered = _FIRST_DAY + timedelta(days=number * 240 // _ORDERS)
    returned = random.random() < 1 / (1 + exp(-lean))
    return (f"o{number:04}", customer, str(ordered), category, str(price), str(pieces), str(int(returned)))


def _csv(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


if __name__ == "__main__":
    for name, text in shop().items():
        (SHOP / name).write_text(text, encoding="utf-8")
