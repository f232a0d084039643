"""Settings of the test run."""

import warnings

# astropy reports every header it repairs; the tests are about what comes out.
warnings.filterwarnings("ignore", module="astropy")
