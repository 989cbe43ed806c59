"""`python -m crawler.drift`: write the baselines of all sites from their reviewed fixtures."""

from __future__ import annotations

import sys
from pathlib import Path

from ..extract import PROFILES, profiles_in
from ..regression.fixture import PLACES, fixtures
from .baseline import write
from .usual import complete_baselines

if __name__ == "__main__":
    known = fixtures([Path(place) for place in PLACES])
    for _, profile in sorted(profiles_in(PROFILES).items()):
        for path in write(profile.folder, complete_baselines(profile, known)):
            sys.stdout.write(f"{path}\n")
