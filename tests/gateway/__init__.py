"""Tests of the gateways against the simulator, over real sockets."""
