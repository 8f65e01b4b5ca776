"""What was compared of the ONNX graph, as a certificate: what was compared, on how many rows, and what came of it."""

from slipway_ml.contract import certificate
from slipway_training.candidate import Trained
from slipway_training.optimizer.variants import EXPORTED
from slipway_training.report.section import Block, Paragraph, Section, TextTable
from slipway_training.report.sections.summary import served


def parity(trained: Trained) -> Section | None:
    """Always there: nothing is published without the parity check."""
    proof = trained.parity
    head = certificate.HEADINGS
    blocks: list[Block] = [
        TextTable(
            head,
            tuple(certificate.lines(proof)),
            frozenset(head[1:]),
            f"the exported graph ({proof.tolerance:.1g} allowed)",
        )
    ]
    chosen = served(trained)
    if chosen.name != EXPORTED and chosen.parity is not None:
        lines = tuple(certificate.lines(chosen.parity))
        allowed = f"{chosen.name}, which is published ({chosen.parity.tolerance:.1g} allowed)"
        blocks.append(TextTable(head, lines, frozenset(head[1:]), allowed))
    if proof.blind_steps:
        blocks.append(
            Paragraph(
                f"Values within {proof.blind_steps} float64 steps of a threshold were left out: logarithms and powers "
                "round differently in two libraries."
            )
        )
    blocks += [Paragraph(sentence) for sentence in proof.not_proved]
    lead = (
        f"The served model was compared with {proof.reference} does: this is what was compared, row by row, before "
        "anything was published."
    )
    return Section("parity", "Parity certificate", lead, tuple(blocks))
