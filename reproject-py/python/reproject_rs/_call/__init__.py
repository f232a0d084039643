"""One call of the three functions, from its arguments to those who make something of it.

::

    arguments ─► Options ─► prepare ─► Prepared ─┬─► execute        arrays in memory, here or by worker processes
                                                 ├─► _dask.graph    dask arrays in or out
                                                 └─► plan           what it would read, hold and leave empty
"""
