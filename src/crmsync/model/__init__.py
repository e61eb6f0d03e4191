"""What a record, link, change, operation, plan and conflict is. Plain values; no effects."""
