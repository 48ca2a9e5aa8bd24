"""What the product's work costs, each measurement with its floor beside it, in one run on one machine."""
