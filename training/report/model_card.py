"""The model card: one short page of Markdown that says what the model is and what was proved of it."""

from app.contract import certificate
from app.contract.evaluation import Score
from app.contract.manifest import Finding, Parity, Variant
from app.contract.signature import Task
from training.config.model import ModelConfig
from training.optimizer.gates import Choice
from training.optimizer.variants import EXPORTED


def model_card(
    config: ModelConfig,
    about: str,
    source: str,
    rows: dict[str, int],
    metrics: tuple[Score, ...],
    parity: Parity,
    choice: Choice,
    libraries: dict[str, str],
    findings: tuple[Finding, ...],
) -> str:
    """Only what was measured; no promises."""
    counts = f"{rows['train']} rows to learn from, {rows['held_out']} held out" if "train" in rows else ""
    judged = "held-out rows" if counts else "the rows given, which it may have learnt from"
    lines = [
        f"# {config.name}",
        "",
        config.description or "No description was given.",
        "",
        f"- **Task:** {config.task}, by {about}",
        f"- **Data:** {source}; {counts or f'{parity.rows} rows'}",
        *_warnings(findings),
        "",
        f"## Scores on {judged}",
        "",
        "| score | value | better |",
        "|---|---|---|",
        *(f"| {s.name} | {s.value:.4f} | {'higher' if s.higher_is_better else 'lower'} |" for s in metrics),
        "",
        f"## Parity with {parity.reference}",
        "",
        _parity(parity, config.task),
        "",
        *_certificate(parity),
        *_not_proved(parity),
        "",
        f"With {', '.join(f'{name} {number}' for name, number in libraries.items())}.",
        "",
        "## Variants",
        "",
        f"Labels changed and the largest change on {judged.partition(',')[0]}, and labels changed on all other rows.",
        "",
        "| variant | bytes | labels changed | largest change | elsewhere | verdict |",
        "|---|---|---|---|---|---|",
        *map(_line, choice.variants),
        *_lossy_certificate(choice),
        "",
        f"Published: {choice.reason}.",
    ]
    return "\n".join(lines) + "\n"


def _warnings(findings: tuple[Finding, ...]) -> list[str]:
    if not findings:
        return []
    return ["", "## What the checks of the data warn of", "", *(f"- {f.message}; {f.remedy}" for f in findings)]


def _parity(parity: Parity, task: Task) -> str:
    labels = f"{parity.label_flips} labels differ, " if task is Task.CLASSIFICATION else ""
    return (
        f"The exported ONNX graph was compared with {parity.reference} on {parity.rows} rows and {parity.edge_rows} "
        f"made-up edge rows: {labels}the largest difference is "
        f"{parity.largest_difference:.2g} ({parity.tolerance:.2g} allowed)."
    )


def _not_proved(parity: Parity) -> list[str]:
    return ["", "Not proved:", "", *(f"- {sentence}" for sentence in parity.not_proved)] if parity.not_proved else []


def _certificate(parity: Parity) -> list[str]:
    rows = [certificate.HEADINGS, ("---",) * len(certificate.HEADINGS), *certificate.lines(parity)]
    return [f"| {' | '.join(row)} |" for row in rows]


def _lossy_certificate(choice: Choice) -> list[str]:
    """What the published variant changes, where that is not the exported graph, whose certificate stands above."""
    chosen = next(variant for variant in choice.variants if variant.name == choice.name)
    if chosen.name == EXPORTED or chosen.parity is None:
        return []
    return ["", f"{chosen.name} beside scikit-learn, by kind of row:", "", *_certificate(chosen.parity)]


def _line(variant: Variant) -> str:
    if variant.parity is None or variant.size is None:
        return f"| {variant.name} | | | | | {variant.verdict} |"
    judged = variant.parity.kinds[0]
    moved = f"{judged.label_flips} | {judged.largest_difference:.2g}"
    elsewhere = variant.parity.label_flips - judged.label_flips
    return f"| {variant.name} | {variant.size} | {moved} | {elsewhere} | {variant.verdict} |"
