"""What scores say about two sets: AUROC, intervals, tests, strata, clusters, pairs; pure."""
