"""What the server does, one verb a function: (desk, person, command) -> result; records.policy is enforced here."""
