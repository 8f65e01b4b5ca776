"""The model card: one short page of Markdown that says what the model is and is for,
how it scores, and what was compared with its reference.
"""

from slipway_ml.contract import certificate
from slipway_ml.contract.evaluation import Comparison, Evaluation, Score, SliceScore
from slipway_ml.contract.manifest import Finding
from slipway_ml.contract.parity import Parity
from slipway_ml.contract.signature import Task
from slipway_ml.contract.variant import Variant
from slipway_training.candidate import Trained
from slipway_training.config.model import ModelConfig
from slipway_training.optimizer.gates import Choice
from slipway_training.optimizer.variants import EXPORTED
from slipway_training.report.leading import ordered, shortcomings
from slipway_training.report.words import number, p_value


def model_card(trained: Trained, libraries: dict[str, str]) -> str:
    """Only what was said or measured; no promises."""
    config, parity, choice, rows = trained.config, trained.parity, trained.choice, trained.candidate.rows
    counts = f"{rows['train']} training rows, {rows['held_out']} held-out rows" if "train" in rows else ""
    judged = "held-out rows" if counts else "the rows given, which it may have been trained on"
    lines = [
        f"# {config.name}",
        "",
        config.description or "No description was given.",
        "",
        *_people(config),
        f"- **Task:** {config.task}{f', in {config.unit}' if config.unit else ''}, by {trained.candidate.about}",
        f"- **Data:** {trained.candidate.source}; {counts or f'{parity.rows} rows'}",
        *_limitations(config),
        *_warnings(trained.candidate.findings),
        "",
        f"## Scores on {judged}",
        "",
        *_scores(ordered(trained), trained.evaluation),
        *_shortcomings(trained),
        *_evaluation(trained.evaluation),
        *_decision(trained),
        "",
        f"## Parity with {parity.reference}",
        "",
        _parity(parity, config.task),
        "",
        *_certificate(parity),
        *_as_given(parity),
        *_not_proved(parity),
        "",
        f"With {', '.join(f'{name} {number}' for name, number in libraries.items())}.",
        "",
        "## Variants",
        "",
        f"Labels changed and the largest change on {judged.partition(',')[0]}, and labels changed on all other rows.",
        "",
        "| variant | bytes | labels changed | largest change | other rows | verdict |",
        "|---|---|---|---|---|---|",
        *map(_line, choice.variants),
        *_lossy_certificate(choice),
        "",
        f"Published: {choice.reason}.",
    ]
    return "\n".join(lines) + "\n"


def _people(config: ModelConfig) -> list[str]:
    return [
        f"- **Owner:** {config.owner or 'not set'}",
        f"- **Intended use:** {config.intended_use or 'not set'}",
    ]


def _limitations(config: ModelConfig) -> list[str]:
    if not config.limitations:
        return []
    return ["", "## Limitations", "", *(f"- {sentence}" for sentence in config.limitations)]


def _scores(metrics: tuple[Score, ...], evaluation: Evaluation | None) -> list[str]:
    if not metrics:
        return ["No rows were given to evaluate it on."]
    sure = "interval" if evaluation is None else f"{evaluation.confidence:.0%} interval"
    return [
        f"| score | value | {sure} | better |",
        "|---|---|---|---|",
        *(
            f"| {s.name} | {s.value:.4f} | {_interval(s.interval)} | {'higher' if s.higher_is_better else 'lower'} |"
            for s in metrics
        ),
    ]


def _shortcomings(trained: Trained) -> list[str]:
    found = shortcomings(trained)
    return ["", *(f"**Warning:** {sentence}." for sentence in found)] if found else []


def _evaluation(evaluation: Evaluation | None) -> list[str]:
    if evaluation is None:
        return []
    lines = []
    if evaluation.groups is not None:
        lines += [
            "",
            f"Rows of one group are dependent: intervals come from resampling the {evaluation.groups} groups.",
        ]
    for compared_model in (evaluation.baseline, evaluation.champion):
        if compared_model is not None:
            lines += ["", _comparison(compared_model)]
    if evaluation.slices:
        lines += ["", *_slices("slice", evaluation.slices)]
    if evaluation.found_slices:
        lines += ["", "It performs significantly worse here than on the other rows:", ""]
        lines += _slices("slice found", evaluation.found_slices)
    elif evaluation.slices_tried:
        lines += ["", f"None of {evaluation.slices_tried} slices is significantly worse."]
    return lines


