"""Logs: short constant events with fields, to standard error; never a value of an identifier."""

import logging
import sys
from typing import Literal

import structlog

LogFormat = Literal["text", "json"]


def configure_logs(log_format: LogFormat = "text") -> None:
    """Sets structlog up once for the process: lines for people, or JSON objects for machines."""
    renderer: structlog.typing.Processor
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=22)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if log_format == "text" else "iso", utc=log_format == "json"),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
