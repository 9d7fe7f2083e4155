"""The report of a model that writes: how well it foretells a text, what it writes, and whether that is copied."""

from __future__ import annotations

from lamina.core import Json
from lamina.insight import plots
from lamina.insight.page import Sections, contents, escape, page, table
from lamina.insight.provenance import learning, network, repeat

FIGURES = {"nats": "nats a letter", "bits": "bits a letter", "perplexity": "perplexity a letter"}
SUSPECT = 2.0  # times as long as what real texts have in common: from here on a passage looks copied


def render(content: Json) -> str:
    """The whole page."""
    return page(*sections(content))


def sections(content: Json) -> Sections:
    """What the page says."""
    made, data = content["makes"][0], content["data"]
    title = f"Writing like {data['source']}" if data["source"] else "Writing"
    head = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">{escape(content["made"][:10])} · {data["letters"]:,} letters</p>',
        f'<p class="verdict{"" if made["lead"]["low"] > 0 else " odd"}">{escape(made["said"])}</p>',
    ]
    body = [foretold(made), written(made), copied(made), learned_from(data), learning(content, "nats a letter")]
    body += [network(content["network"]), repeat(content), limits(data["private"])]
    return Sections(title, "".join([*head, contents([each for each in body if each])]))


def verdict(made: Json) -> str:
    """What came out, in words."""
    own, rival, lead = made["figures"], made["baselines"][0], made["lead"]
    text = (
        f"On {made['letters']:,} letters at the end, which it never saw, the network needs {span(own['nats'], 2)} nats a letter "
        f"({own['bits']['value']:.2f} bits; as unsure as among {own['perplexity']['value']:.1f} letters). "
        f"{rival['name'][:1].upper()}{rival['name'][1:]} need {rival['figures']['nats']['value']:.2f}."
    )
    if lead["low"] > 0:
        return text
    if lead["high"] < 0:
        return f"{text} The counts are better: give the network more time or more text."
    return f"{text} The difference is within the uncertainty."


def span(figure: Json, digits: int) -> str:
    return f"{figure['value']:.{digits}f} ({figure['low']:.{digits}f} to {figure['high']:.{digits}f})"


def foretold(made: Json) -> str:
    """Figures beside counts of letters."""
    own = made["figures"]
    rows: list[tuple[str, float, float | None, float | None]] = [
        ("this network", own["nats"]["value"], own["nats"]["low"], own["nats"]["high"])
    ]
    rows += [(each["name"], each["figures"]["nats"]["value"], None, None) for each in made["baselines"]]
    lines = [["<span class=own>this network</span>", *(span(own[name], 3) for name in FIGURES)]]
    lines += [
        [escape(each["name"]), *(f"{each['figures'][name]['value']:.3f}" for name in FIGURES)]
        for each in made["baselines"]
    ]
    text = (
        "<p>The last letters of the text were kept apart: they neither taught nor chose anything. The network reads them in "
        "order and says before each letter how likely every letter is; the figure is the mean of −log of what it gave to the one "
        "that came, so less is better. Beside it stands the best simple model: counts of how often letters followed each other "
        f"(Kneser–Ney). {_lead(made['lead'])} "
        "Bits say the same in another unit; perplexity says it as a number: the network is as unsure as among so many equally "
        "likely letters. Intervals are 95 %, from runs of up to 500 letters drawn again.</p>"
    )
    rare = f"<p class=soft><small>{made['rare']:,} of these letters are none of the {made['alphabet']:,} that it writes in; it is asked only whether it expected a rare one.</small></p>"
    return (
        "<h2>How well it foretells</h2>"
        + text
        + plots.dots(rows, "Nats a letter: less is better")
        + table(["", *FIGURES.values()], lines, len(FIGURES))
        + (rare if made["rare"] else "")
    )


def _lead(lead: Json) -> str:
    """How far the network is ahead of the counts, or behind."""
    ahead = lead["value"] >= 0
    low, high = (lead["low"], lead["high"]) if ahead else (-lead["high"], -lead["low"])
    return f"The network is {'ahead of' if ahead else 'behind'} it by {abs(lead['value']):.3f} nats a letter ({low:.3f} to {high:.3f})."


def written(made: Json) -> str:
    """Samples, each with what it copied the longest."""
    if not made["samples"]:
        return ""
    parts = []
    for each in made["samples"]:
        start, end = each["start"], each["start"] + each["length"]
        text = each["text"]
        marked = f"{escape(text[:start])}<ins>{escape(text[start:end])}</ins>{escape(text[end:])}"
        passage = each.get("passage")
        looked = f" in its first {made['compared']:,} letters" if made["compared"] < len(text) else ""
        beside = (
            f"<p class=soft>The longest passage that it has{looked} in common with what it learned from, {each['length']:,} "
            f"letters, stands there so:</p><pre>… {escape(passage[0])}<ins>{escape(passage[1])}</ins>{escape(passage[2])} …</pre>"
            if passage
            else ""
        )
        parts.append(f"<h3>Temperature {each['temperature']:g}</h3><pre>{marked}</pre>{beside}")
    return (
        "<h2>What it writes</h2><p>Not chosen: the first that it wrote at each temperature. A low one keeps to what is likely and "
        "repeats itself; at 1 it writes as it believes texts are. It writes on with <code>lamina generate MODEL --prompt TEXT</code>.</p>"
        + "".join(parts)
    )


def copied(made: Json) -> str:
    """Whether it copies: common passages, beside those of real text."""
    if not made["samples"]:
        return ""
    own, real = max(each["length"] for each in made["samples"]), max(made["real"])
    said = (
        "That is as in real text: it does not copy."
        if own <= SUSPECT * max(real, 1)
        else "That is more than texts repeat themselves: it has learned passages by heart, and writes them."
    )
    rows = [[f"written at temperature {each['temperature']:g}", f"{each['length']:,}"] for each in made["samples"]]
    several = f" (longest of {len(made['real'])} passages)" if len(made["real"]) > 1 else ""
    rows += [[f"the end of the text, which it never saw{several}", f"{real:,}"]]
    return (
        "<h2>Is it copying?</h2><p>The longest passages that stand, letter for letter, in what it learned from, beside the same for "
        f"real text that it never saw. {said}</p>" + table(["of passages of the same length", "letters"], rows, 1)
    )


def learned_from(data: Json) -> str:
    """Letters per part."""
    parts = data["parts"]
    notes = "".join(
        f"<li{' class=warn' if each['level'] != 'info' else ''}>{escape(each['text'])}</li>" for each in data["notes"]
    )
    texts = f" in {data['rows']:,} texts" if data["rows"] > 1 else ""
    return (
        f"<h2>What it learned from</h2><p>{data['letters']:,} letters{texts}: {parts['taught']:,} taught, {parts['chosen']:,} in passages "
        f"spread among them chose the weights, and the last {parts['judged']:,} gave the figures above. The passages are easier than the "
        "end, for what stands around them taught: below, while it learned, figures look better than they are.</p>"
        + (f"<ul>{notes}</ul>" if notes else "")
    )


def limits(private: bool) -> str:
    """What nobody should read out of it."""
    said = [
        "It writes what sounds like the text. Nothing of it is checked for being true.",
        "A language model can know passages by heart. What must not become known should not be learned from.",
    ]
    if private:
        said.append(
            "Neither this page nor the card holds a passage of the text; its letters, one by one, are in the card. The weights "
            "may still hold passages."
        )
    return f"<h2>What this does not tell</h2><ul>{''.join(f'<li>{each}</li>' for each in said)}</ul>"
