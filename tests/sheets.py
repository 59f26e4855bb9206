"""Four customers worked by hand, which several tests hold the model to."""

import numpy as np

from analysis.model.registry import Case

NAN = float("nan")
MODELS = {
    "consumer": "subscription",
    "prosumer": "subscription",
    "account": "account",
    "metered": "metered",
}
SHARED = dict(
    served_intensity=90,
    gpu_price=2,
    serving_overhead=0.2,
    utilisation=0.5,
    api_price=0.2,
    vendor_gross_margin=0.25,
    cloud_gross_margin=0.25,
    accelerator_share=0.5,
    accelerator_gross_margin=0.72,
    discount_rate=0.12,
    horizon=3,
    fixed_cost=7200,
    # by year: software keeps 1 / 4096, of which suppliers take back the root
    efficiency_gain=1 - 1 / 4096,
    supplier_pass_back=0.5,
    gpu_price_decline=127 / 128,
    quality_growth=1,
)
SUBSCRIPTION = SHARED | dict(tier_factor=0.5, monthly_churn=0.495, seconds_per_clip=10)
WORKFLOW = SHARED | dict(
    tier_factor=0.5,
    monthly_churn=0.495,
    retakes=20,
    incumbent_cost=15,
    displaced_share=0.8,
    labour_hours=3,
    wage=80,
    service_share=0.1,
    price_erosion=1 - 0.8**12,
)
INPUTS = {
    "consumer": SUBSCRIPTION
    | dict(
        active_days=5,
        clips_per_day=4,
        paid_conversion=0.04,
        subscription_price=20,
        store_fee=0.25,
        other_revenue=0.15,
        service_cost=0.25,
        acquisition_cost=3,
    ),
    "prosumer": SUBSCRIPTION
    | dict(
        active_days=10,
        clips_per_day=2,
        paid_conversion=1,
        subscription_price=30,
        store_fee=0.1,
        other_revenue=1,
        service_cost=4,
        acquisition_cost=6,
    ),
    "account": WORKFLOW
    | dict(finished_seconds=120, account_price=240, second_price=0.08, acquisition_cost=63),
    "metered": WORKFLOW | dict(finished_seconds=60, second_price=0.15, acquisition_cost=45),
}

