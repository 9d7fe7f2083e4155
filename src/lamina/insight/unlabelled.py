"""What rows without a label were worth, in words."""

from __future__ import annotations

from lamina.core import Json


def said(found: Json | None) -> str:
    """A sentence or two; empty where every row had a label, and for reports of earlier versions."""
    if not found:
        return ""
    begin = f"Your {found['unlabelled']:,} unlabelled rows"
    if found["untried"]:
        return f"{begin} taught nothing: {found['untried']}."
    weight = f"{found['weight']:g}"
    before, after = (f"{100 * found['right'][each]:.1f} %" for each in ("0", weight))
    odd = f" {found['unlike']:,} of them were left out: they are unlike the labelled ones." if found["unlike"] else ""
    if weight == "0":
        return (
            f"{begin} were given no weight: on {found['rows']:,} labelled rows held out, learning from them too did not "
            f"clearly help. What answers was learned from labels alone.{odd}"
        )
    how = "as was asked" if found["asked"] else "by what held-out labels say"
    return (
        f"{begin} were given the weight {weight} (of 1), {how}: on {found['rows']:,} labelled rows held out, the log loss went "
        f"from {found['losses']['0']:.3f} to {found['losses'][weight]:.3f}, the share right from {before} to {after}.{odd}"
    )
