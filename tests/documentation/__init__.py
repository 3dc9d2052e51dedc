"""The reference pages in `docs/`, made from the declarations. `make reference` writes them."""
