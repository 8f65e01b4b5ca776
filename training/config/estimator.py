"""The estimator at the end of the pipeline."""

from typing import Any, Literal

from pydantic import Field

from training.config.section import Section

EstimatorType = Literal[
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "GradientBoostingClassifier",
    "GradientBoostingRegressor",
    "LinearRegression",
    "LogisticRegression",
    "MLPClassifier",
    "MLPRegressor",
    "RandomForestClassifier",
    "RandomForestRegressor",
    "Ridge",
]


class EstimatorConfig(Section):
    """The scikit-learn estimator at the end of the pipeline."""

    type: EstimatorType = Field(description="its class")
    parameters: dict[str, Any] = Field({}, description="its constructor's arguments")
