//! Sources and sinks of pixels: FITS, memory maps, chunked stores.
