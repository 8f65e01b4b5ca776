"""profile.json: what the rows were like that a version was trained on, so that what comes in can be compared with it.

It is written once, beside the manifest, which has its digest. Of text it holds what many rows share, so that nobody's
own words are in it. A version without it is served unchecked.
"""

from typing import Annotated, Literal

from pydantic import Field

from slipway_ml.contract.dates import DateOrder
from slipway_ml.contract.evaluation import Part
from slipway_ml.contract.stored_document import read_document, written

PROFILE_FILE = "profile.json"
SCHEMA = 1

FEWEST_ROWS = 5
"""A category that fewer rows have is not in the profile."""

FAR = 10.0
"""A number that is so many standard deviations from the mean, and outside the range of training, is far from it."""

Count = Annotated[int, Field(ge=0)]


class FeatureProfile(Part):
    """One column of the training rows; `count` is how many rows have a value.

    Numbers, integers and booleans (as 0 and 1) have the four figures, in float64; `standard_deviation` is of the
    population. Text has `categories`, a category to its rows, where it is of few categories, and `date_form` where its
    values are dates of one form. `is_parsed` says that the model reads these dates, so that another form would be
    missing to it.
    """

    name: str
    count: Count
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    standard_deviation: Annotated[float, Field(ge=0)] | None = None
    categories: dict[str, Count] | None = None
    date_form: DateOrder | None = None
    is_parsed: bool = False

    @property
    def bounds(self) -> tuple[float, float] | None:
        """What no number may lie outside of without being far from what was trained on; None where nothing is known."""
        if self.minimum is None or self.maximum is None or self.mean is None or self.standard_deviation is None:
            return None
        far = FAR * self.standard_deviation
        return min(self.minimum, self.mean - far), max(self.maximum, self.mean + far)


class Profile(Part):
    """The whole profile, of `rows` training rows."""

    schema_: Annotated[Literal[1], Field(alias="schema")] = 1
    rows: Count
    features: tuple[FeatureProfile, ...]


def profile_to_json(profile: Profile) -> bytes:
    """Indented JSON, the same bytes for equal profiles."""
    return written({"schema": profile.schema_, **profile.model_dump(mode="json", exclude_defaults=True)})


def profile_from_json(content: bytes) -> Profile:
    """Read a profile; raises UnreadableDocument when it is damaged or its schema is newer than ours."""
    return read_document(content, PROFILE_FILE, Profile, SCHEMA)
