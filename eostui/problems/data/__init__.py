"""The data sets of the catalogue, each loaded as `load(data_dir, progress, **options)`."""
