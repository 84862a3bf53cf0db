"""Numbers of things, in words."""


def counted(n: int, thing: str) -> str:
    """1 image, 2,000 images."""
    return f"{n:,} {thing}" + ("" if n == 1 else "s")
