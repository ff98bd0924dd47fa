"""docketlink: justice records in, a versioned person spine and longitudinal tables out."""

__version__ = "0.1.0"
