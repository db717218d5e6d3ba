"""AWS on a laptop: enough of it to deploy the synthesized stacks and to run them, on 127.0.0.1 only."""
