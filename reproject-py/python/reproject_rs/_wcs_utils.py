"""Where `reproject` 0.21 keeps what `wcs_utils` offers: packages import it from either."""

from .wcs_utils import has_celestial

__all__ = ["has_celestial"]
