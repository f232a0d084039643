//! Executors of reprojection jobs, and the reproject command.
