"""Formulas, numbers or arrays in and out; importing a module of this room registers all of them."""

from analysis.model import fleet, metrics, subscription, suppliers, trend, workflow

__all__ = ["fleet", "metrics", "subscription", "suppliers", "trend", "workflow"]
