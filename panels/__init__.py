"""The plugin's panels; none yet: operators show what there is."""
