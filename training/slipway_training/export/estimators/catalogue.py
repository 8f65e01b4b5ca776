"""The estimators that are written by us, in float64; every other one goes through skl2onnx."""

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.cross_decomposition import CCA, PLSCanonical, PLSRegression
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import (
    MultiTaskElasticNet,
    MultiTaskElasticNetCV,
    MultiTaskLasso,
    MultiTaskLassoCV,
    PassiveAggressiveClassifier,
    Perceptron,
    RidgeClassifier,
    RidgeClassifierCV,
)
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.naive_bayes import CategoricalNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid, RadiusNeighborsClassifier, RadiusNeighborsRegressor
from sklearn.semi_supervised import LabelPropagation, LabelSpreading
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

from slipway_training.export.estimators.adaboost import adaboost_classifier, adaboost_regressor
from slipway_training.export.estimators.bagging import bagging_classifier, bagging_regressor
from slipway_training.export.estimators.boosting import boosting
from slipway_training.export.estimators.calibrated import calibrated
from slipway_training.export.estimators.catboost_trees import catboost_model
from slipway_training.export.estimators.categorical_nb import categorical_nb
from slipway_training.export.estimators.dummy import dummy_classifier, dummy_regressor
from slipway_training.export.estimators.forests import forest_classifier, forest_regressor
from slipway_training.export.estimators.kernels import kernel_ridge, label_propagation
from slipway_training.export.estimators.lightgbm_trees import lightgbm_model
from slipway_training.export.estimators.linear import linear_labels
from slipway_training.export.estimators.nearest_centroid import nearest_centroid
from slipway_training.export.estimators.neighbors import k_neighbors_classifier
from slipway_training.export.estimators.one_vs_rest import one_vs_rest
from slipway_training.export.estimators.radius_neighbors import radius_neighbors_classifier, radius_neighbors_regressor
from slipway_training.export.estimators.several_targets import chained, each_for_itself, linear_values
from slipway_training.export.estimators.stacking import stacking
from slipway_training.export.estimators.thresholded import thresholded
from slipway_training.export.estimators.transformed_target import transformed_target
from slipway_training.export.estimators.voting import voting_classifier, voting_regressor
from slipway_training.export.estimators.xgboost_trees import xgboost_model
from slipway_training.export.pipeline_walk import Predictions

EXPORTERS: dict[type | str, Predictions] = {
    AdaBoostClassifier: adaboost_classifier,
    AdaBoostRegressor: adaboost_regressor,
    BaggingClassifier: bagging_classifier,
    BaggingRegressor: bagging_regressor,
    CalibratedClassifierCV: calibrated,
    CategoricalNB: categorical_nb,
    DecisionTreeClassifier: forest_classifier,
    DecisionTreeRegressor: forest_regressor,
    DummyClassifier: dummy_classifier,
    DummyRegressor: dummy_regressor,
    ExtraTreeClassifier: forest_classifier,
    ExtraTreeRegressor: forest_regressor,
    ExtraTreesClassifier: forest_classifier,
    ExtraTreesRegressor: forest_regressor,
    FixedThresholdClassifier: thresholded,
    GradientBoostingClassifier: boosting,
    GradientBoostingRegressor: boosting,
    HistGradientBoostingClassifier: boosting,
    HistGradientBoostingRegressor: boosting,
    KernelRidge: kernel_ridge,
    KNeighborsClassifier: k_neighbors_classifier,
    LabelPropagation: label_propagation,
    LabelSpreading: label_propagation,
    LinearSVC: linear_labels,
    NearestCentroid: nearest_centroid,
    PassiveAggressiveClassifier: linear_labels,
    OneVsRestClassifier: one_vs_rest,
    Perceptron: linear_labels,
    RadiusNeighborsClassifier: radius_neighbors_classifier,
    RadiusNeighborsRegressor: radius_neighbors_regressor,
    RandomForestClassifier: forest_classifier,
    RandomForestRegressor: forest_regressor,
    RidgeClassifier: linear_labels,
    RidgeClassifierCV: linear_labels,
    StackingClassifier: stacking,
    StackingRegressor: stacking,
    TransformedTargetRegressor: transformed_target,
    TunedThresholdClassifierCV: thresholded,
    VotingClassifier: voting_classifier,
    VotingRegressor: voting_regressor,
    **dict.fromkeys((CCA, PLSCanonical, PLSRegression), linear_values),
    **dict.fromkeys((MultiTaskElasticNet, MultiTaskElasticNetCV, MultiTaskLasso, MultiTaskLassoCV), linear_values),
    MultiOutputRegressor: each_for_itself,
    RegressorChain: chained,
    "CatBoostClassifier": catboost_model,
    "CatBoostRegressor": catboost_model,
    "LGBMClassifier": lightgbm_model,
    "LGBMRegressor": lightgbm_model,
    "XGBClassifier": xgboost_model,
    "XGBRegressor": xgboost_model,
}
"""What comes with an extra is known by its name, so that nothing is imported that is not used."""
