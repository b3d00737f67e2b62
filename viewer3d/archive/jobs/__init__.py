"""What is made of each volume of an archive: a job is a function of a volume, one module each."""
