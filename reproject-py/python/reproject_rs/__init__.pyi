from ._call.plan import Plan as Plan
from ._call.plan import plan as plan
from ._coords.pixels import pixel_to_pixel as pixel_to_pixel
from ._install import install as install
from ._install import uninstall as uninstall
from .adaptive import reproject_adaptive as reproject_adaptive
from .interpolation import reproject_interp as reproject_interp
from .spherical_intersect import reproject_exact as reproject_exact
from .wcs import WCS as WCS

__all__ = [
    "Plan",
    "WCS",
    "__version__",
    "install",
    "pixel_to_pixel",
    "plan",
    "reproject_adaptive",
    "reproject_exact",
    "reproject_interp",
    "uninstall",
]

__version__: str

def __getattr__(name: str) -> object: ...
def __dir__() -> list[str]: ...
