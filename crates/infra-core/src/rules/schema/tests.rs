//! Known mistakes.
