"""What the page's endpoints take and give: one file a view, pydantic models that the server checks and the front end's types come from."""
