"""Where the engine looks for what a worker process does: it knows this module by name."""

from ._workers.worker import made, serve

__all__ = ["made", "serve"]

if __name__ == "__main__":
    serve()
