"""Results and claims reckoned a second time, from these formulas and the tables alone.

Nothing of the package is used: tables are read by pandas, streams and code are others.
"""

import math
import zlib
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd

COMMON = """
busy_hour = gpu_price * (1 + serving_overhead) / utilisation
standard_cost_per_second = served_intensity * busy_hour / 3600
market_cost_per_second = api_price * (1 - vendor_gross_margin)
cost_route_ratio = market_cost_per_second / standard_cost_per_second
same_model_cost_factor = (1 - efficiency_gain) ** (1 - supplier_pass_back) * (1 - gpu_price_decline)
yearly_cost_factor = same_model_cost_factor * (1 + quality_growth)
accelerator_part = accelerator_share * accelerator_gross_margin / (1 + serving_overhead)
supplier_share = cloud_gross_margin + (1 - cloud_gross_margin) * accelerator_part
"""
SUBSCRIPTION = """
generated_seconds = active_days * clips_per_day * seconds_per_clip
revenue = paid_conversion * subscription_price * (1 - store_fee) + other_revenue
"""
WORKFLOW = """
generated_seconds = finished_seconds * retakes
metered_price = generated_seconds * second_price
revenue = {model}_price
service_cost = service_share * revenue
price_factor = (1 - price_erosion) ** (1 / 12)
saving_per_finished_second = max0(displaced_share * incumbent_cost - labour_hours * wage / 60)
value_created = maximum(finished_seconds * saving_per_finished_second, revenue)
captured_share = revenue / value_created
"""
SEGMENT = """
cost_per_generated_second = standard_cost_per_second * tier_factor
compute_cost = generated_seconds * cost_per_generated_second
running_cost = compute_cost + service_cost
earned = revenue - service_cost
contribution = earned - compute_cost
contribution_margin = contribution / revenue
revenue_per_generated_second = revenue / generated_seconds
running_cost_per_generated_second = running_cost / generated_seconds
headroom = earned / compute_cost
stopping_gpu_price = gpu_price * headroom
gpu_hours = generated_seconds * served_intensity * tier_factor / 3600 / utilisation
contribution_per_gpu_hour = contribution / gpu_hours
kept_each_month = (1 - monthly_churn) / (1 + discount_rate / 12)
months_kept = months(kept_each_month, horizon)
lifetime_value = contribution * months_kept
net_value = lifetime_value - acquisition_cost
net_value_with_free_compute = earned * months_kept - acquisition_cost
months_earned_on_trend = months(kept_each_month * price_factor, horizon)
months_of_compute_on_trend = months(kept_each_month * yearly_cost_factor ** (1 / 12), horizon)
compute_on_trend = compute_cost * months_of_compute_on_trend
net_value_on_trend = earned * months_earned_on_trend - compute_on_trend - acquisition_cost
ltv_to_cac = lifetime_value / acquisition_cost
payback_months = acquisition_cost / where(contribution > 0, contribution, nan)
customers_to_carry_fixed_cost = fixed_cost / where(contribution > 0, contribution, nan)
supplier_gross_profit = compute_cost * supplier_share
"""
GROWTH = """
monthly_customers = daily_users * days / active_days
load = monthly_customers * gpu_hours * utilisation / days / 24
utilisation_at_load = utilisation * load**0.5 / (load**0.5 + staffing_factor)
daily_burn = monthly_customers * (compute_cost * utilisation / utilisation_at_load - earned) / days
"""
CLAIMS = """
covers_running_cost | every | contribution > 0
repays_acquisition | every | net_value > 0
repays_with_free_compute | every | net_value_with_free_compute > 0
pays_off_on_trend | every | net_value_on_trend > 0
best_peer_would_cover | subscription | best_peer_revenue > running_cost
could_carry | workflow | value_created > running_cost
suppliers_cap_profit | workflow | supplier_gross_profit > contribution | contribution > 0
value_price_beats_seconds_price | account | revenue > metered_price
professional_first | named | (contribution > 0) & (contribution_per_gpu_hour > app_per_gpu_hour)
consumer_cost_exceeds_revenue | app | compute_cost > revenue
scale_does_not_mend | app | earned < compute_cost * utilisation
losses_flow_to_suppliers | app | supplier_gross_profit > revenue
efficiency_rescues_consumer | app | earned > compute_cost * minimum(1, yearly_cost_factor**5)
"""
LEVELS = (0.99, 0.9, 0.66, 0.33, 0.1, 0.01, 0)
WORDS = "virtually certain,very likely,likely,about as likely as not,unlikely,very unlikely,"
WORDS += "exceptionally unlikely"
TOOLS = {"maximum": np.maximum, "minimum": np.minimum, "max0": lambda x: np.maximum(x, 0)}
TOOLS |= {"where": np.where, "nan": math.nan, "days": 365.25 / 12, "price_factor": 1}


