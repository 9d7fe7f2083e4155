"""How the weights adjust: the plan, the method, the loop, the budget, the baselines. The only room that trains."""