def _comparison(compared_model: Comparison) -> str:
    note = f" ({compared_model.note})" if compared_model.note else ""
    if compared_model.score is None or compared_model.difference is None:
        return f"Compared with {compared_model.other}: not compared{note}."
    sure = f", {_interval(compared_model.interval)}" if compared_model.interval is not None else ""
    score = f"{compared_model.score.name} {number(compared_model.score.value)}"
    test = f"p {p_value(compared_model.p_value)}, {compared_model.test}"
    return (
        f"Compared with {compared_model.other}{note}: {score} on the same rows, so this version is better by "
        f"{compared_model.difference:+.4f}{sure} ({test})."
    )


def _slices(heading: str, slices: tuple[SliceScore, ...]) -> list[str]:
    return [
        f"| {heading} | rows | {slices[0].score.name} | interval |",
        "|---|---|---|---|",
        *(f"| {_cell(s.name)} | {s.rows} | {number(s.score.value)} | {_interval(s.score.interval)} |" for s in slices),
    ]


def _decision(trained: Trained) -> list[str]:
    return [] if trained.candidate.cost is None else ["", f"Decisions: {trained.candidate.cost.in_words}."]


def _interval(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f"{number(interval[0])} to {number(interval[1])}"


def _cell(text: str) -> str:
    """Text of the user's that must not end a cell or a line."""
    return " ".join(text.replace("|", "\\|").split())


def _warnings(findings: tuple[Finding, ...]) -> list[str]:
    if not findings:
        return []
    return ["", "## Warnings of the data checks", "", *(f"- {f.message}; {f.remedy}" for f in findings)]


def _parity(parity: Parity, task: Task) -> str:
    labels = f"{parity.label_flips} labels differ, " if task is Task.CLASSIFICATION else ""
    return (
        f"The exported ONNX graph was compared with {parity.reference} on {parity.rows} rows and {parity.edge_rows} "
        f"generated edge rows: {labels}the largest difference is "
        f"{parity.largest_difference:.2g} ({parity.tolerance:.2g} allowed)."
    )


def _as_given(parity: Parity) -> list[str]:
    """What the user's own pipeline predicts for the rows as they were given, where it was asked."""
    given = parity.as_given
    if given is None:
        return []
    found = f"Asked about the {given.rows} rows exactly as they were given, the pipeline predicts"
    if not given.differing:
        return ["", f"{found} the same as the graph."]
    return ["", f"{found} otherwise than the graph for {given.differing} of them ({given.reason})."]


def _not_proved(parity: Parity) -> list[str]:
    return ["", "Not compared:", "", *(f"- {sentence}" for sentence in parity.not_proved)] if parity.not_proved else []


def _certificate(parity: Parity) -> list[str]:
    rows = [certificate.HEADINGS, ("---",) * len(certificate.HEADINGS), *certificate.lines(parity)]
    return [f"| {' | '.join(row)} |" for row in rows]


def _lossy_certificate(choice: Choice) -> list[str]:
    """What the published variant changes, where that is not the exported graph, whose certificate stands above."""
    chosen = next(variant for variant in choice.variants if variant.name == choice.name)
    if chosen.name == EXPORTED or chosen.parity is None:
        return []
    return [
        "",
        f"{chosen.name} compared with {chosen.parity.reference}, by kind of row:",
        "",
        *_certificate(chosen.parity),
    ]


def _line(variant: Variant) -> str:
    if variant.parity is None or variant.size is None:
        return f"| {variant.name} | | | | | {variant.verdict} |"
    judged = variant.parity.kinds[0]
    moved = f"{judged.label_flips} | {judged.largest_difference:.2g}"
    elsewhere = variant.parity.label_flips - judged.label_flips
    return f"| {variant.name} | {variant.size} | {moved} | {elsewhere} | {variant.verdict} |"
