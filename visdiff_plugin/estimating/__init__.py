"""What a comparison would read, make, ask and cost, before anything runs."""
