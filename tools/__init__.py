"""For working on Parley. What installs it uses the standard library only: it runs before there is anything else."""
