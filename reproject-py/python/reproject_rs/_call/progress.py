"""Progress to the screen or to a function."""

from . import checks


def reporter(progress):
    """A function of blocks done and blocks in all, and one to be called at the end; None if nobody wants to know."""
    if progress is None or progress is False:
        return None, lambda: None
    if callable(progress):
        return progress, lambda: None
    if progress is not True:
        raise TypeError(f"{checks.told('progress', progress)} is not a bool or a callable")
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError(
            'progress=True shows a bar by tqdm: pip install "reproject-rs[progress]", or give a callable(done, total)'
        ) from error
    bar = tqdm(unit="block")

    def report(done, total):
        bar.total = total
        bar.update(done - bar.n)

    return report, bar.close
