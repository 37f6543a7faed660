"""What is trained: data sets, architectures and losses, by name or from the user's own files.

The catalogues (`ARCHITECTURES`, `DATASETS`, `LOSSES`) are plain data and import no torch, so that the command
line knows every name at once; each entry points to its code as `module:function`, the form that users use for
their own.
"""
