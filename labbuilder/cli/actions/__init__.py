"""What each command does. A command imports its action only when it runs."""
