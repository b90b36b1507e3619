"""How the schema came to be, one dated file a step."""
