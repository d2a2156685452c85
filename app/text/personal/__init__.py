"""Personal data and secrets in a text: found by rule, shown, and replaced by what kind of data stood there."""
