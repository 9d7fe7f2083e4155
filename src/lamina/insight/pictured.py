"""The report of a model that makes pictures: what they look like, how much they are like real ones, whether they are copies,
and how the duel went."""

from __future__ import annotations

import shlex

from lamina.core import Json
from lamina.insight import plots
from lamina.insight.metrics import percent, short
from lamina.insight.page import Sections, contents, escape, page, picture, table
from lamina.insight.provenance import learned_from, learning, network, repeat

COPIES = 3.0  # times as many near ones as among real pictures: from here on it looks as if it copied
FEW = 100  # held-out pictures: with fewer, nobody can say what one in a hundred of them would be like
THIN = 0.6  # of the coverage that real pictures reach: with less, much of what there is is never made
METRIC = "Fréchet distance"
STYLE = ".sheet img{display:block;width:100%;max-width:46em;image-rendering:pixelated}"


def render(content: Json) -> str:
    """The whole page."""
    return page(*sections(content))


def sections(content: Json) -> Sections:
    """What the page says."""
    made, data = content["makes"][0], content["data"]
    title = f"Pictures like those of {data['source']}" if data["source"] else "Pictures"
    height, width, channels = made["side"]
    size = f"{width} × {height} pixels, {'in colour' if channels == 3 else 'grey'}"
    odd = " odd" if warned(made) else ""
    head = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">{escape(content["made"][:10])} · {data["rows"]:,} pictures · {size}</p>',
        f'<p class="verdict{odd}">{escape(made["said"])}</p>',
    ]
    body = [samples(made), figures(made), labels(made), copies(made), between(made), duel(made, content["learning"])]
    body += [learned_from(data, "judged what is made", "watched how the duel went"), learning(content, METRIC)]
    body += [network(content["network"]), repeat(content), limits()]
    return Sections(title, "".join([*head, contents([each for each in body if each])]), STYLE)


def verdict(made: Json) -> str:
    """What came out, in words."""
    own, real = made["likeness"][0]["made"], made["likeness"][0]["real"]
    text = (
        f"Seen by {made['likeness'][0]['eyes']}, made pictures lie at a Fréchet distance of {short(own['frechet'])} from real "
        f"ones that it never saw (less is more alike); as many real pictures lie at {short(real['frechet'])}. Of what the real pictures show, "
        f"{percent(own['coverage'], '.3g')} has a made one nearby (real ones: {percent(real['coverage'], '.3g')})."
    )
    if agreed := made.get("agreement"):
        text += (
            f" What is asked for is seen in {percent(agreed['made'], '.3g')} of the made pictures (in {percent(agreed['real'], '.3g')} of "
            "the real ones)."
        )
    return " ".join([text, *warned(made)])


def warned(made: Json) -> list[str]:
    """What is wrong with it, in words."""
    own, real, copied = made["likeness"][0]["made"], made["likeness"][0]["real"], made["copies"]
    found = []
    if own["coverage"] < THIN * real["coverage"]:
        found.append("Much of what there is is never made: give it more time or more pictures.")
    if copied["close"] > COPIES * max(copied["usual"], 0.01):
        found.append("Many lie nearer to a picture it learned from than real ones do: it may be copying.")
    if made["setbacks"]:
        times = "once" if len(made["setbacks"]) == 1 else f"{len(made['setbacks'])} times"
        found.append(f"The duel failed {times} and was taken up again from where it went well, with smaller steps.")
    return found


def samples(made: Json) -> str:
    """Pictures as they come."""
    if not made.get("sheet"):
        return ""
    rows, asked = made["rows_of"], made["asked"]
    if made.get("worded", False):
        wish, lines = " --text SENTENCE", "".join(f"<li>{escape(each)}</li>" for each in rows)
        said = f" A line for each of these sentences, from above:</p><ol>{lines}</ol>" if rows else "</p>"
    else:
        wish = f" --given {shlex.quote(f'{asked}={rows[0]}')}" if rows else ""
        said = f" A line for each {escape(asked)}, from above: {escape(', '.join(rows))}.</p>" if rows else "</p>"
    return (
        f"<h2>What it makes</h2><p>Not chosen: as they came.{said}{_sheet(made['sheet'], 'made pictures')}"
        f"<p>More of them: <code>lamina generate MODEL -n 64{escape(wish)} --out new/</code></p>"
    )


