"""What was found out about a model, read back from the JSON beside it, of this release or the one before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from deskapp.desk.wording import decimal
from deskapp.rules.words import Said, say, together

STAYS = say("The model in service stays.")  # how a training that published nothing ends its report
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

    @property
    def sentence(self) -> str:
        return _sentence(self.plus_one)

    @property
    def charts(self) -> tuple["Chart", ...]:
        found = [_chart(say("What was asked"), _KINDS_SHORT, self.kinds if len(self.kinds) > 1 else ())]
        found += [_chart(_TITLES.get(by, by), _NAMES.get(by, {}), groups) for by, groups in self.groups.items()]
        return tuple(one for one in found if one.rows)


@dataclass(frozen=True, slots=True)
class Chart:
    """NDCG of each row as dots on one scale from 0 to `top`; `reading` says in a sentence what there is to see."""

    title: str
    rows: tuple[Asked, ...]
    top: float
    reading: str


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


# --- in words and pictures ------------------------------------------------------------------------------------------

_KINDS_SHORT = {"plus-one": say("A gift they never had"), "new": say("New products"), "refill": say("What they forgot")}
_TITLES = {
    "earlier orders": say("By how many orders a customer had placed before"),
    "spending": say("By spending so far, in tenths of all customers"),
    "store": say("By store"),
}
_OTHERS = {"others": say("All others")}
_NAMES = {
    "earlier orders": {
        "up to 3": say("New: up to 3"),
        "4 to 10": say("4 to 10"),
        "11 to 30": say("11 to 30"),
        "more than 30": say("Old: more than 30"),
    }
    | _OTHERS,
    "spending": {
        "1": say("Tenth 1, the least"),
        **{str(n): say("Tenth {n}", n=n) for n in range(2, 10)},
        "10": say("Tenth 10, the most"),
    }
    | _OTHERS,
    "store": _OTHERS,
}
_SCALES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)


def _sentence(asked: Asked) -> str:
    if not asked.questions:
        return say("There were too few orders to judge it by.")
    ours, popular = share(asked.ours.hit_rate), share(asked.popular.hit_rate)
    if asked.in_service is None:
        found = say(
            "Among its first ten it finds the hidden item in {ours} of the orders, popularity alone in {popular}.",
            ours=ours,
            popular=popular,
        )
        return together([found, _doubt(asked.over_popular, None)])
    found = say(
        "Among its first ten it finds the hidden item in {ours} of the orders,"
        " popularity alone in {popular} and the model before it in {before}.",
        ours=ours,
        popular=popular,
        before=share(asked.in_service.hit_rate),
    )
    return together([found, _doubt(asked.over_popular, asked.over_in_service)])


def _doubt(over_popular: Lead | None, over_before: Lead | None) -> str:
    match [lead is not None and not lead.is_clear for lead in (over_popular, over_before)]:
        case [True, True]:
            return say("Its lead over popularity alone and over the model before it may be chance.")
        case [True, False]:
            return say("Its lead over popularity alone may be chance.")
        case [False, True]:
            return say("Its lead over the model before it may be chance.")
    return ""


def share(figure: float) -> Said:
    return together([decimal(100 * figure, 1), "%"], "\xa0")


def _chart(title: str, names: Mapping[str, str], groups: tuple[Asked, ...]) -> Chart:
    rows = tuple(replace(one, name=names.get(one.name, one.name)) for one in groups)
    highest = max((_reach(one) for one in rows), default=0.0)
    return Chart(title, rows, next((scale for scale in _SCALES if scale >= highest), 1.0), _reading(rows))


def _reach(row: Asked) -> float:
    ours, rival = row.ours.ndcg, row.in_service
    return max(ours.high or ours.value, row.popular.ndcg.value, rival.ndcg.value if rival else 0.0)


def _reading(rows: tuple[Asked, ...]) -> str:
    if not rows:
        return ""
    ahead = [one for one in rows if one.over_popular and one.over_popular.ndcg.value > 0]
    sure = sum(one.over_popular is not None and one.over_popular.is_clear for one in ahead)
    best, worst = max(rows, key=_ndcg), min(rows, key=_ndcg)
    lead = say(
        "Ahead of popularity in {ahead} of {rows}, in {sure} by more than chance.",
        ahead=len(ahead),
        rows=len(rows),
        sure=sure,
    )
    return together([lead, _ends(best, worst)]) if len(rows) > 1 else lead


def _ends(best: Asked, worst: Asked) -> Said:
    return say(
        "Best: {best}, {most}. Weakest: {worst}, {least}.",
        best=best.name,
        most=decimal(_ndcg(best), 3),
        worst=worst.name,
        least=decimal(_ndcg(worst), 3),
    )


def _ndcg(row: Asked) -> float:
    return row.ours.ndcg.value


# --- for the terminal -----------------------------------------------------------------------------------------------

_KINDS = {
    "plus-one": "plus-one: an order with one item hidden that its customer had never bought",
    "new": "new products: no basket, right is what they then bought for the first time",
    "refill": "refill: an order with any item hidden, repeats allowed",
}


def as_text(report: ReportView) -> str:
    """Tables for a terminal of 100 columns."""
    if report.from_on is None:
        return report.sentence
    lines = [f"Asked about {report.from_on:%d %B %Y} and later, which no model here had seen."]
    if report.unseen is not None and report.plus_one.in_service is None:
        lines.append(
            f"The model in service has seen nearly all of these ({report.unseen:,} it has not), so it is not asked."
        )
    for kind in report.kinds:
        lines += ["", f"{_KINDS[kind.name]} ({kind.questions:,} questions)", *_table(kind, report.k)]
    for by, groups in report.groups.items():
        told = [_group(one, _NAMES.get(by, {}).get(one.name, one.name)) for one in groups]
        lines += ["", f"plus-one by {by}: NDCG@{report.k}", *(told or ["  too few questions to tell groups apart"])]
    return "\n".join(lines)


def _table(kind: Asked, k: int) -> list[str]:
    rows = [("model", kind.ours), ("popularity", kind.popular)]
    rows += [("in service", kind.in_service)] if kind.in_service else []
    head = f"  {'':<12}{f'hit rate@{k}':>12}{f'NDCG@{k} (95 % interval)':>30}{'coverage':>10}{'novelty':>10}"
    leads = [("popularity", kind.over_popular), ("in service", kind.over_in_service)]
    return [head, *(_row(*row) for row in rows), *(_over(who, lead) for who, lead in leads if lead)]


def _row(who: str, figures: Quality) -> str:
    novelty = "" if figures.novelty is None else f"{figures.novelty:.1f} bits"
    return f"  {who:<12}{figures.hit_rate:>12.1%}{_spread(figures.ndcg):>30}{figures.coverage:>10.1%}{novelty:>10}"


def _spread(found: Range, sign: str = "") -> str:
    beside = "" if found.low is None else f" ({found.low:{sign}.4f} to {found.high:{sign}.4f})"
    return f"{found.value:{sign}.4f}{beside}"


def _over(who: str, lead: Lead) -> str:
    sure = "" if lead.is_clear else ", which may be chance"
    return f"  over {who}: NDCG {_spread(lead.ndcg, '+')}{sure}; hit rate {lead.hit_rate.value:+.4f}"


def _group(one: Asked, name: str) -> str:
    rival = f"   in service {one.in_service.ndcg.value:.4f}" if one.in_service else ""
    return (
        f"  {name:<22}{one.questions:>7,}{_spread(one.ours.ndcg):>30}   popularity {one.popular.ndcg.value:.4f}{rival}"
    )