def months(kept, horizon):
    """Sum of kept^m over m = 0 ... horizon - 1, in closed form; horizon where kept is 1."""
    growth = np.log(kept)
    return np.where(growth == 0, horizon, np.expm1(horizon * growth) / np.expm1(growth))


def formulas(model, growth=False):
    """Pairs of metric and formula for a business model, in the order of evaluation."""
    own = SUBSCRIPTION if model == "subscription" else WORKFLOW.format(model=model)
    text = COMMON + (own + SEGMENT if model else "") + (GROWTH if growth else "")
    return [line.split(" = ", 1) for line in text.splitlines() if line]


class Study:
    """Points and draws of one set of inputs."""

    def __init__(self, data, overrides=None, widening=None, count=16384, seed=2026):
        self.data, self.count, self.seed = Path(data), count, seed
        self.scales = pd.read_csv(self.data / "parameters.csv").set_index("parameter")
        self.segments = pd.read_csv(self.data / "segments.csv").set_index("segment")
        rows = pd.read_csv(self.data / "assumptions.csv").set_index(["segment", "parameter"])
        self.ranges = {key: tuple(row) for key, row in rows[["low", "value", "high"]].iterrows()}
        for name, value in (overrides or {}).items():
            segment, _, parameter = name.rpartition(".")
            ends = value if isinstance(value, (list, tuple)) else (value,) * 3
            assert (segment or "all", parameter) in self.ranges, f"no quantity {name}"
            self.ranges[segment or "all", parameter] = tuple(float(end) for end in ends)
        self.widening = widening or self.ranges["all", "widening"][1]
        self.app = self.segments.index[0]
        self.named = list(self.segments.index[self.segments["in_thesis"] == "yes"])

    def draw(self, segment, parameter):
        """Draws of a quantity from its own stream: two-piece normal, held to the bounds."""
        low, value, high = self.ranges[segment, parameter]
        row = self.scales.loc[parameter]
        if low == value == high or row["scale"] == "fixed":
            return np.full(self.count, value)
        words = [self.seed, zlib.crc32(segment.encode()), zlib.crc32(parameter.encode())]
        z = np.random.default_rng(words).standard_normal(self.count)
        there, back = {
            "linear": (float, lambda t: t),
            "log": (math.log, np.exp),
            "logit": (lambda x: math.log(x / (1 - x)), lambda t: 1 / (1 + np.exp(-t))),
        }[row["scale"]]
        half = np.where(z < 0, there(value) - there(low), there(high) - there(value))
        moved = z / NormalDist().inv_cdf(0.95) * self.widening * half
        return np.clip(back(there(value) + moved), row["minimum"], row["maximum"])

    def inputs(self, segment, point=False):
        """A segment's inputs by (segment, parameter): medians, or draws."""
        keys = [key for key in self.ranges if key[0] in (segment, "all")]
        return {key: self.ranges[key][1] if point else self.draw(*key) for key in keys}

    def evaluate(self, segment, point=False, **changes):
        """Inputs and metrics of a segment by name, with some inputs set to other values."""
        found = {name: value for (_, name), value in self.inputs(segment, point).items()}
        found |= TOOLS | {"months": months} | changes
        model = None if segment == "all" else self.segments.loc[segment, "business_model"]
        with np.errstate(all="ignore"):
            for name, formula in formulas(model, "daily_users" in found):
                found[name] = eval(formula, {}, found)
        return found

    def read_by(self, segment, metric):
        """Uncertain inputs that move a metric, found by moving each to its ends."""
        median, found = self.evaluate(segment, point=True)[metric], []
        for key in self.inputs(segment, point=True):
            moved = [self.evaluate(segment, True, **{key[1]: x})[metric] for x in self.ranges[key]]
            found += [key] if any(abs(x / median - 1) > 1e-12 for x in moved) else []
        return found


