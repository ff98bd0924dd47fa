"""What tables promise, as Python values: fields, grain, key, privacy class, zone."""

from docketlink.contracts.table import Field, Privacy, Table, Zone

__all__ = ["Field", "Privacy", "Table", "Zone"]
