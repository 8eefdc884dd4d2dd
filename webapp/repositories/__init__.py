"""Questions to the database, a module per noun. Nothing here commits; what a user owns is asked for with `owner=`.

`get` raises `NotFound`, `find` may return None, lists return lists.
"""
