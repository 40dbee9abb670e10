"""What is done to sessions, by people and by the process that holds their sockets."""
