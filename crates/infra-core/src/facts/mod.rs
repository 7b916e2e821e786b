//! What AWS says: tables and constants, each with unit, source and the day it was read.
//!
//! Depends on no other room. Nothing here decides anything; `kinds`, `resolve` and `rules` do.

pub mod regions;
