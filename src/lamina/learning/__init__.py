"""How the weights adjust: the only room that trains. Where to begin reading:

- The whole way: `training` (from labels), `discovery` (without any), `making` (to make new ones); `running` is what they
  have in common. Asked for in `plan`; `prepare` turns examples into rows of tensors (`rows`); `continuing` goes on from
  an earlier model.
- Which network: `choose`; `race` tries several, `size` settles how large, `readout` how pretrained features are used,
  which `photographs`, `frozen` and `reading` make.
- One training: `trial` (with labels), `unlabelled`, `apprentice_image`, `apprentice_text`. Each runs the `loop`, which
  knows `passes` (which rows come when), `schedule` (how large the steps are), `muon`, `layers` (how each layer fares),
  `standing` (what a checkpoint keeps); `budget` tells how many steps the time allows.
- Methods, what the loop is given: `supervised`, `consistency` (rows without a label as well), `self_taught`,
  `neighbourly`, `next_token`, `adversarial`, `hebb`; changes of rows that keep the label: `augment`, `spectra`, `mixup`,
  `disturb`.
- Rows without a label: `guard` says how far they are trusted, `beginning`, `expecting` and `views` what to begin
  with; `label_free`, `graph`, `spreading` and `transduce` answer them, `spectral` cuts groups out of the graph.
- After it: `held` (answers that nobody learned from), `judge` and `findings` (what the report says), `likeness` and
  `transcripts` for those targets, `conclude` and its kin for what has no labels, with `odd` where some is known to be
  odd; `carded` writes the card.
- Simple models to compare with: `rivals`, `baselines`, and the files that begin with an underscore.
"""

import os

# Threads that wait should sleep: on a machine that does other work too, spinning ones slow learning many times over.
# It counts only where torch is not yet imported, and where nobody has said otherwise.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
