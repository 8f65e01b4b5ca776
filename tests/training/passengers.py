"""A synthetic passenger list with everything that makes a real table hard, kept in tests/data/csv/passengers.csv.

Numbers, integers, text, booleans, missing values in three columns, and `alive`, which repeats the target. Run this file
to write it again; a test checks that it is still what this file makes.
"""

import csv
import io
from pathlib import Path
from random import Random

PASSENGERS = Path(__file__).parents[1] / "data" / "csv" / "passengers.csv"

_HEADER = ("survived", "pclass", "sex", "age", "sibsp", "fare", "embarked", "deck", "adult_male", "alive", "alone")
_ROWS = 240


def passengers() -> str:
    """The whole file, the same text every time."""
    random = Random(20)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(_passenger(random) for _ in range(_ROWS))
    return text.getvalue()


def _passenger(random: Random) -> list[str]:
    pclass = random.choice((1, 2, 3, 3))
    sex = random.choice(("male", "male", "female"))
    age = round(max(0.5, random.gauss(30, 14)), 1)
    sibsp = random.choice((0, 0, 0, 1, 1, 2, 4))
    survives = random.random() < 0.06 + 0.7 * (sex == "female") + 0.2 * (pclass == 1) + 0.1 * (age < 12)
    return [
        str(int(survives)),
        str(pclass),
        sex,
        "" if random.random() < 0.2 else str(age),
        str(sibsp),
        f"{random.lognormvariate(4 - pclass / 2, 0.6):.4f}",
        "" if random.random() < 0.02 else random.choice("SSSCQ"),
        random.choice("ABCDE") if pclass == 1 and random.random() < 0.8 else "",
        str(sex == "male" and age >= 16),
        "yes" if survives else "no",
        str(sibsp == 0),
    ]


if __name__ == "__main__":
    PASSENGERS.write_text(passengers(), encoding="utf-8")
