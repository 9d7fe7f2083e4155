"""What was learned, as a thing: predict, score, save, load, export. No training code, and no torch to predict."""
