"""What every benchmark needs: servers of its own, meters, a place for results. Knows no benchmark and no peer."""
