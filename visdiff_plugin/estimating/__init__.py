"""What a run would read, ask and cost: the parts that `visdiff_plugin.estimate` adds up."""
