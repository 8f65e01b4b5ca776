"""What training rows were like, for signatures of the factories."""

from slipway_ml.contract.profile import FeatureProfile, Profile

LIKE = {"minimum": 0.0, "maximum": 1.0, "mean": 0.5, "standard_deviation": 0.5}
"""Numbers from 0 to 1; they are far from training below -4.5 and above 5.5."""


def number_profile(width: int, *unknown: int) -> Profile:
    """Of a matrix of so many numbers; of those at the places that are unknown nothing is said."""
    features = [FeatureProfile(name=f"f{n}", count=9, **({} if n in unknown else LIKE)) for n in range(width)]
    return Profile(rows=9, features=tuple(features))


def house_profile() -> Profile:
    """Of the mixed signature: ages are far from training above 130 and below -50, cities are known."""
    number = {"minimum": 0.0, "maximum": 80.0, "mean": 40.0, "standard_deviation": 9.0}
    return Profile(
        rows=100,
        features=(
            FeatureProfile(name="age", count=90, **number),
            FeatureProfile(name="rooms", count=100, minimum=1, maximum=9, mean=3, standard_deviation=1),
            FeatureProfile(name="floors", count=100, minimum=1, maximum=3, mean=2, standard_deviation=0.5),
            FeatureProfile(name="garden", count=100, minimum=0, maximum=1, mean=0.5, standard_deviation=0.5),
            FeatureProfile(name="city", count=100, categories={"Bonn": 60, "Ulm": 38}),
            FeatureProfile(name="heating", count=100, categories={"gas": 50, "oil": 50}),
        ),
    )
