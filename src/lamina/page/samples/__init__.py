"""A realistic answer of every endpoint, for the OpenAPI document: a front end can be built on them before a server answers."""

from __future__ import annotations

from typing import Any

from lamina.page.samples import answers, network

SAMPLES: dict[str, Any] = network.SAMPLES | answers.SAMPLES
