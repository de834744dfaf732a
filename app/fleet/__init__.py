"""What several processes of one deployment know of each other, and how a call stays with one of them."""
