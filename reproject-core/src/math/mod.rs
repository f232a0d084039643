//! Elementary functions of our own, for whoever computes on the pixel path: the same bits on every machine.

pub mod trig;
