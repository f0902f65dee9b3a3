"""CK+, FERG-DB and JAFFE as the project's pairs of arrays, for those who have them: see `training.datasets.convert`."""
