"""Write pages that stand by themselves."""
