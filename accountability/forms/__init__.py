"""What people fill in about commitments and routine work, by noun."""