def results(study):
    """A row for each segment and metric: value at the medians, and the interval of the draws."""
    rows, shared = [], [name for name, _ in formulas(None)]
    for segment in ["all", *study.segments.index]:
        points, found = study.evaluate(segment, point=True), study.evaluate(segment)
        model = study.segments["business_model"].get(segment)
        names = [name for name, _ in formulas(model, "daily_users" in found)]
        for metric in [name for name in names if not model or name not in shared]:
            drawn = pd.Series(np.broadcast_to(found[metric], study.count))
            row = {"segment": segment, "metric": metric, "value": float(points[metric])}
            row |= dict(drawn.quantile([0.05, 0.5, 0.95]).set_axis(["p05", "p50", "p95"]))
            row |= {"probability_positive": (drawn > 0).mean()}
            rows.append(row | {"share_defined": drawn.notna().mean()})
    return pd.DataFrame(rows).dropna(subset="p50")


def outcomes(study):
    """What every claim says in each draw: (claim, subject) -> (true, where its condition holds)."""
    found, named, always = {}, study.named, np.full(study.count, True)
    app_per_gpu_hour = study.evaluate(study.app)["contribution_per_gpu_hour"]
    for segment, model in study.segments["business_model"].items():
        kinds = ["every", model, "workflow" if model != "subscription" else ""]
        kinds += ["app" if segment == study.app else "", "named" if segment in named else ""]
        names = study.evaluate(segment) | {"app_per_gpu_hour": app_per_gpu_hour}
        for line in CLAIMS.strip().splitlines():
            claim, subjects, test, *condition = line.split(" | ")
            if subjects in kinds:
                where = eval(condition[0], {}, names) if condition else always
                found[claim, segment] = (eval(test, {}, names), where)
    for claim in ("covers_running_cost", "repays_acquisition"):
        each = np.array([found[claim, segment][0] for segment in named])
        found[claim, "named_any"] = (each.any(axis=0), always)
        found[claim, "named_all"] = (each.all(axis=0), always)
    return found


def claims(study, wide):
    """A row for each claim and subject; with fewer than 400 draws behind it, it has no word."""
    rows, again = [], outcomes(wide)
    for key, (true, where) in outcomes(study).items():
        row = {"claim": key[0], "subject": key[1], "probability": true[where].mean()}
        row |= {"probability_wide": again[key][0][again[key][1]].mean(), "condition": where.mean()}
        word = WORDS.split(",")[sum(row["probability"] < least for least in LEVELS)]
        rows.append(row | {"likelihood": word if where.all() or where.sum() >= 400 else ""})
    return pd.DataFrame(rows)


def in_the_way(study, segment):
    """Shares of draws lost to compute, to selling and keeping, and to price; they make 1 - R."""
    m = study.evaluate(segment)
    names = "net_value", "net_value_with_free_compute", "contribution", "earned"
    repays, free, covers, priced = (np.mean(m[name] > 0) for name in names)
    compute = (free - repays + priced - covers) / 2
    return {"compute": compute, "selling": priced - repays - compute, "price": 1 - priced}


def break_even(study, segment, parameter, metric):
    """The value between an input's bounds at which a metric is zero, by bisection, or nan."""
    low, high = study.scales.loc[parameter, ["minimum", "maximum"]].astype(float)
    for _ in range(80):
        three = np.linspace(low, high, 3)
        found = study.evaluate(segment, point=True, **{parameter: three})[metric]
        signs = np.sign(np.broadcast_to(found, 3))
        if signs[0] * signs[2] > 0:
            return math.nan
        low, high = three[1:] if signs[1] == signs[0] else three[:2]
    return three[1]


def value_of_information(study, segment, bins=32):
    """EVPI and each input's EVPPI of net_value, with standard errors, USD a customer."""
    net = study.evaluate(segment)["net_value"]
    serve_all = net.mean() > 0
    rows = {"EVPI": np.maximum(net, 0) - net * serve_all}
    for key in study.read_by(segment, "net_value"):
        order = np.argsort(study.draw(*key))[: study.count // (2 * bins) * 2 * bins]
        ordered = net[order].reshape(bins, -1, 2)
        serve = ordered.mean(axis=1, keepdims=True)[..., ::-1] > 0
        rows[key[1]] = (ordered * serve - ordered * serve_all).ravel()
    return pd.DataFrame({key: pd.Series(gain) for key, gain in rows.items()}).agg(["mean", "sem"]).T


def weights(study, segment, metric):
    """Squared rank correlation of a metric with each input that it reads, as shares of one."""
    ranks = pd.DataFrame({key: study.draw(*key) for key in study.read_by(segment, metric)}).rank()
    squares = ranks.corrwith(pd.Series(study.evaluate(segment)[metric]).rank()) ** 2
    return squares / squares.sum()
