"""The module that the engine knows by name in a worker process."""

from ._workers.worker import made, serve

__all__ = ["made", "serve"]

if __name__ == "__main__":
    serve()
