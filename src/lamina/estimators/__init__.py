"""Lamina as scikit-learn estimators: the same engine behind `fit` and `predict`, for pipelines and searches.

>>> from lamina.estimators import LaminaClassifier
>>> model = LaminaClassifier(random_state=0).fit([[0.0], [0.1], [0.9], [1.0]] * 10, ["low", "low", "high", "high"] * 10)
>>> model.predict([[0.05], [0.95]]).tolist()
['low', 'high']
"""

from lamina.estimators.supervised import LaminaClassifier, LaminaRegressor
from lamina.estimators.unsupervised import LaminaAnomalyDetector, LaminaClusterer, LaminaEmbedder

__all__ = ["LaminaAnomalyDetector", "LaminaClassifier", "LaminaClusterer", "LaminaEmbedder", "LaminaRegressor"]
