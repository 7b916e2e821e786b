//! One newtype per file: text that was checked once, at the border.
