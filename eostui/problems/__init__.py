"""What is trained: data sets, architectures and losses, by name or from the user's own files.

The catalogues (`ARCHITECTURES`, `DATASETS`, `LOSSES`) are plain data and import no torch, so that the command line
knows every name at once. Each entry names its code as `module:function`, as users name their own.
"""
