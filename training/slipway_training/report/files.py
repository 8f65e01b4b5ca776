"""Files of a version that people read."""

MODEL_CARD = "model_card.md"
REPORT = "report.html"
