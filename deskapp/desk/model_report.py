"""What was found out about a model, read back from the JSON beside it, of this release or the one before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

_EPOCH = date(1970, 1, 1).toordinal()
_NOTHING = {"hit_rate": 0.0, "ndcg": 0.0, "coverage": 0.0}


@dataclass(frozen=True, slots=True)
class Range:
    """A mean with its interval of 95 %; None where the release that measured it knew none."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """hit_rate, ndcg, coverage between 0 and 1; novelty in bits, None where it was not measured."""

    hit_rate: float
    ndcg: Range
    coverage: float
    novelty: float | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """Is it better by more than chance would make of it? `is_clear` may be True of a loss too."""

    ndcg: Range
    hit_rate: Range

    @property
    def is_clear(self) -> bool:
        low, high = self.ndcg.low, self.ndcg.high
        return low is not None and high is not None and (low > 0 or high < 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """The answers to one lot of questions; `name` is the kind of question or the group of customers."""

    name: str
    questions: int
    ours: Quality
    popular: Quality
    in_service: Quality | None
    over_popular: Lead | None
    over_in_service: Lead | None


@dataclass(frozen=True, slots=True)
class ReportView:
    """kinds: plus-one, new, refill as far as they were asked. groups: by what they are grouped. from_on: first day asked about.

    unseen: orders that the model in service of that time had not seen; None where there was none, or it was not counted.
    """

    k: int
    from_on: date | None
    unseen: int | None
    kinds: tuple[Asked, ...]
    groups: Mapping[str, tuple[Asked, ...]]

    @property
    def plus_one(self) -> Asked:
        return self.kinds[0]


def view(report: Mapping[str, Any]) -> ReportView:
    first = asked(report)
    beside = [_asked(kind, report[kind]) for kind in ("new", "refill") if kind in report]
    groups = {
        by: tuple(_asked(one["name"], one["part"]) for one in found) for by, found in report.get("groups", {}).items()
    }
    from_day = report.get("from_day")
    from_on = date.fromordinal(_EPOCH + from_day) if from_day and first.questions else None
    return ReportView(report.get("k", 10), from_on, report.get("unseen"), (first, *beside), groups)


def asked(report: Mapping[str, Any]) -> Asked:
    """The plus-one. The release before wrote its figures at the top and without intervals."""
    return _asked("plus-one", report.get("plus_one", report))


def _asked(name: str, part: Mapping[str, Any]) -> Asked:
    return Asked(
        name,
        part.get("questions", 0),
        _quality(part.get("model", _NOTHING)),
        _quality(part.get("popularity", _NOTHING)),
        _quality(part["in_service"]) if part.get("in_service") else None,
        _lead(part.get("over_popularity")),
        _lead(part.get("over_in_service")),
    )


def _quality(figures: Mapping[str, Any]) -> Quality:
    return Quality(figures["hit_rate"], _range(figures["ndcg"]), figures["coverage"], figures.get("novelty"))


def _range(found: Mapping[str, float] | float) -> Range:
    return Range(**found) if isinstance(found, Mapping) else Range(found)


def _lead(found: Mapping[str, Any] | None) -> Lead | None:
    return Lead(_range(found["ndcg"]), _range(found["hit_rate"])) if found else None


# --- for the terminal -----------------------------------------------------------------------------------------------

_KINDS = {
    "plus-one": "plus-one: an order with one item hidden that its customer had never bought",
    "new": "new products: no basket, right is what they then bought for the first time",
    "refill": "refill: an order with any item hidden, repeats allowed",
}


def as_text(report: ReportView) -> str:
    """Tables for a terminal of 100 columns."""
    lines = [
        f"Asked about {f'{report.from_on:%d %B %Y}' if report.from_on else 'no day'} and later, which no model here had seen."
    ]
    if report.unseen is not None and report.plus_one.in_service is None:
        lines.append(
            f"The model in service has seen nearly all of these ({report.unseen:,} it has not), so it is not asked."
        )
    for kind in report.kinds:
        lines += ["", f"{_KINDS[kind.name]} ({kind.questions:,} questions)", *_table(kind, report.k)]
    for by, groups in report.groups.items():
        lines += ["", f"plus-one by {by}: NDCG@{report.k}", *(_group(one) for one in groups)]
        lines += [] if groups else ["  too few questions to tell groups apart"]
    return "\n".join(lines)


def _table(kind: Asked, k: int) -> list[str]:
    rows = [("model", kind.ours), ("popularity", kind.popular)]
    rows += [("in service", kind.in_service)] if kind.in_service else []
    head = f"  {'':<12}{f'hit rate@{k}':>12}{f'NDCG@{k} (95 % interval)':>30}{'coverage':>10}{'novelty':>10}"
    leads = [("popularity", kind.over_popular), ("the model in service", kind.over_in_service)]
    return [head, *(_row(*row) for row in rows), *(_over(who, lead) for who, lead in leads if lead)]


def _row(who: str, figures: Quality) -> str:
    novelty = "" if figures.novelty is None else f"{figures.novelty:.1f} bits"
    return f"  {who:<12}{figures.hit_rate:>12.1%}{_spread(figures.ndcg):>30}{figures.coverage:>10.1%}{novelty:>10}"


def _spread(found: Range, sign: str = "") -> str:
    beside = "" if found.low is None else f" ({found.low:{sign}.4f} to {found.high:{sign}.4f})"
    return f"{found.value:{sign}.4f}{beside}"


def _over(who: str, lead: Lead) -> str:
    sure = "" if lead.is_clear else ", which may be chance"
    return f"  over {who}: NDCG {_spread(lead.ndcg, '+')}, hit rate {_spread(lead.hit_rate, '+')}{sure}"


def _group(one: Asked) -> str:
    rival = f"   in service {one.in_service.ndcg.value:.4f}" if one.in_service else ""
    named = f"  {one.name:<24}{one.questions:>7,}"
    return f"{named}{_spread(one.ours.ndcg):>30}   popularity {one.popular.ndcg.value:.4f}{rival}"
