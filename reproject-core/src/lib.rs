//! Geometry, resampling and blocks of image reprojection: the traits and the pipeline.
