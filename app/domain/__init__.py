"""The words of the product: frozen values that every room shares. Standard library only."""
