"""Two customers worked by hand, which several tests hold the model to."""

import numpy as np

from analysis.model.registry import Case

NAN = float("nan")

COMPUTE = dict(
    compute_intensity=90,
    compute_factor=0.5,
    gpu_price=2,
    serving_overhead=0.2,
    utilisation=0.5,
    discount_rate=0.12,
    fixed_cost=7200,
)

INPUTS = {
    "subscription": COMPUTE
    | dict(
        active_days=5,
        clips_per_day=4,
        seconds_per_clip=10,
        paid_conversion=0.04,
        subscription_price=20,
        store_fee=0.25,
        other_revenue=0.15,
        service_cost=0.25,
        acquisition_cost=3,
        monthly_churn=0.19,
    ),
    "workflow": COMPUTE
    | dict(
        finished_seconds=120,
        retakes=20,
        incumbent_cost=15,
        displaced_share=0.8,
        labour_hours=3,
        wage=80,
        value_capture=0.25,
        service_share=0.1,
        acquisition_ratio=0.5,
        monthly_churn=0.02,
        api_price=0.16,
    ),
}

# By hand. Both: 90 x 0.5 = 45 GPU-s a second; 45 x 2 / 3600 = 0.025, x 1.2 = 0.03,
# / 0.5 = 0.06 USD.
SHEETS = {
    "subscription": {
        "cost_per_generated_second": 0.06,
        "generated_seconds": 200,  # 5 days x 4 clips x 10 s
        "revenue": 0.75,  # 0.04 x 20 x 0.75 = 0.60, + 0.15
        "compute_cost": 12,  # 200 x 0.06
        "gpu_hours": 5,  # 200 x 45 / 3600 = 2.5, / 0.5
        "contribution": -11.5,  # 0.75 - 12 - 0.25
        "contribution_margin": -46 / 3,  # -11.5 / 0.75
        "revenue_per_generated_second": 0.00375,  # 0.75 / 200
        "full_cost_per_generated_second": 0.06125,  # 0.06 + 0.25 / 200
        "affordable_cost_per_second": 0.0025,  # (0.75 - 0.25) / 200
        "headroom": 1 / 24,  # 0.0025 / 0.06
        "contribution_per_gpu_hour": -2.3,  # -11.5 / 5
        "lifetime_value": -57.5,  # -11.5 / (0.19 + 0.01)
        "ltv_to_cac": -115 / 6,  # -57.5 / 3
        "payback_months": NAN,  # a loss pays nothing back
        "customers_to_carry_fixed_cost": NAN,  # nor carries anything
        "cost_per_clip": 0.6,  # 0.06 x 10
        "store_fees": 0.2,  # 0.04 x 20 x 0.25
        "acquisition_per_month": 0.6,  # 3 x (0.19 + 0.01)
    },
    "workflow": {
        "cost_per_generated_second": 0.06,
        "generated_seconds": 2400,  # 120 x 20
        "saving_per_finished_second": 8,  # 0.8 x 15 = 12, less 3 h/min x 80 / 60 = 4
        "revenue": 240,  # 120 x 0.25 x 8
        "service_cost": 24,  # a tenth of it
        "acquisition_cost": 1440,  # 0.5 of 12 x 240
        "compute_cost": 144,  # 2400 x 0.06
        "gpu_hours": 60,  # 2400 x 45 / 3600 = 30, / 0.5
        "contribution": 72,  # 240 - 144 - 24
        "contribution_margin": 0.3,
        "revenue_per_generated_second": 0.1,
        "full_cost_per_generated_second": 0.07,  # 0.06 + 24 / 2400
        "affordable_cost_per_second": 0.09,  # 216 / 2400
        "headroom": 1.5,
        "contribution_per_gpu_hour": 1.2,
        "lifetime_value": 2400,  # 72 / (0.02 + 0.01)
        "ltv_to_cac": 5 / 3,  # 2400 / 1440
        "payback_months": 20,  # 1440 / 72
        "customers_to_carry_fixed_cost": 100,  # 7200 / 72
        "selling_seconds": 28.8,  # 2400 x (0.16 x 0.5 x 0.9 - 0.06)
        "acquisition_per_month": 43.2,  # 1440 x 0.03
    },
}

# Besides: 90 hours a finished minute cost 120, more than the 12 that they replace.
NOTHING_SAVED = {"saving_per_finished_second": 0, "revenue": 0, "contribution": -144}
ALL_SHEETS = [(model, {}, sheet) for model, sheet in SHEETS.items()]
ALL_SHEETS.append(("workflow", {"labour_hours": 90}, NOTHING_SAVED))
SHEET_METRICS = [(model, name) for model, sheet in SHEETS.items() for name in sheet]


def worked(model, **changes):
    """The case of the sheet, on NumPy scalars."""
    return Case(
        model, {name: np.float64(value) for name, value in (INPUTS[model] | changes).items()}
    )
