"""A believable county, drawn at random from a seed: nobody in it exists."""
