//! FITS world coordinate systems in direction cosines.
