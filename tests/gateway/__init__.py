"""The gateways: each provider against the simulator, over real sockets."""
