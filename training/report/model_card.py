"""The model card: one short page of Markdown that says what the model is and what was proved of it."""

from app.contract.manifest import Parity, Score, Variant
from app.contract.signature import Task
from training.config.model import ModelConfig
from training.optimizer.gates import Choice


def model_card(
    config: ModelConfig,
    about: str,
    source: str,
    rows: dict[str, int],
    metrics: tuple[Score, ...],
    parity: Parity,
    choice: Choice,
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
        "",
        f"## Scores on {judged}",
        "",
        "| score | value | better |",
        "|---|---|---|",
        *(f"| {s.name} | {s.value:.4f} | {'higher' if s.higher_is_better else 'lower'} |" for s in metrics),
        "",
        "## Parity with scikit-learn",
        "",
        _parity(parity, config.task),
        "",
        "## Variants",
        "",
        "| variant | bytes | labels changed | largest change | verdict |",
        "|---|---|---|---|---|",
        *map(_line, choice.variants),
        "",
        f"Published: {choice.reason}.",
    ]
    return "\n".join(lines) + "\n"


def _parity(parity: Parity, task: Task) -> str:
    labels = f"{parity.label_flips} labels differ, " if task is Task.CLASSIFICATION else ""
    return (
        f"The exact ONNX graph was compared with the pipeline on {parity.rows} rows and {parity.edge_rows} "
        f"made-up edge rows: {labels}the largest difference is "
        f"{parity.largest_difference:.2g} ({parity.tolerance:.2g} allowed)."
    )


def _line(variant: Variant) -> str:
    if variant.parity is None or variant.size is None:
        return f"| {variant.name} | | | | {variant.verdict} |"
    moved = f"{variant.parity.label_flips} | {variant.parity.largest_difference:.2g}"
    return f"| {variant.name} | {variant.size} | {moved} | {variant.verdict} |"
