"""Feed every parser of foreign data with damaged inputs, and count what comes out of it."""
