"""Local servers that speak vendors' wire protocols strictly: what the vendor refuses, they refuse.

They never import ``app``: a misunderstanding of ours must not be shared by the server that is to find it.
"""
