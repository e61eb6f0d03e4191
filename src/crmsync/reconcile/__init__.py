"""Decides: identity, the three-way merge, the plan, the guard. Pure; no effects."""
