"""A challenge for any viewer: series with one real-life fault each, questions, and their marks."""
