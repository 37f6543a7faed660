"""The networks of the catalogue, each built as `build(input_shape, outputs, **options)`."""
