"""The parity certificate: the kinds of rows on which the ONNX graph was compared, and the differences found."""

from slipway_ml.contract import certificate
from slipway_training.candidate import Trained
from slipway_training.optimizer.variants import EXPORTED
from slipway_training.report.section import Block, Paragraph, Section, TextTable
from slipway_training.report.sections.summary import served


def parity(trained: Trained) -> Section | None:
    """Always there: nothing is published without the parity check."""
    found = trained.parity
    head = certificate.HEADINGS
    blocks: list[Block] = [
        TextTable(
            head,
            tuple(certificate.lines(found)),
            frozenset(head[1:]),
            f"the exported graph ({found.tolerance:.1g} allowed)",
        )
    ]
    chosen = served(trained)
    if chosen.name != EXPORTED and chosen.parity is not None:
        lines = tuple(certificate.lines(chosen.parity))
        allowed = f"{chosen.name}, which is published ({chosen.parity.tolerance:.1g} allowed)"
        blocks.append(TextTable(head, lines, frozenset(head[1:]), allowed))
    if found.blind_steps:
        blocks.append(
            Paragraph(
                f"Values within {found.blind_steps} float64 steps of a threshold were left out: logarithms and powers "
                "round differently in two libraries."
            )
        )
    blocks += [Paragraph(sentence) for sentence in found.not_proved]
    lead = (
        f"The predictions of the ONNX graph were compared with those of {found.reference}, row by row, before it was "
        "published."
    )
    return Section("parity", "Parity certificate", lead, tuple(blocks))
