"""The demo hospital: certificate authority, tokens, people and a day of work, all made up."""
