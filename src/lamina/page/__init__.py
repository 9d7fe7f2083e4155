"""The page: what is going on inside a model, in eight views, over HTTP on this machine alone; and `labelling`, which asks for labels."""
