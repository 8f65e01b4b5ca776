"""Made-up payments, one in a hundred a fraud, written once to tests/data/csv/payments.csv for the config `fraud`.

Fraud comes in two manners, a new account that spends much at night and a series of failed tries, and neither is sure.
Run this file to write the table again; a test checks that it is what this file makes.
"""

import csv
import io
from pathlib import Path
from random import Random

PAYMENTS = Path(__file__).parents[1] / "data" / "csv" / "payments.csv"

_HEADER = ("amount", "hour", "merchant", "account_days", "failed_tries", "abroad", "fraud")
_ROWS = 10_000
_MERCHANTS = ("food", "food", "food", "travel", "games", "electronics", "clothes")


def payments() -> str:
    """The whole file, the same text every time."""
    random = Random(5)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(_fraud(random) if random.random() < 0.01 else _honest(random) for _ in range(_ROWS))
    return text.getvalue()


def _honest(random: Random) -> tuple[str, ...]:
    hour = int(random.triangular(0, 24, 18))
    amount = random.lognormvariate(3.2, 0.9)
    failed = random.choices((0, 1, 2, 3), (90, 7, 2, 1))[0]
    return _payment(
        amount, hour, random.choice(_MERCHANTS), random.expovariate(1 / 900), failed, random.random() < 0.06
    )


def _fraud(random: Random) -> tuple[str, ...]:
    if random.random() < 0.55:
        amount, days, failed = random.lognormvariate(5.2, 0.6), random.expovariate(1 / 30), random.choice((0, 0, 1))
        hour = random.choice((22, 23, 0, 1, 2, 3, 4, 14))
    else:
        amount, days, failed = random.lognormvariate(4.0, 0.8), random.expovariate(1 / 700), random.choice((2, 3, 4, 5))
        hour = int(random.triangular(0, 24, 18))
    merchant = random.choice((*_MERCHANTS, "games", "electronics", "electronics"))
    return (*_payment(amount, hour, merchant, days, failed, random.random() < 0.35)[:-1], "1")


def _payment(amount: float, hour: int, merchant: str, days: float, failed: int, abroad: bool) -> tuple[str, ...]:
    return (f"{amount:.2f}", str(hour), merchant, str(int(days)), str(failed), str(abroad), "0")


if __name__ == "__main__":
    PAYMENTS.write_text(payments(), encoding="utf-8")