# By hand. All: 90 GPU-s x 2 / 3600 = 0.05, x 1.2 / 0.5 = 0.12 USD; the market says 0.2 x 0.75.
ALL = {
    "standard_cost_per_second": 0.12,
    "market_cost_per_second": 0.15,
    "cost_route_ratio": 1.25,
    "cost_per_generated_second": 0.06,  # half of the standard second
    "supplier_share": 0.475,  # 0.25 + 0.75 x 0.5 x 0.72 / 1.2
    "kept_each_month": 0.5,  # 0.505 / 1.01
    "months_kept": 1.75,  # 1 + 0.5 + 0.25
    "same_model_cost_factor": 1 / 8192,  # 1 / 64 of software x 1 / 128 of hardware
    "yearly_cost_factor": 1 / 4096,  # a half by month
    "months_of_compute_on_trend": 1.3125,  # 1 + 0.25 + 0.0625
}
SUBSCRIBED = ALL | {"yearly_price_factor": 1, "months_earned_on_trend": 1.75}
WORKED_FOR = ALL | {
    "yearly_price_factor": 0.8**12,
    "months_earned_on_trend": 1.56,  # 1 + 0.4 + 0.16
    "saving_per_finished_second": 8,  # 0.8 x 15 = 12, less 3 h/min x 80 / 60 = 4
}
SHEETS = {
    "consumer": SUBSCRIBED
    | {
        "generated_seconds": 200,  # 5 days x 4 clips x 10 s
        "revenue": 0.75,  # 0.04 x 20 x 0.75 = 0.60, + 0.15
        "compute_cost": 12,  # 200 x 0.06
        "running_cost": 12.25,
        "contribution": -11.5,  # 0.75 - 12 - 0.25
        "contribution_margin": -46 / 3,  # -11.5 / 0.75
        "revenue_per_generated_second": 0.00375,  # 0.75 / 200
        "running_cost_per_generated_second": 0.06125,  # 12.25 / 200
        "headroom": 1 / 24,  # 0.5 / 12
        "stopping_gpu_price": 1 / 12,
        "gpu_hours": 5,  # 200 x 45 / 3600 = 2.5, / 0.5
        "contribution_per_gpu_hour": -2.3,
        "lifetime_value": -20.125,  # -11.5 x 1.75
        "net_value": -23.125,  # less 3
        "net_value_with_free_compute": -2.125,  # 0.5 x 1.75 - 3
        "net_value_on_trend": -17.875,  # 0.5 x 1.75 - 12 x 1.3125 - 3
        "ltv_to_cac": -161 / 24,  # -20.125 / 3
        "payback_months": NAN,  # a loss pays nothing back
        "customers_to_carry_fixed_cost": NAN,  # nor carries anything
        "supplier_gross_profit": 5.7,  # 12 x 0.475
    },
    "prosumer": SUBSCRIBED
    | {
        "generated_seconds": 200,  # 10 days x 2 clips x 10 s
        "revenue": 28,  # 30 x 0.9 = 27, + 1
        "compute_cost": 12,
        "running_cost": 16,
        "contribution": 12,
        "contribution_margin": 3 / 7,
        "revenue_per_generated_second": 0.14,
        "running_cost_per_generated_second": 0.08,
        "headroom": 2,  # 24 / 12
        "stopping_gpu_price": 4,
        "gpu_hours": 5,
        "contribution_per_gpu_hour": 2.4,
        "lifetime_value": 21,
        "net_value": 15,
        "net_value_with_free_compute": 36,  # 24 x 1.75 - 6
        "net_value_on_trend": 20.25,  # 42 - 15.75 - 6
        "ltv_to_cac": 3.5,
        "payback_months": 0.5,
        "customers_to_carry_fixed_cost": 600,
        "supplier_gross_profit": 5.7,
    },
    "account": WORKED_FOR
    | {
        "generated_seconds": 2400,  # 120 x 20
        "revenue": 240,
        "service_cost": 24,  # a tenth of it
        "compute_cost": 144,  # 2400 x 0.06
        "running_cost": 168,
        "contribution": 72,  # 240 - 144 - 24
        "contribution_margin": 0.3,
        "revenue_per_generated_second": 0.1,
        "running_cost_per_generated_second": 0.07,
        "headroom": 1.5,  # 216 / 144
        "stopping_gpu_price": 3,
        "gpu_hours": 60,  # 2400 x 45 / 3600 = 30, / 0.5
        "contribution_per_gpu_hour": 1.2,
        "value_created": 960,  # 120 x 8
        "captured_share": 0.25,
        "metered_price": 192,  # 2400 x 0.08
        "lifetime_value": 126,
        "net_value": 63,
        "net_value_with_free_compute": 315,  # 216 x 1.75 - 63
        "net_value_on_trend": 84.96,  # 216 x 1.56 - 144 x 1.3125 - 63
        "ltv_to_cac": 2,
        "payback_months": 0.875,
        "customers_to_carry_fixed_cost": 100,
        "supplier_gross_profit": 68.4,
    },
    "metered": WORKED_FOR
    | {
        "generated_seconds": 1200,  # 60 x 20
        "revenue": 180,  # 1200 x 0.15
        "service_cost": 18,
        "compute_cost": 72,
        "running_cost": 90,
        "contribution": 90,
        "contribution_margin": 0.5,
        "revenue_per_generated_second": 0.15,
        "running_cost_per_generated_second": 0.075,
        "headroom": 2.25,  # 162 / 72
        "stopping_gpu_price": 4.5,
        "gpu_hours": 30,
        "contribution_per_gpu_hour": 3,
        "value_created": 480,
        "captured_share": 0.375,
        "lifetime_value": 157.5,
        "net_value": 112.5,
        "net_value_with_free_compute": 238.5,  # 162 x 1.75 - 45
        "net_value_on_trend": 113.22,  # 162 x 1.56 - 72 x 1.3125 - 45
        "ltv_to_cac": 3.5,
        "payback_months": 0.5,
        "customers_to_carry_fixed_cost": 80,
        "supplier_gross_profit": 34.2,
    },
}

# Besides: 90 hours a finished minute cost 120, more than the 12 that they replace, and who pays
# values it at the price.
NOTHING_SAVED = {"saving_per_finished_second": 0, "value_created": 240, "captured_share": 1}
ALL_SHEETS = [(customer, {}, sheet) for customer, sheet in SHEETS.items()]
ALL_SHEETS.append(("account", {"labour_hours": 90}, NOTHING_SAVED))
SHEET_METRICS = [(customer, name) for customer, sheet in SHEETS.items() for name in sheet]


def worked(customer, **changes):
    """The case of the sheet, on NumPy scalars."""
    inputs = INPUTS[customer] | changes
    return Case(MODELS[customer], {name: np.float64(value) for name, value in inputs.items()})
