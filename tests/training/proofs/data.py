"""Two raw tables joined, checked and sampled: in how much memory, in what time, and what a second run skips.

Run as a program it makes --rows orders as Parquet files and a tenth as many customers as CSV, gathers them in a child
process, once from nothing and once again, and prints the peak of the child's memory and the time of each step. Then the
same tables are broken in five ways, each of which must be refused or warned of. It fails where the peak is over
4 GiB, where the second run does a step again, and where a broken table goes through.
"""

import argparse
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from slipway_training.config import documents as configs
from slipway_training.data.checks.inspection import inspect_split
from slipway_training.data.engine import connect
from slipway_training.data.gathering import gather
from slipway_training.data.splits import split

LIMIT = 4.0
_MILLION = 1_000_000
_FILES = 4
_CONFIG = """
name = "returns"
task = "classification"
[data]
target = "returned"
time = "ordered"
drop = ["customer", "order_id"]
sample = 100_000
[[data.sources]]
name = "orders"
path = "orders"
[[data.sources]]
name = "customers"
path = "customers.csv"
on = { customer = "id" }
[estimator]
type = "LogisticRegression"
"""
_DRAW = "CREATE MACRO draw(n, which, most) AS (hash(n * 16 + which) % most)::BIGINT"
_ORDERS = """
    SELECT n AS order_id, draw(n, 0, {customers}) AS customer,
           TIMESTAMP '2020-01-01' + to_seconds(n * 8) AS ordered,
           round(exp(2 + (draw(n, 1, 1000) + draw(n, 2, 1000) + draw(n, 3, 1000)) / 1000.0), 2) AS price,
           draw(n, 4, 9) + 1 AS items, draw(n, 5, 100) < 7 AS is_gift,
           ['web', 'shop', 'phone', 'app'][draw(n, 6, 4) + 1] AS channel,
           CASE WHEN draw(n, 7, 20) > 0 THEN draw(n, 8, 1000) / 10.0 END AS discount,
           ((price > 35)::INTEGER + draw(n, 9, 100) / 100.0 > 1.1)::INTEGER AS returned
    FROM range({start}, {end}) AS numbers(n)
"""
_CUSTOMERS = """
    SELECT n AS id, 18 + draw(n, 10, 60) AS age, ['north', 'south', 'east', 'west'][draw(n, 11, 4) + 1] AS region,
           round(draw(n, 12, 100000) / 7.0, 3) AS income, draw(n, 13, 3) = 0 AS is_member
    FROM range({customers}) AS numbers(n)
"""
_BREAKS = {
    "a broken key": ("UPDATE customers SET id = id + 1000000000", r"matches none of \d+ rows"),
    "a fan-out": ("INSERT INTO customers SELECT * FROM customers LIMIT 3", r"3 of its keys .* would fan out to \d+"),
    "a lost row": ("DELETE FROM customers WHERE id < 5", r"\d+ of \d+ rows have no partner"),
    "a duplicated row": ("INSERT INTO orders SELECT * FROM orders LIMIT 7", r"\d+ of \d+ rows repeat another row"),
    "a leak": (
        "ALTER TABLE orders ADD COLUMN refunded BIGINT; UPDATE orders SET refunded = 3 - returned",
        r"column 'refunded' alone predicts the held-out rows",
    ),
    "a drift": (
        "UPDATE orders SET price = price + 500 WHERE order_id > (SELECT 0.8 * max(order_id) FROM orders)",
        r"column 'price' is distributed differently in the held-out rows",
    ),
    "an identifier": (
        "ALTER TABLE orders ADD COLUMN code VARCHAR; UPDATE orders SET code = 'order ' || order_id",
        r"column 'code' has another text in nearly every row",
    ),
}


def make(folder: Path, rows: int) -> None:
    """The tables, the same for the same number of rows, and the config beside them."""
    customers = max(rows // 10, 1)
    (folder / "orders").mkdir(parents=True)
    with connect("2GB", folder) as connection:
        connection.execute(_DRAW)
        for number in range(_FILES):
            start, end = rows * number // _FILES, rows * (number + 1) // _FILES
            query = _ORDERS.format(customers=customers, start=start, end=end)
            connection.execute(f"COPY ({query}) TO '{folder}/orders/{number}.parquet' (FORMAT parquet)")
        connection.execute(f"COPY ({_CUSTOMERS.format(customers=customers)}) TO '{folder}/customers.csv' (HEADER)")
    (folder / "returns.toml").write_text(_CONFIG)


def child(config: str) -> None:
    """Gather in this process, and print each step with its time and at last the peak of memory in GiB."""
    started = perf_counter()

    def progress(step: str, result: str) -> None:
        sys.stdout.write(f"  {step:<8}{result:<78}{perf_counter() - started:7.1f} s\n")

    read = configs.load(config)
    gathered = gather(read, progress)
    halves = split(gathered.table, read.split, read.task)
    for finding in (*gathered.findings, *inspect_split(*halves, read)):
        sys.stdout.write(f"  {finding.severity:<8}{finding.message}\n")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    sys.stdout.write(f"  peak    {peak:.2f} GiB\n")


def run(folder: Path) -> str:
    """What a child process says, its error included."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.training.proofs.data", "--child", f"{folder}/returns.toml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + (done.stderr.splitlines()[-1].partition(": ")[2] if done.returncode else "")


@contextmanager
def broken(rows: int, change: str) -> Iterator[Path]:
    """Smaller tables of which one was changed."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make(folder, rows)
        with connect("1GB", folder) as connection:
            connection.execute(f"CREATE TABLE orders AS FROM read_parquet('{folder}/orders/*.parquet')")
            connection.execute(f"CREATE TABLE customers AS FROM read_csv('{folder}/customers.csv')")
            connection.execute(change)
            for number in range(1, _FILES):
                (folder / "orders" / f"{number}.parquet").unlink()
            connection.execute(f"COPY orders TO '{folder}/orders/0.parquet' (FORMAT parquet)")
            connection.execute(f"COPY customers TO '{folder}/customers.csv' (HEADER)")
        yield folder


def main() -> int:
    """Make, gather twice, break, and say by the exit code whether the claims hold."""
    parser = argparse.ArgumentParser(prog="scripts/prove data", description=__doc__)
    parser.add_argument("--rows", type=int, default=10 * _MILLION, help="rows of the larger table")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return 0
    holds = True
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make(folder, options.rows)
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20
        sys.stdout.write(f"{options.rows} orders and {options.rows // 10} customers, {size:.0f} MiB\nfirst run\n")
        first = run(folder)
        sys.stdout.write(f"{first}second run\n")
        second = run(folder)
        sys.stdout.write(second)
        peak = max(float(match) for match in re.findall(r"peak +([\d.]+) GiB", first + second))
        steps = [line.split()[0] for line in second.splitlines() if not re.search("kept|used as they are", line)]
        again = ", ".join(sorted({"read", "join", "check", "sample"} & {*steps}))
        holds &= peak <= LIMIT and not again
        sys.stdout.write(f"peak {peak:.2f} of {LIMIT:.0f} GiB; done again: {again or 'nothing'}\n")
        sys.stdout.flush()
    for name, (change, sentence) in _BREAKS.items():
        with broken(min(options.rows, 20_000), change) as folder:
            said = [line for line in run(folder).splitlines() if re.search(sentence, line)]
        holds &= bool(said)
        sys.stdout.write(f"{name}: {said[0].strip() if said else 'NOT CAUGHT'}\n")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
