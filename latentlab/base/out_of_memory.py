"""Tell a lack of memory from all else that torch raises under the same name."""

from __future__ import annotations

# What torch writes into a plain RuntimeError, on processors and by some drivers.
_WORDS = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory has run out, of the processor or of another device."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if not isinstance(error, RuntimeError) or isinstance(error, NotImplementedError):
        return False
    text = str(error).lower()
    return any(words in text for words in _WORDS)
