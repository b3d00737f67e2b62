"""The viewer as a widget of Qt; this folder alone knows Qt."""
