//! Documents that are emitted, and the expressions they are made of.
