"""What tables promise, as Python values: fields, grain, key, privacy class, zone."""

from docketlink.contracts.revision import Revision
from docketlink.contracts.table import Field, Privacy, Table, Zone

__all__ = ["Field", "Privacy", "Revision", "Table", "Zone"]
