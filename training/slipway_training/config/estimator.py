"""The estimator at the end of the pipeline."""

from typing import Any, Literal, get_args

from pydantic import Field

from slipway_ml.contract.signature import Task
from slipway_training.config.section import Section

Classifier = Literal[
    "AdaBoostClassifier",
    "BaggingClassifier",
    "BernoulliNB",
    "CatBoostClassifier",
    "DecisionTreeClassifier",
    "ExtraTreesClassifier",
    "GaussianNB",
    "GradientBoostingClassifier",
    "HistGradientBoostingClassifier",
    "KNeighborsClassifier",
    "LGBMClassifier",
    "LinearSVC",
    "LogisticRegression",
    "MLPClassifier",
    "RandomForestClassifier",
    "RidgeClassifier",
    "SGDClassifier",
    "SVC",
    "XGBClassifier",
]
Regressor = Literal[
    "AdaBoostRegressor",
    "BaggingRegressor",
    "BayesianRidge",
    "CatBoostRegressor",
    "DecisionTreeRegressor",
    "ElasticNet",
    "ExtraTreesRegressor",
    "GradientBoostingRegressor",
    "HistGradientBoostingRegressor",
    "HuberRegressor",
    "KNeighborsRegressor",
    "LGBMRegressor",
    "Lasso",
    "LinearRegression",
    "LinearSVR",
    "MLPRegressor",
    "PoissonRegressor",
    "RandomForestRegressor",
    "Ridge",
    "SGDRegressor",
    "SVR",
    "XGBRegressor",
]
EstimatorType = Classifier | Regressor


class EstimatorConfig(Section):
    """The estimator at the end of the pipeline: scikit-learn's, XGBoost's, LightGBM's or CatBoost's."""

    type: EstimatorType = Field(description="its class")
    parameters: dict[str, Any] = Field({}, description="its constructor's arguments")


def task_of(name: EstimatorType) -> Task:
    """What an estimator is for."""
    return Task.CLASSIFICATION if name in get_args(Classifier) else Task.REGRESSION
