"""Personal data in the window: what a collection keeps, what stands in its documents, redacted copies."""
