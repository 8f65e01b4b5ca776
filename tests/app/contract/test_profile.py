"""profile.json: what it says comes back, and what it cannot say is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.contract.profile import FeatureProfile, Profile, profile_from_json, profile_to_json
from slipway_ml.contract.stored_document import UnreadableDocument
from tests.claims import for_each
from tests.profiles import house_profile
from tests.strategies import COUNTS, FINITE, MANY, NAMES

FEATURES = st.builds(
    FeatureProfile,
    name=NAMES,
    count=COUNTS,
    minimum=st.none() | FINITE,
    maximum=st.none() | FINITE,
    mean=st.none() | FINITE,
    standard_deviation=st.none() | FINITE.map(abs),
    categories=st.none() | st.dictionaries(NAMES, COUNTS, max_size=3),
    date_form=st.sampled_from([None, "ymd", "dmy", "mdy"]),
    is_parsed=st.booleans(),
)


@MANY
@given(st.builds(Profile, rows=COUNTS, features=st.lists(FEATURES, max_size=3).map(tuple)))
def test_profile_is_read_as_it_was_written(profile: Profile) -> None:
    content = profile_to_json(profile)

    assert profile_from_json(content) == profile
    assert json.loads(content)["schema"] == 1


@for_each(
    "content, sentence",
    {
        "no JSON": (b"{", "profile.json is not JSON"),
        "a newer schema": (b'{"schema": 2}', "profile.json has schema 2, this release reads up to 1"),
        "no schema": (b"[]", "profile.json has no schema number"),
        "a count below zero": (
            profile_to_json(house_profile()).replace(b'"count": 90', b'"count": -1'),
            "features.0.count",
        ),
    },
)
def test_what_is_no_profile_is_refused_with_the_place(content: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableDocument) as refusal:
        profile_from_json(content)

    assert sentence in str(refusal.value)


def test_bounds_are_ten_deviations_around_the_mean_and_never_leave_a_trained_number_out() -> None:
    narrow = FeatureProfile(name="a", count=3, minimum=0, maximum=1, mean=0.5, standard_deviation=0.5)
    skewed = FeatureProfile(name="a", count=1000, minimum=0, maximum=99_999, mean=10, standard_deviation=100)

    assert narrow.bounds == (-4.5, 5.5)
    assert skewed.bounds == (-990, 99_999)


def test_feature_of_which_nothing_is_known_has_no_bounds() -> None:
    assert FeatureProfile(name="a", count=0).bounds is None
