"""The delta log on PostgreSQL: committed before it is seen, followed from any process.

One connection per process commits (writer), one listens and reads (watcher), one keeps the lease (lease).
"""
