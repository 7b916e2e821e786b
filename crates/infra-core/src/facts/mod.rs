//! What AWS says: tables and constants, each with unit, source and the day it was read.
