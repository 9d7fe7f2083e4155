"""How the weights adjust: the plan, the method, the loop, the budget, the baselines. The only room that trains."""

import os

# Threads that wait should sleep: on a machine that does other work too, spinning ones slow learning many times over.
# It counts only where torch is not yet imported, and where nobody has said otherwise.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
