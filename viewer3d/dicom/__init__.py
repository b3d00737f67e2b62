"""Files to Volume: find, read headers, stack by position, decode to true values."""
