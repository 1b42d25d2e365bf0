"""Matching of a few typed letters against the words of a command."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Match:
    """How well a query fits a text.

    Attributes
    ----------
    score
        Higher is better; comparable between texts for one query.
    places
        Indices of the matched letters in the text.
    """

    score: float
    places: tuple[int, ...]


def fuzzy_match(query: str, text: str) -> Match | None:
    """Return how the letters of ``query`` occur in ``text`` in order, or ``None``.

    Letters at the start of words and letters in a row count more, gaps count against, and of two
    equal matches the shorter text is better. Case and spaces in the query do not count. Costs
    ``len(query) * len(text)`` at each of the query's possible starts.
    """
    letters = [c for c in query.casefold() if not c.isspace()]
    if not letters:
        return Match(0.0, ())
    # Letter by letter, because the casefold of a letter may be two.
    lower = [c.casefold()[:1] for c in text]
    best: Match | None = None
    for start, letter in enumerate(lower):
        if letter != letters[0]:
            continue
        places = _from(start, letters, lower)
        if places is None:
            break  # a later start cannot match either
        score = _score(places, lower)
        if best is None or score > best.score:
            best = Match(score, tuple(places))
    return best


def _from(start: int, letters: list[str], lower: list[str]) -> list[int] | None:
    """Return places that follow ``start``, starts of words first, then the nearest letters."""
    places = [start]
    for i, letter in enumerate(letters[1:], start=1):
        rest = range(places[-1] + 1, len(lower))
        found = [j for j in rest if lower[j] == letter and _tail_fits(j, letters[i:], lower)]
        if not found:
            return None
        if found[0] == places[-1] + 1:
            places.append(found[0])
        else:
            places.append(next((j for j in found if _starts_word(j, lower)), found[0]))
    return places


def _tail_fits(place: int, letters: list[str], lower: list[str]) -> bool:
    rest = iter(lower[place:])
    return all(letter in rest for letter in letters)


def _starts_word(place: int, lower: list[str]) -> bool:
    return place == 0 or not lower[place - 1].isalnum()


def _score(places: list[int], lower: list[str]) -> float:
    score = 0.0
    for i, place in enumerate(places):
        score += 8.0 if _starts_word(place, lower) else 1.0
        if i and place == places[i - 1] + 1:
            score += 5.0
        elif i:
            score -= 0.2 * (place - places[i - 1])
    return score + (4.0 if places[0] == 0 else 0.0) - 0.05 * len(lower)
