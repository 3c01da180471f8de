"""The domains: what people ask, and how a careful assistant handles it."""

from __future__ import annotations

from curation.synthesis.domain import Domain
from curation.synthesis.domains.airline import AIRLINE
from curation.synthesis.domains.banking import BANKING
from curation.synthesis.domains.devops import DEVOPS
from curation.synthesis.domains.health import HEALTH
from curation.synthesis.domains.home import HOME
from curation.synthesis.domains.library import LIBRARY
from curation.synthesis.domains.office import OFFICE
from curation.synthesis.domains.retail import RETAIL

DOMAINS: tuple[Domain, ...] = (
    AIRLINE,
    BANKING,
    DEVOPS,
    HEALTH,
    HOME,
    LIBRARY,
    OFFICE,
    RETAIL,
)
