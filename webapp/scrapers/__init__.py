"""One module per ATS. The folder is the registry."""
