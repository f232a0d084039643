//! Python binding of the reprojection engine.
