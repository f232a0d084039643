"""Settings of the test run."""

import signal
import warnings

# astropy reports every header it repairs; the tests are about what comes out.
warnings.filterwarnings("ignore", module="astropy")

# A shell starts its background jobs deaf to Ctrl-C, and their children inherit it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