def figures(made: Json) -> str:
    """Measures beside what real pictures reach, and what they mean."""
    rows = []
    for each in made["likeness"]:
        for name, words in (("made", "made pictures"), ("real", "pictures it learned from")):
            mine, seen = each[name], escape(each["eyes"])
            if each.get("rows", made["rows"]) < made["rows"]:
                seen += f" ({each['rows']:,} of them)"
            first = f"<span class=own>{words}</span>" if name == "made" else words
            rows.append(
                [
                    first,
                    seen,
                    f"{short(mine['frechet'])}",
                    f"{mine['density']:.2f}",
                    percent(mine["coverage"], ".3g"),
                ]
            )
    return (
        f"<h2>How much they are like real ones</h2><p>{made['rows']:,} made pictures beside as many real ones that taught nothing; "
        "below them as many of those it learned from, which is the best that can be reached with so few.</p>"
        + table(["", "seen by", "Fréchet distance", "density", "coverage"], rows, 3)
        + "<ul><li>The Fréchet distance tells how far the made pictures, taken together, lie from the real ones: it is 0 where what "
        "is seen in both (their features) has the same mean and covariance. It tells only in comparison: with the same eyes "
        "and the same number of pictures.</li><li>Density tells whether made "
        "pictures lie where real ones lie: about 1 where they do, less where many are like no real one, more where they keep to "
        "what is usual.</li><li>Coverage is the share of the real pictures that have a made one nearby: with little of it, some "
        "kinds are never made.</li></ul>"
    )


def labels(made: Json) -> str:
    """Whether what was asked for is seen."""
    agreed = made.get("agreement")
    if not agreed:
        return ""
    worst = [
        [escape(each["label"]), f"{each['rows']:,}", percent(each["share"], ".3g")] for each in agreed["labels"][:8]
    ]
    return (
        f"<h2>Is it what was asked for?</h2><p>A classifier that learned from the same real pictures, and never saw a made one, "
        f"takes {percent(agreed['made'], '.3g')} of the made pictures for what was asked for, and {percent(agreed['real'], '.3g')} of the held-out "
        "real ones for what they are. It agrees least often for:</p>"
        + table([escape(made["asked"]), "made", "taken for it"], worst, 2)
    )


def copies(made: Json) -> str:
    """Whether it copies."""
    found = made["copies"]
    looks = (
        "More of them lie close than of real ones: look at these."
        if found["close"] > COPIES * max(found["usual"], 0.01)
        else "So few real ones were kept apart that this tells little: look at these."
        if made["rows"] < FEW
        else "That is about as among real pictures: no sign of copying."
    )
    near = (
        f"Nearer than all but one in a hundred of the real ones lie {percent(found['close'], '.3g')} of the made ones (and "
        f"{percent(found['usual'], '.3g')} of the real ones). "
        if made["rows"] >= FEW
        else ""
    )
    shown = ""
    if made.get("nearest"):
        shown = "<p>Above the made pictures that lie nearest to one it learned from, that one below each:</p>" + _sheet(
            made["nearest"], "made pictures above, the nearest real ones below"
        )
    return (
        f"<h2>Is it copying?</h2><p>From a made picture to the nearest one it learned from it is {short(found['made'])} on "
        f"the median, from a real one that it never saw {short(found['real'])} (pixels, averaged to 16 a side). {near}{looks}</p>"
        f"{shown}"
    )


def between(made: Json) -> str:
    """From one point to another."""
    if not made.get("walks"):
        return ""
    return (
        "<h2>Between two pictures</h2><p>Each line goes from one noise to another in even steps. Pictures that change little by "
        "little, and are pictures all the way, tell that it has learned what there is between examples, not the examples.</p>"
        + _sheet(made["walks"], "made pictures that change step by step")
    )


def duel(made: Json, learned: Json) -> str:
    """How the two fought: pairs told apart, diversity, and the scores at the end."""
    curves, scores = learned["curves"], made["scores"]
    groups = ("made", scores["made"]), ("real", scores["real"])
    return (
        "<h2>The duel</h2><p>The discriminator scores a real and a made picture. Of 100 such pairs it tells about 50 apart where "
        "the generator wins, 100 where the discriminator does. Diversity is how far apart pictures of one label lie, compared "
        f"with real ones: where it falls, the generator makes the same again and again. At the end it told {percent(scores['told'], '.3g')} "
        'of the pairs apart.</p><div class="pair">'
        + plots.curves(curves, "told", "Pairs told apart", [])
        + plots.curves(curves, "diversity", "Diversity of what is made, beside real pictures", [])
        + "</div>"
        + plots.both(*groups, scores["edges"], "Scores at the end", "how real it is held for")
    )


def limits() -> str:
    """What nobody should read out of it."""
    said = [
        "What is made looks like the examples; it shows nothing that exists. It is no evidence of anything.",
        "What the examples have too little of, or too much, the made ones have too.",
        "That none of these was copied does not tell that none ever will be: pictures of people should be made public only "
        "where their owners agree.",
    ]
    return f"<h2>What this does not tell</h2><ul>{''.join(f'<li>{each}</li>' for each in said)}</ul>"


def _sheet(source: str, what: str) -> str:
    """A sheet of pictures, as wide as there is room."""
    return f'<div class="wide sheet" tabindex="0">{picture(source).replace("the example itself", escape(what))}</div>'
