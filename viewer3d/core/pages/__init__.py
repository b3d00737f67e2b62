"""Put together pages that stand by themselves."""
