"""Other people's clients as judges of our bytes. Test-time only: the package never imports them."""
