"""The tests of portalsieve, and the portal that they take apart."""
