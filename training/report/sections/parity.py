"""What was proved of the ONNX graph, as a certificate: what was compared, on how many rows, and what came of it."""

from training.examination import Trained
from training.report.section import Section, TextTable


def parity(trained: Trained) -> Section | None:
    """Always there: nothing is published without the proof."""
    proof = trained.parity
    rows = [
        ("compared", "the exact ONNX graph in onnxruntime with the fitted scikit-learn pipeline on float64 input"),
        ("real rows", f"{proof.rows:,}"),
        ("made-up edge rows", f"{proof.edge_rows:,}: on both sides of thresholds, extremes, missing and unseen values"),
        ("labels that differ", f"{proof.label_flips:,}" if trained.signature.labels else "none to differ"),
        ("largest difference", f"{proof.largest_difference:.2g} ({proof.tolerance:.2g} allowed)"),
        ("99.9 % of answers within", f"{proof.p999_difference:.2g}"),
    ]
    if proof.blind_steps:
        left_out = f"values within {proof.blind_steps} float64 steps of a threshold, where logarithms and powers round"
        rows.append(("left out", left_out))
    lead = "The model that is served says what the model that was trained says. This is what was compared to say so."
    return Section("parity", "Parity certificate", lead, (TextTable(("", "found"), tuple(rows)),))
