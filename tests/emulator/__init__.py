"""AWS on loopback: MiniStack, exactly pinned, with what the platform needs and the tests must be able to control."""
