"""Arrays to features, through named layers. One file per kind of network; files with an underscore are shared."""
