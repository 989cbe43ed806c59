"""Page and layout to record: the reason this project exists. Pure functions throughout."""
