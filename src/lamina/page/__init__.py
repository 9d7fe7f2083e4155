"""The page: what is going on inside a model, in seven views, over HTTP on this machine alone."""
